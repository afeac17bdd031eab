"""Train one small, fast network to label like a whole ensemble."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.expand import Sets, changed
from densecell.cli.options import FORMATS, Model, Overwrite
from densecell.cli.train import OfProject
from densecell.config.frozen import Frozen
from densecell.config.project import ProjectConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from densecell.ensemble import Ensemble, TrainingPart


class StudentOptions(Frozen):
    """The network that is trained, and for how long."""

    network: Annotated[str, Sets(ProjectConfig, "network.name")] = "2d3d-light"
    width: Annotated[int, Sets(ProjectConfig, "network.width")] = 8
    minutes: Annotated[float | None, OfProject("training.minutes")] = None
    steps: Annotated[int | None, OfProject("training.steps")] = None
    seed: Annotated[int | None, OfProject("ensemble.seed")] = None


class LessonOptions(Frozen):
    """Which volumes the network learns from."""

    volumes: Annotated[
        tuple[str, ...],
        typer.Option(
            metavar="VOLUME",
            help=f"Also learn from this volume, unlabelled: {FORMATS}.",
        ),
    ] = ()
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help="Voxel size of --volumes, in nm."),
    ] = None
    voxels: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Learn from at most this many million voxels without labels.",
        ),
    ] = 50


def distil(
    model: Model,
    student: StudentOptions,
    material: LessonOptions,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            "-o",
            metavar="NAME",
            help="Name of the new model. Default: MODEL-distilled.",
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the project. Default: MODEL/../.."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Train one fast network to label like all networks of MODEL together.

    MODEL labels the project's volumes and --volumes, which need no labels. The new
    network learns from that, and from your labels where there are some. Run the same
    command again to continue an interrupted run.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.train import one_budget, refuse_both, show_ranking
    from densecell.cli.training_display import training_display
    from densecell.datasets.project import read_project
    from densecell.disk import remove
    from densecell.ensemble import (
        SOFT_LABELS,
        check_teacher,
        choose_parts,
        load_ensemble,
        rank_members,
        read_soft_labels,
    )
    from densecell.errors import ConfigError
    from densecell.report.model import draw_scores, draw_training
    from densecell.training import TrainingOptions, load_data, train_members
    from densecell.volume import open_volume

    root = project or model.absolute().parent.parent
    refuse_both(student.minutes, student.steps, "--minutes or --steps")
    budget = one_budget(student.minutes, student.steps)
    settings = changed(
        read_project(root),
        student,
        also={"network.affinities": (), "ensemble.members": 1, **budget},
    )
    ensemble = load_ensemble(model)
    target = root / "models" / (name or f"{model.absolute().name}-distilled")
    if target.exists() and target.samefile(model):
        raise ConfigError(f"{model}: cannot learn from itself; give another --name")
    check_teacher(ensemble, settings)
    others = [open_volume(v, spacing_nm=material.spacing) for v in material.volumes]
    data = load_data(settings, root)
    parts = choose_parts(
        settings, root, data.train, others, most_voxels=material.voxels * 1_000_000
    )
    # Only a model of `densecell distil` is removed, and only after all checks.
    if overwrite and (target / SOFT_LABELS).exists():
        remove(target)
    show_soft_labels(parts, ensemble, target)
    data = data._replace(train=read_soft_labels(parts, target, settings))
    with training_display() as show:
        options = TrainingOptions(watch=draw_training)
        for progress in train_members(settings, data, target, options):
            show(progress)
    ranked = rank_members(target, best=1)
    draw_scores(target, ranked)
    show_ranking(ranked)
    typer.echo(
        f"{target}: ready; next `densecell segment VOLUME -m {target} -o RESULT`"
    )


def show_soft_labels(
    parts: "Sequence[TrainingPart]", ensemble: "Ensemble", student: Path
) -> None:
    """Let the ensemble label what the network learns from, and show progress."""
    from densecell.cli.progress import show_progress
    from densecell.ensemble import begin_soft_labels, make_soft_labels

    begin_soft_labels(parts, ensemble, student)
    with show_progress("segmenting what is learned from") as progress:
        for step in make_soft_labels(parts, ensemble, student):
            progress(step.done, step.total)
