"""A file with changed bytes is read, or refused in words; never another exception."""

import warnings

import h5py
import mrcfile
import nibabel
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume

ARRAY = np.random.default_rng(0).integers(0, 200, (5, 7, 9)).astype(np.int16)
HEADER = 1200  # bytes in which all but a few fields of these formats lie


def put_mrc(path):
    with mrcfile.new(path) as new:
        new.set_data(ARRAY)


def put_nifti(path):
    nibabel.save(nibabel.Nifti1Image(ARRAY.T, np.eye(4)), path)


def put_npy(path):
    np.save(path, ARRAY)


def put_tiff(path):
    tifffile.imwrite(path, ARRAY, imagej=True)


def put_hdf5(path):
    with h5py.File(path, "w") as new:
        new.create_dataset("data", data=ARRAY, chunks=(4, 4, 4), compression="gzip")


@pytest.mark.parametrize(
    ("put", "name"),
    [
        (put_mrc, "a.mrc"),
        (put_nifti, "a.nii"),
        (put_nifti, "a.nii.gz"),
        (put_npy, "a.npy"),
        (put_tiff, "a.tif"),
        (put_hdf5, "a.h5"),
    ],
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, HEADER), st.integers(0, 255)), min_size=1, max_size=4
    ),
    cut=st.none() | st.integers(0, HEADER),
)
def test_changed_bytes_cost_a_sentence_at_most(tmp_path, put, name, changes, cut):
    sound = tmp_path / name
    if not sound.exists():
        put(sound)
    raw = bytearray(sound.read_bytes())
    for place, value in changes:
        raw[place % len(raw)] = value
    # Of another name each time: HDF5 knows a file that is still open by its inode.
    number = len(list(tmp_path.iterdir()))
    broken = tmp_path / f"{number}{name}"
    broken.write_bytes(raw if cut is None else raw[:cut])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries, on what they think of it
        try:
            volume = open_volume(broken)
            volume.read(Box((0, 0, 0), tuple(min(n, 9) for n in volume.shape)))
        except VolumeError:
            pass
