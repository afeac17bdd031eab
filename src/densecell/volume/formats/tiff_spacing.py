"""The voxel size that a TIFF file states, if it does.

It is read from the metadata of ImageJ and OME, and from those of tifffile with ImageJ's
keys. The resolution tags of a plain TIFF do not count: 1 per unit or 72 dots per inch
by default, they describe paper, not voxels.

Scanning microscopes write the size of a pixel, but not of a slice. That is said where
all three are asked for.
"""

import math
import xml.etree.ElementTree as ElementTree
from typing import Any

from tifffile import TiffFile

from densecell.volume.spacing import nm_per, rounded


def stated_spacing(tif: TiffFile) -> tuple[float, float, float] | None:
    """Voxel size (z, y, x) in nanometres; None when any part is missing."""
    if tif.is_imagej:
        return _imagej_spacing(tif.imagej_metadata or {}, tif)
    if tif.is_shaped and tif.shaped_metadata:
        return _imagej_spacing(tif.shaped_metadata[0], tif)
    if tif.is_ome and tif.ome_metadata:
        return _ome_spacing(tif.ome_metadata)
    return None


def stated_in_plane(tif: TiffFile) -> str | None:
    """Size of a voxel in plane that a microscope wrote, in words; None without one."""
    try:
        found = next((nm for size in (_zeiss, _fei, _gatan) if (nm := size(tif))), None)
    except Exception:  # metadata of instruments is often broken
        return None
    if found is None or not all(math.isfinite(nm) and nm > 0 for nm in found):
        return None
    y, x = map(rounded, found)
    return f"states {y:g} x {x:g} nm in plane (y x) and nothing along z"


def _zeiss(tif: TiffFile) -> tuple[float, float] | None:
    """Pixel size of SmartSEM, of the image as it was saved.

    Older files state it only for a width of 1024 pixels: the fourth of the numbers
    without a name, in metres.
    """
    known = (tif.sem_metadata if tif.is_sem else None) or {}
    numbers = known.get("", ())
    if "ap_image_pixel_size" in known:
        _, length, unit = known["ap_image_pixel_size"]
    elif len(numbers) > 3:
        length, unit = numbers[3] * 1024 / tif.pages.first.imagewidth, "m"
    else:
        return None
    nm = length * (nm_per(unit) or 0)
    return nm, nm


def _fei(tif: TiffFile) -> tuple[float, float] | None:
    """Pixel size of FEI and Thermo microscopes, which is in metres."""
    known = (tif.fei_metadata if tif.is_fei else None) or {}
    for section in ("Scan", "EScan", "IScan"):
        scan = known.get(section) or {}
        if "PixelWidth" in scan:
            metre = nm_per("m") or 0
            return scan["PixelHeight"] * metre, scan["PixelWidth"] * metre
    return None


def _gatan(tif: TiffFile) -> tuple[float, float] | None:
    """Pixel size of DigitalMicrograph, each axis in a unit of its own."""
    tags = tif.pages.first.tags
    x, y = (
        float(tags.valueof(scale, 0)) * (nm_per(str(tags.valueof(unit, ""))) or 0)
        for scale, unit in ((65009, 65003), (65010, 65004))
    )
    return (y, x) if x or y else None


def _imagej_spacing(
    metadata: dict[str, Any], tif: TiffFile
) -> tuple[float, float, float] | None:
    """Read depth and unit from metadata, rows and columns from the resolution."""
    tags = tif.pages.first.tags
    unit = str(metadata.get("unit", ""))
    steps = (
        metadata.get("spacing"),
        _voxels_to_length(tags.valueof("YResolution")),
        _voxels_to_length(tags.valueof("XResolution")),
    )
    units = (metadata.get("zunit", unit), metadata.get("yunit", unit), unit)
    try:
        lengths = [
            abs(float(step)) * factor  # ImageJ's depth is negative when reversed
            for step, unit in zip(steps, units, strict=True)
            if step and (factor := nm_per(str(unit))) is not None
        ]
    except (TypeError, ValueError, OverflowError):  # no number
        return None
    return (lengths[0], lengths[1], lengths[2]) if len(lengths) == 3 else None


def _voxels_to_length(resolution: Any) -> float | None:
    """Units per voxel, from voxels per unit as a fraction; None of anything else."""
    if not isinstance(resolution, tuple) or len(resolution) != 2 or 0 in resolution:
        return None
    return float(resolution[1] / resolution[0])


def _ome_spacing(xml: str) -> tuple[float, float, float] | None:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return None
    pixels = root.find(".//{*}Pixels")
    if pixels is None:
        return None
    lengths = []
    for axis in "ZYX":
        step = pixels.get(f"PhysicalSize{axis}")
        factor = nm_per(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if step is None or factor is None:
            return None
        try:
            lengths.append(float(step) * factor)
        except ValueError:  # no number
            return None
    return (lengths[0], lengths[1], lengths[2])
