"""Layers as neuroglancer names them: how each thing is drawn.

A layer is a plain value of neuroglancer's JSON state, see
https://neuroglancer-docs.web.app/json/api/index.html. Here (z, y, x) in voxels meets
neuroglancer's named dimensions, in metres, with voxel corners at whole numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from densecell.classes import ClassScheme
from densecell.geometry import Shape, Spacing, per_axis

Json = dict[str, Any]
METRE_NM = 1e-9  # metres in a nanometre
MANY = 20_000  # objects; more are not coloured one by one
DRAWN = 1_000  # meshes that are loaded at the start

HEAT = """#uicontrol invlerp normalized(range=[0, 255])
void main() { emitRGB(colormapCubehelix(normalized())); }
"""
GLOW = """#uicontrol invlerp normalized(range=[0, 255])
void main() { emitRGBA(vec4(1.0, 0.45, 0.0, normalized())); }
"""


def dimensions_of(spacing_nm: Spacing) -> Json:
    """Dimensions of a view; the first goes to the right, the second down.

    Examples
    --------
    >>> dimensions_of(Spacing(40, 10, 5))["z"]
    [4e-08, 'm']
    """
    sizes = zip("xyz", reversed(spacing_nm), strict=True)
    return {axis: [_metres(size), "m"] for axis, size in sizes}


def placed_voxels(
    url: str, spacing_nm: Spacing, *, start: Shape, centred: bool
) -> Json:
    """Place an array of voxels in a view.

    Parameters
    ----------
    url
        Address of the source.
    spacing_nm
        Voxel size (z, y, x), whatever the source says itself.
    start
        Where its first voxel lies in the view.
    centred
        Whether the centre of the first voxel is at 0, as in OME-Zarr, or its corner.
    """
    shift = 0.5 if centred else 0.0
    rows = [[*(float(i == j) for j in range(3)), start[i] + shift] for i in range(3)]
    axes = {a: [_metres(s), "m"] for a, s in zip("zyx", spacing_nm, strict=True)}
    return {"url": url, "transform": {"outputDimensions": axes, "matrix": rows}}


def placed_meshes(url: str, spacing_nm: Spacing, *, start: Shape) -> Json:
    """Place meshes, whose corners are x, y, z in nanometres from an array's corner."""
    z, y, x = per_axis(lambda n, nm: n * nm, start, spacing_nm)
    rows = [[*(float(i == j) for j in range(3)), at] for i, at in enumerate((x, y, z))]
    axes = {axis: [METRE_NM, "m"] for axis in "xyz"}
    transform = {"outputDimensions": axes, "matrix": rows}
    return {
        "url": url,
        "transform": transform,
        "subsources": {"default": True, "mesh": True},
        "enableDefaultSubsources": False,
    }


def image_layer(name: str, source: Json, *, grey: tuple[float, float]) -> Json:
    """Draw grey values between two of them from black to white."""
    return {
        "type": "image",
        "name": name,
        "source": source,
        "shaderControls": {"normalized": {"range": list(grey)}},
    }


def heat_layer(name: str, source: Json, *, shader: str) -> Json:
    """Draw 0 to 255 as colours over the image; off at first."""
    return {
        "type": "image",
        "name": name,
        "source": source,
        "shader": shader,
        "opacity": 0.7,
        "visible": False,
    }


def class_layer(
    name: str, sources: Sequence[Json], scheme: ClassScheme, *, visible: bool
) -> Json:
    """Draw classes in the colours of the scheme, all but the background."""
    shown = [i for i in scheme.ids if scheme.classes[i].role != "background"]
    return {
        "type": "segmentation",
        "name": name,
        "source": list(sources),
        "segments": [str(i) for i in shown],
        "hideSegmentZero": 0 not in shown,
        "segmentColors": {str(i): _hex(scheme.classes[i].colour) for i in scheme.ids},
        "selectedAlpha": 0.4,
        "tab": "segments",
        "visible": visible,
    }


def objects_layer(
    name: str,
    sources: Sequence[Json],
    *,
    classes: Mapping[int, str],
    drawn: Iterable[int],
    scheme: ClassScheme,
    are_cells: bool,
) -> Json:
    """Draw objects: each cell in a colour of its own, all else in that of its class.

    Parameters
    ----------
    sources
        Ids, and meshes and names if there are any.
    classes
        Class name of every object, by id.
    drawn
        Ids of objects with a mesh, the most important first.
    """
    colour = {c.name: _hex(c.colour) for c in scheme.classes.values()}
    one_by_one = not are_cells and len(classes) <= MANY
    colours = {str(i): colour[c] for i, c in classes.items()} if one_by_one else {}
    alpha = 0.25 if are_cells else 0.5
    return {
        "type": "segmentation",
        "name": name,
        "source": list(sources),
        "segments": [str(i) for i in drawn][:DRAWN],
        "segmentColors": colours,
        "selectedAlpha": alpha,
        "notSelectedAlpha": alpha,
        "tab": "segments",
        "objectAlpha": 0.35 if are_cells else 1.0,
        "meshSilhouetteRendering": 1 if are_cells else 0,
    }


def names_document(
    labels: Mapping[int, str], numbers: Mapping[str, Sequence[float]] | None = None
) -> Json:
    """Names, and columns of numbers, as neuroglancer reads them for its lists."""
    values = {"id": "label", "type": "label", "values": list(labels.values())}
    columns = [
        {"id": name, "type": "number", "data_type": "float32", "values": list(column)}
        for name, column in (numbers or {}).items()
    ]
    inline = {"ids": [str(i) for i in labels], "properties": [values, *columns]}
    return {"@type": "neuroglancer_segment_properties", "inline": inline}


def _metres(length_nm: float) -> float:
    return float(f"{length_nm * METRE_NM:.12g}")  # not 4.000000000000001e-08


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
