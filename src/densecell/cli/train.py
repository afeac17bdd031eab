"""Train the members of an ensemble and rank them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from densecell.config import ProjectConfig
    from densecell.ensemble import EnsembleFile
    from densecell.training import Extension, MemberProgress, Origin


def train(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="project folder, with project.yaml")
    ],
    preset: Annotated[
        str | None,
        typer.Option(help="settings instead of the project's; paper: Guay et al."),
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="see `densecell networks`")
    ] = None,
    width: Annotated[
        int | None, typer.Option(help="channels of the network's first scale")
    ] = None,
    cells: Annotated[
        bool,
        typer.Option(
            "--cells",
            help="also learn where one cell ends and the next begins, from the ids of "
            "cells that the project names",
        ),
    ] = False,
    members: Annotated[
        int | None, typer.Option(help="networks to train, one seed each")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="per member, on this machine")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="per member, instead of minutes")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="of the first member")] = None,
    name: Annotated[
        str | None, typer.Option(help="of the model; default NETWORK-WIDTH")
    ] = None,
    extend: Annotated[
        float | None,
        typer.Option(
            metavar="M", help="let finished members go on for so many minutes each"
        ),
    ] = None,
    extend_steps: Annotated[
        int | None, typer.Option(metavar="N", help="instead of --extend")
    ] = None,
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="MODEL", help="begin from the weights of its members"
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="all members at once: local:N processes, address of a dask scheduler, "
            "or YAML for SLURM",
        ),
    ] = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="also write its event files")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="train anew, dropping what is there")
    ] = False,
) -> None:
    """Train an ensemble on DIR's volumes into DIR/models/NAME.

    The same command again goes on where it stopped; more --members are added to
    those that are there.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.training_display import training_display
    from densecell.datasets.project import read_project
    from densecell.ensemble import rank_members
    from densecell.report.model.training import draw_scores
    from densecell.training import Extension, learn_cells

    project = with_options(
        with_preset(read_project(folder), preset),
        network={"name": network, "width": width},
        training=budget(minutes, steps),
        ensemble={"members": members, "seed": seed},
    )
    if cells:
        project = learn_cells(project)
    begun_from = None
    if origin is not None:
        asked = bool(network or width or cells)
        project, begun_from = with_origin(project, origin, asked=asked)
    extension = None
    if extend is not None or extend_steps is not None:
        refuse_both(extend, extend_steps, "--extend or --extend-steps")
        extension = Extension(extend, extend_steps)
        refuse_both(overwrite or None, extension, "--extend or --overwrite")
    model = folder / "models" / (name or default_name(project))
    with training_display() as show:
        for progress in trained(
            project,
            folder,
            model,
            cluster=cluster,
            origin=begun_from,
            extension=extension,
            tensorboard=tensorboard,
            overwrite=overwrite,
        ):
            show(progress)
    ensemble = rank_members(model, best=project.ensemble.best)
    draw_scores(model, ensemble)
    show_ranking(ensemble)
    typer.echo(f"{model}: ready; next `densecell segment VOLUME -m {model} -o RESULT`")


def trained(
    project: "ProjectConfig",
    folder: Path,
    model: Path,
    *,
    cluster: str | None,
    origin: "Origin | None",
    extension: "Extension | None",
    tensorboard: bool,
    overwrite: bool,
) -> Iterator["MemberProgress"]:
    """Train the members here, one after another, or all at once on a cluster."""
    from functools import partial

    from densecell.claim import refuse_claimed
    from densecell.compute import connected, training_threads
    from densecell.disk import remove
    from densecell.errors import ConfigError
    from densecell.patches import resampling_notes
    from densecell.report.model.training import (
        draw_training,
        require_tensorboard,
        write_events,
    )
    from densecell.training import (
        TrainingOptions,
        Watch,
        load_data,
        train_members,
        train_on_cluster,
    )

    watch: Watch = draw_training
    if tensorboard:
        require_tensorboard()
        watch = partial(draw_training, also=write_events)
    options = TrainingOptions(origin, extension, watch)
    for note in resampling_notes(project):
        typer.echo(note, err=True)
    data = load_data(project, folder)
    if origin is not None and model.absolute() in origin.members[0].parents:
        raise ConfigError(f"{model}: cannot begin from itself; give another --name")
    if overwrite:  # only now: what is wrong with the data must not cost a model
        refuse_claimed(model)
        remove(model)
    with connected(cluster) as workers:
        if workers is None:
            yield from train_members(project, data, model, options)
        else:
            threads = training_threads(cluster)
            yield from train_on_cluster(
                project, folder, model, workers, threads=threads, options=options
            )


def with_origin(
    project: "ProjectConfig", model: Path, *, asked: bool
) -> tuple["ProjectConfig", "Origin"]:
    """Give the project with the network of a model, and its members to begin from."""
    from densecell.ensemble import read_ensemble
    from densecell.errors import ConfigError
    from densecell.training import Origin, suit_pairs

    if asked:
        raise ConfigError(
            "--from takes the network of its model: leave --network, --width and "
            "--cells out"
        )
    voting = [m.folder for m in read_ensemble(model).members if m.used]
    origin = Origin(tuple(model.absolute() / name for name in voting))
    origin.check(project.classes)
    project = project.model_copy(update={"network": origin.network})
    return suit_pairs(project) if origin.network.affinities else project, origin


def default_name(project: "ProjectConfig") -> str:
    return f"{project.network.name}-{project.network.width}"


def refuse_both(one: object, other: object, names: str) -> None:
    """Refuse two options of which one replaces the other."""
    from densecell.errors import ConfigError

    if one is not None and other is not None:
        raise ConfigError(f"give {names}, not both")


def budget(minutes: float | None, steps: int | None) -> dict[str, float | None]:
    """Turn the two options into settings; one replaces the other."""
    refuse_both(minutes, steps, "--minutes or --steps")
    if minutes is not None:
        return {"minutes": minutes, "steps": None}
    return {"minutes": None, "steps": steps} if steps is not None else {}


def with_preset(project: "ProjectConfig", name: str | None) -> "ProjectConfig":
    """Give the project with network, training and ensemble of a preset."""
    from densecell.config import ProjectConfig, parse_settings
    from densecell.errors import ConfigError
    from densecell.presets import PRESETS

    if name is None:
        return project
    if name not in PRESETS:
        raise ConfigError(f"no preset {name!r}; known: {', '.join(PRESETS)}")
    values = project.model_dump(exclude_unset=True) | PRESETS[name]
    return parse_settings(values, ProjectConfig, where=f"preset {name}")


def with_options(
    project: "ProjectConfig", **parts: Mapping[str, object]
) -> "ProjectConfig":
    """Give the project with the options that were given put over its settings."""
    from densecell.config import ProjectConfig, parse_settings

    values = project.model_dump(exclude_unset=True)
    for part, options in parts.items():
        given = {
            k: v for k, v in options.items() if v is not None or part == "training"
        }
        values[part] = values.get(part, {}) | given
    return parse_settings(values, ProjectConfig, where="options")


def show_ranking(ensemble: "EnsembleFile") -> None:
    """Print the members, best first."""
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
