"""One HTML page that shows a result."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Result


def report(
    result: Result,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="LABELS", help="Also show scores against true labels of the volume."
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Title of the page. Default: the volume's name."
        ),
    ] = None,
) -> None:
    """Write report.html into RESULT: pictures, tables, cells in 3D, limits.

    One file that needs no network connection. It shows what RESULT contains, and lists
    the commands that make what is missing. Replaces an older report.html.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.progress import show_progress
    from densecell.report.result_page import write_report
    from densecell.result import is_segmentation

    with show_progress("drawing the page", unit="sections") as progress:
        page = write_report(result, truth=truth, title=title, progress=progress)
    size = page.stat().st_size / 1e6
    # Only what was segmented here can be viewed, not labels that came from elsewhere.
    after = f"; next `densecell view {result}`" if is_segmentation(result) else ""
    typer.echo(f"{page}: {size:.1f} MB; open it in a browser, or send it{after}")
