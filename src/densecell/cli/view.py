"""Show results in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from densecell.viewer import Contents, Truth

USUAL_PORT = 8000  # of web servers on one's own machine


def view(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT...", help="Folders of results; several are shown together."
        ),
    ],
    truth: Annotated[
        str | None,
        typer.Option(
            metavar="LABELS", help="Show true labels beside the first result."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Only write neuroglancer's state as JSON, and stop."
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
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Show results in a browser: image, classes, cells, organelles, surfaces.

    Only this machine can open the page, under an address with a secret in it. Stop with
    Ctrl-C.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    import time
    import webbrowser

    from densecell.datasets.scheme import choose_scheme
    from densecell.viewer import Truth, open_contents, open_true_labels

    shown = [open_contents(result) for result in results]
    beside = None
    if truth is not None:
        labels, box = open_true_labels(truth, shown[0])
        scheme = choose_scheme(None, labels=[labels], stored=shown[0].result.scheme)
        beside = Truth(labels, box, scheme)
    for sentence in (sentence for contents in shown for sentence in contents.missing):
        typer.echo(f"not shown: {sentence}", err=True)
    if state is not None:
        _write_state(state, results, shown, beside, port=port or USUAL_PORT)
        return

    from densecell.viewer import viewer_state
    from densecell.viewer.server import Server

    try:
        with Server(port) as server:
            server.show(viewer_state(shown, beside, server))
            typer.echo(f"{server.address}\nPress Ctrl-C to stop.")
            if browser and not webbrowser.open(server.address):
                typer.echo("no browser was found: open the address in one", err=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:  # the usual end
        typer.echo("Stopped.")


def _write_state(
    path: Path,
    results: list[Path],
    shown: "list[Contents]",
    truth: "Truth | None",
    *,
    port: int,
) -> None:
    """Write the state, with addresses of a web server on this port."""
    import json

    from densecell.config import write_text
    from densecell.errors import OutputError
    from densecell.viewer import Published, viewer_state

    if path.exists():
        raise OutputError(f"{path}: is there already; move it away or name another")
    published = Published(f"http://127.0.0.1:{port}", results)
    written = viewer_state(shown, truth, published)
    write_text(path, json.dumps(written, indent=1) + "\n")
    for volume in published.left_out:
        typer.echo(
            f"left out: {volume}: only an OME-Zarr inside {published.folder} can be "
            "named; `densecell convert` makes one",
            err=True,
        )
    typer.echo(
        f"{path}: neuroglancer's state of {published.folder} at {published.base}"
    )
