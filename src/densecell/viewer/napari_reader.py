"""Results in napari: image, classes, objects and confidence, read when shown.

napari finds this through `napari.yaml` (npe2); nothing here imports napari or Qt.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from densecell.classes import ClassScheme
from densecell.geometry import Shape
from densecell.result import STORE, Result, Row, is_result, is_segmentation
from densecell.viewer.contents import Contents, open_contents
from densecell.viewer.lazy import LazyArray
from densecell.volume import OmeZarrVolume, Volume, open_levels

NapariLayer = tuple[Any, dict[str, Any], str]
PIECE: Shape = (16, 256, 256)  # voxels read together, where a file has no chunks
SHOWN_AT_FIRST = ("image", "classes")


def reader_of(path: str | Sequence[str]) -> Callable[[Any], list[NapariLayer]] | None:
    """Function with which napari reads a path; None for anything but a result.

    Parameters
    ----------
    path
        Folder of a result or of `measure --out`, or the `segmentation.zarr` in it.
    """
    if not isinstance(path, str):
        return None
    folder = Path(path)
    result = folder.parent if folder.name == STORE else folder
    return read_result if is_result(result) else None


def read_result(path: str | Path) -> list[NapariLayer]:
    """Layers of a result, read when shown, in nanometres.

    Of labels that were measured by themselves: the labels and their objects.

    Returns
    -------
    (levels, settings, kind) for each layer, the lowest first, as napari adds them; the
    array itself where there is a single level.

    Raises
    ------
    VolumeError
        If the result holds no labels yet, or is not measured to its end.
    """
    folder = Path(path)
    folder = folder.parent if folder.name == STORE else folder
    if is_segmentation(folder):
        contents = open_contents(folder)
        result, missing = contents.result, contents.missing
        layers = _images(contents)
    else:
        result, missing, layers = Result(folder), (), []
        result.require_measured()
    for name, volume in {"classes": result.classes, **result.objects}.items():
        placed = _placed(name, result, start=result.box.start, missing=missing)
        settings = (
            _class_settings(result.scheme)
            if name == "classes"
            else _object_settings(result.rows(name))
        )
        layers.append((_levels(volume), placed | settings, "labels"))
    return [_alone(layer) if len(layer[0]) == 1 else layer for layer in layers]


def _images(contents: Contents) -> list[NapariLayer]:
    """Layers of the image that was segmented, and of confidence and disagreement."""
    result, missing = contents.result, contents.missing
    layers: list[NapariLayer] = []
    if contents.image is not None:
        placed = _placed("image", result, start=(0, 0, 0), missing=missing)
        grey = {"contrast_limits": contents.grey, "colormap": "gray"}
        layers.append((_levels(contents.image), placed | grey, "image"))
    heat = {"contrast_limits": (0, 255), "colormap": "inferno", "opacity": 0.6}
    for name, store in contents.images.items():
        placed = _placed(name, result, start=result.box.start, missing=missing)
        layers.append((_levels(store), placed | heat, "image"))
    return layers


def _alone(layer: NapariLayer) -> NapariLayer:
    """Take a single level out of its list: napari would take its slices for levels."""
    (level,), settings, kind = layer
    return level, settings | {"multiscale": False}, kind


def _placed(
    name: str, result: Result, *, start: Shape, missing: tuple[str, ...]
) -> dict[str, Any]:
    """Name and place of a layer, and whether it is shown at first."""
    spacing = result.spacing_nm
    return {
        "name": name,
        "scale": spacing,
        "translate": tuple(np.multiply(start, spacing).tolist()),
        "units": ("nm", "nm", "nm"),
        "axis_labels": ("z", "y", "x"),
        "multiscale": True,
        "visible": name in SHOWN_AT_FIRST,
        "metadata": {"missing": missing},
    }


def _class_settings(scheme: ClassScheme) -> dict[str, Any]:
    rows = [scheme.classes[i] for i in scheme.ids]
    return {
        "colormap": {None: "transparent"}
        | {
            i: (*(c / 255 for c in row.colour), float(row.role != "background"))
            for i, row in zip(scheme.ids, rows, strict=True)
        },
        "features": {"index": list(scheme.ids), "class": [row.name for row in rows]},
        "opacity": 0.4,
    }


def _object_settings(rows: Mapping[int, Row]) -> dict[str, Any]:
    """Name the class of each object; the status bar shows it under the pointer."""
    names = [row["class"] for row in rows.values()]
    return {"features": {"index": list(rows), "class": names}, "opacity": 0.5}


def _levels(volume: Volume) -> list[Any]:
    """Levels of a volume, finest first, as arrays that read when indexed."""
    from dask import array  # napari brings it

    levels: Sequence[Volume] = [volume]
    if isinstance(volume, OmeZarrVolume):
        levels = open_levels(volume.path)
    return [
        array.from_array(  # type: ignore[no-untyped-call]
            LazyArray(level),
            chunks=level.chunk if isinstance(level, OmeZarrVolume) else PIECE,
            asarray=False,
            name=False,
        )
        for level in levels
    ]
