"""The page of a result: one section after the other, of whatever is there."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from densecell.errors import MissingExtraError
from densecell.geometry import format_spacing
from densecell.report.found import Found, open_found
from densecell.report.outcome.cells import cells_section
from densecell.report.outcome.members import members_section, training_section
from densecell.report.outcome.missing import missing_section
from densecell.report.outcome.organelles import organelles_section
from densecell.report.outcome.origin import origin_section
from densecell.report.outcome.remarks import remarks_section
from densecell.report.outcome.scene import plotly_script, scene_section
from densecell.report.outcome.scores import scores_section
from densecell.report.outcome.slices import slices_section
from densecell.report.page import Section, write_page
from densecell.report.words import format_count

PAGE = "report.html"
Told = Callable[[int, int], None]


def write_report(
    result: Path,
    *,
    truth: Path | None = None,
    title: str | None = None,
    told: Told | None = None,
) -> Path:
    """Write `report.html` into a result folder, over an older one, and give its path.

    Equal results give equal bytes: there is no time and no folder in them.

    Parameters
    ----------
    result
        Folder that `densecell segment` or `measure` wrote.
    truth
        True class ids of the volume that was segmented.
    title
        Of the page; none: the name of the volume.
    told
        Is called with the sections drawn, and those of all.

    Raises
    ------
    VolumeError
        If it is no result, has no labels, or the truth is of another shape.

    Notes
    -----
    Memory and time do not grow with the volume beyond 64 million voxels, but for
    `truth`, which is counted block by block.
    """
    found = open_found(result, truth=truth)
    library, why = "", None
    try:
        library = plotly_script()
    except MissingExtraError as error:
        why = str(error)
    parts: list[Callable[[Found], Section | None]] = [
        remarks_section,
        slices_section,
        partial(scene_section, interactive=why is None),
        organelles_section,
        cells_section,
        scores_section,
        members_section,
        training_section,
    ]
    made = []
    for number, part in enumerate(parts):
        if told is not None:
            told(number, len(parts))
        made.append(part(found))
    if told is not None:
        told(len(parts), len(parts))
    sections = [section for section in made if section is not None]
    missing = missing_section(
        found, shown={section.title for section in sections}, library=why
    )
    sections += [s for s in (missing, origin_section(found)) if s is not None]
    page = result / PAGE
    write_page(page, title or _title(found), _lead(found), sections, library=library)
    return page


def _title(found: Found) -> str:
    return found.path.name if found.run is None else found.run.volume.path.name


def _lead(found: Found) -> str:
    """Say in a sentence or two what this is."""
    z, y, x = found.shape
    um = " x ".join(
        f"{n * s / 1000:.3g}"
        for n, s in zip(found.shape, found.spacing_nm, strict=True)
    )
    spacing = format_spacing(found.spacing_nm)
    text = f"{z} x {y} x {x} voxels of {spacing}, {um} µm (z, y, x)"
    if found.run is not None:
        if found.run.box is not None:
            text += f", a part of {' x '.join(map(str, found.run.volume.shape))} voxels"
        count = len(found.run.model.members)
        networks = "one network" if count == 1 else f"{count} networks together"
        text += f", labelled by {networks}"
    rows = {thing: len(found.table(f"{thing}s")) for thing in ("cell", "organelle")}
    if any(rows.values()):
        words = [format_count(n, thing) for thing, n in rows.items() if n]
        text += f"; found: {' and '.join(words)}"
    return f"{text}."
