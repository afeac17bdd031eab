"""Files of 10 GB, all of it holes, open at once and are read by boxes."""

import pickle
import resource
import time
from pathlib import Path

import h5py
import mrcfile
import nibabel
import numpy as np
import pytest
import tifffile

from densecell.geometry import Box
from densecell.volume import open_volume
from densecell.volume.formats.mapped import Mapped, MappedVolume

SHAPE = (1000, 2000, 2500)  # 5e9 voxels of 2 bytes
VOXELS = 5_000_000_000
BOX = Box((997, 1990, 2400), (1000, 2000, 2500))
DONE = np.arange(3000, dtype=np.int16).reshape(BOX.shape)


def amira(path):
    z, y, x = SHAPE
    path.write_bytes(
        f"# AmiraMesh BINARY-LITTLE-ENDIAN 2.1\n\ndefine Lattice {x} {y} {z}\n\n"
        "Lattice { short Data } @1\n\n@1\n".encode()
    )
    return path.stat().st_size


def mrc(path):
    with mrcfile.new(path) as new:
        new.set_data(np.zeros((1, 2, 2), np.int16))
        new.header.nz, new.header.ny, new.header.nx = SHAPE
        new.header.mz, new.header.my, new.header.mx = SHAPE
    return 1024


def nifti(path):
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(SHAPE[::-1])
    header["magic"], header["vox_offset"] = b"n+1", 352
    path.write_bytes(header.binaryblock + bytes(4))
    return 352


def npy(path):
    header = {"descr": "<i2", "fortran_order": False, "shape": SHAPE}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        return file.tell()


@pytest.mark.parametrize(
    ("put", "suffix"), [(amira, "am"), (mrc, "mrc"), (nifti, "nii"), (npy, "npy")]
)
def test_a_large_file_is_read_by_boxes(tmp_path, put, suffix):
    path = tmp_path / f"a.{suffix}"
    start = put(path)
    with path.open("r+b") as file:
        file.truncate(start + 2 * VOXELS)
    np.memmap(path, "<i2", "r+", start, SHAPE)[BOX.slices] = DONE

    expect_done(path)


def test_a_large_tiff_is_read_by_boxes(tmp_path):
    path = tmp_path / "a.tif"
    whole = tifffile.memmap(
        path, shape=SHAPE, dtype=np.int16, bigtiff=True, photometric="minisblack"
    )
    whole[BOX.slices] = DONE
    del whole

    expect_done(path)


def test_a_large_dataset_is_read_by_boxes(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as new:
        chunks = (16, 128, 128)
        whole = new.create_dataset("data", SHAPE, np.int16, chunks=chunks)
        whole[BOX.slices] = DONE

    expect_done(path)


def expect_done(path):
    before, held = time.perf_counter(), memory()

    volume = open_volume(path)
    found = volume.read(BOX)

    assert volume.shape == SHAPE
    np.testing.assert_array_equal(found, DONE)
    assert time.perf_counter() - before < 5  # a second on an idle machine
    assert memory() - held < 200 * 2**20


def memory():
    """Most bytes that the process has held."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reopened():
    return MappedVolume(
        Path("a.raw"),
        Mapped(np.arange(-4, 5, dtype=np.int8).reshape(3, 3), "raw", reopened),
        stated=((50.0, 5.0, 4.0), None),
        spacing_nm=None,
        labels=False,
    )


def test_signed_bytes_are_widened_and_a_flat_image_is_one_slice():
    volume = reopened()

    assert volume.shape == (1, 3, 3)
    assert volume.dtype == np.int16
    assert volume.spacing_nm == (50, 5, 4)
    np.testing.assert_array_equal(
        volume.read(Box.whole((1, 3, 3))), [[[-4, -3, -2], [-1, 0, 1], [2, 3, 4]]]
    )


def test_what_is_added_wraps():
    mapping = Mapped(np.array([[100, 200]], np.uint8), "raw", reopened, added=128)
    volume = MappedVolume(
        Path("a.raw"), mapping, stated=(None, None), spacing_nm=None, labels=True
    )

    np.testing.assert_array_equal(volume.read(Box.whole((1, 1, 2))), [[[228, 72]]])
    assert pickle.loads(pickle.dumps(mapping.reopen)) is reopened
