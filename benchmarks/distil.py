"""How good and how fast a small network is that learned from an ensemble.

On `drosophila-vnc`, as in `accuracy.py`: trained on slices 0-9, weights chosen on
10-11, reported on 12-15. The ensemble is the one that `accuracy.py --only ours` leaves
in its `--out`. The same small network is trained twice, with equal steps: on the labels
alone, and on what the ensemble says of slices 0-9 with the labels mixed in. No image of
10-15 is learned from. Then ensemble and small network segment the same volume in turn.

    python benchmarks/accuracy.py --out /scratch/accuracy --only ours --minutes 6
    python benchmarks/distil.py --teacher /scratch/accuracy/ours --out /scratch/distil

What is trained is kept in `--out`, and the same command goes on where it stopped;
`--rounds 0` leaves the timing out. On the last line, `distilled`, `alone` and
`ensemble` are MIoU(all) on slices 12-15, means over seeds; `faster` and `less_work` are
ratios of the medians over the rounds, of seconds and of the processor's.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import torch
from contestants import SPACING_NM, Ours, fly_project, on_report

from densecell.compute import processor_name, usable_cores
from densecell.config import (
    EnsembleConfig,
    NetworkConfig,
    ProjectConfig,
    write_text,
)
from densecell.ensemble import (
    SegmentRequest,
    begin_soft_labels,
    choose_parts,
    load_ensemble,
    make_soft_labels,
    rank_members,
    read_soft_labels,
    segment_volume,
)
from densecell.evaluation import Scores
from densecell.training import (
    Data,
    Validator,
    load_data,
    load_eval,
    train_members,
)
from densecell.volume import open_volume

DATA = Path("../shared/data/drosophila-vnc")
VARIANTS = ("distilled", "alone")


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    print(f"{processor_name()}, {usable_cores()} cores", flush=True)
    for seed in range(args.seeds):
        for variant in args.only:
            trained(args, variant, seed)
    whole = ensemble_scores(args)
    print(table(args, whole), flush=True)
    print(last_line(args, whole, timed(args)))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="image.tif, labels.tif")
    parser.add_argument("--teacher", type=Path, required=True, help="model folder")
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--network", default="2d3d-light", help="of the student")
    parser.add_argument("--width", type=int, default=8, help="of the student")
    parser.add_argument("--steps", type=int, default=1500, help="of each training")
    parser.add_argument("--seeds", type=int, default=1, help="of each variant")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--rounds", type=int, default=3, help="of timing")
    args = parser.parse_args()
    if not (args.data / "image.tif").exists():
        parser.error(f"{args.data}: no image.tif; give the folder by --data")
    args.out = args.out / f"{args.network}-{args.width}-{args.steps}"
    return args


# Training


def trained(args: argparse.Namespace, variant: str, seed: int) -> None:
    """Train and score one, unless that was done."""
    path = args.out / f"{variant}_{seed}.json"
    if path.exists():
        return
    project = student_project(args, seed)
    data = load_data(project, Path())
    if variant == "distilled":
        data = taught(args, project, data)
    model = args.out / variant
    for progress in train_members(project, data, model):
        record = progress.record
        if record is not None and record.miou_all is not None:
            print(f"  step {record.step}: {record.miou_all:.4f}", flush=True)
    rank_members(model, best=1)
    chosen_by, scores = Ours(project).report(seed, model)
    found = {"chosen_by": chosen_by, "scores": scores.as_json()}
    write_text(path, json.dumps(found, indent=2) + "\n")
    print(f"{variant}, seed {seed}: {scores.miou_all:.4f}", flush=True)


def student_project(args: argparse.Namespace, seed: int) -> ProjectConfig:
    network = NetworkConfig(name=args.network, width=args.width)
    project = fly_project(args.data, network, None)
    budget = {"minutes": None, "steps": args.steps}
    training = project.training.model_copy(update=budget)
    members = EnsembleConfig(members=seed + 1)
    return project.model_copy(update={"training": training, "ensemble": members})


def taught(args: argparse.Namespace, project: ProjectConfig, data: Data) -> Data:
    """Replace the labels by what the ensemble says, with them mixed in."""
    ensemble = load_ensemble(args.teacher)
    parts = choose_parts(project, Path(), data.train, most_voxels=0)
    folder = args.out.parent / "lessons"
    begin_soft_labels(parts, ensemble, folder)
    for _ in make_soft_labels(parts, ensemble, folder):
        pass
    return data._replace(train=read_soft_labels(parts, folder, project))


# Timing


class Taken(NamedTuple):
    """What the blocks of a segmentation took, from the first to the last file."""

    seconds: float
    processor_seconds: float  # on a busy machine the steadier of the two


def timed(args: argparse.Namespace) -> dict[str, list[Taken]]:
    """Let ensemble and small network segment the whole stack in turn."""
    models = {"ensemble": args.teacher, "distilled": args.out / "distilled"}
    taken: dict[str, list[Taken]] = {name: [] for name in models}
    for _ in range(args.rounds):
        for name, model in models.items():
            with tempfile.TemporaryDirectory(dir=args.out) as scratch:
                taken[name].append(segmented(args, model, Path(scratch) / "result"))
            print(f"  {name}: {taken[name][-1]}", flush=True)
    return taken


def segmented(args: argparse.Namespace, model: Path, out: Path) -> Taken:
    volume = open_volume(args.data / "image.tif", spacing_nm=SPACING_NM)
    steps = segment_volume(volume, load_ensemble(model), out, SegmentRequest())
    next(steps)  # engine and tiles are settled
    began, worked = time.perf_counter(), time.process_time()
    for _ in steps:
        pass
    return Taken(time.perf_counter() - began, time.process_time() - worked)


# What is printed


def ensemble_scores(args: argparse.Namespace) -> Scores:
    """Score the mean of the teachers' probabilities on the slices to report."""
    project = on_report(student_project(args, 0))
    validator = Validator(load_eval(project, Path()), project.classes)
    total: Any = 0
    for network in load_ensemble(args.teacher).networks:
        (probabilities,) = validator.probabilities(network)
        total = total + probabilities
    return validator.compare([total.argmax(0)])


