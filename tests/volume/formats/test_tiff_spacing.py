import struct

import numpy as np
import pytest
import tifffile

from densecell.errors import SpacingError
from densecell.geometry import Spacing
from densecell.volume import open_volume, require_spacing

ARRAY = np.zeros((5, 7, 9), np.uint8)


def imagej(path, *, metadata, resolution=(1 / 4.6, 1 / 5)):
    tifffile.imwrite(
        path,
        ARRAY,
        imagej=True,
        resolution=resolution,
        metadata={"axes": "ZYX"} | metadata,
    )
    return open_volume(path).spacing_nm


@pytest.mark.parametrize(
    ("unit", "nm"), [("nm", 1), ("um", 1000), ("micron", 1000), ("\\u00B5m", 1000)]
)
def test_imagej_states_depth_and_voxels_per_unit(tmp_path, unit, nm):
    found = imagej(tmp_path / "a.tif", metadata={"spacing": 50, "unit": unit})

    assert found == pytest.approx((50 * nm, 5 * nm, 4.6 * nm))


def test_reversed_imagej_stacks_have_a_positive_depth(tmp_path):
    found = imagej(tmp_path / "a.tif", metadata={"spacing": -50, "unit": "nm"})

    assert found == pytest.approx((50, 5, 4.6))


@pytest.mark.parametrize(
    "metadata",
    [
        {"unit": "nm"},
        {"spacing": 50},
        {"spacing": 50, "unit": "pixel"},
        {"spacing": "50 or so", "unit": "nm"},
        {"spacing": [50], "unit": "nm"},
        {"spacing": 10**400, "unit": "nm"},
    ],
)
def test_a_missing_part_makes_the_voxel_size_unknown(tmp_path, metadata):
    assert imagej(tmp_path / "a.tif", metadata=metadata) is None


@pytest.mark.parametrize(
    ("kind", "count"), [("short", 1), ("short", 2), ("rational", 2), ("text", 3)]
)
def test_a_resolution_that_is_no_fraction_is_unknown(tmp_path, kind, count):
    path = tmp_path / "a.tif"
    imagej(path, metadata={"spacing": 50, "unit": "nm"})
    number = {"text": 2, "short": 3, "rational": 5}
    x_resolution = struct.pack("<HHI", 282, number["rational"], 1)
    file = path.read_bytes()
    assert x_resolution in file
    changed = struct.pack("<HHI", 282, number[kind], count)
    path.write_bytes(file.replace(x_resolution, changed, 1))

    assert open_volume(path).spacing_nm is None


def test_no_resolution_makes_the_voxel_size_unknown(tmp_path):
    found = imagej(
        tmp_path / "a.tif", metadata={"spacing": 50, "unit": "nm"}, resolution=(0, 0)
    )

    assert found is None


@pytest.mark.parametrize("resolution", [(1, 1), (72, 72), (300, 300)])
@pytest.mark.parametrize("unit", ["NONE", "INCH", "CENTIMETER"])
def test_paper_resolution_is_no_voxel_size(tmp_path, resolution, unit):
    tifffile.imwrite(
        tmp_path / "a.tif", ARRAY, resolution=resolution, resolutionunit=unit
    )

    assert open_volume(tmp_path / "a.tif").spacing_nm is None


def ome(path, metadata):
    tifffile.imwrite(path, ARRAY, ome=True, metadata={"axes": "ZYX"} | metadata)
    return open_volume(path)


def test_ome_states_sizes_with_units(tmp_path):
    volume = ome(
        tmp_path / "a.ome.tif",
        {
            "PhysicalSizeZ": 50,
            "PhysicalSizeZUnit": "nm",
            "PhysicalSizeY": 0.005,
            "PhysicalSizeX": 46,
            "PhysicalSizeXUnit": "Å",
        },
    )

    assert volume.spacing_nm == pytest.approx(Spacing(50, 5, 4.6))
    assert volume.format == "OME-TIFF"


@pytest.mark.parametrize("depth", [{}, {"PhysicalSizeZ": "50 or so"}])
def test_ome_without_depth_is_unknown(tmp_path, depth):
    sizes = {"PhysicalSizeY": 5, "PhysicalSizeX": 5}

    volume = ome(tmp_path / "a.ome.tif", depth | sizes)

    assert volume.spacing_nm is None


def test_the_given_voxel_size_wins(tmp_path):
    imagej(tmp_path / "a.tif", metadata={"spacing": 50, "unit": "nm"})

    volume = open_volume(tmp_path / "a.tif", spacing_nm=(40, 10, 10))

    assert volume.spacing_nm == (40, 10, 10)
    assert "states a voxel size of 50 x 5 x 4.6 nm; 40 x 10 x 10" in volume.notes[0]


@pytest.mark.parametrize("xml", ["<OME><broken</OME>", "<OME></OME>"])
def test_damaged_ome_metadata_state_nothing(tmp_path, xml):
    tifffile.imwrite(tmp_path / "a.tif", ARRAY[0], description=xml, metadata=None)

    volume = open_volume(tmp_path / "a.tif")

    assert volume.shape == (1, 7, 9)
    assert volume.spacing_nm is None


def in_plane(path):
    """Read what a file or a folder states in place of a voxel size."""
    volume = open_volume(path)
    with pytest.raises(SpacingError) as error:
        require_spacing(volume)
    return str(error.value)


NUMBERS = "0\r\n0\r\n0\r\n7.91015625e-11\r\n"  # the fourth: 9 px / 1024
SMART_SEM = (
    "AP_PIXEL_SIZE\r\nPixel Size = 24.65 nm\r\n"
    "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 12.33 nm\r\n"
)
HELIOS = "[User]\r\nUser=a\r\n[Scan]\r\nPixelWidth=5e-09\r\nPixelHeight=4e-09\r\n"
GATAN = [
    (65003, 2, 0, "µm".encode("latin-1"), True),
    (65004, 2, 0, b"nm", True),
    (65009, 12, 1, 0.005, True),
    (65010, 12, 1, 4.0, True),
]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ([(34118, 2, 0, SMART_SEM.encode(), True)], "12.33 x 12.33 nm"),
        ([(34118, 2, 0, NUMBERS.encode(), True)], "9 x 9 nm"),
        ([(34682, 2, 0, HELIOS.encode(), True)], "4 x 5 nm"),
        (GATAN, "4 x 5 nm"),
    ],
)
def test_what_microscopes_state_in_plane_is_said(tmp_path, tags, words):
    (tmp_path / "slices").mkdir()
    path = tmp_path / "slices" / "a.tif"
    tifffile.imwrite(path, np.zeros((7, 9), np.uint8), extratags=tags, metadata=None)
    said = f"has no voxel size, states {words} in plane (y x) and nothing along z; pass"

    assert in_plane(path).startswith(f"{path}: {said} --spacing")
    assert in_plane(path.parent).startswith(f"{path.parent}: {said} --spacing")
    assert open_volume(path, spacing_nm=(40, 4, 5)).notes == ()


def test_broken_metadata_of_a_microscope_are_ignored(tmp_path):
    path = tmp_path / "a.tif"
    tags = [(34682, 2, 0, b"[Scan]\r\nPixelWidth=wide\r\n", True)]
    tifffile.imwrite(path, np.zeros((7, 9), np.uint8), extratags=tags, metadata=None)

    assert "has no voxel size; pass --spacing" in in_plane(path)
