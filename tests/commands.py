"""Commands of densecell, as a user gives them."""

from click.testing import Result
from typer.testing import CliRunner

from densecell.cli.main import app


def run(*words: object) -> Result:
    """Run a command that succeeds; its errors come through."""
    outcome = _outcome(words)
    assert outcome.exit_code == 0, outcome.output
    return outcome


def misspelt(*words: object) -> str:
    """Run a command whose options cannot be understood; return its last line."""
    outcome = _outcome(words)
    assert outcome.exit_code == 2, outcome.output
    return outcome.stderr.splitlines()[-1]


def _outcome(words: tuple[object, ...]) -> Result:
    outcome = CliRunner().invoke(app, [str(word) for word in words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome
