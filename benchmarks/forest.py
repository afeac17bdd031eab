"""How a random forest on local filters fares on phantoms, beside an ensemble.

Features per voxel as in pixel-classification tools: Gaussian, gradient magnitude,
Laplacian, structure tensor and Hessian eigenvalues at sigmas of 1, 2, 4 and 8 pixels
(in z shortened by the anisotropy). Trains on one phantom, scores unseen ones. With
`--model`, here the one of `densecell demo`, its members and their ensemble are scored
beside it:

    python benchmarks/forest.py --model demo/models/demo
    python benchmarks/forest.py --sampling natural --trees 200
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier

from densecell.classes import ClassScheme
from densecell.cli.options import VolumeOptions, WorkerOptions
from densecell.cli.phantom import phantom as make_volume
from densecell.cli.segment import SegmentOptions, segment
from densecell.config import InferenceConfig
from densecell.evaluation import confusion_matrix, scores_from_confusion
from densecell.geometry import Box, Shape, Spacing
from densecell.phantom import Phantom, make_phantom
from densecell.volume import open_volume

SIGMAS_PX = (1.0, 2.0, 4.0, 8.0)
SCHEME = ClassScheme.platelet()


def main() -> None:
    args = arguments()
    train = make_phantom(tuple(args.train_shape), seed=args.train_seed)
    started = time.perf_counter()
    forest = train_forest(train, args)
    print(f"forest: {args.trees} trees, {time.perf_counter() - started:.0f} s")
    scores: dict[str, list[float]] = {}
    for seed in args.seeds:
        phantom = make_phantom(tuple(args.shape), seed=seed)
        guesses = {"forest": predict_forest(forest, phantom)}
        if args.model:
            guesses |= predict_ensemble(args.model, tuple(args.shape), seed)
        for name, guess in guesses.items():
            score = report(f"{name}, seed {seed}", phantom.classes, guess)
            scores.setdefault(name, []).append(score)
    for name, values in scores.items():
        print(f"{name}: MIoU(org) {np.mean(values):.3f} over {len(values)} phantoms")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train-shape", type=int, nargs=3, default=(24, 384, 384))
    parser.add_argument("--train-seed", type=int, default=1)
    parser.add_argument("--shape", type=int, nargs=3, default=(16, 256, 256))
    parser.add_argument("--seeds", type=int, nargs="+", default=(101, 102, 103))
    parser.add_argument("--samples", type=int, default=200_000)
    parser.add_argument(
        "--sampling", choices=("balanced", "natural"), default="balanced"
    )
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--model", type=Path, help="of a `densecell train`")
    return parser.parse_args()


def train_forest(phantom: Phantom, args: argparse.Namespace) -> RandomForestClassifier:
    chosen = sample(phantom.classes, args)
    table = np.concatenate(
        [f.ravel()[chosen][:, None] for f in features_of(phantom)], axis=1
    )
    forest = RandomForestClassifier(
        args.trees, min_samples_leaf=2, n_jobs=args.jobs, random_state=0
    )
    return forest.fit(table, phantom.classes.ravel()[chosen])


def predict_forest(
    forest: RandomForestClassifier, phantom: Phantom
) -> NDArray[np.uint8]:
    table = np.stack([f.ravel() for f in features_of(phantom)], axis=1)
    return forest.predict(table).reshape(phantom.classes.shape)


def predict_ensemble(
    model: Path, shape: Shape, seed: int
) -> dict[str, NDArray[np.uint8]]:
    """Segment with every member and the ensemble, by the commands of a user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_volume(folder / "unseen.zarr", shape=shape, seed=seed)
        segment(
            str(folder / "unseen.zarr"),
            model,
            folder / "result",
            VolumeOptions(),
            SegmentOptions(keep_members=True),
            InferenceConfig(),
            WorkerOptions(),
        )
        labels = folder / "result" / "segmentation.zarr" / "labels"
        members = sorted(path.name for path in labels.glob("member_*"))
        names = {name: name for name in members} | {"ensemble": "classes"}
        return {
            name: open_volume(labels / stored, labels=True).read(Box.whole(shape))
            for name, stored in names.items()
        }


def sample(classes: NDArray[np.uint8], args: argparse.Namespace) -> NDArray[np.intp]:
    """Choose voxels: as many of each class, as far as there are, or as they come."""
    rng = np.random.default_rng(0)
    flat = classes.ravel()
    if args.sampling == "natural":
        return rng.choice(flat.size, min(args.samples, flat.size), replace=False)
    chosen = []
    for i in SCHEME.ids:
        of_class = np.flatnonzero(flat == i)
        wanted = min(len(of_class), args.samples // len(SCHEME))
        chosen.append(rng.choice(of_class, wanted, replace=False))
    return np.concatenate(chosen)


def features_of(phantom: Phantom) -> Iterator[NDArray[np.float32]]:
    return features(phantom.intensities, phantom.spacing_nm)


def features(
    intensities: NDArray[np.uint8], spacing_nm: Spacing
) -> Iterator[NDArray[np.float32]]:
    """Yield the (Z, Y, X) responses one by one."""
    grey = intensities.astype(np.float32)
    yield grey
    for sigma in SIGMAS_PX:
        scale = (sigma / spacing_nm.anisotropy, sigma, sigma)
        smooth = ndimage.gaussian_filter(grey, scale, truncate=3)
        gy, gx = np.gradient(smooth, axis=(1, 2))
        yield smooth
        yield np.hypot(gy, gx)
        yy, yx = np.gradient(gy, axis=(1, 2))
        xx = np.gradient(gx, axis=2)
        yield yy + xx
        yield from eigenvalues(yy, yx, xx)
        products = (gy * gy, gy * gx, gx * gx)
        yield from eigenvalues(
            *(ndimage.gaussian_filter(p, scale, truncate=3) for p in products)
        )


def eigenvalues(
    yy: NDArray[np.float32], yx: NDArray[np.float32], xx: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both eigenvalues of symmetric 2 x 2 matrices, the larger first."""
    mean, spread = (yy + xx) / 2, np.hypot((yy - xx) / 2, yx)
    return mean + spread, mean - spread


def report(name: str, truth: NDArray[np.uint8], guess: NDArray[np.uint8]) -> float:
    """Print IoU per class; give its mean over the organelles."""
    confusion = confusion_matrix(truth, guess, SCHEME)
    scores = scores_from_confusion(confusion, SCHEME)
    each = " ".join(f"{kind} {iou or 0:.3f}," for kind, iou in scores.iou.items())
    print(f"{name}: {each} MIoU(org) {scores.miou_org:.3f}", flush=True)
    return scores.miou_org or 0.0


if __name__ == "__main__":
    main()
