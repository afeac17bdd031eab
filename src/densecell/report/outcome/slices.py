"""Three planes through the volume: image, labels, truth, cells, how sure they are."""

from operator import add

from densecell.geometry import per_axis
from densecell.report.outcome.members import has_one_network
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
from densecell.result import Result
from densecell.volume import Volume

LONGEST = 800  # voxels of a side of a picture; larger volumes are cut to their middle
MAPS = {
    "confidence": "Confidence: the {whose} highest {mean}probability.",
    "disagreement": "Disagreement: share of the members that chose another class.",
}
CELLS = (
    "Cells, with a white line between two that touch; numbers are those of the table, "
    "and colours repeat."
)


def slices_section(result: Result, truth: Volume | None) -> Section:
    """Draw the planes through the middle, with the truth where it was given."""
    planes = middle_planes(result.shape, result.spacing_nm, longest=LONGEST)
    grey, scheme = grey_planes(result.image, planes), result.scheme
    pictures = []
    if result.image is not None:
        pictures.append(Picture(image_planes(grey, planes), "The image."))
    for title, labels in (("What was found.", result.classes), ("Truth.", truth)):
        if labels is not None:
            drawn = label_planes(grey, labels, planes, scheme=scheme)
            pictures.append(Picture(drawn, title))
    if truth is not None:
        drawn = error_planes(grey, result.classes, truth, planes, scheme=scheme)
        words = "Where the labels differ from truth, in the colour of the true class."
        pictures.append(Picture(drawn, words))
    cells = result.layer("labels/cells") if result.is_measured else None
    if cells is not None:
        pictures.append(Picture(cell_planes(grey, cells, planes), CELLS))
    pictures += _maps(result, planes)
    return Section("Slices", _words(result, planes), pictures)


def _maps(result: Result, planes: Planes) -> list[Picture]:
    """Draw how sure the networks are; one alone cannot disagree with itself."""
    whose, mean, shown = "ensemble's", "mean ", list(MAPS)
    if has_one_network(result):
        whose, mean, shown = "network's", "", ["confidence"]
    layers = {name: result.layer(name) for name in shown}
    return [
        Picture(
            map_planes(volume, planes, name=name),
            MAPS[name].format(whose=whose, mean=mean),
        )
        for name, volume in layers.items()
        if volume is not None
    ]


def _words(result: Result, planes: Planes) -> str:
    at = ", ".join(map(str, per_axis(add, planes.at, result.box.start)))
    text = f"Planes through voxel z, y, x = {at}"
    if result.shape[0] == 1:
        text = f"The volume is a single slice, z = {planes.at[0] + result.box.start[0]}"
    else:
        text += "; dashed lines show where they cut each other"
    if planes.box.shape != result.shape:
        z, y, x = planes.box.shape
        text += f". Only the middle {z} x {y} x {x} voxels are shown"
    if result.run is None:
        text += ". No image belongs to these labels, so that they lie on grey"
    elif result.image is None:
        text += ". The image is not at its place any more, so that labels lie on grey"
    return (
        f"{text}. Numbers of classes are those of the legend, for whoever cannot tell "
        "the colours apart."
    )
