"""All steps on synthetic tissue, in the commands that a user would type."""

from pathlib import Path
from typing import Annotated

import typer

PROJECT = """\
# The demo's project: synthetic platelet tissue with exact labels.
format: 1
classes: platelet
volumes:
- image: train.zarr
  labels: train.zarr/labels/classes
  spacing_nm: [40.0, 20.0, 20.0]
  role: train
- image: eval.zarr
  labels: eval.zarr/labels/classes
  spacing_nm: [40.0, 20.0, 20.0]
  role: eval
network: {name: unet2d, width: 16}
training:
  window: [5, 96, 96]
  batch: 1
  rare_share: 0.6
  average: 0  # the last weights, as they are: three members that agree in strength
  adjust_logits: false
  loss: {relax: false}
  validations: 4
  augmentation: {elastic: 0}  # dear, and the tissue's shapes are random already
"""
TRAIN, EVAL, UNSEEN = (32, 512, 512), (8, 320, 320), (48, 320, 320)
SPACING = (40.0, 20.0, 20.0)  # nm: so large a block that it holds whole organelles
STEPS = 1100


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to write everything into.")
    ] = Path("demo"),
    steps: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="Train each of the 3 networks for this many steps."
        ),
    ] = STEPS,
) -> None:
    """Try everything on synthetic tissue: train, segment, score, measure, report.

    Takes some minutes on two cores. Run the same command again to continue an
    interrupted run.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.evaluate import TruthOptions, evaluate
    from densecell.cli.measure import BareOptions, ObjectsOptions, measure
    from densecell.cli.mesh import MeshOptions, mesh
    from densecell.cli.options import VolumeOptions, WorkerOptions
    from densecell.cli.phantom import phantom
    from densecell.cli.report import report
    from densecell.cli.segment import SegmentOptions, segment
    from densecell.cli.train import (
        ExtensionOptions,
        ModelOptions,
        ProjectOptions,
        train,
    )
    from densecell.config import InferenceConfig, write_text
    from densecell.errors import MissingExtraError

    result, model = out / "result", out / "models" / "demo"
    for name, shape, seed in (
        ("train", TRAIN, 1),
        ("eval", EVAL, 2),
        ("unseen", UNSEEN, 3),
    ):
        volume = out / f"{name}.zarr"
        words = f"--shape {' '.join(map(str, shape))} --seed {seed}"
        _say(f"phantom {volume} {words} --spacing 40 20 20")
        if not volume.exists():
            phantom(volume, shape=shape, seed=seed, spacing=SPACING)
    if not (out / "project.yaml").exists():
        write_text(out / "project.yaml", PROJECT)

    _say(f"train {out} --members 3 --steps {steps} --name demo")
    train(
        out,
        ProjectOptions(members=3, steps=steps),
        ModelOptions(name="demo"),
        ExtensionOptions(),
    )

    unseen = out / "unseen.zarr"
    _say(f"segment {unseen} -m {model} -o {result} --keep-members --probabilities")
    segment(
        str(unseen),
        model,
        result,
        VolumeOptions(),
        SegmentOptions(keep_members=True, probabilities=True),
        InferenceConfig(),
        WorkerOptions(),
    )

    _say(f"measure {result}")
    measure(str(result), BareOptions(), VolumeOptions(), ObjectsOptions())
    truth, cells, organelles = (
        str(unseen / "labels" / name) for name in ("classes", "cells", "organelles")
    )
    _say(f"evaluate {result} {truth} --objects {cells} --organelles {organelles}")
    evaluate(str(result), truth, TruthOptions(objects=cells, organelles=organelles))
    _say(f"mesh {result}")
    try:
        mesh(result, MeshOptions())
    except MissingExtraError as error:
        typer.echo(f"left out: {error}")
    _say(f"report {result} --truth {truth} --title 'densecell demo'")
    report(result, truth=Path(truth), title="densecell demo")
    typer.echo("next, your own data: densecell init --help")


def _say(command: str) -> None:
    typer.echo(f"\n$ densecell {command}")
