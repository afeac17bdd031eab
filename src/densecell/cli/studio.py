"""Open, paint, sketch and train in a browser."""

from pathlib import Path
from typing import Annotated

import typer


def studio(
    project: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Project to open. Default: choose one."),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Show only files below this folder. Repeatable. Default: the current "
            "folder.",
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Also offer this volume at https:// or s3://. Repeatable.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=65535,
            help="Port on this machine. 0: one that is free.",
        ),
    ] = 0,
    prefix: Annotated[
        str,
        typer.Option(
            metavar="PATH", help="Path before every address, as a proxy gives it."
        ),
    ] = "/",
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Host name of a proxy before the page. Repeatable."
        ),
    ] = None,
    key: Annotated[
        str,
        typer.Option(
            metavar="SECRET",
            envvar="DENSECELL_STUDIO_KEY",
            help="Secret in the address, so that a page that is open goes on when the "
            "studio is started again. Default: a new one each time.",
        ),
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Open a stack in a browser: paint, see a sketch in seconds, train.

    Only this machine can open the page, under an address with a secret in it. From
    another machine, use ssh -L PORT:127.0.0.1:PORT. Stop with Ctrl-C.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    import webbrowser

    from densecell.studio.serve import Opened, ServedAt, serve

    def ready(address: str) -> None:
        typer.echo(f"{address}\nPress Ctrl-C to stop.")
        if browser and not webbrowser.open(address):
            typer.echo("no browser was found: open the address in one", err=True)

    roots = root or [Path.cwd(), *([project.absolute()] if project else [])]
    place = ServedAt(port, prefix, tuple(host_name or ()), key)
    serve(Opened(roots, address or (), project), place=place, ready=ready)
    typer.echo(
        "Stopped. A training that runs goes on; `densecell studio` shows it again."
    )
