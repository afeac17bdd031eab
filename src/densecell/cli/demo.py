"""The whole road on synthetic tissue, in the commands that a user would type."""

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
  spacing_nm: [40.0, 10.0, 10.0]
  role: train
- image: eval.zarr
  labels: eval.zarr/labels/classes
  spacing_nm: [40.0, 10.0, 10.0]
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
TRAIN, EVAL, UNSEEN = (32, 512, 512), (8, 320, 320), (16, 320, 320)
STEPS = 1100


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="folder to fill")] = Path(
        "demo"
    ),
    steps: Annotated[int, typer.Option(help="of each of the 3 members")] = STEPS,
) -> None:
    """Phantom tissue, an ensemble, a segmentation, scores, cells, a page of pictures.

    Takes some minutes on two cores; the same command again goes on where it stopped.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.evaluate import evaluate
    from densecell.cli.measure import measure
    from densecell.cli.mesh import mesh
    from densecell.cli.phantom import phantom
    from densecell.cli.report import report
    from densecell.cli.segment import segment
    from densecell.cli.train import train
    from densecell.config import write_text
    from densecell.errors import MissingExtraError

    result, model = out / "result", out / "models" / "demo"
    for name, shape, seed in (
        ("train", TRAIN, 1),
        ("eval", EVAL, 2),
        ("unseen", UNSEEN, 3),
    ):
        volume = out / f"{name}.zarr"
        _say(f"phantom {volume} --shape {' '.join(map(str, shape))} --seed {seed}")
        if not volume.exists():
            phantom(volume, shape=shape, seed=seed)
    if not (out / "project.yaml").exists():
        write_text(out / "project.yaml", PROJECT)

    _say(f"train {out} --members 3 --steps {steps} --name demo")
    train(out, members=3, steps=steps, name="demo")

    unseen = out / "unseen.zarr"
    _say(f"segment {unseen} -m {model} -o {result} --keep-members")
    segment(str(unseen), model, result, keep_members=True)

    truth = unseen / "labels" / "classes"
    _say(f"evaluate {result} {truth}")
    evaluate(str(result), str(truth))
    _say(f"measure {result}")
    measure(str(result))
    _say(f"mesh {result}")
    try:
        mesh(result)
    except MissingExtraError as error:
        typer.echo(f"left out: {error}")
    _say(f"report {result} --truth {truth} --title 'densecell demo'")
    report(result, truth=truth, title="densecell demo")
    typer.echo("next, your own data: densecell init --help")


def _say(command: str) -> None:
    typer.echo(f"\n$ densecell {command}")
