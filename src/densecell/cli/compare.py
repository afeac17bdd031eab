"""Compare two segmentations of one volume."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from densecell.cli.options import AsJson, Classes
from densecell.config.frozen import Frozen

if TYPE_CHECKING:
    from densecell.address import Address
    from densecell.classes import ClassScheme
    from densecell.evaluation import Comparison, Prediction


class PictureOptions(Frozen):
    """Which picture is drawn, and where."""

    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="PNG", help="Draw the picture into this file. Default: in result A."
        ),
    ] = None
    z: Annotated[
        int | None,
        typer.Option(metavar="N", help="Draw this slice. Default: the middle one."),
    ] = None
    overwrite: Annotated[
        bool, typer.Option(help="Replace the file of --picture if it exists.")
    ] = False


class PartOptions(Frozen):
    """Which part of both volumes is compared."""

    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="Read this channel of both volumes. Of one volume: write "
            "A#channel=N_OR_NAME.",
        ),
    ] = None
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Read this time point of both volumes. Of one volume: write A#time=N.",
        ),
    ] = None


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="Folder of a result, or a volume of class ids."
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The same of the other one.")],
    part: PartOptions,
    drawing: PictureOptions,
    classes: Classes = None,
    threshold: Annotated[
        float,
        typer.Option(
            metavar="IOU",
            help="Match two objects if their overlap (IoU) is above this, from 0 to "
            "below 1.",
            min=0,
            max=1,
        ),
    ] = 0.5,
    as_json: AsJson = False,
) -> None:
    """Compare two annotators, or a model and an annotator.

    Reports overlap and volume share of each class, and how many objects match if both
    were measured. Draws one slice of both.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from rich.console import Console

    from densecell.address import to_address, with_choice
    from densecell.cli.progress import show_progress
    from densecell.datasets.scheme import choose_scheme
    from densecell.disk import check_free
    from densecell.errors import ConfigError
    from densecell.evaluation import compare as compared
    from densecell.evaluation import open_prediction, placed, shared_objects
    from densecell.result import is_segmentation

    if threshold >= 1:
        raise ConfigError(
            f"--threshold {threshold:g}: no overlap is above 1; give 0 to below 1"
        )
    one, other = to_address(a), to_address(b)
    first, second = (
        open_prediction(address, channel=part.channel, time=part.time)
        for address in (one, other)
    )
    first, second = placed(first, second)
    about = with_choice(other, channel=part.channel, time=part.time)
    picture = drawing.picture
    if picture is not None:
        check_free(picture, overwrite=drawing.overwrite)
    elif is_segmentation(one):
        picture = _own_picture(one, about)
    scheme = choose_scheme(
        classes,
        stored=first.scheme or second.scheme,
        labels=[first.labels, second.labels],
    )
    names = _names(one, other)
    with show_progress(f"comparing {names[0]} and {names[1]}") as progress:
        found = compared(
            first,
            second,
            scheme,
            objects=shared_objects(one, other),
            threshold=threshold,
            progress=progress,
        )
    if picture is not None:
        _draw(picture, first, second, found, scheme, drawing.z, names, about)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    Console().print(comparison_table(found, names=(a, b)))
    if picture is not None:
        typer.echo(f"{picture}: one slice of both, and the volume fractions")


def comparison_table(found: "Comparison", *, names: tuple[str, str]) -> object:
    """A comparison as text for a rich console."""
    from rich.console import Group
    from rich.text import Text

    from densecell.cli.scores_table import class_table, number

    scores = found.scores
    title = f"A {names[0]}\nB {names[1]}"
    table = class_table(scores, title=title, shares=("A %", "B %"))
    lines = [
        f"MIoU(all) {scores.miou_all:.4f}   MIoU(org) {number(scores.miou_org)}   "
        f"{scores.voxels:,} voxels in {found.box.start} to {found.box.stop}"
    ]
    lines += [
        f"{name}: {x.a} in A, {x.b} in B, {x.matched} match (IoU above "
        f"{found.threshold:g}), F1 {number(x.f1)}, variation of information "
        f"{_bits(x.variation_of_information)}, adapted Rand error "
        f"{number(x.adapted_rand_error)}"
        for name, x in found.objects.items()
    ]
    return Group(table, *(Text(line) for line in lines))


def _bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} bits"


def _names(one: "Address", other: "Address") -> tuple[str, str]:
    """Names of both, with their folder or store if the names are equal."""
    from densecell.evaluation import folder_name

    a, b = one.name, other.name
    if a != b:
        return a, b
    return f"{a} of {folder_name(one)}", f"{b} of {folder_name(other)}"


def _own_picture(result: Path, other: "Address") -> Path:
    """File for the picture of this comparison, beside those of others."""
    from densecell.evaluation import kept_path
    from densecell.report.pictures import picture_about

    return kept_path(
        result / "compare",
        other,
        ".png",
        about=(str(other.resolve()),),
        read=lambda path: (picture_about(path) or "",),
    )


def _draw(
    path: Path,
    first: "Prediction",
    second: "Prediction",
    found: "Comparison",
    scheme: "ClassScheme",
    z: int | None,
    names: tuple[str, str],
    about: "Address",
) -> None:
    from densecell.disk import written_aside
    from densecell.errors import ConfigError
    from densecell.geometry import Box
    from densecell.report.pictures import comparison_picture

    (z0, y0, x0), (z1, y1, x1) = found.box
    z = (z0 + z1) // 2 if z is None else z
    if not z0 <= z < z1:
        raise ConfigError(f"--z {z}: both cover slices {z0} to {z1 - 1}; choose one")
    plane = Box((z, y0, x0), (z + 1, y1, x1))
    slices = [
        x.labels.read(plane.relative_to(x.box.start))[0].astype("uint8", copy=False)
        for x in (first, second)
    ]
    drawn = comparison_picture(
        slices[0],
        slices[1],
        titles=names,
        scheme=scheme,
        spacing_nm=first.labels.spacing_nm,
        fractions=(found.scores.truth_share, found.scores.predicted_share),
        about=str(about.resolve()),
    )
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(drawn)
