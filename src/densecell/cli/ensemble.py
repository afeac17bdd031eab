"""Show the networks of a model, and choose which of them vote."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import Model


def ensemble(
    model: Model,
    best: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rank again; the best N networks vote."),
    ] = None,
    greedy: Annotated[
        bool,
        typer.Option(
            "--greedy",
            help="Let those networks vote that improve the whole ensemble on the "
            "project's eval volumes.",
        ),
    ] = False,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="MEMBER", help="Let this network vote. Repeatable."),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEMBER", help="Let this network vote no longer. Repeatable."
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the project, for --greedy. Default: MODEL/../..",
        ),
    ] = None,
) -> None:
    """Show, rank, add or drop the networks of MODEL. Nothing is deleted.

    Results that were started with other networks stay as they are, and cannot be
    continued.
    """
    # Imported here, not at the top: `densecell --help` must not wait for torch.
    from densecell.cli.train import show_ranking
    from densecell.ensemble import rank_members, read_ensemble, use_members
    from densecell.errors import ConfigError

    if (best is not None) + greedy + bool(add or drop) > 1:
        raise ConfigError("give one of --best, --greedy, or --add and --drop")
    file = read_ensemble(model)
    if best is not None:
        if best < 1:
            raise ConfigError(f"--best {best}: at least one member has to vote")
        file = rank_members(model, best=best)
    if greedy:
        file = use_members(model, choose(model, project or model.parent.parent))
    if add or drop:
        voting = {m.folder for m in file.members if m.used} | set(add or ())
        if unknown := set(drop or ()) - {m.folder for m in file.members}:
            raise ConfigError(f"{model}: has no member {', '.join(sorted(unknown))}")
        file = use_members(model, voting - set(drop or ()))
    show_ranking(file)


def choose(model: Path, project: Path) -> list[str]:
    """Choose greedily among all finished networks, and print what each one gains."""
    from densecell.config import ProjectConfig, load_settings
    from densecell.ensemble import greedy_members, load_ensemble, read_ensemble
    from densecell.training import Validator, load_eval

    members = read_ensemble(model).members
    usable = tuple(m.folder for m in members if m.outcome.state == "finished")
    loaded = load_ensemble(model, only=usable)
    settings = load_settings(project / "project.yaml", ProjectConfig)
    validator = Validator(load_eval(settings, project), loaded.scheme)
    networks = dict(zip(loaded.names, loaded.networks, strict=True))
    chosen = greedy_members(networks, validator)
    for name, score in chosen:
        typer.echo(f"with {name}: MIoU(all) {score:.4f} on the eval volumes")
    return [name for name, _ in chosen]
