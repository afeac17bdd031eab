"""Three planes through the volume: image, labels, truth, cells, how sure they are."""

from operator import add

from densecell.geometry import per_axis
from densecell.report.found import Found
from densecell.report.page import Picture, Section
from densecell.report.pictures.planes import (
    Planes,
    cell_planes,
    error_planes,
    grey_planes,
    image_planes,
    label_planes,
    map_planes,
    middle_planes,
)

LONGEST = 800  # voxels of a side of a picture; larger volumes are cut to their middle
MAPS = {
    "confidence": "Confidence: the {whose} highest {mean}probability.",
    "disagreement": "Disagreement: share of the members that chose another class.",
}
CELLS = (
    "Cells, with a white line between two that touch; numbers are those of the table, "
    "and colours repeat."
)


def slices_section(found: Found) -> Section:
    """Draw the planes through the middle."""
    planes = middle_planes(found.shape, found.spacing_nm, longest=LONGEST)
    grey, scheme = grey_planes(found.image, planes), found.scheme
    pictures = []
    if found.image is not None:
        pictures.append(Picture(image_planes(grey, planes), "The image."))
    for title, labels in (("What was found.", found.classes), ("Truth.", found.truth)):
        if labels is not None:
            drawn = label_planes(grey, labels, planes, scheme=scheme)
            pictures.append(Picture(drawn, title))
    if found.truth is not None:
        drawn = error_planes(grey, found.classes, found.truth, planes, scheme=scheme)
        words = "Where the labels differ from truth, in the colour of the true class."
        pictures.append(Picture(drawn, words))
    cells = found.layer("labels/cells") if found.is_measured else None
    if cells is not None:
        pictures.append(Picture(cell_planes(grey, cells, planes), CELLS))
    pictures += _maps(found, planes)
    return Section("Slices", _words(found, planes), pictures)


def _maps(found: Found, planes: Planes) -> list[Picture]:
    """Draw how sure the networks are; one alone cannot disagree with itself."""
    whose, mean = ("network's", "") if found.is_of_one else ("ensemble's", "mean ")
    shown = ["confidence"] if found.is_of_one else list(MAPS)
    layers = {name: found.layer(name) for name in shown}
    return [
        Picture(
            map_planes(volume, planes, name=name),
            MAPS[name].format(whose=whose, mean=mean),
        )
        for name, volume in layers.items()
        if volume is not None
    ]


def _words(found: Found, planes: Planes) -> str:
    at = ", ".join(map(str, per_axis(add, planes.at, found.origin)))
    text = f"Planes through voxel z, y, x = {at}"
    if found.shape[0] == 1:
        text = f"The volume is a single slice, z = {planes.at[0] + found.origin[0]}"
    else:
        text += "; dashed lines show where they cut each other"
    if planes.box.shape != found.shape:
        z, y, x = planes.box.shape
        text += f". Only the middle {z} x {y} x {x} voxels are shown"
    if found.run is None:
        text += ". No image belongs to these labels, so that they lie on grey"
    elif found.image is None:
        text += ". The image is not at its place any more, so that labels lie on grey"
    return (
        f"{text}. Numbers of classes are those of the legend, for whoever cannot tell "
        "the colours apart."
    )