def table(args: argparse.Namespace, whole: Scores) -> str:
    """List the ensemble and all trainings, in Markdown."""
    heads = ["network", "seed", "MIoU 10-11", "MIoU(all) 12-15", *whole.classes]
    rows: list[list[str]] = [heads, ["---"] * len(heads)]
    rows.append(["ensemble", "", "", *in_cells(whole)])
    for variant in VARIANTS:
        for seed, found in enumerate(results(args, variant)):
            scores = Scores.model_validate(found["scores"])
            chosen_by = f"{found['chosen_by']:.4f}"
            rows.append([variant, str(seed), chosen_by, *in_cells(scores)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def results(args: argparse.Namespace, variant: str) -> list[dict[str, Any]]:
    paths = sorted(args.out.glob(f"{variant}_*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def in_cells(scores: Scores) -> list[str]:
    ious = ["none" if iou is None else f"{iou:.3f}" for iou in scores.iou.values()]
    return [f"{scores.miou_all:.4f}", *ious]


def last_line(
    args: argparse.Namespace, whole: Scores, taken: dict[str, list[Taken]]
) -> str:
    parts = []
    for variant in VARIANTS:
        if found := results(args, variant):
            miou = mean(one["scores"]["miou_all"] for one in found)
            parts.append(f"{variant}={miou:.4f}")
    parts.append(f"ensemble={whole.miou_all:.4f}")
    if args.rounds:
        for unit, name in enumerate(("faster", "less_work")):
            each = {k: median(turn[unit] for turn in v) for k, v in taken.items()}
            parts.append(f"{name}={each['ensemble'] / each['distilled']:.2f}")
    return " ".join(parts)


if __name__ == "__main__":
    main()
