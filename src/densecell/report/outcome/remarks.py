"""What a reader should know before trusting the numbers, in words, from data."""

from collections.abc import Callable, Sequence
from typing import Any

from densecell.edits import edits_in_words, read_journal
from densecell.geometry import format_spacing
from densecell.report.outcome.doubts import (
    appearance_remarks,
    member_remarks,
    unsure_remarks,
)
from densecell.report.outcome.suspects import suspect_remarks
from densecell.report.page import Notes, Section
from densecell.report.words import is_whole
from densecell.result import Result

DROPPED = {
    "dropped_too_small": "as too small",
    "dropped_outside_parent": "as outside what they must lie in",
    "dropped_without_own_voxel": "as they had no voxel of their own class",
}


def remarks_section(result: Result) -> Section:
    """Collect all warnings; say so if there are none."""
    checks: Sequence[Callable[[Result], list[str]]] = (
        _unfinished,
        _corrected,
        appearance_remarks,
        _changed_volume,
        _members,
        _classes,
        _no_cells,
        _border,
        _dropped,
        suspect_remarks,
        unsure_remarks,
    )
    sentences = [sentence for check in checks for sentence in check(result)]
    title = "What to know first"
    if not sentences:
        return Section(title, "Nothing unusual was noticed.")
    return Section(title, parts=[Notes(sentences, warn=True)])


def _unfinished(result: Result) -> list[str]:
    if result.is_segmented:
        return []
    return [
        "The segmentation is not finished. Where nothing was computed yet, all voxels "
        "show as the first class, with confidence 0. Run the same `densecell segment` "
        "again to continue."
    ]


def _corrected(result: Result) -> list[str]:
    """Say how much was corrected by hand."""
    sentence = edits_in_words(read_journal(result.path))
    return [sentence] if sentence else []


def _changed_volume(result: Result) -> list[str]:
    """Say what was done to the volume before the model saw it."""
    if result.run is None:
        return []
    frozen, sentences = result.run.inference, []
    if frozen.ratio is not None:
        sizes = (result.run.spacing_nm, result.run.model.spacing_nm)
        own, learned = map(format_spacing, sizes)
        sentences.append(
            "The volume was resampled for the model, which learned from voxels of "
            f"{learned} (z y x); these have {own}. Details finer than the "
            "coarser of the two cannot be seen."
        )
    if frozen.change is not None:
        smooth = frozen.change.sigma_px
        sentences.append(
            "Grey values were mapped to the look of the training volumes (--adapt)"
            + (f", and smoothed by {smooth:g} pixels." if smooth else ".")
        )
    if frozen.skip_flat is not None:
        sentences.append(
            "Flat tiles were taken for background without asking the model "
            f"(--skip-flat {frozen.skip_flat:g})."
        )
    return sentences


def _members(result: Result) -> list[str]:
    return [] if result.agreement is None else member_remarks(result.agreement.members)


def _classes(result: Result) -> list[str]:
    """Name the classes that no voxel got, and those that truth does not know."""
    sentences = []
    if result.agreement is not None:
        empty = [name for name, n in result.agreement.voxels.items() if n == 0]
        if empty:
            sentences.append(f"No voxel was labelled as {_listed(empty)}.")
    for truth, scores in result.scores.items():
        if scores["spurious"]:
            sentences.append(
                f"{_listed(scores['spurious'])}: found, but nowhere in the truth "
                f"{truth!r}."
            )
    return sentences


def _no_cells(result: Result) -> list[str]:
    if result.table("cells") or not result.table("classes"):
        return []
    if not result.scheme.with_role("cell"):
        return []
    return [
        "No cell was found, or all were dropped as too small (`densecell measure "
        "--min-cell-volume`): there is no table of cells."
    ]


def _border(result: Result) -> list[str]:
    """Say how many objects the volume's border cuts."""
    counts = []
    for what in ("cells", "organelles"):
        rows = result.table(what)
        cut = sum(not is_whole(row) for row in rows)
        if cut:
            counts.append(f"{cut:,} of {len(rows):,} {what}")
    if not counts:
        return []
    return [
        f"{' and '.join(counts)} touch the border of the volume. Their part outside is "
        "missing, so means leave them out."
    ]


def _dropped(result: Result) -> list[str]:
    """Say which objects were found and not counted."""
    rows, sentences = result.table("classes"), []
    for column, words in DROPPED.items():
        dropped = [
            f"{row['class']} ({int(row[column]):,})"
            for row in rows
            if row.get(column, "") not in ("", "0")
        ]
        if dropped:
            sentences.append(f"Objects dropped {words}: {_listed(dropped)}.")
    return sentences


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(str, names))
