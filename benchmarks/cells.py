"""Touching cells told apart: by learned affinities, by distances, or not at all.

A network learns classes and affinities together; its labels of tissue it has not seen
are measured three times, all in the way of a user, block by block: cells cut by its
affinities, cells cut by distances, and plain components. Two kinds of tissue:

- `phantom`: synthetic platelets, voxels of 40 x 20 x 20 nm; three volumes of 64 x 512
  x 512, in which about half of the cells touch others without a gap;
- `fibsem`: `neuroproof-fibsem`, 10 nm, learned from slices 0-149 (of which 130-149 to
  choose on), reported on 150-249.

::

    python benchmarks/cells.py --tissue phantom --out /scratch/cells --steps 1500
    python benchmarks/cells.py --tissue fibsem --out /scratch/cells --steps 1500

Prints a table in Markdown: F1 at an IoU of 0.5, variation of information (split and
merge, bits) and adapted Rand error; the latter two once more "off borders", without the
voxels within 25 nm of a true border in their slice, as the CREMI challenge does [1]_.
What is made stays in `--out`, and the same command goes on where it stopped.

.. [1] CREMI, MICCAI challenge on circuit reconstruction from electron microscopy
       images, https://cremi.org/metrics/.
"""

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from densecell.classes import ClassScheme
from densecell.cli.phantom import phantom
from densecell.compute import processor_name, usable_cores
from densecell.config import ObjectsConfig, ProjectConfig, parse_settings
from densecell.ensemble import (
    SegmentRequest,
    load_ensemble,
    rank_members,
    segment_volume,
)
from densecell.evaluation.instances import (
    Overlaps,
    adapted_rand_error,
    count_overlaps,
    match_objects,
    variation_of_information,
)
from densecell.geometry import Box
from densecell.objects import drop_objects, measure_objects, open_source
from densecell.training import learn_cells, load_data, train_members
from densecell.volume import open_ome_zarr, open_volume

PHANTOMS = {  # by seed
    11: ("train", (48, 384, 384)),
    12: ("eval", (16, 256, 256)),
    21: ("train2", (48, 384, 384)),
    22: ("train3", (48, 384, 384)),
    13: ("test1", (64, 512, 512)),
    14: ("test2", (64, 512, 512)),
    15: ("test3", (64, 512, 512)),
}
FIBSEM = Path("../shared/data/neuroproof-fibsem")
NM = (10.0, 10.0, 10.0)  # of neuroproof-fibsem
BODIES = {
    0: {"name": "cell", "colour": (86, 180, 233), "role": "cell"},
    1: {"name": "border", "colour": (0, 0, 0), "role": "other", "parent": "cell"},
}
BORDER_NM = 25.0
SMALL = {"min_volume_um3": 0.001}
WAYS: dict[str, dict[str, Any]] = {
    "affinities": {"cells_by": "affinities", "cells": SMALL},
    "distances": {"cells_by": "distances", "cells": SMALL},
    "components": {"cells": SMALL | {"split": False}},
}


