"""Hold two segmentations of one volume against each other."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from densecell.classes import ClassScheme
    from densecell.evaluation.comparison import Comparison
    from densecell.evaluation.result import Prediction
    from densecell.geometry import Box


def compare(
    a: Annotated[str, typer.Argument(help="result folder, or a volume of class ids")],
    b: Annotated[str, typer.Argument(help="the other one")],
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_NAME", help="class scheme; a result knows its own"
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="N_OR_NAME",
            help="of both volumes; of one of them: write it #channel=N_OR_NAME",
        ),
    ] = None,
    time: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="of both volumes; of one of them: write it #time=N"
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(help="overlap (IoU) above which two objects match", min=0, max=1),
    ] = 0.5,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="where to draw; default: in result A"),
    ] = None,
    z: Annotated[
        int | None, typer.Option(help="slice to draw; default: the middle one")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the comparison as JSON only")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace the picture if it is there")
    ] = False,
) -> None:
    """Compare two annotators, or a model and an annotator.

    Overlap of each class, volume fractions side by side, how many objects
    match where both were measured, and a picture of one slice.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from rich.console import Console

    from densecell.address import to_address
    from densecell.cli.progress import told_progress
    from densecell.datasets.scheme import choose_scheme
    from densecell.evaluation.comparison import compare as compared
    from densecell.evaluation.comparison import shared_objects
    from densecell.evaluation.result import is_result, open_prediction
    from densecell.volume.aside import check_free

    one, other = to_address(a), to_address(b)
    first, second = (
        open_prediction(address, channel=channel, time=time) for address in (one, other)
    )
    if picture is None and is_result(one):
        picture = one / "compare" / f"{other.name.split('.')[0]}.png"
        overwrite = True  # of its own making
    if picture is not None:
        check_free(picture, overwrite=overwrite)
    scheme = choose_scheme(
        classes,
        stored=first.scheme or second.scheme,
        labels=[first.labels, second.labels],
    )
    done = 0
    with told_progress(f"comparing {one.name} and {other.name}") as told:

        def on_block(block: "Box") -> None:
            nonlocal done
            done += block.voxels
            told(done, first.box.voxels)

        found = compared(
            first,
            second,
            scheme,
            objects=shared_objects(one, other),
            threshold=threshold,
            on_block=on_block,
        )
    if picture is not None:
        _draw(picture, first, second, found, scheme, z, (one.name, other.name))
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    Console().print(comparison_table(found, names=(a, b)))
    if picture is not None:
        typer.echo(f"{picture}: one slice of both, and the volume fractions")


def comparison_table(found: "Comparison", *, names: tuple[str, str]) -> object:
    """Lay out a comparison for a rich console."""
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
        f"{x.variation_of_information:.3f} bits, adapted Rand error "
        f"{x.adapted_rand_error:.4f}"
        for name, x in found.objects.items()
    ]
    return Group(table, *(Text(line) for line in lines))


def _draw(
    path: Path,
    first: "Prediction",
    second: "Prediction",
    found: "Comparison",
    scheme: "ClassScheme",
    z: int | None,
    names: tuple[str, str],
) -> None:
    from densecell.errors import ConfigError
    from densecell.geometry import Box
    from densecell.report.comparison_picture import comparison_picture
    from densecell.volume.aside import written_aside

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
    )
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(drawn)
