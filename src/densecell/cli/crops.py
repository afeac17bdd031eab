"""Cut empty crops from a volume, for the first labels."""

from pathlib import Path
from typing import Annotated

import typer

from densecell.cli.options import FORMATS, Spacing


def crops(
    image: Annotated[str, typer.Argument(metavar="STACK", help=f"Image: {FORMATS}.")],
    number: Annotated[
        int, typer.Option("-n", "--number", metavar="N", min=1, help="Crops to cut.")
    ] = 4,
    size: Annotated[
        tuple[int, int, int] | None,
        typer.Option(metavar="Z Y X", help="Voxels of a crop. Default: 1 256 256."),
    ] = None,
    named: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="ID=NAME[:ROLE[:PARENT]]",
            help="Name a class to paint, such as 1=mitochondrion:organelle:cell. "
            "Repeatable. Id 0 is background.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME_OR_FILE",
            help="Take the classes of a built-in list, a YAML file or a project.yaml.",
        ),
    ] = None,
    spacing: Spacing = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="New folder for the crops.")
    ] = Path("crops"),
) -> None:
    """Write empty crops of STACK to paint the first labels in.

    Takes places that look unlike and lie far apart. Every voxel is 255, not labelled.
    """
    # Imported here, not at the top: `densecell --help` must not wait for numpy.
    from densecell.cli.progress import show_progress
    from densecell.datasets.class_words import named_classes
    from densecell.datasets.scheme import load_scheme
    from densecell.disk import check_free
    from densecell.errors import ConfigError
    from densecell.suggestions import box_size, unlike_places, write_first_crops
    from densecell.volume import open_volume, require_spacing

    if not (named or classes):
        raise ConfigError(
            "which classes will be painted? Name them, such as --class 1=cell:cell "
            "--class 2=mitochondrion:organelle:cell, or take a list by --classes"
        )
    scheme = load_scheme(classes) if classes else None
    scheme = named_classes(named or (), scheme)
    check_free(out, overwrite=False)
    volume = open_volume(image, spacing_nm=spacing)
    require_spacing(volume)
    shape = box_size(volume.shape, size)
    with show_progress(f"looking at {volume.name}", unit="places") as progress:
        boxes = unlike_places(volume, shape, number, progress=progress)
    for name, box in zip(
        write_first_crops(out, volume, scheme, boxes), boxes, strict=True
    ):
        z, y, x = box.start
        typer.echo(f"{out / name}: from z {z}, y {y}, x {x}")
    if len(boxes) < number:
        typer.echo(f"only {len(boxes)} crops fit without overlap")
    ids = ", ".join(f"{i} {scheme.classes[i].name}" for i in scheme.ids)
    typer.echo(
        f"paint labels.tif or crop.zarr in each: {ids}, {scheme.ignore} not labelled; "
        f"then `densecell add-labels DIR {out}`, which starts a project if DIR has none"
    )
