"""Meshes as neuroglancer reads them: its legacy single-resolution format.

::

    cells/info                        says what it is
    cells/7:0                         JSON: the fragments of object 7; see COLON
    cells/7.mesh                      its one fragment
    cells/segment_properties/info     the class of every object

The format is described at
https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/meshes.md
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from densecell.config import write_text
from densecell.disk import written_aside
from densecell.surfaces.files import to_xyz
from densecell.surfaces.surface import Surface

PROPERTIES = "segment_properties"
# In file names. Windows allows no colon there, but neuroglancer asks for one: a web
# server there has to find `7_0` for `7:0`, as `densecell view` does.
COLON = "_" if os.name == "nt" else ":"


def write_precomputed(folder: Path, number: int, surface: Surface) -> None:
    """Write fragment and manifest of one object, the manifest last.

    A fragment is the number of vertices (uint32), their x, y, z in nanometres
    (float32), and three vertex numbers per triangle (uint32), all little-endian.
    """
    points, faces = to_xyz(surface)
    with written_aside(folder / f"{number}.mesh", overwrite=True) as aside:
        aside.write_bytes(
            np.uint32(len(points)).astype("<u4").tobytes()
            + points.astype("<f4").tobytes()
            + faces.astype("<u4").tobytes()
        )
    manifest = json.dumps({"fragments": [f"{number}.mesh"]})
    write_text(folder / f"{number}{COLON}0", manifest)


def write_precomputed_info(folder: Path, names: Mapping[int, str]) -> None:
    """Write what makes a folder of meshes a data source, with a name for every id."""
    labels = {"id": "label", "type": "label", "values": list(names.values())}
    inline = {"ids": [str(i) for i in names], "properties": [labels]}
    _write_json(
        folder / PROPERTIES / "info",
        {"@type": "neuroglancer_segment_properties", "inline": inline},
    )
    _write_json(
        folder / "info",
        {"@type": "neuroglancer_legacy_mesh", PROPERTIES: PROPERTIES},
    )


def _write_json(path: Path, values: dict[str, Any]) -> None:
    write_text(path, json.dumps(values, indent=1) + "\n")
