"""Three planes through the volume: image, labels, truth, cells, how sure they are."""

from densecell.geometry import Shape
from densecell.report.found import Found
from densecell.report.page import Picture, Section
from densecell.report.planes_picture import (
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
    planes = middle_planes(found.shape, longest=LONGEST)
    grey = grey_planes(found.image, planes)
    spacing, scheme = found.spacing_nm, found.scheme
    pictures = []
    if found.image is not None:
        drawn = image_planes(grey, planes, spacing_nm=spacing)
        pictures.append(Picture(drawn, "The image."))
    for title, labels in (("What was found.", found.classes), ("Truth.", found.truth)):
        if labels is not None:
            drawn = label_planes(
                grey, labels, planes, scheme=scheme, spacing_nm=spacing
            )
            pictures.append(Picture(drawn, title))
    if found.truth is not None:
        drawn = error_planes(
            grey, found.classes, found.truth, planes, scheme=scheme, spacing_nm=spacing
        )
        words = "Where the labels differ from truth, in the colour of the true class."
        pictures.append(Picture(drawn, words))
    cells = found.layer("labels/cells") if found.is_measured else None
    if cells is not None:
        drawn = cell_planes(grey, cells, planes, spacing_nm=spacing)
        pictures.append(Picture(drawn, CELLS))
    whose, mean = ("network's", "") if found.is_of_one else ("ensemble's", "mean ")
    for name, words in MAPS.items():
        volume = found.layer(name)
        alike = name == "disagreement" and found.is_of_one
        if volume is not None and not alike:
            drawn = map_planes(volume, planes, name=name, spacing_nm=spacing)
            pictures.append(Picture(drawn, words.format(whose=whose, mean=mean)))
    return Section("Slices", _words(found, planes), pictures)


def _words(found: Found, planes: Planes) -> str:
    at = _places(planes.at, found.origin)
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


def _places(at: Shape, origin: Shape) -> str:
    return ", ".join(str(a + o) for a, o in zip(at, origin, strict=True))
