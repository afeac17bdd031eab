"""What an hour of labelling is worth where `densecell suggest` says, and anywhere.

An annotator is simulated on `drosophila-vnc`: it begins with a few boxes labelled in
slices 0-9, trains, labels as many boxes again, trains on from there, and so on. Once
the boxes are those that `suggest` names, once as many of the same size drawn evenly
from those not yet labelled; in both, what is painted is the truth, and goes the way of
a user's: crops, `add-labels`, `train --from`. Weights are chosen on slices 10-11,
scores are the ensemble's on 12-15. Whatever is finished is kept in `--out`, and the
same command goes on where it stopped, at the next training.

    python benchmarks/labelling.py --out /scratch/labelling
    python benchmarks/labelling.py --out /scratch/trial --steps 10 --side 256 --seeds 1

Prints two tables in Markdown: the scores, with `least`, the smallest lead of suggested
over random boxes in any round, of the means over the seeds; and how many times the
share of wrong voxels, and of each class, the first suggested boxes hold of that in all.
"""

import argparse
import json
import shutil
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
import yaml

from densecell.classes import ClassScheme
from densecell.compute import usable_cores
from densecell.config import InferenceConfig, ProjectConfig, load_settings, write_text
from densecell.datasets.add_labels import add_labels
from densecell.datasets.crop import LABELS as PAINTED
from densecell.disk import written_aside
from densecell.ensemble import (
    SegmentRequest,
    load_ensemble,
    rank_members,
    read_ensemble,
    segment_volume,
)
from densecell.evaluation import (
    Scores,
    open_prediction,
    scores_from_confusion,
    volumes_confusion,
)
from densecell.geometry import Box
from densecell.suggestions import (
    Material,
    open_material,
    rank,
    read_candidates,
    write_crops,
)
from densecell.suggestions.candidates import candidate_groups
from densecell.training import Origin, TrainingOptions, load_data, train_members
from densecell.volume import ArrayVolume, open_volume, write_tiff

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
    for turn in range(1, args.rounds + 1):
        for seed in range(args.seeds):
            for arm in ARMS:
                go_on(args, seed, arm, turn)
    print(f"{table(args)}\n\n{held(args)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="image.tif, labels.tif")
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--side", type=int, default=384, help="rows and columns")
    parser.add_argument("--box", type=int, default=96, help="rows, columns of a box")
    parser.add_argument("--start", type=int, default=6, help="boxes to begin with")
    parser.add_argument("--boxes", type=int, default=6, help="labelled in each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60, help="of every training")
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    if not (args.data / "image.tif").exists():
        parser.error(f"{args.data}: no image.tif; give the folder by --data")
    return args


def begin(args: argparse.Namespace, seed: int) -> None:
    """Label a few boxes anywhere and train on them."""
    folder = seed_folder(args, seed) / "start"
    if not (folder / "project.yaml").exists():
        boxes = [
            box
            for group in candidate_groups(pool(args).shape, (1, args.box, args.box))
            for box in group
        ]
        chosen = scattered(boxes, args.start, np.random.default_rng((seed, 0)))
        values = project_values(args, seed, chosen)
        write_text(folder / "project.yaml", yaml.safe_dump(values))
    learn(args, folder, origin=None)


def go_on(args: argparse.Namespace, seed: int, arm: str, turn: int) -> None:
    """Label more boxes and train on from the weights before."""
    start = seed_folder(args, seed) / "start"
    before = start if turn == 1 else seed_folder(args, seed) / f"{arm}_{turn - 1}"
    folder = seed_folder(args, seed) / f"{arm}_{turn}"
    if not folder.exists():
        last = before if arm == "suggested" else start
        segment(args, last / "models" / "net", last / "pool", pool(args))
        material = open_material(last / "pool", project=before)
        boxes = chosen_boxes(args, material, arm, np.random.default_rng((seed, turn)))
        with written_aside(folder) as aside:
            aside.mkdir()
            shutil.copy(before / "project.yaml", aside)
            if (before / "labels").exists():
                shutil.copytree(before / "labels", aside / "labels")
            paint(args, material, boxes, aside / "crops")
            add_labels(aside, sorted((aside / "crops").glob(f"*/{PAINTED}")))
    learn(args, folder, origin=before / "models" / "net")


def seed_folder(args: argparse.Namespace, seed: int) -> Path:
    return args.out / f"seed_{seed}"


def chosen_boxes(
    args: argparse.Namespace, material: Material, arm: str, rng: np.random.Generator
) -> list[Box]:
    """Choose boxes without a labelled voxel, none over another."""
    candidates = read_candidates(material, (1, args.box, args.box))
    if arm == "random":
        pairs = zip(candidates.boxes, candidates.labelled, strict=True)
        return scattered([box for box, known in pairs if not known], args.boxes, rng)
    members = len(material.run.model.members)
    spacing = material.spacing_nm
    picks = rank(candidates, args.boxes, spacing_nm=spacing, members=members)
    return [candidates.boxes[pick.number] for pick in picks]


def scattered(boxes: list[Box], count: int, rng: np.random.Generator) -> list[Box]:
    """Draw boxes evenly, none over another."""
    drawn: list[Box] = []
    for n in rng.permutation(len(boxes)):
        if all(boxes[n].intersection(other).voxels == 0 for other in drawn):
            drawn.append(boxes[n])
        if len(drawn) == count:
            break
    return drawn


def paint(
    args: argparse.Namespace, material: Material, boxes: list[Box], folder: Path
) -> None:
    """Write crops and paint the truth over what was predicted."""
    truth = open_volume(args.data / "labels.tif", labels=True)
    for name, box in zip(write_crops(folder, material, boxes), boxes, strict=True):
        labels = truth.read(box.shifted(material.origin))
        volume = ArrayVolume(labels, spacing_nm=SPACING_NM)
        write_tiff(folder / name / PAINTED, volume, overwrite=True)


def project_values(
    args: argparse.Namespace, seed: int, boxes: list[Box]
) -> dict[str, Any]:
    """Project with a few labelled boxes, and slices to validate on."""
    span = [0, args.side]
    files = {
        "image": str(args.data.resolve() / "image.tif"),
        "labels": str(args.data.resolve() / "labels.tif"),
        "spacing_nm": list(SPACING_NM),
        "y": span,
        "x": span,
    }
    known = [{"box": [list(box.start), list(box.stop)]} for box in boxes]
    return {
        "format": 1,
        "classes": "drosophila-vnc",
        "network": NETWORK,
        "training": {
            "steps": args.steps,
            "validations": 1,
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
    """Train, segment what is reported, and score."""
    if (folder / "scores.json").exists():
        return
    project = load_settings(folder / "project.yaml", ProjectConfig)
    model = folder / "models" / "net"
    begun = None
    if origin is not None:
        voting = [m.folder for m in read_ensemble(origin).members if m.used]
        begun = Origin(tuple(origin.absolute() / name for name in voting))
    data = load_data(project, folder)
    for _ in train_members(project, data, model, TrainingOptions(origin=begun)):
        pass
    rank_members(model, best=args.members)
    report = Box((REPORT[0], 0, 0), (REPORT[1], args.side, args.side))
    segment(args, model, folder / "report", report)
    scores = scored(args, folder / "report")
    write_text(folder / "scores.json", json.dumps(scores.as_json(), indent=1) + "\n")
    print(f"{folder}: {scores.miou_all:.4f}", flush=True)


def segment(args: argparse.Namespace, model: Path, out: Path, box: Box) -> None:
    volume = open_volume(args.data / "image.tif", spacing_nm=SPACING_NM)
    request = SegmentRequest(
        inference=InferenceConfig(threads=usable_cores()), box=tuple(box)
    )
    for _ in segment_volume(volume, load_ensemble(model), out, request):
        pass


def scored(args: argparse.Namespace, result: Path) -> Scores:
    found = open_prediction(result)
    truth = open_volume(args.data / "labels.tif", labels=True)
    assert found.scheme is not None
    confusion = volumes_confusion(
        truth, found.labels, found.scheme, box=found.box, origin=found.box.start
    )
    return scores_from_confusion(confusion, found.scheme)


def table(args: argparse.Namespace) -> str:
    """List the scores of all rounds, and the lead of suggested over random boxes."""
    known = args.start * args.box**2
    lines = ["| labelled voxels | suggested | random | lead | by seed |"]
    lines.append("|---|---|---|---|---|")
    first = [miou(args, seed, "start") for seed in range(args.seeds)]
    lines.append(f"| {known:,} | {spread(first)} | the same | | |")
    leads = []
    for turn in range(1, args.rounds + 1):
        arms = [
            [miou(args, seed, f"{arm}_{turn}") for seed in range(args.seeds)]
            for arm in ARMS
        ]
        by_seed = [a - b for a, b in zip(*arms, strict=True)]
        leads.append(mean(by_seed))
        known += args.boxes * args.box**2
        told = ", ".join(f"{lead:+.3f}" for lead in by_seed)
        suggested, random = map(spread, arms)
        lines.append(
            f"| {known:,} | {suggested} | {random} | {leads[-1]:+.3f} | {told} |"
        )
    return "\n".join([*lines, f"least={min(leads):+.4f}"])


def held(args: argparse.Namespace) -> str:
    """Say how much more of everything the first suggested boxes hold than all do."""
    names = ClassScheme.drosophila_vnc().names
    by_seed = np.array([richer(args, seed) for seed in range(args.seeds)])
    lines = ["| in the first suggested boxes | times that in all |", "|---|---|"]
    for n, name in enumerate(("wrong voxels", *names)):
        told = ", ".join(f"{times:.2f}" for times in by_seed[:, n])
        lines.append(f"| {name} | {by_seed[:, n].mean():.2f} ({told}) |")
    return "\n".join(lines)


def richer(args: argparse.Namespace, seed: int) -> list[float]:
    """Shares of wrong voxels and of each class in chosen boxes, over those in all."""
    start = seed_folder(args, seed) / "start"
    material = open_material(start / "pool", project=start)
    candidates = read_candidates(material, (1, args.box, args.box))
    truth = open_volume(args.data / "labels.tif", labels=True)
    rows = []
    for box in candidates.boxes:
        ids = truth.read(box.shifted(material.origin))
        wrong = (ids != material.classes.read(box)).mean()
        rows.append([wrong, *((ids == i).mean() for i in material.scheme.ids)])
    shares = np.array(rows)
    members = len(material.run.model.members)
    spacing = material.spacing_nm
    picks = rank(candidates, args.boxes, spacing_nm=spacing, members=members)
    picked = [pick.number for pick in picks]
    return (shares[picked].mean(0) / shares[~candidates.labelled].mean(0)).tolist()


def miou(args: argparse.Namespace, seed: int, stage: str) -> float:
    path = seed_folder(args, seed) / stage / "scores.json"
    return Scores.model_validate_json(path.read_text(encoding="utf-8")).miou_all


def spread(scores: list[float]) -> str:
    return f"{mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})"


if __name__ == "__main__":
    main()
