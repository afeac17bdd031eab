"""Train the members of an ensemble and rank them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.expand import Sets, changed
from densecell.cli.options import Overwrite, ProjectFolder
from densecell.config.frozen import Frozen
from densecell.config.project import ProjectConfig

if TYPE_CHECKING:
    from densecell.ensemble import EnsembleFile
    from densecell.training import Origin, Watch

OfProject = partial(Sets, ProjectConfig, default="the project's")


class ProjectOptions(Frozen):
    """Settings of a project that `train` replaces."""

    network: Annotated[str | None, OfProject("network.name")] = None
    width: Annotated[int | None, OfProject("network.width")] = None
    members: Annotated[int | None, OfProject("ensemble.members")] = None
    minutes: Annotated[float | None, OfProject("training.minutes")] = None
    steps: Annotated[int | None, OfProject("training.steps")] = None
    seed: Annotated[int | None, OfProject("ensemble.seed")] = None
    starter: Annotated[bool | None, OfProject("training.starter")] = None


class ModelOptions(Frozen):
    """Which model is trained, from where, and how it is watched."""

    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Use a complete recipe instead of the project's settings. paper: "
            "Guay et al. 2021.",
        ),
    ] = None
    cells: Annotated[
        bool,
        typer.Option(
            help="Also learn where one cell ends and the next begins, from the cell "
            "ids (objects) that the project names."
        ),
    ] = False
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model. Default: NETWORK-WIDTH."),
    ] = None
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="MODEL", help="Start from the weights of this model."
        ),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="Train all networks at once: local:N processes on this machine, the "
            "address of a dask scheduler, or a YAML file for SLURM.",
        ),
    ] = None
    tensorboard: Annotated[
        bool, typer.Option(help="Also write event files for TensorBoard.")
    ] = False


class ExtensionOptions(Frozen):
    """How much longer finished networks are trained."""

    extend: Annotated[
        float | None,
        typer.Option(
            metavar="M", help="Train finished networks for so many more minutes each."
        ),
    ] = None
    extend_steps: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Train finished networks for so many more steps each."
        ),
    ] = None


def train(
    folder: ProjectFolder,
    settings: ProjectOptions,
    options: ModelOptions,
    longer: ExtensionOptions,
    overwrite: Overwrite = False,
) -> None:
    """Train an ensemble on the volumes of DIR, into DIR/models/NAME.

    Run the same command again to continue an interrupted training. Run it with
    more --members to add networks.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.training_display import training_display
    from densecell.datasets.project import read_project
    from densecell.ensemble import rank_members
    from densecell.patches import resampling_notes
    from densecell.report.model import draw_scores
    from densecell.training import (
        Extension,
        TrainingOptions,
        learn_cells,
        model_folder,
        train_model,
    )

    refuse_both(settings.minutes, settings.steps, "--minutes or --steps")
    project = changed(
        with_preset(read_project(folder), options.preset),
        settings,
        also=one_budget(settings.minutes, settings.steps),
    )
    if options.cells:
        project = learn_cells(project)
    begun_from = None
    if options.origin is not None:
        asked = bool(settings.network or settings.width or options.cells)
        project, begun_from = with_origin(project, options.origin, asked=asked)
    extension = None
    if longer != ExtensionOptions():
        refuse_both(longer.extend, longer.extend_steps, "--extend or --extend-steps")
        extension = Extension(longer.extend, longer.extend_steps)
        refuse_both(overwrite or None, extension, "--extend or --overwrite")
    model = model_folder(project, folder, options.name)
    watch = pictures(tensorboard=options.tensorboard)
    for note in resampling_notes(project):
        typer.echo(note, err=True)
    with training_display() as show:
        for progress in train_model(
            project,
            folder,
            model,
            where=options.cluster,
            options=TrainingOptions(begun_from, extension, watch),
            overwrite=overwrite,
        ):
            show(progress)
    ensemble = rank_members(model, best=project.ensemble.best)
    draw_scores(model, ensemble)
    show_ranking(ensemble)
    typer.echo(f"{model}: ready; next `densecell segment VOLUME -m {model} -o RESULT`")


def pictures(*, tensorboard: bool) -> "Watch":
    """What is drawn after each validation."""
    from densecell.report.model import (
        draw_training,
        require_tensorboard,
        write_events,
    )

    if not tensorboard:
        return draw_training
    require_tensorboard()
    return partial(draw_training, also=write_events)


def with_origin(
    project: ProjectConfig, model: Path, *, asked: bool
) -> tuple[ProjectConfig, "Origin"]:
    """The project with the network of a model, and the members to start from."""
    from densecell.ensemble import read_ensemble
    from densecell.errors import ConfigError
    from densecell.training import Origin, suit_pairs

    if asked:
        raise ConfigError(
            "--from takes the network of its model: leave out --network, "
            "--width and --cells"
        )
    voting = [m.folder for m in read_ensemble(model).members if m.used]
    origin = Origin(tuple(model.absolute() / name for name in voting))
    origin.check(project.classes)
    project = project.model_copy(update={"network": origin.network})
    return suit_pairs(project) if origin.network.affinities else project, origin


def refuse_both(one: object, other: object, names: str) -> None:
    """Refuse two options that exclude each other."""
    from densecell.errors import ConfigError

    if one is not None and other is not None:
        raise ConfigError(f"give {names}, not both")


def one_budget(minutes: float | None, steps: int | None) -> dict[str, None]:
    """What the budget that was given replaces: the other one."""
    if minutes is not None:
        return {"training.steps": None}
    return {"training.minutes": None} if steps is not None else {}


def with_preset(project: ProjectConfig, name: str | None) -> ProjectConfig:
    """The project with the network, training and ensemble of a preset."""
    from densecell.config import parse_settings
    from densecell.errors import ConfigError
    from densecell.presets import PRESETS

    if name is None:
        return project
    if name not in PRESETS:
        raise ConfigError(f"no preset {name!r}; known: {', '.join(PRESETS)}")
    values = project.model_dump(exclude_unset=True) | PRESETS[name]
    return parse_settings(values, ProjectConfig, where=f"preset {name}")


def show_ranking(ensemble: "EnsembleFile") -> None:
    """Print the networks of an ensemble, best first."""
    from rich.console import Console
    from rich.table import Table

    def shown(score: float | None) -> str:
        return "-" if score is None else f"{score:.3f}"

    table = Table(title="members, best first", title_justify="left")
    for column in ("member", "seed", "MIoU(all)", "MIoU(org)", "best step", "state"):
        table.add_column(column, justify="left" if column == "member" else "right")
    for m in ensemble.members:
        o = m.outcome
        state = "in the ensemble" if m.used else o.state
        row = (m.folder, str(o.seed), shown(o.miou_all), shown(o.miou_org))
        table.add_row(*row, str(o.best_step or "-"), state)
    Console().print(table)
