"""Picked boxes as a folder: crops to paint in, a table that says why, a picture."""

from collections.abc import Sequence
from pathlib import Path

from densecell.datasets.crop import CropRecord, hash_array, write_crop
from densecell.disk import written_aside
from densecell.errors import OutputError, VolumeError
from densecell.geometry import Box
from densecell.result import csv_text, layout
from densecell.suggestions.candidates import Candidates
from densecell.suggestions.material import Material
from densecell.suggestions.picture import Shown, draw_boxes
from densecell.suggestions.ranking import Pick
from densecell.suggestions.unsaved import refuse_to_lose

TABLE, PICTURE = "suggestions.csv", "overview.png"
OFTEN = 2.0  # times the usual share, from which a class is called frequent
COLUMNS = ("crop", "z0", "y0", "x0", "z1", "y1", "x1", "score", "why")


def write_suggestions(
    result: Path,
    material: Material,
    candidates: Candidates,
    picks: Sequence[Pick],
    *,
    overwrite: bool = False,
) -> Path:
    """Write picked boxes into the folder `suggest` of a result, and return it.

    Raises
    ------
    VolumeError
        If nothing was picked.
    OutputError
        If it exists and is not to be replaced, or holds work that would be lost.
    """
    if not picks:
        size = " ".join(map(str, candidates.boxes[0].shape))
        raise VolumeError(
            f"{result}: every box of {size} voxels holds labelled voxels already; ask "
            "for smaller boxes with --size Z Y X, or segment another volume"
        )
    check_place(result, overwrite=overwrite)
    boxes = [candidates.boxes[pick.number] for pick in picks]
    why = [reasons(pick, candidates, material) for pick in picks]
    with written_aside(result / layout.SUGGESTIONS, overwrite=overwrite) as aside:
        names = write_crops(aside, material, boxes)
        _write_table(aside / TABLE, material, boxes, names, picks, why)
        shown = [Shown(name, box) for name, box in zip(names, boxes, strict=True)]
        (aside / PICTURE).write_bytes(draw_boxes(material, shown))
        check_work(result, material)  # somebody may have painted meanwhile
    return result / layout.SUGGESTIONS


def check_place(result: Path, *, overwrite: bool) -> None:
    """Refuse a result with suggestions in it, unless they may be dropped.

    Raises
    ------
    OutputError
        If there are suggestions; it says how to keep what was painted.
    """
    folder = result / layout.SUGGESTIONS
    if folder.exists() and not overwrite:
        raise OutputError(
            f"{folder}: holds suggestions already; take what was painted in them into "
            "the project by `densecell add-labels`, then drop them with --overwrite"
        )


def check_work(result: Path, material: Material) -> None:
    """Refuse a result with work in its suggestions that its project does not hold.

    Raises
    ------
    OutputError
        See `refuse_to_lose`.
    """
    refuse_to_lose(result / layout.SUGGESTIONS, material.known, beside=(TABLE, PICTURE))


def write_crops(
    folder: Path, material: Material, boxes: Sequence[Box]
) -> tuple[str, ...]:
    """Write boxes of a result as crops to paint in, and return their names.

    Each gets a folder `crop_01` and so on; its labels begin as what was predicted.
    """
    digits = max(2, len(str(len(boxes))))
    names = tuple(f"crop_{n:0{digits}}" for n in range(1, len(boxes) + 1))
    then = material.run.volume
    for name, box in zip(names, boxes, strict=True):
        image, labels = material.image.read(box), material.classes.read(box)
        there = box.shifted(material.origin)
        record = CropRecord(
            volume=then.path,
            shape=then.shape,
            spacing_nm=then.spacing_nm,
            box=(there.start, there.stop),
            classes=material.scheme,
            image=hash_array(image),
            labels=hash_array(labels),
        )
        write_crop(folder / name, record, image, labels)
    return names


def reasons(pick: Pick, candidates: Candidates, material: Material) -> str:
    """Why a box was picked, in words."""
    shares, mean = candidates.shares[pick.number], candidates.shares.mean(axis=0)
    words = []
    if len(material.run.model.members) > 1:
        part = 100 * candidates.disagreement[pick.number]
        words.append(f"{part:.1f} % of the members' votes differ")
    else:
        words.append(f"{100 * candidates.doubt[pick.number]:.1f} % doubt")
    words[0] += f" (more than in {100 * pick.unsure:.0f} % of the boxes)"
    times = shares / mean.clip(1e-12)
    most = int(times.argmax())
    if times[most] >= OFTEN:
        name = material.scheme.names[most]
        words.append(f"{times[most]:.1f} times the usual share of {name}")
    unlike = "unlike" if pick.unlike == 1 else "rather like"
    words.append(f"{unlike} what is labelled or named before")
    return "; ".join(words)


def _write_table(
    path: Path,
    material: Material,
    boxes: Sequence[Box],
    names: Sequence[str],
    picks: Sequence[Pick],
    why: Sequence[str],
) -> None:
    """Write a row for each box, in voxels of the whole volume."""
    rows = []
    for name, box, pick, text in zip(names, boxes, picks, why, strict=True):
        there = box.shifted(material.origin)
        rows.append([name, *there.start, *there.stop, f"{pick.score:.4f}", text])
    path.write_text(csv_text(COLUMNS, rows), encoding="utf-8", newline="")
