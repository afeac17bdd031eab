"""Make the starter network: weights that know borders before they see real tissue.

Draws synthetic tissue of many kinds and looks, trains the default network on it, and
packs the weights into one file, in half precision. The same command again continues.

    python benchmarks/starter.py --out starter
    python benchmarks/starter.py --out starter --leave-out neuropil

`--leave-out` draws none of a kind of tissue: figures for tissue like it are then of a
starter that has not seen it. Platelets are never drawn. 3,000 steps took 17 minutes on
2 cores of an Intel Xeon (model 207).
"""

import argparse
from pathlib import Path

import numpy as np

import densecell
from densecell.compute import Progress
from densecell.config import NetworkConfig, ProjectConfig, save_settings
from densecell.synthetic import (
    KINDS,
    SCHEME,
    draw_kind,
    draw_look,
    draw_tissue,
    imaged,
)
from densecell.training.starter import pack_starter

SHAPE = (10, 256, 256)
SPACING = (40.0, 8.0, 8.0)  # of all: networks see pixels, not nanometres
VALIDATE = 4


def main() -> None:
    args = arguments()
    kinds = [kind for kind in KINDS if kind not in args.leave_out]
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.volumes):
        draw(args.out, number, kinds[number % len(kinds)])
    save_settings(project(args), args.out / "project.yaml")
    model = densecell.train(args.out, progress=show)
    pack_starter(
        model / "member_00",
        args.out / "starter.safetensors",
        network=NetworkConfig(),
        about=card(args, kinds),
    )
    print(args.out / "starter.safetensors")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--volumes", type=int, default=44)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--leave-out", choices=KINDS, nargs="*", default=[])
    return parser.parse_args()


def draw(out: Path, number: int, kind: str) -> None:
    """Draw one volume and its labels, unless they are there."""
    labels = out / f"{number:02d}_labels.npy"
    if labels.exists():
        return
    rng = np.random.default_rng(number)
    tissue = draw_tissue(draw_kind(rng, kind), SHAPE, rng=rng)
    np.save(out / f"{number:02d}.npy", imaged(tissue, draw_look(rng), rng=rng))
    np.save(labels, tissue.classes)


def project(args: argparse.Namespace) -> ProjectConfig:
    volumes = [
        {
            "image": f"{n:02d}.npy",
            "labels": f"{n:02d}_labels.npy",
            "spacing_nm": SPACING,
            "role": "eval" if n < VALIDATE else "train",
        }
        for n in range(args.volumes)
    ]
    return ProjectConfig.model_validate(
        {
            "classes": SCHEME,
            "volumes": volumes,
            "training": {"steps": args.steps, "minutes": None, "starter": False},
            "ensemble": {"members": 1},
        }
    )


def card(args: argparse.Namespace, kinds: list[str]) -> dict[str, str]:
    return {
        "made_by": f"python benchmarks/starter.py --steps {args.steps} "
        f"--volumes {args.volumes}",
        "learned_from": f"synthetic tissue: {', '.join(kinds)}",
        "licence": "MIT",
    }


def show(progress: Progress) -> None:
    """Print how far the training is, every 100 steps."""
    if progress.done % 100 == 0:
        print(f"{progress.done} of {progress.total}", flush=True)


if __name__ == "__main__":
    main()
