"""A store of several images that other programs open as one, with its labels.

::

    segmentation.zarr/          an image: its levels are those of an image inside
        confidence/  0  1 ...   that image
        labels/                 labels of the same voxels, which viewers lay over it
            cells/              names and colours of the objects
"""

import colorsys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import zarr

from densecell.errors import VolumeError
from densecell.volume.interface import damaged
from densecell.volume.ome_zarr.metadata import LABELS_IMAGE, OF_OBJECT, VERSION
from densecell.volume.ome_zarr.store import attributes_of

MOST_NAMED = 20_000  # objects: their names are one text, read by viewers as a whole
GOLDEN = 0.618034  # steps that spread evenly, however many
SPREAD = 0.12  # of the hue, around that of the class


class NamedObject(NamedTuple):
    """An object of a label image.

    Parameters
    ----------
    id
        Its value.
    class_name
        Name of its class.
    colour
        Red, green and blue of its class, 0 to 255.
    cell
        Id of the cell that holds it, 0 for none.
    """

    id: int
    class_name: str
    colour: tuple[int, int, int]
    cell: int = 0


def show_as_image(store: Path, inner: str) -> None:
    """Let a group be opened as the image that lies in it under the name `inner`.

    No voxel is copied. Running it again, once `inner` has more levels, lists those too.

    Raises
    ------
    VolumeError
        If `inner` is no image of OME-Zarr 0.5.
    """
    try:
        group = zarr.open_group(store, mode="r+")
        within = attributes_of(group[inner])
        if within.get("version") != VERSION or not within.get("multiscales"):
            raise VolumeError(
                f"{store / inner}: expected an image of OME-Zarr {VERSION}"
            )
        image = dict(within["multiscales"][0])
        image["datasets"] = [
            level | {"path": f"{inner}/{level['path']}"} for level in image["datasets"]
        ]
    except VolumeError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise damaged(store, "OME-Zarr", error) from None  # metadata of any kind
    group.attrs["ome"] = {"version": VERSION, "multiscales": [image]}


def name_objects(path: Path, objects: Iterable[NamedObject]) -> None:
    """Write the names and colours of objects into the metadata of their labels.

    Objects of a class have shades of its colour. Of more than 20,000 objects neither is
    written: tables hold their names.
    """
    label: dict[str, Any] = {"source": LABELS_IMAGE}
    named = list(objects)
    if len(named) <= MOST_NAMED:
        nothing = {"label-value": 0, "name": "background", OF_OBJECT: "background"}
        clear = {"label-value": 0, "rgba": [0, 0, 0, 0]}
        shades = [{"label-value": o.id, "rgba": _shade(o)} for o in named]
        label["colors"] = [clear, *shades]
        label["properties"] = [nothing, *(_properties(o) for o in named)]
    group = zarr.open_group(path, mode="r+")
    group.attrs["ome"] = attributes_of(group) | {"image-label": label}


def _properties(one: NamedObject) -> dict[str, Any]:
    about = {
        "label-value": one.id,
        "name": f"{one.class_name} {one.id}",
        OF_OBJECT: one.class_name,
    }
    return about | ({"cell": one.cell} if one.cell and one.cell != one.id else {})


def _shade(one: NamedObject) -> list[int]:
    """Colour near that of the class; neighbouring ids differ most."""
    hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in one.colour))
    along = one.id * GOLDEN % 1
    hue = (hue + SPREAD * (along - 0.5)) % 1
    light = min(0.85, max(0.25, light + 0.4 * (along - 0.5)))
    return [*(round(255 * c) for c in colorsys.hls_to_rgb(hue, light, strength)), 255]
