"""Counts, sizes and matches of objects on phantoms that nothing was tuned on, pooled.

    python benchmarks/whole_objects.py --out DIR
    python benchmarks/whole_objects.py --out DIR --seeds 101 102 103  # to tune on

Makes phantoms of 64 x 512 x 512 voxels of 40 x 20 x 20 nm, trains an ensemble as
`densecell demo` does, segments, measures without and with one class for each body, and
scores against the true objects. The figures are sums over all seeds. Every step is a
command of densecell, which goes on where an earlier run stopped.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from densecell.cli.demo import EVAL, PROJECT, SPACING, STEPS, TRAIN

SHAPE = (64, 512, 512)
COMMAND = Path(sys.executable).with_name("densecell")
Sums = dict[str, dict[str, float]]  # by class


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202, 203])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args.out)
    for one_class in (False, True):
        sums: Sums = defaultdict(lambda: defaultdict(float))
        for seed in args.seeds:
            add(sums, scored(args.out, seed, one_class=one_class))
        report(sums, "one class for each body" if one_class else "classes of voxels")


def train(out: Path) -> None:
    """Train as the demo does."""
    for name, shape, seed in (("train", TRAIN, 1), ("eval", EVAL, 2)):
        phantom(out / f"{name}.zarr", shape, seed)
    (out / "project.yaml").write_text(PROJECT)
    if not (out / "models" / "demo" / "member_02" / "weights.safetensors").exists():
        run("train", out, "--members", 3, "--steps", STEPS, "--name", "demo")


def scored(out: Path, seed: int, *, one_class: bool) -> dict[str, Any]:
    """Scores of the organelles of one phantom, by class."""
    volume, result = out / f"{seed}.zarr", out / f"result_{seed}"
    kept = out / f"scores_{seed}_{'one' if one_class else 'off'}.json"
    if not kept.exists():
        phantom(volume, SHAPE, seed)
        if not (result / "scores").exists():
            model = out / "models" / "demo"
            run("segment", volume, "-m", model, "-o", result, "--probabilities")
        settings = out / "objects.yaml"
        settings.write_text(f"one_class: {str(one_class).lower()}\n")
        run("measure", result, "--config", settings, "--overwrite")
        labels = volume / "labels"
        ids = ("--objects", labels / "cells", "--organelles", labels / "organelles")
        found = run("evaluate", result, labels / "classes", *ids, "--json")
        kept.write_text(found)
    layers = json.loads(kept.read_text())["objects"]["layers"]
    return layers["organelles"]["classes"] | layers["cells"]["classes"]


def phantom(path: Path, shape: tuple[int, ...], seed: int) -> None:
    if not path.exists():
        run("phantom", path, "--shape", *shape, "--seed", seed, "--spacing", *SPACING)


def run(*words: object) -> str:
    """Run a command of densecell; what it prints."""
    done = subprocess.run(
        [str(COMMAND), *map(str, words)], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def add(sums: Sums, classes: dict[str, Any]) -> None:
    for name, scores in classes.items():
        total = sums[name]
        total["matched"] += scores["at"]["0.5"]["matched"]
        for which in ("every", "whole"):
            census = scores[which]
            for side in ("true", "found"):
                count = census[side]
                total[f"{which} {side}"] += count
                volume = census[f"{side}_volume_um3"] or 0.0
                total[f"{which} {side} um3"] += count * volume


def report(sums: Sums, title: str) -> None:
    print(f"\n{title}\n")
    print("| class | true | found | F1 | whole, true | whole, found | mean volume |")
    print("|---|---|---|---|---|---|---|")
    f1s = {}
    for name, s in sums.items():
        f1s[name] = 2 * s["matched"] / (s["every true"] + s["every found"])
        true, found = s["whole true"], s["whole found"]
        more = smaller = "-"
        if true and found:
            volumes = s["whole found um3"] / found, s["whole true um3"] / true
            more, smaller = off(found, true), off(*volumes)
        facts = f"{s['every true']:.0f} | {s['every found']:.0f} | {f1s[name]:.3f}"
        print(f"| {name} | {facts} | {true:.0f} | {found:.0f} ({more}) | {smaller} |")
    organelles = [f1 for name, f1 in f1s.items() if name != "cell"]
    print(
        f"\nmean F1 of organelles {sum(organelles) / len(organelles):.3f}", flush=True
    )


def off(found: float, true: float) -> str:
    return f"{100 * (found / true - 1):+.0f} %"


if __name__ == "__main__":
    main()
