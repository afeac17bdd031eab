"""How well networks label fly nerve cord after equal minutes on the same cores.

Trained on slices 0-9 of `drosophila-vnc`, weights chosen on 10-11 (10 times), reported
on 12-15, everybody with the neighbouring slices as context, normalised alike, under
bf16 autocast where the processor has it:

- `ours`: the project's default network and recipe, 3 seeds, then their ensemble;
- `paper`: the paper's 2D-3D network, width 16, same recipe, 1 seed;
- `dynunet`: MONAI's DynUNet with nnU-Net's recipe, 2 seeds (`peers.py`);
- `basic`: MONAI's 2D BasicUNet, Dice + cross entropy, AdamW, 2 seeds (`peers.py`).

Minutes become steps by a probe before anything trains: short trainings of all in turn;
the median over the turns of every step's time. Validations are no part of the minutes.
The steps are kept in `--steps-file` (default: in `--out`) and used ever after; what is
trained is kept in `--out`, and the same command goes on where it stopped, at the next
training. Needs one package more: `pip install monai`. On a processor with AMX, torch
2.13 trains MONAI's wrongly unless `ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16` is in the
environment; then nobody has AMX, and ours still sums over strips.

    python benchmarks/accuracy.py --out /scratch/accuracy       # 3 hours on 2 cores
    python benchmarks/accuracy.py --out /scratch/accuracy --only ours paper
    python benchmarks/accuracy.py --out /scratch/trial --minutes 0.2 --side 256

On the last line `ours` and `best_peer` are mean MIoU(all) over the seeds, the latter of
the better of MONAI's two, `lead` is the difference, and `ensemble_gain` is the MIoU of
the ensemble less that of its best member; `nan` is what was not trained yet.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
from contestants import SEEDS, Contestant, Ours, contestant

from densecell.compute import processor_name, usable_cores, watched_memory
from densecell.config import NetworkConfig, write_text
from densecell.errors import TrainingError
from densecell.evaluation import Scores

DATA = Path("../shared/data/drosophila-vnc")
PROBE_STEPS, WARM_UP_STEPS, PROBE_ROUNDS = 12, 3, 3
LEAST_SIDE = 192  # the widest window
MONAIS = ("dynunet", "basic")
Json = dict[str, Any]


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    packages = ", ".join(f"{p} {version(p)}" for p in ("torch", "monai"))
    print(f"{processor_name()}, {usable_cores()} cores; {packages}", flush=True)
    steps = settled_steps(args)
    for name in args.only:
        for seed in range(SEEDS[name]):
            done(args, name, seed, steps[name])
    print(table(args))
    print(last_line(args))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="image.tif, labels.tif")
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--minutes", type=float, default=20, help="of each training")
    parser.add_argument("--only", nargs="+", choices=SEEDS, default=list(SEEDS))
    parser.add_argument("--network", help="of ours; default: the project's default")
    parser.add_argument("--width", type=int, help="of ours")
    parser.add_argument("--steps-file", type=Path, help="kept or used step counts")
    parser.add_argument("--side", type=int, help="only so many rows and columns")
    args = parser.parse_args()
    if not (args.data / "image.tif").exists():
        parser.error(f"{args.data}: no image.tif; give the folder by --data")
    if args.side is not None and args.side < LEAST_SIDE:
        parser.error(f"--side {args.side}: windows need {LEAST_SIDE} or more")
    args.steps_file = args.steps_file or args.out / "steps.json"
    return args


def made(args: argparse.Namespace, name: str, **changes: int) -> Contestant:
    given = {"name": args.network, "width": args.width}
    ours = NetworkConfig(**{k: v for k, v in given.items() if v is not None})
    return contestant(name, args.data, ours=ours, side=args.side, changes=changes)


# From minutes to steps


def settled_steps(args: argparse.Namespace) -> dict[str, int]:
    """Read the steps of everybody, or probe and keep them."""
    path = args.steps_file
    ours = made(args, "ours").project
    asked = {
        "minutes": args.minutes,
        "side": args.side,
        "network": ours.network.model_dump(mode="json"),
        "training": ours.training.model_dump(mode="json", exclude={"steps"}),
    }
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        for name, value in asked.items():
            if kept[name] != value:
                raise SystemExit(
                    f"{path}: its steps were settled with {name} {kept[name]}, now it "
                    f"is {value}; give that again, or another --out and --steps-file"
                )
    else:
        step_s = probe(args)
        steps = {n: max(1, round(60 * args.minutes / s)) for n, s in step_s.items()}
        kept = {**asked, "step_s": step_s, "steps": steps}
        write_text(path, json.dumps(kept, indent=2) + "\n")
    for name, steps in kept["steps"].items():
        print(f"{name}: {steps} steps of {kept['step_s'][name]:.3f} s", flush=True)
    return kept["steps"]


def probe(args: argparse.Namespace) -> dict[str, float]:
    """Seconds that each takes for a step, from short whole trainings in turn.

    Whole, because a recipe may be slower later on; the last step is left out, as it is
    scored.
    """
    rounds: dict[str, list[list[float]]] = {name: [] for name in SEEDS}
    for _ in range(PROBE_ROUNDS):
        for name, taken in rounds.items():
            with tempfile.TemporaryDirectory() as folder:
                one = made(args, name, steps=PROBE_STEPS, validations=1)
                few = timed(one.train(0, Path(folder)), PROBE_STEPS - 1)
                taken.append([seconds for seconds, _ in few][WARM_UP_STEPS:])
    return {
        name: mean(median(step) for step in zip(*taken, strict=True))
        for name, taken in rounds.items()
    }


def timed(
    training: Iterator[bool], most: int | None = None
) -> Iterator[tuple[float, bool]]:
    """Yield the seconds of each step, and whether they include a validation."""
    last = time.perf_counter()
    for scored in islice(training, most):
        yield time.perf_counter() - last, scored
        last = time.perf_counter()


# Training


def done(args: argparse.Namespace, name: str, seed: int, steps: int) -> None:
    """Train and score one, in a process of its own, unless that was done."""
    path = result_path(args, name, seed)
    if not path.exists():
        print(f"{name}, seed {seed}: {steps} steps", flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(train_and_score, args, name, seed, steps).result()
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["steps"] != steps:
        raise SystemExit(
            f"{path}: trained for {found['steps']} steps, now asked for {steps}; give "
            "its --steps-file, or another --out"
        )
    if name == "ours" and seed == SEEDS[name] - 1:
        score_ensemble(args, steps)


def train_and_score(args: argparse.Namespace, name: str, seed: int, steps: int) -> None:
    torch.set_num_threads(usable_cores())
    one, folder = made(args, name, steps=steps), args.out / name
    begun, taken, plain = time.perf_counter(), 0, []
    with watched_memory(every_s=0.5) as peak:
        for seconds, scored in timed(one.train(seed, folder)):
            taken += 1
            plain += [] if scored else [seconds]
            if scored:
                print(f"  {(time.perf_counter() - begun) / 60:.1f} minutes", flush=True)
    chosen_by, scores = one.report(seed, folder)
    result = {
        "steps": steps,
        "taken": taken,  # fewer where the library gave the member up
        "minutes": mean(plain) * taken / 60 if plain else None,  # less validations
        "peak_gb": peak.most / 1e9,
        "chosen_by": chosen_by,
        "scores": scores.as_json(),
    }
    write_text(result_path(args, name, seed), json.dumps(result, indent=2) + "\n")


def score_ensemble(args: argparse.Namespace, steps: int) -> None:
    path = args.out / "ensemble.json"
    if not path.exists():
        ours = made(args, "ours", steps=steps)
        assert isinstance(ours, Ours)
        try:
            scores = ours.report_ensemble(args.out / "ours", SEEDS["ours"])
        except TrainingError as error:  # all were given up: too few steps
            print(f"no ensemble: {error}", flush=True)
            return
        write_text(path, json.dumps({"scores": scores.as_json()}, indent=2) + "\n")


def result_path(args: argparse.Namespace, name: str, seed: int) -> Path:
    return args.out / f"{name}_{seed}.json"


# What is printed


def results(args: argparse.Namespace, name: str) -> list[Json]:
    """Read the trainings of one that are finished."""
    paths = [result_path(args, name, seed) for seed in range(SEEDS[name])]
    texts = [p.read_text(encoding="utf-8") for p in paths if p.exists()]
    return [json.loads(text) for text in texts]


def table(args: argparse.Namespace) -> str:
    """List all trainings, and the ensemble, in Markdown."""
    classes: tuple[str, ...] = made(args, "ours").project.classes.names
    heads = ["network", "seed", "steps", "minutes", "peak GB", "MIoU 10-11"]
    heads += ["MIoU(all) 12-15", *classes]
    rows = [heads, ["---"] * len(heads)]
    for name in SEEDS:
        for seed, found in enumerate(results(args, name)):
            minutes = found["minutes"] or math.nan
            facts = [name, seed, found["taken"], f"{minutes:.1f}"]
            facts += [f"{found['peak_gb']:.2f}", f"{found['chosen_by']:.3f}"]
            rows.append(facts + in_cells(found["scores"]))
    if whole := ensemble_scores(args):
        rows.append(["ours, ensemble", *[""] * 5, *in_cells(whole)])
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def in_cells(scores: Json) -> list[str]:
    found = Scores.model_validate(scores)
    ious = ["none" if iou is None else f"{iou:.3f}" for iou in found.iou.values()]
    return [f"{found.miou_all:.4f}", *ious]


def ensemble_scores(args: argparse.Namespace) -> Json | None:
    path = args.out / "ensemble.json"
    return (
        json.loads(path.read_text(encoding="utf-8"))["scores"]
        if path.exists()
        else None
    )


def last_line(args: argparse.Namespace) -> str:
    mious = {n: [r["scores"]["miou_all"] for r in results(args, n)] for n in SEEDS}
    means = {n: mean(each) if each else math.nan for n, each in mious.items()}
    peer = max((means[n] for n in MONAIS if mious[n]), default=math.nan)
    whole = ensemble_scores(args)
    gain = whole["miou_all"] - max(mious["ours"]) if whole else math.nan
    return (
        f"ours={means['ours']:.4f} best_peer={peer:.4f} "
        f"lead={means['ours'] - peer:.4f} ensemble_gain={gain:.4f}"
    )


if __name__ == "__main__":
    main()
