"""Voxels on disk: one file per format behind one `Volume`; and grey values.

::

    open_volume -> Volume.read(box) -> array
                   read_padded, intensity_statistics, normalise
    create_ome_zarr -> Volume.write(box, array) -> build_pyramid
    write_tiff, write_slices, convert
"""

from densecell.volume.adapted import AdaptedVolume, Change, change_to
from densecell.volume.array import ArrayVolume
from densecell.volume.conversion import convert, copy_voxels, write_slices
from densecell.volume.crop import CroppedVolume
from densecell.volume.fingerprint import fingerprint
from densecell.volume.grid import Grid, grid_between
from densecell.volume.intensities import Statistics, intensity_statistics, normalise
from densecell.volume.interface import Volume, require_spacing
from densecell.volume.look import Look, look_of
from densecell.volume.ome_create import CHUNK, SHARD, create_ome_zarr
from densecell.volume.ome_zarr import (
    OmeZarrVolume,
    open_levels,
    open_ome_zarr,
    read_scheme,
)
from densecell.volume.opening import open_volume
from densecell.volume.padding import read_padded
from densecell.volume.pyramid import build_pyramid
from densecell.volume.resampled import ResampledVolume, resampled_labels
from densecell.volume.tiff_writing import write_tiff

__all__ = [
    "CHUNK",
    "SHARD",
    "AdaptedVolume",
    "ArrayVolume",
    "Change",
    "CroppedVolume",
    "Grid",
    "Look",
    "OmeZarrVolume",
    "ResampledVolume",
    "Statistics",
    "Volume",
    "build_pyramid",
    "change_to",
    "convert",
    "copy_voxels",
    "create_ome_zarr",
    "fingerprint",
    "grid_between",
    "intensity_statistics",
    "look_of",
    "normalise",
    "open_levels",
    "open_ome_zarr",
    "open_volume",
    "read_padded",
    "read_scheme",
    "require_spacing",
    "resampled_labels",
    "write_slices",
    "write_tiff",
]