class Tested(NamedTuple):
    """A volume that is not learned from."""

    image: Path
    truth: Path  # ids of cells
    box: Box
    apart: ClassScheme | None = None  # borders are no part of cells, but grown over


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    trained = f"{args.members} x {args.steps} steps from seed {args.seed}"
    print(f"{processor_name()}, {usable_cores()} cores, {trained}", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    project, tested = TISSUES[args.tissue](args)
    model = args.out / f"{args.tissue}-model"
    train(project, model)
    results = [segmented(model, each, args.out) for each in tested]
    print("| cells by | found | F1 | VoI | Rand error | VoI, off borders | Rand | s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in WAYS:
        begin = time.perf_counter()
        pairs = list(zip(tested, results, strict=True))
        found = [cells_of(each, result, name) for each, result in pairs]
        seconds = time.perf_counter() - begin
        scored = zip(tested, found, strict=True)
        print(row(name, [overlaps(*pair) for pair in scored], seconds), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tissue", choices=TISSUES, required=True)
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--steps", type=int, default=1500, help="of the training")
    parser.add_argument(
        "--members", type=int, default=1, help="networks, used together"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first member")
    parser.add_argument("--data", type=Path, default=FIBSEM, help="neuroproof-fibsem")
    return parser.parse_args()


# Tissues


def phantoms(args: argparse.Namespace) -> tuple[ProjectConfig, list[Tested]]:
    """Make synthetic tissue, once."""
    nm = (40.0, 20.0, 20.0)
    for seed, (name, shape) in PHANTOMS.items():
        if not (args.out / f"{name}.zarr").exists():
            phantom(args.out / f"{name}.zarr", shape=shape, seed=seed, spacing=nm)
    learned = [name for name, _ in PHANTOMS.values() if "test" not in name]
    volumes = [
        {
            "image": args.out / f"{name}.zarr",
            "labels": args.out / f"{name}.zarr" / "labels" / "classes",
            "objects": args.out / f"{name}.zarr" / "labels" / "cells",
            "spacing_nm": nm,
            "role": "eval" if name == "eval" else "train",
        }
        for name in learned
    ]
    tested = [
        Tested(
            args.out / f"{name}.zarr",
            args.out / f"{name}.zarr" / "labels" / "cells",
            Box.whole(shape),
        )
        for name, shape in PHANTOMS.values()
        if name not in learned
    ]
    return project_of("platelet", volumes, args), tested


def fibsem(args: argparse.Namespace) -> tuple[ProjectConfig, list[Tested]]:
    """Name the real data."""
    files = {
        "image": args.data.resolve() / "image.tif",
        "labels": args.data.resolve() / "labels.tif",
        "objects": args.data.resolve() / "instances.tif",
        "spacing_nm": NM,
    }
    volumes = [
        files | {"role": "train", "z": (0, 130)},
        files | {"role": "eval", "z": (130, 150)},
    ]
    box = Box((150, 0, 0), (250, 250, 250))
    apart = {i: body | {"parent": None} for i, body in BODIES.items()}
    scheme = ClassScheme.model_validate({"classes": apart})
    tested = [Tested(files["image"], files["objects"], box, scheme)]
    return project_of(BODIES, volumes, args), tested


TISSUES = {"phantom": phantoms, "fibsem": fibsem}


def project_of(
    classes: object, volumes: list[dict[str, Any]], args: argparse.Namespace
) -> ProjectConfig:
    """Project that `densecell train --cells --members M --steps N` would train."""
    values = {
        "classes": classes,
        "volumes": volumes,
        "training": {"minutes": None, "steps": args.steps, "validations": 5},
        "ensemble": {
            "members": args.members,
            "best": args.members,
            "seed": args.seed,
        },
    }
    return learn_cells(parse_settings(values, ProjectConfig, where="benchmark"))


# The road


def train(project: ProjectConfig, model: Path) -> None:
    for progress in train_members(project, load_data(project, Path()), model):
        if progress.record is not None and progress.record.miou_all is not None:
            print(f"step {progress.record.step}: {progress.record.miou_all:.3f}")
    rank_members(model, best=project.ensemble.best)


def segmented(model: Path, tested: Tested, out: Path) -> Path:
    result = out / f"result-{tested.image.stem}"
    spacing = open_volume(tested.truth, labels=True).spacing_nm
    image = open_volume(tested.image, spacing_nm=spacing or NM)
    request = SegmentRequest(box=(tested.box.start, tested.box.stop))
    for _ in segment_volume(image, load_ensemble(model), result, request):
        pass
    return result


def cells_of(tested: Tested, result: Path, way: str) -> NDArray[np.integer]:
    """Measure a result anew; give its cells.

    Distances and components need borders between cells: where the scheme has a class
    of its own for these they are left out, and each cell is grown over those nearest
    to it afterwards, so that all ways label the same voxels.
    """
    source = open_source(result)
    apart = way != "affinities" and tested.apart is not None
    if apart:
        source = source._replace(scheme=tested.apart)
    drop_objects(result)
    config = parse_settings(WAYS[way], ObjectsConfig, where=way)
    for _ in measure_objects(source, config):
        pass
    cells = open_ome_zarr(result / "segmentation.zarr" / "labels" / "cells")
    ids = cells.read(Box.whole(cells.shape))
    if apart:
        nearest = ndimage.distance_transform_edt(
            ids == 0, return_distances=False, return_indices=True
        )
        ids = ids[tuple(nearest)]
    return ids


def overlaps(tested: Tested, found: NDArray[np.integer]) -> tuple[Overlaps, Overlaps]:
    """Count what true and found cells share: everywhere, and off true borders."""
    volume = open_volume(tested.truth, labels=True)
    truth = volume.read(tested.box)
    clear = off_borders(truth, volume.spacing_nm or NM)
    return count_overlaps(truth, found), count_overlaps(truth[clear], found[clear])


def off_borders(
    truth: NDArray[np.integer], spacing_nm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Which voxels are farther than 25 nm from another cell in their slice."""
    border = np.zeros(truth.shape, bool)
    for axis in (1, 2):
        moved = np.moveaxis(truth, axis, 0)
        differs = moved[1:] != moved[:-1]
        at = np.moveaxis(border, axis, 0)
        at[1:] |= differs
        at[:-1] |= differs
    return np.stack([distances_to(each, spacing_nm[1:]) > BORDER_NM for each in border])


def distances_to(
    border: NDArray[np.bool_], spacing_nm: tuple[float, ...]
) -> NDArray[np.float64]:
    """(Y, X) distances to the nearest pixel of a border, infinite without any."""
    if not border.any():
        return np.full(border.shape, np.inf)
    return ndimage.distance_transform_edt(~border, sampling=spacing_nm)


def row(name: str, parts: list[tuple[Overlaps, Overlaps]], seconds: float) -> str:
    """Score all volumes together: a match is a match, errors are means by voxels."""
    everywhere, off = zip(*parts, strict=True)
    matches = [match_objects(part) for part in everywhere]
    both = sum(len(m.pairs) for m in matches)
    f1 = 2 * both / sum(m.truth + m.predicted for m in matches)
    found = sum(m.predicted for m in matches)
    truth = sum(m.truth for m in matches)
    scores = f"{f1:.3f} | {errors(everywhere)} | {errors(off)}"
    return f"| {name} | {found} of {truth} | {scores} | {seconds:.0f} |"


def errors(parts: tuple[Overlaps, ...]) -> str:
    """Mean variation of information and adapted Rand error, where defined."""
    voi = [v for p in parts if (v := variation_of_information(p)) is not None]
    if not voi:
        return "- | -"
    split, merge = (np.mean(side) for side in zip(*voi, strict=True))
    rand = np.mean([r for p in parts if (r := adapted_rand_error(p)) is not None])
    return f"{split:.3f} + {merge:.3f} = {split + merge:.2f} | {rand:.3f}"


if __name__ == "__main__":
    main()
