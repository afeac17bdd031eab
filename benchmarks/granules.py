"""How well organelles that touch are told apart, and whole ones left whole.

Organelles of the phantom's shapes are thrown into 40 x 384 x 384 voxels of 40 x 10 x 10
nm: granules so densely that most touch others, by faces as deep as `--overlaps`; and
mitochondria and channels that touch none. All are split as `densecell measure` splits
organelles, but as one block, and matched with the true ones at an IoU of 0.5.

    python benchmarks/granules.py
    python benchmarks/granules.py --seeds 1 2 --necks 0.6 0.7 --overlaps 20

`touch` is the share of the objects that touch another one at all.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from objects import split_whole

from densecell.config import ObjectsConfig
from densecell.evaluation import count_overlaps, match_objects
from densecell.geometry import Shape, Spacing
from densecell.phantom.lattice import Lattice
from densecell.phantom.organelles import ORGANELLES
from densecell.phantom.structure import Structure

SPACING = Spacing(40, 10, 10)
SHAPE: Shape = (40, 384, 384)
FULL = 0.3  # share of the volume that is filled, if there is room
TRIES = 6000
GAP_NM = 60.0  # between structures that do not touch
Recipe = Callable[[np.random.Generator], Structure]
DENSE, MITOCHONDRION, ALPHA, CHANNEL = (recipe.draw for recipe in ORGANELLES)


class Kind(NamedTuple):
    """What is thrown into a volume, and how far two may overlap, in nm."""

    name: str
    recipes: tuple[Recipe, ...]
    overlap_nm: float


def main() -> None:
    args = arguments()
    kinds = [Kind(f"granules, {o:g} nm", (ALPHA, DENSE), o) for o in args.overlaps]
    kinds.append(Kind("mitochondria", (MITOCHONDRION,), -GAP_NM))
    kinds.append(Kind("channels", (CHANNEL,), -GAP_NM))
    print("| organelles | true | touch | neck | found | F1 |")
    print("|---|---|---|---|---|---|", flush=True)
    for kind in kinds:
        volumes = [thrown(kind, seed) for seed in args.seeds]
        for neck in args.necks:
            print(row(kind.name, volumes, neck), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--overlaps", type=float, nargs="+", default=[20, 40, 80])
    parser.add_argument("--necks", type=float, nargs="+", default=[0.5, 0.7, 0.92])
    return parser.parse_args()


def thrown(kind: Kind, seed: int) -> NDArray[np.uint32]:
    """Object ids; a voxel belongs to the object that it lies deepest in."""
    rng = np.random.default_rng(seed)
    lattice = Lattice(SHAPE, SPACING)
    ids = np.zeros(SHAPE, np.uint32)
    depth = np.full(SHAPE, -np.inf, np.float32)
    count = 0
    for _ in range(TRIES):
        body = kind.recipes[rng.integers(len(kind.recipes))](rng).outer.body
        at = rng.uniform(0, lattice.size_nm)
        box = lattice.box_around(at, body.reach_nm + max(0.0, -kind.overlap_nm))
        own = -body.distance_nm(lattice.offsets(box, at))
        there = depth[box.slices]
        # The deepest point in both, each of which gives way by half of the overlap.
        if box.voxels and np.minimum(own, there).max() <= kind.overlap_nm / 2:
            count += 1
            ids[box.slices][(own > 0) & (own > there)] = count
            np.maximum(there, own, out=there)
            if np.count_nonzero(ids) > FULL * ids.size:
                break
    return ids


def row(name: str, volumes: list[NDArray[np.uint32]], neck: float) -> str:
    """Split all volumes and count matches over them."""
    organelles = ObjectsConfig().organelles.model_copy(update={"neck": neck})
    found = [split_whole(ids > 0, SPACING, organelles) for ids in volumes]
    scored = zip(volumes, found, strict=True)
    matches = [match_objects(count_overlaps(*pair)) for pair in scored]
    truth, predicted = (
        sum(getattr(m, side) for m in matches) for side in ("truth", "predicted")
    )
    f1 = 2 * sum(len(m.pairs) for m in matches) / (truth + predicted)
    touch = np.mean(np.concatenate([touched(ids) for ids in volumes]))
    return (
        f"| {name} | {truth} | {100 * touch:.0f} % | {neck:g} | {predicted} "
        f"| {f1:.3f} |"
    )


def touched(ids: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether each object shares a face of a voxel with another."""
    meets = np.zeros(int(ids.max()) + 1, bool)
    for axis in range(3):
        moved = np.moveaxis(ids, axis, 0)
        a, b = moved[1:], moved[:-1]
        both = (a != b) & (a > 0) & (b > 0)
        meets[a[both]] = meets[b[both]] = True
    there = np.unique(ids)
    return meets[there[there > 0]]


if __name__ == "__main__":
    main()
