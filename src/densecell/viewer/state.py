"""neuroglancer's state of results and truth: all layers, several results in a row."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from densecell.classes import ClassScheme
from densecell.geometry import Box, Shape, Spacing
from densecell.result import CELLS, Row
from densecell.viewer.addresses import Addresses
from densecell.viewer.contents import Contents
from densecell.viewer.layers import (
    GLOW,
    HEAT,
    Json,
    class_layer,
    dimensions_of,
    heat_layer,
    image_layer,
    names_document,
    objects_layer,
    placed_meshes,
    placed_voxels,
)
from densecell.viewer.start import start_of
from densecell.volume import Kind, Volume

SHADERS = {"confidence": HEAT, "disagreement": GLOW}


class Truth(NamedTuple):
    """True labels, and the box that they fill in voxels of the whole volume."""

    labels: Volume
    box: Box
    scheme: ClassScheme


class _Group(NamedTuple):
    """Layers that are shown in one panel."""

    title: str
    layers: list[Json]


def viewer_state(
    shown: Sequence[Contents], truth: Truth | None, addresses: Addresses
) -> Json:
    """Neuroglancer's state: one result in four panels, several side by side.

    Parameters
    ----------
    shown
        One or more results. The view begins where the first one says.
    truth
        True labels of the first result.
    addresses
        Where the browser finds all of it.
    """
    first = shown[0]
    alone = len(shown) == 1 and truth is None
    names = _distinct([contents.name for contents in shown])
    titles = names if len(shown) > 1 else [""]
    groups = [
        _Group(name, _layers(contents, addresses, alone=alone))
        for name, contents in zip(titles, shown, strict=True)
    ]
    if truth is not None:
        shared = [layer for layer in groups[0].layers if layer["name"] == "image"]
        groups.append(_Group("", shared + _truth_layers(first, truth, addresses)))
    flat = first.result.box.shape[0] == 1
    layout: str | Json = "xy" if flat else "4panel"
    layers = groups[0].layers
    if not alone:
        layers, layout = _side_by_side(groups)
    return {
        "title": f"densecell: {', '.join(names)}",
        "dimensions": dimensions_of(first.result.spacing_nm),
        **start_of(first).as_state(first.result.spacing_nm),
        "layers": layers,
        "layout": layout,
        "showSlices": not any(contents.meshes for contents in shown),
        "selectedLayer": {"layer": _legend(layers), "visible": True},
    }


def _layers(contents: Contents, addresses: Addresses, *, alone: bool) -> list[Json]:
    """Make the layers of a result, the image first, what lies on top last."""
    result = contents.result
    spacing, start = result.spacing_nm, result.box.start
    layers: list[Json] = []
    if contents.image is not None:
        source = _source(contents.image, spacing, (0, 0, 0), addresses, kind="image")
        if source:
            layers.append(image_layer("image", source, grey=contents.grey))
    classes = _source(result.classes, spacing, start, addresses, kind="label")
    if classes:
        sources = [classes, *_names(_class_names(result.scheme), addresses)]
        visible = not (alone and result.objects)
        layers.append(class_layer("classes", sources, result.scheme, visible=visible))
    for name, store in result.objects.items():
        source = _source(store, spacing, start, addresses, kind="label")
        if source:
            layer = _objects(contents, name, source, addresses)
            layers.append({**layer, "visible": alone})
    for name, store in contents.images.items():
        source = _source(store, spacing, start, addresses, kind="image")
        if source:
            layers.append(heat_layer(name, source, shader=SHADERS[name]))
    return layers


def _objects(contents: Contents, name: str, ids: Json, addresses: Addresses) -> Json:
    """Make the layer of cells, organelles or parts, with meshes and names if any."""
    result, rows = contents.result, contents.tables[name]
    sources = [ids]
    drawn: list[int] = []
    if name in contents.meshes:
        if url := addresses.meshes(contents.meshes[name]):
            start = result.box.start
            sources.append(placed_meshes(url, result.spacing_nm, start=start))
        drawn = sorted(rows, key=lambda i: -int(rows[i]["voxels"]))
    labels = {i: f"{row['class']} {i}" for i, row in rows.items()}
    sources += _names(labels, addresses, rows)
    return objects_layer(
        name,
        sources,
        classes={i: row["class"] for i, row in rows.items()},
        drawn=drawn,
        scheme=result.scheme,
        are_cells=name == CELLS,
    )


def _truth_layers(beside: Contents, truth: Truth, addresses: Addresses) -> list[Json]:
    spacing, start = beside.result.spacing_nm, truth.box.start
    source = _source(truth.labels, spacing, start, addresses, kind="label")
    if source is None:
        return []
    sources = [source, *_names(_class_names(truth.scheme), addresses)]
    return [class_layer("truth", sources, truth.scheme, visible=True)]


def _source(
    volume: Volume, spacing: Spacing, start: Shape, addresses: Addresses, *, kind: Kind
) -> Json | None:
    address = addresses.volume(volume, kind)
    if address is None:
        return None
    return placed_voxels(address.url, spacing, start=start, centred=address.centred)


def _names(
    labels: Mapping[int, str],
    addresses: Addresses,
    rows: Mapping[int, Row] | None = None,
) -> list[Json]:
    """Source of names, if there are any; objects have their volumes beside them."""
    if not labels:
        return []
    volumes = [float(row["volume_um3"]) for row in (rows or {}).values()]
    numbers = {"volume_um3": volumes} if rows else {}
    url = addresses.names(names_document(labels, numbers))
    return [] if url is None else [{"url": url}]


def _class_names(scheme: ClassScheme) -> dict[int, str]:
    return {i: scheme.classes[i].name for i in scheme.ids}


def _distinct(names: Sequence[str]) -> list[str]:
    """Number equal names.

    Examples
    --------
    >>> _distinct(["result", "other", "result"])
    ['result', 'other', 'result 2']
    """
    seen = [names[: n + 1].count(name) for n, name in enumerate(names)]
    return [f"{a} {n}" if n > 1 else a for a, n in zip(names, seen, strict=True)]


def _side_by_side(groups: Sequence[_Group]) -> tuple[list[Json], Json]:
    """All layers under names of their own, and a panel for each group."""
    layers: dict[str, Json] = {}
    panels = []
    for group in groups:
        mine = []
        for layer in group.layers:
            name = _own_name(layer, group, layers)
            layers[name] = {**layer, "name": name}
            mine.append(name)
        panels.append({"type": "viewer", "layers": mine, "layout": "xy"})
    return list(layers.values()), {"type": "row", "children": panels}


def _own_name(layer: Json, group: _Group, layers: Mapping[str, Json]) -> str:
    """Name of an equal image that is there already; else one with the group's title."""
    if layer["type"] == "image" and "shader" not in layer:
        for name, other in layers.items():
            if other["source"] == layer["source"]:
                return name
    named = f"{layer['name']} {group.title}".strip()
    return str(layer["name"]) if layer["name"] == "image" not in layers else named


def _legend(layers: Sequence[Json]) -> str:
    """Layer whose list of names is open at the start."""
    names = [str(layer["name"]) for layer in layers if layer["type"] != "image"]
    return (names or [str(layers[0]["name"])])[0]
