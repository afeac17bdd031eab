"""Train the members of an ensemble and rank them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from densecell.config import ProjectConfig
    from densecell.ensemble import EnsembleFile


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
    from densecell.config import ProjectConfig, load_settings
    from densecell.ensemble import rank_members
    from densecell.errors import ConfigError
    from densecell.patches import resampling_notes
    from densecell.training import load_data, train_members
    from densecell.volume.aside import remove

    path = folder / "project.yaml"
    if not path.is_file():
        raise ConfigError(
            f"{path}: no such file; `densecell init {folder} IMAGE LABELS` makes one"
        )
    project = load_settings(path, ProjectConfig)
    project = with_options(
        with_preset(project, preset),
        network={"name": network, "width": width},
        training=budget(minutes, steps),
        ensemble={"members": members, "seed": seed},
    )
    model = folder / "models" / (name or default_name(project))
    for note in resampling_notes(project):
        typer.echo(note, err=True)
    data = load_data(project, folder)
    if overwrite:  # only now: what is wrong with the data must not cost a model
        remove(model)
    with training_display() as show:
        for progress in train_members(project, data, model):
            show(progress)
    ensemble = rank_members(model, best=project.ensemble.best)
    show_ranking(ensemble)
    typer.echo(f"{model}: ready; next `densecell segment VOLUME -m {model} -o RESULT`")


def default_name(project: "ProjectConfig") -> str:
    return f"{project.network.name}-{project.network.width}"


def budget(minutes: float | None, steps: int | None) -> dict[str, float | None]:
    """Turn the two options into settings; one replaces the other."""
    from densecell.errors import ConfigError

    if minutes is not None and steps is not None:
        raise ConfigError("give --minutes or --steps, not both")
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
    values = project.model_dump() | PRESETS[name]
    return parse_settings(values, ProjectConfig, where=f"preset {name}")


def with_options(
    project: "ProjectConfig", **parts: Mapping[str, object]
) -> "ProjectConfig":
    """Give the project with the options that were given put over its settings."""
    from densecell.config import ProjectConfig, parse_settings

    values = project.model_dump()
    for part, options in parts.items():
        given = {
            k: v for k, v in options.items() if v is not None or part == "training"
        }
        values[part] = values[part] | given
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
