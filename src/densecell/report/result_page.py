"""The page of a result: one section after the other, of whatever is there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from densecell.compute import ReportProgress
from densecell.errors import MissingExtraError
from densecell.geometry import format_spacing, per_axis
from densecell.report.outcome.cells import cells_section
from densecell.report.outcome.members import members_section, training_section
from densecell.report.outcome.missing import missing_section
from densecell.report.outcome.organelles import organelles_section
from densecell.report.outcome.origin import origin_section
from densecell.report.outcome.remarks import remarks_section
from densecell.report.outcome.scene import plotly_script, scene_section
from densecell.report.outcome.scores import open_truth, scores_section
from densecell.report.outcome.slices import slices_section
from densecell.report.page import Section, write_page
from densecell.report.words import format_axes, format_count
from densecell.result import Result, layout


def write_report(
    path: Path,
    *,
    truth: Path | None = None,
    title: str | None = None,
    progress: ReportProgress | None = None,
) -> Path:
    """Write `report.html` into a result folder, over an older one; returns its path.

    Equal results give equal bytes: there is no time and no folder in them.

    Parameters
    ----------
    path
        Folder that `densecell segment` or `measure` wrote.
    truth
        True class ids of the volume that was segmented.
    title
        Heading of the page; none: the name of the volume.
    progress
        Called with the number of sections drawn, and of all.

    Raises
    ------
    VolumeError
        If it is no result, has no labels, or the truth is of another shape.

    Notes
    -----
    Memory and time do not grow with the volume beyond 64 million voxels, but for
    `truth`, which is counted block by block.
    """
    result = Result(path)
    _ = result.classes  # refuses a result without labels before anything is drawn
    true = None if truth is None else open_truth(truth, result)
    library, why = "", None
    try:
        library = plotly_script()
    except MissingExtraError as error:
        why = str(error)
    parts: list[Callable[[Result], Section | None]] = [
        remarks_section,
        partial(slices_section, truth=true),
        partial(scene_section, interactive=why is None),
        organelles_section,
        cells_section,
        partial(scores_section, truth=true),
        members_section,
        training_section,
    ]
    made = []
    for number, part in enumerate(parts, 1):
        made.append(part(result))
        if progress is not None:
            progress(number, len(parts))
    sections = [section for section in made if section is not None]
    shown = {section.title for section in sections}
    missing = missing_section(result, shown=shown, library=why)
    sections += [s for s in (missing, origin_section(result)) if s is not None]
    page = path / layout.REPORT
    write_page(page, title or _title(result), _lead(result), sections, library=library)
    return page


def _title(result: Result) -> str:
    return result.path.name if result.run is None else result.run.volume.path.name


def _lead(result: Result) -> str:
    """Say in a sentence or two what this is."""
    um = per_axis(lambda n, nm: f"{n * nm / 1000:.3g}", result.shape, result.spacing_nm)
    text = (
        f"{format_axes(result.shape)} voxels of {format_spacing(result.spacing_nm)}, "
        f"{' x '.join(um)} µm (z, y, x)"
    )
    if result.run is not None:
        if result.run.box is not None:
            text += f", a part of {format_axes(result.run.volume.shape)} voxels"
        count = len(result.run.model.members)
        networks = "one network" if count == 1 else f"{count} networks together"
        text += f", labelled by {networks}"
    rows = {thing: len(result.table(f"{thing}s")) for thing in ("cell", "organelle")}
    if any(rows.values()):
        words = [format_count(n, thing) for thing, n in rows.items() if n]
        text += f"; found: {' and '.join(words)}"
    return f"{text}."
