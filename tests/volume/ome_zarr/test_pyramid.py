from collections import Counter

import numpy as np
import pytest

from densecell.geometry import Box, Spacing
from densecell.volume import Layout, build_pyramid, create_ome_zarr, open_ome_zarr
from densecell.volume.ome_zarr import pyramid
from densecell.volume.ome_zarr.pyramid import (
    coarser_voxels,
    downsample,
    pyramid_factors,
)

SHAPE = (5, 37, 49)


@pytest.fixture
def labels():
    return np.random.default_rng(0).integers(0, 4, SHAPE).astype(np.uint8)


@pytest.fixture
def small(monkeypatch):
    """Go on until nothing is longer than 8 voxels, in small pieces."""
    monkeypatch.setattr(pyramid, "COARSEST", 8)
    monkeypatch.setattr(pyramid, "PIECE_IN_PLANE", 5)


def written(path, array, kind, spacing=(20, 5, 5)):
    volume = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        spacing_nm=spacing,
        kind=kind,
        layout=Layout((2, 8, 8), (4, 16, 16)),
    )
    volume.write(Box.whole(array.shape), array)
    return path


def blocks(array, factors):
    """Yield every coarse voxel with the voxels it stands for."""
    shape = [-(-n // f) for n, f in zip(array.shape, factors, strict=True)]
    for corner in np.ndindex(*shape):
        where = [
            slice(c * f, (c + 1) * f) for c, f in zip(corner, factors, strict=True)
        ]
        yield corner, array[tuple(where)]


@pytest.mark.parametrize("factors", [(1, 2, 2), (2, 2, 2), (1, 1, 2)])
def test_labels_are_voted_for_and_the_lowest_of_equals_wins(labels, factors):
    before = labels.copy()

    found = downsample(labels, factors, "label")

    for corner, block in blocks(labels, factors):
        votes = Counter(block.ravel().tolist())
        most = max(votes.values())
        assert found[corner] == min(v for v, n in votes.items() if n == most)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(labels, before)


def test_large_ids_are_kept():
    objects = np.array([[[2**40, 2**40, 3, 3], [1, 2**40, 4, 5]]], np.uint64)

    found = downsample(objects, (1, 2, 2), "label")

    np.testing.assert_array_equal(found, np.array([[[2**40, 3]]], np.uint64))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_images_are_averaged_over_what_is_there(dtype):
    image = np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(dtype)

    found = downsample(image, (2, 2, 2), "image")

    for corner, block in blocks(image, (2, 2, 2)):
        mean = block.mean(dtype=float)
        expected = np.rint(mean) if dtype == np.uint16 else np.float32(mean)
        assert found[corner] == expected
    assert found.dtype == dtype


def test_depth_waits_for_the_plane():
    assert list(pyramid_factors((64, 4096, 4096), Spacing(50, 5, 4))) == [
        (1, 2, 2),
        (1, 2, 2),
        (1, 2, 2),
        (1, 2, 2),
    ]
    assert (
        list(pyramid_factors((600, 600, 600), Spacing(10, 10, 10))) == [(2, 2, 2)] * 2
    )
    assert list(pyramid_factors((256, 256, 256), Spacing(10, 10, 10))) == []


def test_a_single_slice_stays_one():
    assert list(pyramid_factors((1, 512, 512), Spacing(5, 5, 5))) == [(1, 2, 2)]


def test_levels_have_their_shape_and_voxel_size(tmp_path, labels, small):
    path = written(tmp_path / "a.zarr", labels, "label")

    build_pyramid(path, kind="label")

    levels = [open_ome_zarr(path, level=level) for level in range(4)]
    assert [v.shape for v in levels] == [SHAPE, (5, 19, 25), (5, 10, 13), (3, 5, 7)]
    assert [v.spacing_nm for v in levels] == [
        (20, 5, 5),
        (20, 10, 10),
        (20, 20, 20),
        (40, 40, 40),
    ]


@pytest.mark.parametrize("kind", ["image", "label"])
def test_blockwise_levels_equal_whole_ones(tmp_path, labels, small, kind):
    path = written(tmp_path / "a.zarr", labels, kind)

    build_pyramid(path, kind=kind)

    expected = labels
    for level, factors in enumerate([(1, 2, 2), (1, 2, 2), (2, 2, 2)], start=1):
        expected = downsample(expected, factors, kind)
        found = open_ome_zarr(path, level=level).read(Box.whole(expected.shape))
        np.testing.assert_array_equal(found, expected)


def test_again_gives_the_same_bytes_and_forgets_stale_levels(tmp_path, labels, small):
    path = written(tmp_path / "a.zarr", labels, "label")

    build_pyramid(path, kind="label")
    first = {f: f.read_bytes() for f in path.rglob("*") if f.is_file()}
    (path / "7").mkdir()
    build_pyramid(path, kind="label")

    assert len(first) > 10
    assert {f: f.read_bytes() for f in path.rglob("*") if f.is_file()} == first


def test_progress_ends_at_the_total(tmp_path, labels, small):
    told = []
    path = written(tmp_path / "a.zarr", labels, "label")

    build_pyramid(path, kind="label", progress=lambda *said: told.append(said))

    total = 5 * 19 * 25 + 5 * 10 * 13 + 3 * 5 * 7
    assert told[-1] == (total, total)
    assert coarser_voxels(SHAPE, Spacing(20, 5, 5)) == total
