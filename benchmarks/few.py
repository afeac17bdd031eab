"""The best result from one labelled slice: with the starter, without it, and a forest.

Each contestant sees one slice with labels, part of which it keeps to validate on, and
unlabelled slices beside it. Scores are MIoU(all) on slices or columns far away.
Finished runs are kept in `--out`, and the same command continues.

    python benchmarks/few.py --out few
    python benchmarks/few.py --out few --steps 150 --tissues drosophila-vnc --seeds 0
    python benchmarks/few.py --out few --starter starter/starter.safetensors

`--minutes` are turned into steps by a probe, as in `densecell train`.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from forest import features
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

import densecell
from densecell.classes import ClassScheme
from densecell.config import ProjectConfig, write_text
from densecell.evaluation import score
from densecell.geometry import Box, Spacing
from densecell.training import starter
from densecell.volume import open_volume

DATA = Path("../shared/data")
SAMPLES = 160_000
UNLABELLED = 255


class Tissue(NamedTuple):
    """What is learned from, and what is reported on: (z, y, x) slices."""

    spacing_nm: tuple[float, float, float]
    learn: tuple[slice, slice, slice]
    labelled: int  # slice of `learn` that has labels
    report: tuple[slice, slice, slice]


ALL = slice(None)
TISSUES = {
    "drosophila-vnc": Tissue((50, 4.6, 4.6), (slice(0, 10), ALL, ALL), 5,
                             (slice(12, 16), ALL, ALL)),
    "cdeep3m-mito": Tissue((40, 5.9, 5.9), (slice(0, 10), ALL, ALL), 5,
                           (slice(12, 20), ALL, ALL)),
    "plant-chloroplasts": Tissue((60, 20, 20), (ALL, ALL, slice(0, 600)), 5,
                                 (ALL, ALL, slice(700, 1100))),
}  # fmt: skip


def main() -> None:
    args = arguments()
    found: dict[tuple[str, str], list[float]] = {}
    for seed in args.seeds:
        for name in args.tissues:
            for contestant in CONTESTANTS:
                value = kept(args, name, contestant, seed)
                found.setdefault((name, contestant), []).append(value)
    print(f"| MIoU(all) | {' | '.join(CONTESTANTS)} |")
    print("|---" * (len(CONTESTANTS) + 1) + "|")
    for name in args.tissues:
        values = [found[name, each] for each in CONTESTANTS]
        cells = [f"{mean(v):.3f} ({', '.join(f'{x:.3f}' for x in v)})" for v in values]
        print(f"| {name} | {' | '.join(cells)} |")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--tissues", nargs="+", choices=TISSUES, default=[*TISSUES])
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1))
    parser.add_argument("--starter", type=Path, default=starter.PACKAGED)
    return parser.parse_args()


def kept(args: argparse.Namespace, name: str, contestant: str, seed: int) -> float:
    """Score of a contestant, from the file of an earlier run if there is one."""
    path = args.out / f"{name}_{contestant}_{seed}.json"
    if not path.exists():
        value = CONTESTANTS[contestant](args, name, seed)
        write_text(path, json.dumps({"miou_all": value}))
        print(f"{name}, {contestant}, seed {seed}: {value:.3f}", flush=True)
    return float(json.loads(path.read_text())["miou_all"])


def network(args: argparse.Namespace, name: str, seed: int, *, begin: bool) -> float:
    """Train the default network on one slice; score it."""
    tissue, folder = TISSUES[name], args.out / f"{name}_{begin}_{seed}"
    image, labels = voxels(name)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "image.npy", image[tissue.learn])
    for role, part in one_slice(tissue, labels).items():
        np.save(folder / f"{role}.npy", part)
    np.save(folder / "report.npy", image[tissue.report])
    budget: dict[str, Any] = {"steps": args.steps, "minutes": None}
    if args.steps is None:
        budget = {"minutes": args.minutes}
    volume = {"image": "image.npy", "spacing_nm": tissue.spacing_nm}
    project = ProjectConfig.model_validate(
        {
            "classes": scheme(labels),
            "volumes": [
                volume | {"labels": f"{role}.npy", "role": role}
                for role in ("train", "eval")
            ],
            "training": budget | {"starter": begin, "abandon_below": 0},
            "ensemble": {"members": 1, "seed": seed},
        }
    )
    with patch.object(starter, "PACKAGED", args.starter):
        model = densecell.train(folder, settings=project, overwrite=True)
    unseen = open_volume(folder / "report.npy", spacing_nm=tissue.spacing_nm)
    result = densecell.segment(unseen, model, folder / "result", overwrite=True)
    return scored(name, result.classes.read(Box.whole(result.shape)))


def random_forest(args: argparse.Namespace, name: str, seed: int) -> float:
    """Train a random forest on filters of the same slice; score it."""
    tissue = TISSUES[name]
    image, labels = voxels(name)
    plane = image[tissue.learn][tissue.labelled]
    truth = labels[tissue.learn][tissue.labelled]
    rng = np.random.default_rng(seed)
    chosen = rng.choice(truth.size, min(SAMPLES, truth.size), replace=False)
    trees = RandomForestClassifier(
        100, min_samples_leaf=2, n_jobs=2, random_state=seed
    ).fit(table(plane, tissue)[chosen], truth.ravel()[chosen])
    report = image[tissue.report]
    found = [trees.predict(table(each, tissue)).reshape(each.shape) for each in report]
    return scored(name, np.stack(found))


CONTESTANTS: dict[str, Callable[[argparse.Namespace, str, int], float]] = {
    "random weights": lambda *given: network(*given, begin=False),
    "starter": lambda *given: network(*given, begin=True),
    "random forest": random_forest,
}


def voxels(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Image and labels of a tissue, (Z, Y, X)."""
    both = [
        open_volume(DATA / name / f"{what}.tif", labels=what == "labels")
        for what in ("image", "labels")
    ]
    image, labels = (volume.read(Box.whole(volume.shape)) for volume in both)
    return image, labels.astype(np.uint8)


def one_slice(
    tissue: Tissue, labels: NDArray[np.uint8]
) -> dict[str, NDArray[np.uint8]]:
    """Labels of one slice, its right quarter to validate on; all others are unknown."""
    learn = labels[tissue.learn]
    train, quarter = np.full((2, *learn.shape), UNLABELLED, np.uint8)
    last = 3 * learn.shape[2] // 4
    train[tissue.labelled, :, :last] = learn[tissue.labelled, :, :last]
    quarter[tissue.labelled, :, last:] = learn[tissue.labelled, :, last:]
    return {"train": train, "eval": quarter}


def scheme(labels: NDArray[np.uint8]) -> ClassScheme:
    return ClassScheme.from_ids(np.unique(labels).tolist())


def scored(name: str, found: NDArray[np.uint8]) -> float:
    """MIoU over all classes on what is reported."""
    labels = voxels(name)[1]
    scores = score(labels[TISSUES[name].report], found, scheme(labels))
    return float(scores.miou_all or 0)


def table(plane: NDArray[np.uint8], tissue: Tissue) -> NDArray[np.float32]:
    """Filters of a slice at several scales, (pixels, filters)."""
    found = features(plane[None], Spacing(*tissue.spacing_nm))
    return np.stack([each.ravel() for each in found], axis=1)


if __name__ == "__main__":
    main()
