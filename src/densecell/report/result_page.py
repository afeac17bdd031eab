"""The page of a segmentation: slices, scores, learning curves, members, origin."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from densecell.ensemble import Run, read_run
from densecell.evaluation import Scores, scores_from_confusion
from densecell.evaluation.blockwise import volumes_confusion
from densecell.geometry import Box
from densecell.report.curves import learning_curves, score_bars
from densecell.report.page import Picture, Section, Table, write_page
from densecell.report.pictures import slice_picture
from densecell.training import read_history
from densecell.volume import open_volume

STORE = "segmentation.zarr"
PAGE = "report.html"
LARGEST_PX = 600  # of a slice on the page; larger ones are cut to their middle


class Scored(NamedTuple):
    """Scores of the ensemble and of each member that was kept."""

    ensemble: Scores
    members: dict[str, Scores]

    @property
    def mean_miou_org(self) -> float:
        """Mean of the members' MIoU(org)."""
        return float(np.mean([s.miou_org or 0.0 for s in self.members.values()]))


def score_result(result: Path, truth: Path) -> Scored:
    """Score ensemble and members of a result that covers the whole of `truth`."""
    run = read_run(result)
    labels = open_volume(truth, labels=True)

    def scored(name: str) -> Scores:
        path = result / STORE / "labels" / name
        confusion = volumes_confusion(
            labels,
            open_volume(path, labels=True),
            run.classes,
            box=run.extent,
            origin=run.extent.start,
        )
        return scores_from_confusion(confusion, run.classes)

    members = run.model.members if run.keep_members else ()
    return Scored(scored("classes"), {name: scored(name) for name in members})


def write_result_page(result: Path, *, truth: Path, title: str, lead: str) -> Path:
    """Write `report.html` into a result folder and give its path."""
    run = read_run(result)
    scored = score_result(result, truth)
    sections = [
        _slices(result, run, truth),
        _scores(scored),
        _training(run),
        _origin(run),
    ]
    page = result / PAGE
    write_page(page, title, lead, sections)
    return page


def _slices(result: Path, run: Run, truth: Path) -> Section:
    image = open_volume(run.volume.path, spacing_nm=run.spacing_nm)
    labels = open_volume(truth, labels=True)
    store = result / STORE
    predicted = open_volume(store / "labels" / "classes", labels=True)
    maps = {name: open_volume(store / name) for name in ("confidence", "disagreement")}
    depth = run.extent.shape[0]
    pictures = []
    for z in sorted({depth // 4, depth // 2, 3 * depth // 4}):
        here = _middle(predicted.shape, z)
        there = here.shifted(run.extent.start)
        drawn = slice_picture(
            image.read(there)[0],
            {"truth": labels.read(there)[0], "ensemble": predicted.read(here)[0]},
            scheme=run.classes,
            spacing_nm=run.spacing_nm,
            maps={name: volume.read(here)[0] for name, volume in maps.items()},
        )
        pictures.append(Picture(drawn, f"Slice z = {there.start[0]}."))
    text = (
        "Confidence is the ensemble's highest mean probability (bright: sure). "
        "Disagreement is the share of members that chose another class (bright: many)."
    )
    return Section("Slices beside truth", text, pictures)


def _scores(scored: Scored) -> Section:
    everyone = {**scored.members, "ensemble": scored.ensemble}
    header = ["class", *everyone]
    names = list(scored.ensemble.iou)
    rows = [[c, *(_shown(s.iou[c]) for s in everyone.values())] for c in names]
    rows.append(["MIoU(all)", *(_shown(s.miou_all) for s in everyone.values())])
    rows.append(["MIoU(org)", *(_shown(s.miou_org) for s in everyone.values())])
    rows.append(["accuracy", *(_shown(s.accuracy) for s in everyone.values())])
    rows.append(
        ["adjusted Rand", *(_shown(s.adjusted_rand) for s in everyone.values())]
    )
    text = "Overlap with truth on a volume that no network has seen."
    if scored.members:
        best = max(s.miou_org or 0.0 for s in scored.members.values())
        text += (
            f" Ensemble MIoU(org) {_shown(scored.ensemble.miou_org)}; its members: "
            f"mean {scored.mean_miou_org:.3f}, best {best:.3f}."
        )
    bars = score_bars({name: s.iou for name, s in everyone.items()})
    return Section(
        "Scores",
        text,
        [Table(header, rows, "IoU by class."), Picture(bars, "IoU by class.")],
    )


def _training(run: Run) -> Section:
    folders = [run.model.path / name for name in run.model.members]
    histories = {f.name: read_history(f) for f in folders}
    histories = {name: lines for name, lines in histories.items() if lines}
    parts: Sequence[Picture | Table] = ()
    if histories:
        parts = [Picture(learning_curves(histories), "Each point is a validation.")]
    text = "The same network from several seeds; the best weights of each are used."
    return Section("How the members learned", text, parts)


def _origin(run: Run) -> Section:
    inference = run.inference
    rows = [
        ["command", run.command],
        ["volume", f"{run.volume.path.name}, {run.volume.shape} voxels (z, y, x)"],
        ["voxel size", " x ".join(f"{s:g}" for s in run.spacing_nm) + " nm (z, y, x)"],
        ["model", f"{run.model.path.name}: {', '.join(run.model.members)}"],
        ["tile, margin", f"{inference.tile}, {inference.margin}"],
        ["engine", f"{inference.engine}, {inference.precision}"],
        ["versions", ", ".join(f"{k} {v}" for k, v in run.versions.items())],
    ]
    return Section("How it was made", parts=[Table(["what", ""], rows)])


def _middle(shape: tuple[int, ...], z: int) -> Box:
    """One slice, cut to its middle where it is too large for a page."""
    spans = []
    for size in shape[1:]:
        length = min(size, LARGEST_PX)
        spans.append(((size - length) // 2, (size - length) // 2 + length))
    (y0, y1), (x0, x1) = spans
    return Box((z, y0, x0), (z + 1, y1, x1))


def _shown(score: float | None) -> str:
    return "-" if score is None else f"{score:.3f}"
