"""Amira and Avizo lattices, `.am`, mapped into memory.

A header of text, then the voxels, x fastest. `BoundingBox` is that of voxel centres.
"""

import math
import re
from functools import partial
from pathlib import Path

import numpy as np

from densecell.errors import VolumeError
from densecell.volume.formats.mapped import Mapped, MappedVolume
from densecell.volume.interface import damaged
from densecell.volume.spacing import nm_per, rounded

SUFFIXES = (".am",)
MOST_HEADER = 2**20  # bytes
MAGIC = re.compile(r"#\s*(?:AmiraMesh|Avizo)\S*\s+(?:3D\s+)?(\S+)")
SIZE = re.compile(r"define\s+Lattice\s+(\d+)\s+(\d+)\s+(\d+)")
LATTICE = re.compile(r"Lattice\s*\{\s*(\w+)(\[\d+\])?\s+\w+\s*\}\s*=?\s*@1(?:\((\w+))?")
ANOTHER = re.compile(r"Lattice\s*\{[^}]*\}\s*=?\s*@[2-9]")
BOX = re.compile(r"BoundingBox((?:\s+[-+.\deE]+){6})")
UNIT = re.compile(r'Coordinates\s+"([^"]*)"')
COORDINATES = re.compile(r'CoordType\s+"([^"]*)"')
DATA = re.compile(rb"\n@1\r?\n")
ORDERS = {"BINARY-LITTLE-ENDIAN": "<", "BINARY": ">"}
DTYPES = {
    "byte": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "float": "f4",
    "double": "f8",
}


def open_amira(
    path: Path,
    *,
    spacing_nm: tuple[float, float, float] | None = None,
    labels: bool = False,
) -> MappedVolume:
    """Open the lattice of an Amira file.

    Raises
    ------
    VolumeError
        If the file is damaged, compressed or text, or no lattice of one number a voxel.
    """
    with path.open("rb") as file:
        start = file.read(MOST_HEADER)
    data = DATA.search(start)
    header = start[: data.start() if data else None].decode("latin-1")
    magic, size, lattice = (p.search(header) for p in (MAGIC, SIZE, LATTICE))
    if not magic or not data:
        raise damaged(path, "Amira", "no header, or no data after it")
    if not size or not lattice or lattice[2] or ANOTHER.search(header):
        raise VolumeError(
            f"{path}: is no Amira lattice of one number a voxel; expected an image "
            "or a label field: save it alone"
        )
    if magic[1] not in ORDERS or lattice[3] or lattice[1] not in DTYPES:
        what = lattice[3] or (magic[1] if magic[1] not in ORDERS else lattice[1])
        raise VolumeError(
            f"{path}: is an Amira file of {what}, which densecell does not read; save "
            "it as uncompressed binary numbers, or as TIFF"
        )
    shape = (int(size[3]), int(size[2]), int(size[1]))
    dtype = np.dtype(ORDERS[magic[1]] + DTYPES[lattice[1]])
    needed = data.end() + math.prod(shape) * dtype.itemsize
    found = path.stat().st_size
    if min(shape) < 1 or found < needed:
        raise damaged(path, "Amira", f"{needed} bytes expected, {found} found")
    array = np.memmap(path, dtype, "r", data.end(), shape)
    reopen = partial(open_amira, path, spacing_nm=spacing_nm, labels=labels)
    return MappedVolume(
        path,
        Mapped(array, "Amira lattice", reopen),
        stated=_stated_spacing(header, array.shape),
        spacing_nm=spacing_nm,
        labels=labels,
    )


def _stated_spacing(
    header: str, shape: tuple[int, ...]
) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size in nanometres, or what was found in its place, in words."""
    box, unit = BOX.search(header), UNIT.search(header)
    kind = COORDINATES.search(header)
    if kind and kind[1] != "uniform":
        return None, f"states {kind[1]} coordinates, not uniform ones"
    if not box or min(shape) < 2:  # one slice has no length between centres
        return None, None
    try:
        x0, x1, y0, y1, z0, z1 = map(float, box[1].split())
    except ValueError:
        return None, None
    edges = (z1 - z0, y1 - y0, x1 - x0)
    steps = [rounded(e / (n - 1)) for e, n in zip(edges, shape, strict=True)]
    factor = nm_per(unit[1]) if unit else None
    if factor is None:
        words = " x ".join(f"{step:g}" for step in steps)
        return None, f"states {words} (z y x) without a unit of length"
    return tuple(step * factor for step in steps), None
