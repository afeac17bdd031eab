"""What the next hour of labelling is worth where `densecell suggest` says, and anywhere.

An annotator is simulated on `drosophila-vnc`: it begins with a few boxes labelled in
slices 0-9, trains, labels as many boxes again, trains on from there, and so on. Once the
boxes are those that `suggest` names, once as many of the same size drawn evenly from
those not yet labelled; in both, what is painted is the truth, and goes the way of a
user's: crops, `add-labels`, `train --from`. Weights are chosen on slices 10-11, scores
are the ensemble's on 12-15. Whatever is finished is kept in `--out`, and the same
command goes on where it stopped, at the next training.

    python benchmarks/labelling.py --out /scratch/labelling
    python benchmarks/labelling.py --out /scratch/trial --steps 10 --side 256 --seeds 1

Prints a table in Markdown; on the last line `least` is the smallest lead of suggested
over random boxes, of the means over the seeds, in any round.
"""

import argparse
import json
from pathlib import Path
from statistics import mean

import numpy as np
import torch
import yaml

from densecell.compute import usable_cores
from densecell.config import InferenceConfig, ProjectConfig, load_settings, write_text
from densecell.datasets.crop import LABELS
from densecell.datasets.painted import add_labels
from densecell.ensemble import (
    Wish,
    load_ensemble,
    rank_members,
    read_ensemble,
    segment_volume,
)
from densecell.evaluation import Scores, scores_from_confusion
from densecell.evaluation.blockwise import volumes_confusion
from densecell.evaluation.result import open_prediction
from densecell.geometry import Box, Shape
from densecell.suggestions import look_at, open_material, rank, write_crops
from densecell.suggestions.candidates import candidate_groups
from densecell.training import Options, Origin, load_data, train_members
from densecell.volume import open_volume, write_tiff, ArrayVolume

DATA = Path("../shared/data/drosophila-vnc")
SPACING_NM = (50, 4.6, 4.6)
LEARN, CHOOSE, REPORT = (0, 10), (10, 12), (12, 16)  # slices
ARMS = ("suggested", "random")
NETWORK = {"name": "unet2d", "width": 8}


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    for seed in range(args.seeds):
        begin(args, seed)
    for seed in range(args.seeds):
        for turn in range(1, args.rounds + 1):
            for arm in ARMS:
                go_on(args, seed, arm, turn)
    print(table(args))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="image.tif, labels.tif")
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--side", type=int, default=512, help="rows and columns")
    parser.add_argument("--box", type=int, default=96, help="rows, columns of a box")
    parser.add_argument("--start", type=int, default=4, help="boxes to begin with")
    parser.add_argument("--boxes", type=int, default=4, help="labelled in each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=100, help="of every training")
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if not (args.data / "image.tif").exists():
        parser.error(f"{args.data}: no image.tif; give the folder by --data")
    return args


def begin(args: argparse.Namespace, seed: int) -> None:
    """Label a few boxes anywhere and train on them."""
    folder = args.out / f"seed_{seed}" / "start"
    if not (folder / "project.yaml").exists():
        rng = np.random.default_rng((seed, 0))
        boxes = all_boxes(args)
        chosen = rng.choice(len(boxes), args.start, replace=False)
        values = start_values(args, seed, [boxes[n] for n in sorted(chosen)])
        write_text(folder / "project.yaml", yaml.safe_dump(values))
    learn(args, folder, origin=None)


def all_boxes(args: argparse.Namespace) -> list[Box]:
    """List the boxes that could be labelled."""
    groups = candidate_groups(pool(args).shape, (1, args.box, args.box))
    return [box for group in groups for box in group]


def start_values(args: argparse.Namespace, seed: int, boxes: list[Box]) -> dict:
    files = {
        "image": str(args.data.resolve() / "image.tif"),
        "labels": str(args.data.resolve() / "labels.tif"),
        "spacing_nm": list(SPACING_NM),
        "y": [0, args.side],
        "x": [0, args.side],
    }
    known = [{"box": [list(box.start), list(box.stop)]} for box in boxes]
    return {
        "format": 1,
        "classes": "drosophila-vnc",
        "network": NETWORK,
        "training": {
            "steps": args.steps,
            "validations": 2,
            "window": [1, args.box, args.box],
            "batch": 4,
            "augmentation": {"elastic": 0.0},
        },
        "ensemble": {"members": args.members, "seed": 100 * seed},
        "volumes": [
            {**files, "role": "eval", "z": list(CHOOSE)},
            {**files, "role": "train", "z": list(LEARN), "boxes": known},
        ],
    }


def pool(args: argparse.Namespace) -> Box:
    return Box((LEARN[0], 0, 0), (LEARN[1], args.side, args.side))


def learn(args: argparse.Namespace, folder: Path, *, origin: Path | None) -> None:
    """Train, segment what could be labelled and what is reported, and score."""
    if (folder / "scores.json").exists():
        return
    project = load_settings(folder / "project.yaml", ProjectConfig)
    model = folder / "models" / "net"
    begun = None
    if origin is not None:
        voting = [m.folder for m in read_ensemble(origin).members if m.used]
        begun = Origin(tuple(origin.absolute() / name for name in voting))
    data = load_data(project, folder)
    for _ in train_members(project, data, model, Options(origin=begun)):
        pass
    rank_members(model, best=args.members)
    report = Box((REPORT[0], 0, 0), (REPORT[1], args.side, args.side))
    segment(args, model, folder / "pool", pool(args))
    segment(args, model, folder / "report", report)
    scores = scored(args, folder / "report")
    write_text(folder / "scores.json", json.dumps(scores.as_json(), indent=1) + "\n")
    print(f"{folder}: {scores.miou_all:.4f}", flush=True)


def segment(args: argparse.Namespace, model: Path, out: Path, box: Box) -> None:
    volume = open_volume(args.data / "image.tif", spacing_nm=SPACING_NM)
    wish = Wish(inference=InferenceConfig(threads=usable_cores()), box=tuple(box))
    for _ in segment_volume(volume, load_ensemble(model), out, wish):
        pass


def scored(args: argparse.Namespace, result: Path) -> Scores:
    found = open_prediction(result)
    truth = open_volume(args.data / "labels.tif", labels=True)
    assert found.scheme is not None
    confusion = volumes_confusion(
        truth, found.labels, found.scheme, box=found.box, origin=found.box.start
    )
    return scores_from_confusion(confusion, found.scheme)
