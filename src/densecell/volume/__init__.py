"""Voxels on disk: one file per format behind one `Volume`; and grey values.

::

    open_volume -> Volume.read(box) -> array
                   read_padded, intensity_statistics, normalise
    create_ome_zarr -> Volume.write(box, array) -> build_pyramid -> show_as_image
    write_tiff, write_slices, convert

`formats` and `ome_zarr` read and write files; `views` shows a part of a volume, or
shows it on another grid or with other grey values.
"""

from densecell.volume.appearance import Appearance, appearance_of
from densecell.volume.choice import AXES, refuse_choice
from densecell.volume.conversion import convert, copy_voxels, write_slices
from densecell.volume.description import describe
from densecell.volume.fingerprint import fingerprint
from densecell.volume.formats.tiff_writing import write_tiff
from densecell.volume.intensities import (
    Statistics,
    intensity_statistics,
    normalise,
    sampled_boxes,
)
from densecell.volume.interface import Volume, require_spacing
from densecell.volume.ome_zarr.create import CHUNK, SHARD, Layout, create_ome_zarr
from densecell.volume.ome_zarr.metadata import Kind
from densecell.volume.ome_zarr.pyramid import build_pyramid, coarse_box
from densecell.volume.ome_zarr.store import (
    OmeZarrVolume,
    open_levels,
    open_ome_zarr,
    read_scheme,
)
from densecell.volume.ome_zarr.whole import (
    NamedObject,
    name_objects,
    show_as_image,
)
from densecell.volume.opening import open_volume
from densecell.volume.views.adapted import AdaptedVolume, GreyChange, change_to
from densecell.volume.views.array import ArrayVolume
from densecell.volume.views.crop import CroppedVolume
from densecell.volume.views.grid import SPACING_TOLERANCE, Grid, grid_between
from densecell.volume.views.label_ids import ChangedIds
from densecell.volume.views.label_slices import PlacedSlices
from densecell.volume.views.padding import read_padded
from densecell.volume.views.resampled import (
    ResampledVolume,
    needed_box,
    resample,
    resampled_labels,
    taps_along,
)

__all__ = [
    "AXES",
    "CHUNK",
    "SHARD",
    "SPACING_TOLERANCE",
    "AdaptedVolume",
    "Appearance",
    "ArrayVolume",
    "ChangedIds",
    "CroppedVolume",
    "GreyChange",
    "Grid",
    "Kind",
    "Layout",
    "NamedObject",
    "OmeZarrVolume",
    "PlacedSlices",
    "ResampledVolume",
    "Statistics",
    "Volume",
    "appearance_of",
    "build_pyramid",
    "change_to",
    "coarse_box",
    "convert",
    "copy_voxels",
    "create_ome_zarr",
    "describe",
    "fingerprint",
    "grid_between",
    "intensity_statistics",
    "name_objects",
    "needed_box",
    "normalise",
    "open_levels",
    "open_ome_zarr",
    "open_volume",
    "read_padded",
    "read_scheme",
    "refuse_choice",
    "require_spacing",
    "resample",
    "resampled_labels",
    "sampled_boxes",
    "show_as_image",
    "taps_along",
    "write_slices",
    "write_tiff",
]
