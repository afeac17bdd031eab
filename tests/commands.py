"""Commands of densecell, as a user gives them."""

from click.testing import Result
from typer.testing import CliRunner

from densecell.cli.main import app


def run(*words: object) -> Result:
    """Run a command that succeeds; its errors come through."""
    outcome = CliRunner().invoke(app, [str(word) for word in words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output
    return outcome
