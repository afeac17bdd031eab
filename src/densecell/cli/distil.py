"""Train one small, fast network to say what an ensemble says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.options import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from densecell.ensemble import Ensemble, Lesson

STUDENT = "2d3d-light"
WIDTH = 8


def distil(
    model: Annotated[Path, typer.Argument(help="folder of a trained ensemble")],
    volumes: Annotated[
        list[str] | None,
        typer.Option(help=f"learn from this too; may be repeated; {FORMATS}"),
    ] = None,
    spacing: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="Z Y X", help="voxel size of --volumes, in nm"),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", "-o", help="of the new model; default MODEL-distilled"),
    ] = None,
    network: Annotated[str, typer.Option(help="see `densecell networks`")] = STUDENT,
    width: Annotated[
        int, typer.Option(help="channels of the network's first scale")
    ] = WIDTH,
    minutes: Annotated[float | None, typer.Option(help="on this machine")] = None,
    steps: Annotated[int | None, typer.Option(help="instead of minutes")] = None,
    seed: Annotated[int | None, typer.Option(help="of the network")] = None,
    voxels: Annotated[
        int, typer.Option(help="millions without labels to learn from, at most")
    ] = 50,
    project: Annotated[
        Path | None,
        typer.Option(help="folder with project.yaml; default MODEL/../.."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="train anew, dropping what is there")
    ] = False,
) -> None:
    """Train one fast network on what MODEL's members say together.

    MODEL segments the project's volumes and --volumes, which need no labels; the
    network learns from that, and from the labels where there are some. The same
    command again goes on where it stopped.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.train import budget, show_ranking, with_options
    from densecell.cli.training_display import training_display
    from densecell.datasets.project import read_project
    from densecell.disk import remove
    from densecell.ensemble import list_lessons, load_ensemble, rank_members
    from densecell.ensemble.lessons import LESSONS, check_teacher, learned
    from densecell.errors import ConfigError
    from densecell.report.model.training import draw_scores, draw_training
    from densecell.training import TrainingOptions, load_data, train_members
    from densecell.volume import open_volume

    root = project or model.absolute().parent.parent
    settings = with_options(
        read_project(root),
        network={"name": network, "width": width, "affinities": ()},
        training=budget(minutes, steps),
        ensemble={"members": 1, "seed": seed},
    )
    ensemble = load_ensemble(model)
    student = root / "models" / (name or f"{model.absolute().name}-distilled")
    if student.exists() and student.samefile(model):
        raise ConfigError(f"{model}: cannot learn from itself; give another --name")
    check_teacher(ensemble, settings)
    others = [open_volume(volume, spacing_nm=spacing) for volume in volumes or ()]
    data = load_data(settings, root)
    lessons = list_lessons(
        settings, root, data.train, others, most_voxels=voxels * 1_000_000
    )
    if overwrite and (student / LESSONS).exists():  # a mistake must not cost a model
        remove(student)
    show_teaching(lessons, ensemble, student)
    data = data._replace(train=learned(lessons, student, settings))
    with training_display() as show:
        options = TrainingOptions(watch=draw_training)
        for progress in train_members(settings, data, student, options):
            show(progress)
    ranked = rank_members(student, best=1)
    draw_scores(student, ranked)
    show_ranking(ranked)
    typer.echo(
        f"{student}: ready; next `densecell segment VOLUME -m {student} -o RESULT`"
    )


def show_teaching(
    lessons: "Sequence[Lesson]", ensemble: "Ensemble", student: Path
) -> None:
    """Let the ensemble say what is to be learned, with its progress."""
    from densecell.cli.progress import told_progress
    from densecell.ensemble.lessons import begin_lessons, teach

    begin_lessons(lessons, ensemble, student)
    with told_progress("segmenting what is learned from") as told:
        for step in teach(lessons, ensemble, student):
            told(step.done_voxels, step.all_voxels)
