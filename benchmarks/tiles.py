"""Score, cost and seams over the depth and margin of tiles, with a trained network.

For every tile and margin: voxels computed per voxel kept (of an endless volume), time,
mean IoU where there are labels, and how often the label changes from one voxel to the
next where two tiles meet, as a ratio to elsewhere: 1.00 means that no seam can be seen.

    python benchmarks/tiles.py MODEL IMAGE LABELS --spacing 45 4.6 4.6 \\
        --box 12 0 0 16 1024 1024
"""

import argparse
import itertools
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.config import InferenceConfig
from densecell.ensemble import Ensemble, load_ensemble
from densecell.evaluation import confusion_matrix, scores_from_confusion
from densecell.geometry import Box, Shape, Tiling
from densecell.inference import (
    box_probabilities,
    choose_engine,
    make_engine,
    plan_tiling,
)
from densecell.volume import (
    Volume,
    intensity_statistics,
    normalise,
    open_volume,
    read_padded,
)

DEEP_MARGINS = (0, 1, 2)
WIDE_MARGINS = (0, 16, 32, 72)


class Row(NamedTuple):
    """What one way of cutting gave."""

    tiling: Tiling
    cost: float  # voxels computed per voxel kept
    seconds: float
    miou: float
    seams_z: float
    seams_plane: float


def main() -> None:
    args = arguments()
    ensemble = load_ensemble(args.model, best=1)
    volume = open_volume(args.image, spacing_nm=tuple(args.spacing))
    labels = open_volume(args.labels, labels=True)
    box = Box.whole(volume.shape)
    if args.box:
        box = Box(tuple(args.box[:3]), tuple(args.box[3:]))
    truth = labels.read(box)
    print("| tile | margin | cost | s | MIoU(all) | seams in z | in plane |")
    print("|---|---|---|---|---|---|---|")
    for tile, margin in ways(args, flat=ensemble.networks[0].flat):
        if tile[0] > volume.shape[0]:
            continue
        row = measure(ensemble, volume, truth, box, tile, margin)
        print(
            f"| {show(row.tiling.tile)} | {show(row.tiling.margin)} | {row.cost:.2f} "
            f"| {row.seconds:.1f} | {row.miou:.4f} | {row.seams_z:.2f} "
            f"| {row.seams_plane:.2f} |",
            flush=True,
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="of a `densecell train`")
    parser.add_argument("image", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--spacing", type=float, nargs=3, required=True)
    parser.add_argument("--box", type=int, nargs=6, help="voxels that are scored")
    parser.add_argument("--depths", type=int, nargs="+", default=[5, 8, 16])
    parser.add_argument("--sides", type=int, nargs="+", default=[320, 512])
    return parser.parse_args()


def ways(args: argparse.Namespace, *, flat: bool) -> list[tuple[Shape, Shape]]:
    """List tiles and margins worth a look; flat networks have no depth to vary."""
    deep = [(1, 0)] if flat else list(itertools.product(args.depths, DEEP_MARGINS))
    return [
        ((depth, side, side), (margin, wide, wide))
        for (depth, margin), side, wide in itertools.product(
            deep, args.sides, WIDE_MARGINS
        )
        if depth > 2 * margin and (wide == 32 or margin == 1 or flat)
    ]


def measure(
    ensemble: Ensemble,
    volume: Volume,
    truth: NDArray[np.integer],
    box: Box,
    tile: Shape,
    margin: Shape,
) -> Row:
    """Label a box with one way of cutting and compare."""
    network, scheme = ensemble.networks[0], ensemble.scheme
    config = InferenceConfig(tile=tile, margin=margin)
    tiling = plan_tiling(network, volume.shape, config)
    window = Box.whole(tiling.tile).grown(network.margin).shape
    engine = make_engine(network, choose_engine(config), window=window)
    statistics = intensity_statistics(volume)

    def read(part: Box) -> NDArray[np.float32]:
        return normalise(read_padded(volume, part), statistics)

    box_probabilities(engine, read, tiling, first_tile(tiling, box), network.margin)
    begin = time.perf_counter()
    said = box_probabilities(engine, read, tiling, box, network.margin).argmax(0)
    seconds = time.perf_counter() - begin
    confusion = confusion_matrix(truth, scheme.to_ids(said.astype(np.uint8)), scheme)
    z, y, x = tiling.margin  # none where one tile is as long as the volume
    kept = Box.whole(tiling.tile).grown((-z, -y, -x)).voxels
    return Row(
        tiling,
        Box.whole(tiling.tile).voxels / kept,
        seconds,
        scores_from_confusion(confusion, scheme).miou_all or 0.0,
        seams(said, tiling, box, axes=(0,)),
        seams(said, tiling, box, axes=(1, 2)),
    )


def first_tile(tiling: Tiling, box: Box) -> Box:
    """What the first tile of a box keeps; its call warms the engine up."""
    return next(tiling.tiles(box)).write_box


def seams(
    said: NDArray[np.integer], tiling: Tiling, box: Box, *, axes: tuple[int, ...]
) -> float:
    """Compare label changes where tiles meet with those elsewhere; nan: none meet."""
    at_seams: list[float] = []
    elsewhere: list[float] = []
    for axis in axes:
        changes = np.diff(said, axis=axis) != 0
        others = tuple(n for n in range(3) if n != axis)
        share = changes.mean(others)
        place = np.arange(1, said.shape[axis]) + box.start[axis]
        meets = place % tiling.kept[axis] == 0
        at_seams += share[meets].tolist()
        elsewhere += share[~meets].tolist()
    if not at_seams or not elsewhere:
        return float("nan")
    return float(np.mean(at_seams) / np.mean(elsewhere))


def show(shape: Shape) -> str:
    return " x ".join(map(str, shape))


if __name__ == "__main__":
    main()
