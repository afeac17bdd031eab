"""The `densecell` command: one file per subcommand; errors become exit codes here."""

import ast
import importlib
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from densecell.cli.ending import OF_SIGNALS, interrupted_by_signals, unexpected
from densecell.cli.waiting import wait_asleep
from densecell.errors import ConfigError, DensecellError

PLAIN: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}
COMMANDS = (
    "demo",
    "phantom",
    "fetch",
    "info",
    "convert",
    "crops",
    "init",
    "networks",
    "train",
    "ensemble",
    "model-card",
    "export",
    "distil",
    "segment",
    "run",
    "evaluate",
    "measure",
    "edit",
    "compare",
    "mesh",
    "report",
    "view",
    "studio",
    "suggest",
    "add-labels",
    "verify",
    "doctor",
)
INTERRUPTED = 130  # typer's exit code after Ctrl-C, of which it says nothing


class Commands(TyperGroup):
    """The subcommands, each imported when it is called: `--help` is instant."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all subcommands, in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one subcommand; none if there is none of that name."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in COMMANDS])


app = typer.Typer(cls=Commands, no_args_is_help=True, **PLAIN)


def load_command(name: str) -> Any:
    """Import a subcommand and make its options from its settings."""
    from densecell.cli.expand import expanded

    alone = typer.Typer(**PLAIN)
    alone.command(name)(expanded(function_of(name)))
    return typer.main.get_command(alone)


def function_of(name: str) -> Callable[..., None]:
    """Import the function of a subcommand."""
    module = name.replace("-", "_")
    function: Callable[..., None] = getattr(
        importlib.import_module(f"densecell.cli.{module}"), module
    )
    return function


def summary(name: str) -> str:
    """First sentence of a subcommand, read from its file without importing it."""
    module = name.replace("-", "_")
    path = Path(__file__).with_name(f"{module}.py")
    (function,) = (
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == module
    )
    return (ast.get_docstring(function) or "").partition("\n")[0]


def _version(wanted: bool) -> None:
    if wanted:
        from densecell import __version__

        typer.echo(f"densecell {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
    debug: bool = typer.Option(
        False, "--debug", help="Show where in the program an unexpected error arose."
    ),
) -> None:
    """Dense segmentation of volume electron microscopy by network ensembles."""


def main() -> None:
    """Run the command line; every error is one line and an exit code."""
    warnings.showwarning = _show_warning
    wait_asleep()
    words = sys.argv[1:]
    with interrupted_by_signals() as received:
        try:
            refuse_empty(words)
            app(prog_name="densecell")
        # Raised where it is caught, so that what the error holds outlives the command:
        # HDF5 crashes when a file on a full disk is closed twice.
        except DensecellError as error:  # expected, and worded for the user
            raise SystemExit(_flushed(_end(str(error), 1))) from None
        except SystemExit as end:
            code = end.code
            if code == INTERRUPTED:
                code = OF_SIGNALS + received[0] if received else INTERRUPTED
                _end("Interrupted. Run the same command again to continue.", code)
            raise SystemExit(_flushed(code)) from None
        except Exception as error:
            if "--debug" in words[:1]:
                raise
            raise SystemExit(_flushed(_end(unexpected(error, words), 1))) from None
    _flushed(0)


def refuse_empty(words: list[str]) -> None:
    """Refuse an empty word: it is a forgotten variable, never a name."""
    for word in words:
        name, given, value = word.partition("=")
        if not word or (given and not value and name.startswith("-")):
            place = name or "an argument"
            raise ConfigError(f"{place} is empty; check the variables of the command")


def _end(message: str, code: int) -> int:
    """Print the last line of a command that fails; its exit code."""
    with suppress(OSError):  # standard error may be closed or on a full disk
        typer.echo(f"densecell: {message}", err=True)
    return code


def _flushed(code: Any) -> Any:
    """The exit code, or 1 where the last output cannot be written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, for what is still held
        if not isinstance(error, BrokenPipeError):
            return _end(f"standard output cannot be written: {error.strerror}", 1)
    return code


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
