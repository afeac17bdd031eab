"""What other programs read in a store of objects: names, colours, and the whole."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from densecell.result import STORE, Result, Row, layer_path, layout
from densecell.volume import NamedObject, name_objects, show_as_image


def name_stores(out: Path, layers: Iterable[str]) -> None:
    """Write names and colours into the stores of layers, as the tables have them."""
    result = Result(out)
    colours = {known.name: known.colour for known in result.scheme.classes.values()}
    for layer in layers:
        objects = named_objects(result.rows(layer), colours)
        name_objects(layer_path(out, layer), objects)


def named_objects(
    rows: Mapping[int, Row], colours: Mapping[str, tuple[int, int, int]]
) -> list[NamedObject]:
    """Objects of a layer by id, with the colours of their classes."""
    return [
        NamedObject(number, row["class"], colours[row["class"]], _cell(row))
        for number, row in sorted(rows.items())
    ]


def show_store(out: Path, layers: Iterable[str]) -> None:
    """Let the store be opened as one image with labels.

    The image is the confidence; where labels from elsewhere were measured, the ids of
    the first layer, as the store holds no other image.
    """
    confidence = (out / STORE / layout.CONFIDENCE).is_dir()
    inner = layout.CONFIDENCE if confidence else f"labels/{next(iter(layers))}"
    show_as_image(out / STORE, inner)


def _cell(row: Row) -> int:
    return int(row.get("cell_id") or 0)
