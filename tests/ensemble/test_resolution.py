"""Volumes of another voxel size than the model learned from."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from densecell.compute import connect
from densecell.config import InferenceConfig
from densecell.ensemble import (
    SegmentRequest,
    plan_segmentation,
    resampling_note,
    segment_volume,
)
from densecell.ensemble.memory import fit_memory
from densecell.ensemble.resolve import resolve_run
from densecell.ensemble.resume import check_same_run
from densecell.errors import OutputError, SpacingError
from densecell.geometry import Box, Spacing
from densecell.inference import plan_tiling, tiles_of_volume
from densecell.result import is_segmented, read_run
from densecell.volume import (
    ArrayVolume,
    ResampledVolume,
    grid_between,
    intensity_statistics,
    open_ome_zarr,
    open_volume,
)

TILES = InferenceConfig(
    engine="torch", precision="float32", threads=1, tile=(3, 32, 32), margin=(1, 8, 8)
)
REQUEST = SegmentRequest(inference=TILES, keep_members=True, probabilities=True)
NAMES = (
    "labels/classes",
    "labels/member_00",
    "confidence",
    "disagreement",
    "probability_1",
)
FINE = (30, 20 / 3, 20 / 3)  # where the model learned from 40 x 10 x 10


@pytest.fixture(scope="module")
def fine(discs):
    """A part of the discs in voxels of `FINE`: (5, 54, 66) uint8."""
    return enlarged(discs[0][:4, :36, :44])


@pytest.fixture(scope="module")
def image(fine, tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "image.npy"
    np.save(path, fine)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory, image, ensemble):
    """Folder of a finished result of all voxels, in many blocks: do not touch."""
    out = tmp_path_factory.mktemp("results") / "whole"
    segmented(opened(image), ensemble, out)
    return out


@pytest.fixture(scope="module", autouse=True)
def _small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)
        yield


def enlarged(array):
    factors = [a / b for a, b in zip((40, 10, 10), FINE, strict=True)]
    return ndimage.zoom(array, factors, order=1, mode="nearest", grid_mode=True)


def opened(image):
    return open_volume(image, spacing_nm=FINE)


def segmented(volume, ensemble, out, request=REQUEST, **options):
    return list(segment_volume(volume, ensemble, out, request, **options))


def read(out, name):
    volume = open_ome_zarr(out / "segmentation.zarr" / name)
    return volume.read(Box.whole(volume.shape))


def bytes_of(out):
    files = [p for p in (out / "segmentation.zarr").rglob("*") if p.is_file()]
    assert files
    found = {str(p.relative_to(out)): p.read_bytes() for p in files}
    return found | {"agreement": (out / "agreement.json").read_bytes()}


def test_labels_are_written_on_the_voxels_of_the_volume(whole):
    labels = open_ome_zarr(whole / "segmentation.zarr" / "labels" / "classes")
    run = read_run(whole)

    assert labels.shape == (5, 54, 66)
    assert labels.spacing_nm == pytest.approx(FINE)
    assert run.seen_shape == (4, 36, 44)
    assert run.inference.ratio == ((4, 3), (3, 2), (3, 2))
    assert len(run.blocks) > 10


def test_what_the_model_sees_is_what_it_learned_from(tmp_path, whole, image, ensemble):
    grid = read_run(whole).grid
    seen = ResampledVolume(opened(image), grid).read(Box.whole(grid.shape))
    native = ArrayVolume(seen, spacing_nm=ensemble.spacing_nm)
    segmented(native, ensemble, tmp_path / "r")
    seen_by_model = read(tmp_path / "r", "probability_1").astype(float)
    z, y, x = (
        (np.arange(n) + 0.5) / float(r) - 0.5
        for n, r in zip(grid.volume, grid.ratio, strict=True)
    )
    at = np.meshgrid(z, y, x, indexing="ij")
    expected = ndimage.map_coordinates(seen_by_model, at, order=1, mode="nearest")

    found = read(whole, "probability_1")

    assert read_run(whole).statistics == intensity_statistics(native)
    assert np.ptp(expected) > 5
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9
    assert np.abs(found - expected).max() < 3  # rounded twice, and where tiles meet


def test_a_box_is_a_crop_of_the_whole(tmp_path, whole, image, ensemble):
    box = Box((1, 5, 20), (4, 41, 63))
    request = REQUEST.model_copy(update={"box": (box.start, box.stop)})

    segmented(opened(image), ensemble, tmp_path / "r", request)

    for name in NAMES:
        part = read(tmp_path / "r", name)
        np.testing.assert_array_equal(part, read(whole, name)[box.slices])


def test_large_blocks_give_what_small_ones_give(
    tmp_path, whole, image, ensemble, monkeypatch
):
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 10**7)
    monkeypatch.setattr("densecell.ensemble.memory.SHARES", 1)

    segmented(opened(image), ensemble, tmp_path / "r")

    assert len(read_run(tmp_path / "r").blocks) < len(read_run(whole).blocks)
    for name in NAMES:
        np.testing.assert_array_equal(read(tmp_path / "r", name), read(whole, name))


def test_no_tile_is_computed_twice(ensemble, whole):
    run = read_run(whole)
    tiling = plan_tiling(ensemble.networks[0], run.seen_shape, run.tiling)

    read = [
        tile.read_box
        for block in run.blocks
        for tile in tiles_of_volume(run.grid, tiling, block)
    ]

    assert len(read) == 4 * 3 * 3


def test_a_run_killed_at_any_block_ends_with_the_same_bytes(
    tmp_path, whole, image, ensemble
):
    run = segment_volume(opened(image), ensemble, tmp_path / "r", REQUEST)
    for _ in range(4):
        next(run)
    run.close()
    assert not is_segmented(tmp_path / "r")

    first, *later = segmented(opened(image), ensemble, tmp_path / "r")

    assert first.done > 0
    assert later
    assert bytes_of(tmp_path / "r") == bytes_of(whole)


def test_workers_give_the_same_bytes(tmp_path, whole, image, ensemble):
    with connect("local:1") as cluster:
        segmented(opened(image), ensemble, tmp_path / "r", cluster=cluster)

    assert bytes_of(tmp_path / "r") == bytes_of(whole)


def test_coarser_voxels_come_back_too(tmp_path, discs, ensemble):
    coarse = ArrayVolume(discs[0][:2, ::2, ::2], spacing_nm=(40, 20, 20))

    segmented(coarse, ensemble, tmp_path / "r")

    assert read_run(tmp_path / "r").seen_shape == (2, 48, 56)
    assert read(tmp_path / "r", "labels/classes").shape == (2, 24, 28)


def test_unless_it_is_asked_for_other_voxels_are_shown_as_they_are(
    tmp_path, discs, ensemble
):
    part = discs[0][:2, :24, :24]
    asked = InferenceConfig(
        **TILES.model_dump() | {"tile": None, "margin": None, "resample": False}
    )
    own = ArrayVolume(part, spacing_nm=(40, 10, 10), path=Path("/data/a.tif"))
    other = ArrayVolume(part, spacing_nm=(50, 10, 8.5), path=Path("/data/a.tif"))
    segmented(own, ensemble, tmp_path / "own", SegmentRequest(inference=asked))

    with pytest.warns(UserWarning, match="objects look larger") as caught:
        segmented(other, ensemble, tmp_path / "other", SegmentRequest(inference=asked))

    assert [str(w.message) for w in caught] == [
        "/data/a.tif has voxels of 50 x 10 x 8.5 nm (z y x), the model learned from "
        "40 x 10 x 10 nm: objects look larger or smaller to it than they are, and "
        "labels may be poor"
    ]
    assert read_run(tmp_path / "other").grid is None
    np.testing.assert_array_equal(
        read(tmp_path / "other", "labels/classes"),
        read(tmp_path / "own", "labels/classes"),
    )


def test_nearly_the_same_voxels_are_not_resampled(discs, ensemble):
    volume = ArrayVolume(discs[0], spacing_nm=(43, 9.5, 10))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = resolve_run(volume, ensemble, REQUEST)

    assert run.grid is None
    assert run.seen(volume) is volume
    assert resampling_note(volume, ensemble, TILES) is None


def test_the_user_is_told(image, ensemble):
    assert resampling_note(opened(image), ensemble, TILES) == (
        f"{image}: has voxels of 30 x 6.66667 x 6.66667 nm (z y x), shown to the model "
        "as the 40 x 10 x 10 nm that it learned from; labels are written on the "
        "volume's own voxels"
    )


def test_a_voxel_size_that_cannot_be_right_is_refused(tmp_path, fine, ensemble):
    volume = ArrayVolume(fine, spacing_nm=(40, 0.01, 0.01), path=Path("/data/a.tif"))
    with pytest.raises(SpacingError, match=r"/data/a.tif: has voxels of 40 x 0.01 x 0"):
        segmented(volume, ensemble, tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_resume_sees_what_was_seen(image, ensemble, whole):
    run, volume = read_run(whole), opened(image)
    check_same_run(run, volume, ensemble, REQUEST, Path("result"))

    other = TILES.model_copy(update={"resample": False})
    request = REQUEST.model_copy(update={"inference": other})
    with pytest.raises(OutputError) as caught:
        check_same_run(run, volume, ensemble, request, Path("result"))
    assert str(caught.value) == (
        "result: was begun with --no-resample False, now asked for True; choose "
        "another --out, or --overwrite to start anew"
    )


def test_a_plan_counts_the_tiles_of_the_grid(tmp_path, image, ensemble, whole):
    foreseen = plan_segmentation(opened(image), ensemble, REQUEST, beside=tmp_path)

    assert foreseen.run.inference == read_run(whole).inference
    assert foreseen.blocks == len(read_run(whole).blocks)
    assert foreseen.tiles == 4 * 3 * 3  # of 1 x 16 x 16 voxels of the grid


@pytest.mark.parametrize("spacing", [(40, 5, 5), (40, 20, 20), (20, 6, 6)])
def test_a_budget_binds(ensemble, spacing, monkeypatch):
    monkeypatch.setattr("densecell.ensemble.memory._taken", lambda: 300_000_000)
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 3_200_000)
    shape = (64, 1500, 1500)
    volume = ArrayVolume(np.broadcast_to(np.uint8(1), shape))
    grid = grid_between(
        shape, Spacing(*spacing), ensemble.spacing_nm, flat=False, where="a.tif"
    )

    cut = fit_memory(
        volume,
        ensemble,
        InferenceConfig(),
        grid=grid,
        extent=shape,
        tile_bytes=400.0,
        budget=1_000_000_000,
    )

    assert cut.bytes <= 0.9e9
    assert cut.grid.volume == shape
    assert Box.whole(cut.tiling.tile).voxels * 400 < 7e8
