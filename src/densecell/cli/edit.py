"""Correct single objects of a result by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from densecell.cli.options import Result
from densecell.config.frozen import Frozen

if TYPE_CHECKING:
    from densecell.edits import Edit

Action = Literal[
    "merge", "split", "reclassify", "delete", "grow-into", "undo", "list", "replay"
]
Layer = Literal["cells", "organelles", "parts"]


class EditOptions(Frozen):
    """What a correction needs besides the objects."""

    layer: Annotated[
        Layer | None,
        typer.Option("--layer", "-l", help="Array that the ids are in."),
    ] = None
    seed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="Z,Y,X",
            help="A voxel of each piece to split off. Repeat it for each piece.",
        ),
    ] = None
    to: Annotated[
        str | None, typer.Option(metavar="CLASS", help="The new class, to reclassify.")
    ] = None
    distance: Annotated[
        float | None,
        typer.Option(metavar="NM", min=0, help="Grow this far, in nm."),
    ] = None
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS",
            help="Grow over voxels of this class only. Repeatable.",
        ),
    ] = None
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Corrections to replay, from a journal."),
    ] = None
    why: Annotated[
        str, typer.Option(metavar="TEXT", help="Note why, for the list of corrections.")
    ] = ""


def edit(
    result: Result,
    action: Annotated[Action, typer.Argument(help="What to do.", show_choices=True)],
    options: EditOptions,
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Ids of objects.")
    ] = None,
) -> None:
    """Correct objects of RESULT: merge, split, reclassify, delete, grow, undo.

    Tables, names and coarser levels follow at once. Every correction is a line of
    RESULT/edits.jsonl, and can be undone. `list` shows them. After `measure
    --overwrite`, `replay` makes again those that still fit.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.edits import read_journal, undo
    from densecell.errors import ConfigError
    from densecell.result import has_meshes
    from densecell.result.layout import MESHES

    if action == "list":
        for line in read_journal(result):
            typer.echo(_in_words(line))
        return
    if action == "replay":
        _replay(result, options.journal)
        return
    if action == "undo":
        done = undo(result, why=options.why)
    else:
        if not ids:
            raise ConfigError(f"{action}: name the ids of the objects")
        done = _correction(action, result, options, ids)()
    typer.echo(_in_words(done))
    if (result / MESHES).exists() and not has_meshes(result):
        typer.echo(
            "The meshes are those from before. Make them again: densecell mesh "
            f"{result} --overwrite"
        )


def _replay(result: Path, journal: Path | None) -> None:
    """Make corrections again; say which do not fit any more."""
    from densecell.edits import replay
    from densecell.errors import ConfigError

    if journal is None:
        raise ConfigError("replay: name the journal (--journal FILE)")
    kept = left = 0
    for then, now, why_not in replay(result, journal):
        kept, left = kept + (now is not None), left + (now is None)
        typer.echo(_in_words(now) if now else f"not {_in_words(then)}: {why_not}")
    typer.echo(f"{kept} made again, {left} that do not fit any more")


def _correction(
    action: str, result: Path, options: EditOptions, ids: list[int]
) -> "Callable[[], Edit]":
    """The call that the options ask for.

    Raises
    ------
    ConfigError
        If an option is missing, or several objects are named where one is meant.
    """
    from functools import partial

    from densecell.edits import delete, grow_into, merge, reclassify, split
    from densecell.errors import ConfigError

    layer, why = _layer(result, options), options.why
    if action in ("split", "grow-into") and len(ids) > 1:
        raise ConfigError(f"{action}: name one object, not {len(ids)}")
    if action == "merge":
        return partial(merge, result, layer, ids, why=why)
    if action == "delete":
        return partial(delete, result, layer, ids, why=why)
    if action == "split":
        return partial(split, result, layer, ids[0], _seeds(options), why=why)
    if action == "reclassify":
        if options.to is None:
            raise ConfigError("reclassify: name the new class (--to CLASS)")
        return partial(reclassify, result, layer, ids, options.to, why=why)
    if options.distance is None:
        raise ConfigError("grow-into: say how far it grows (--distance NM)")
    within = tuple(options.within or ())
    return partial(
        grow_into, result, layer, ids[0], options.distance, within=within, why=why
    )


def _seeds(options: EditOptions) -> list[tuple[int, int, int]]:
    """Voxels that the options name.

    Raises
    ------
    ConfigError
        If one is not three whole numbers.
    """
    from densecell.errors import ConfigError

    found = []
    for text in options.seed or ():
        try:
            z, y, x = map(int, text.split(","))
        except ValueError:
            raise ConfigError(
                f"--seed {text}: is no voxel; write z,y,x, such as --seed 10,250,300"
            ) from None
        found.append((z, y, x))
    return found


def _layer(result: Path, options: EditOptions) -> str:
    """The layer that is asked for; the only one, where there is one."""
    from densecell.errors import ConfigError
    from densecell.result import Result as ResultFolder

    if options.layer is not None:
        return options.layer
    opened = ResultFolder(result)
    opened.require_measured()
    if len(opened.objects) > 1:
        layers = " or ".join(f"--layer {name}" for name in opened.objects)
        raise ConfigError(f"ids of several layers are the same; name one: {layers}")
    return next(iter(opened.objects))


def _in_words(edit: "Edit") -> str:
    """One line on a correction."""
    text = f"{edit.number}  {edit.when}  {edit.kind}"
    if edit.undoes is not None:
        return f"{text} of {edit.undoes}" + (f"  ({edit.why})" if edit.why else "")
    text += f"  {edit.layer} {', '.join(map(str, edit.ids))}"
    if edit.class_name:
        text += f" to {edit.class_name}"
    if edit.made:
        text += f"; new: {', '.join(map(str, edit.made))}"
    return text + (f"  ({edit.why})" if edit.why else "")
