"""What each part of the default recipe is worth: one changed at a time, equal steps.

Trained on slices 0-9 of `drosophila-vnc`, weights chosen on 10-11, scored on 12-15 with
the neighbouring slices as context; or the same slices of `cdeep3m-mito`, scored on
12-19. Every variant is the default with one change, given as many steps; what is
trained is kept in `--out`, and the same command goes on where it stopped.

    python benchmarks/recipe.py --out /scratch/recipe --steps 1000 --seeds 2
    python benchmarks/recipe.py --out /scratch/recipe --only default "2D only"
    python benchmarks/recipe.py --out /scratch/mito --tissue cdeep3m-mito

Prints a table in Markdown, sorted by the mean MIoU(all) of the seeds.
"""

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from contestants import CHOOSE, LEARN, REPORT, Ours

from densecell.compute import usable_cores
from densecell.config import ProjectConfig, parse_settings, write_text

DATA = Path("../shared/data")
TISSUES: dict[str, dict[str, Any]] = {
    "drosophila-vnc": {
        "classes": "drosophila-vnc",
        "spacing_nm": (50, 4.6, 4.6),
        "report": REPORT,
    },
    "cdeep3m-mito": {
        "classes": {
            0: {"name": "other", "colour": (0, 0, 0), "role": "background"},
            1: {"name": "mitochondrion", "colour": (213, 94, 0), "role": "organelle"},
        },
        "spacing_nm": (40, 5.9, 5.9),
        "report": (12, 20),
    },
}
Changes = dict[str, dict[str, Any]]
VARIANTS: dict[str, Changes] = {
    "default": {},
    "no normalisation": {"network": {"normalisation": "none"}},
    "channel norm": {"network": {"normalisation": "channel"}},
    "He initialisation": {"network": {"initialisation": "he"}},
    "ReLU on logits": {"network": {"relu_logits": True}},
    "2D only": {"training": {"flat_share": 0.99}},
    "3D from the start": {"training": {"flat_share": 0.0}},
    "windows of varying depth": {"training": {"vary_depth": True}},
    "constant rate": {"training": {"schedule": "constant"}},
    "no averaging": {"training": {"average": 0.0}},
    "weight decay": {"training": {"weight_decay": 0.01}},
    "logits as they are": {"training": {"adjust_logits": False}},
    "no windows on rare classes": {"training": {"rare_share": 0.0}},
    "cross entropy alone": {"training": {"loss": {"dice": 0.0}}},
    "uniform weights": {"training": {"loss": {"weighting": "uniform"}}},
    "balance that stays, 0.5": {"training": {"loss": {"relax": False}}},
    "balance that stays, 0.25": {
        "training": {"loss": {"balance": 0.25, "relax": False}}
    },
    "the paper's weights": {"training": {"loss": {"weighting": "paper"}}},
    "no elastic deformation": {"training": {"augmentation": {"elastic": 0.0}}},
    "three times the noise": {"training": {"augmentation": {"noise": 0.3}}},
    "missing sections": {"training": {"augmentation": {"missing": 0.05}}},
    "blurred sections": {"training": {"augmentation": {"blurred": 0.1}}},
    "shifted sections": {"training": {"augmentation": {"shifted": 0.1}}},
    "contrast by section": {"training": {"augmentation": {"section_contrast": 0.1}}},
}


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    for name in args.only:
        for seed in range(args.seeds):
            trained(args, name, seed)
    print(table(args))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of TISSUE")
    parser.add_argument("--tissue", choices=TISSUES, default="drosophila-vnc")
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--steps", type=int, default=1000, help="of each training")
    parser.add_argument("--seeds", type=int, default=2, help="of each variant")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    args = parser.parse_args()
    args.data = args.data / args.tissue
    if not (args.data / "image.tif").exists():
        parser.error(f"{args.data}: no image.tif; give the folder by --data")
    return args


def varied(args: argparse.Namespace, changes: Changes) -> ProjectConfig:
    """Default project with a few settings changed."""
    tissue = TISSUES[args.tissue]
    files = {
        "image": args.data.resolve() / "image.tif",
        "labels": args.data.resolve() / "labels.tif",
        "spacing_nm": tissue["spacing_nm"],
    }
    values = {
        "classes": tissue["classes"],
        "volumes": (
            {**files, "role": "train", "z": LEARN},
            {**files, "role": "eval", "z": CHOOSE},
        ),
        "training": {"minutes": None, "steps": args.steps, "validations": 4},
    }
    project = parse_settings(values, ProjectConfig, where="default")
    changed = merged(project.model_dump(), changes)
    return parse_settings(changed, ProjectConfig, where="variant")


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Put nested changes over nested values."""
    return values | {
        name: merged(values[name], change) if isinstance(change, dict) else change
        for name, change in changes.items()
    }


def trained(args: argparse.Namespace, name: str, seed: int) -> None:
    """Train and score one, unless that was done."""
    path = result_path(args, name, seed)
    if path.exists():
        return
    report = TISSUES[args.tissue]["report"]
    ours = Ours(varied(args, VARIANTS[name]), report=report)
    folder = args.out / name.replace(" ", "_").replace("'", "")
    for _ in ours.train(seed, folder):
        pass
    chosen_by, scores = ours.report(seed, folder)
    result = {"steps": args.steps, "chosen_by": chosen_by, "scores": scores.as_json()}
    write_text(path, json.dumps(result, indent=2) + "\n")
    print(f"{name}, seed {seed}: {chosen_by:.4f} {scores.miou_all:.4f}", flush=True)


def result_path(args: argparse.Namespace, name: str, seed: int) -> Path:
    plain = name.replace(" ", "_").replace("'", "")
    return args.out / f"{plain}_{seed}.json"


def table(args: argparse.Namespace) -> str:
    """List the variants, best first, with the change against the default."""
    rows = []
    for name in args.only:
        paths = [result_path(args, name, seed) for seed in range(args.seeds)]
        found = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        report = [each["scores"]["miou_all"] for each in found]
        choose = [each["chosen_by"] for each in found]
        rows.append((mean(report), name, mean(choose), report))
    base = next((row[0] for row in rows if row[1] == "default"), 0.0)
    lines = ["| variant | MIoU 10-11 | MIoU 12-15 | against | seeds |"]
    lines.append("|---|---|---|---|---|")
    for score, name, chosen, report in sorted(rows, reverse=True):
        seeds = ", ".join(f"{each:.3f}" for each in report)
        lines.append(
            f"| {name} | {chosen:.3f} | {score:.3f} | {score - base:+.3f} | {seeds} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
