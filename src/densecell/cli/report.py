"""One HTML page that shows a result."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    result: Annotated[Path, typer.Argument(help="folder of a result")],
    truth: Annotated[
        Path | None,
        typer.Option(metavar="LABELS", help="true labels of the whole volume"),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="of the page; default: the volume's name")
    ] = None,
) -> None:
    """Write report.html into RESULT: pictures, tables, cells in 3D, what to know.

    One file that needs no network, of whatever RESULT holds; what is missing is listed
    with the command that makes it. An older report.html is replaced.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.progress import told_progress
    from densecell.report.result_page import write_report
    from densecell.result import is_segmentation

    with told_progress("drawing the page", unit="sections") as told:
        page = write_report(result, truth=truth, title=title, progress=told)
    size = page.stat().st_size / 1e6
    # Only what was segmented here can be viewed, not labels that came from elsewhere.
    after = f"; next `densecell view {result}`" if is_segmentation(result) else ""
    typer.echo(f"{page}: {size:.1f} MB; open it in a browser, or send it{after}")
