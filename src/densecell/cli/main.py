"""The `densecell` command: one file per subcommand; errors become exit codes here."""

import sys
import warnings
from typing import TextIO

import typer

from densecell.cli.add_labels import add_labels
from densecell.cli.compare import compare
from densecell.cli.convert import convert
from densecell.cli.demo import demo
from densecell.cli.distil import distil
from densecell.cli.doctor import doctor
from densecell.cli.ensemble import ensemble
from densecell.cli.evaluate import evaluate
from densecell.cli.export import export
from densecell.cli.fetch import fetch
from densecell.cli.info import info
from densecell.cli.init import init
from densecell.cli.measure import measure
from densecell.cli.mesh import mesh
from densecell.cli.model_card import model_card
from densecell.cli.networks import networks
from densecell.cli.phantom import phantom
from densecell.cli.report import report
from densecell.cli.run import run
from densecell.cli.segment import segment
from densecell.cli.suggest import suggest
from densecell.cli.train import train
from densecell.cli.verify import verify
from densecell.cli.view import view
from densecell.errors import DensecellError

app = typer.Typer(
    help="Dense segmentation of volume electron microscopy by network ensembles.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS = (
    demo,
    phantom,
    fetch,
    info,
    convert,
    init,
    networks,
    train,
    ensemble,
    model_card,
    export,
    distil,
    segment,
    run,
    evaluate,
    measure,
    compare,
    mesh,
    report,
    view,
    suggest,
    add_labels,
    verify,
    doctor,
)
INTERRUPTED = 130  # typer's exit code after Ctrl-C, of which it says nothing
for command in COMMANDS:
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        from densecell import __version__

        typer.echo(f"densecell {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="show the version"
    ),
) -> None:
    """Dense segmentation of volume electron microscopy by network ensembles."""


def main() -> None:
    """Run the command line; expected errors are one line and exit code 1."""
    warnings.showwarning = _show_warning
    try:
        app(prog_name="densecell")
    except DensecellError as error:  # expected, and worded for the user
        typer.echo(f"densecell: {error}", err=True)
        raise SystemExit(1) from None
    except SystemExit as end:
        if end.code == INTERRUPTED:
            typer.echo("densecell: interrupted; the same command goes on", err=True)
        raise


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show our own warnings as one line; those of libraries are not for users."""
    if category is UserWarning:
        print(f"densecell: warning: {message}", file=sys.stderr)
