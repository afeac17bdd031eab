import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.ensemble.scratch import SCRATCH, unpacked
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, write_slices
from densecell.volume.cache import SegmentCache

TILES = InferenceConfig(
    tile=(4, 32, 32), margin=(1, 8, 8), engine="torch", precision="float32", threads=1
)


@pytest.fixture
def pages(tmp_path, discs):
    write_slices(tmp_path / "png", ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    return open_volume(tmp_path / "png", spacing_nm=(40, 10, 10))


@pytest.fixture
def decoded(monkeypatch):
    """List the slices that were decoded."""
    from densecell.volume.formats import slices

    names, decode = [], slices.read_picture

    def counted(file):
        names.append(file.name)
        return decode(file)

    monkeypatch.setattr(slices, "read_picture", counted)
    return names


def segmented(volume, trained, out):
    ensemble = load_ensemble(trained / "models" / "tiny")
    request = SegmentRequest(inference=TILES)
    run = segment_volume(volume, ensemble, out, request)
    was_there = [(out / SCRATCH).exists() for _ in run]
    labels = open_ome_zarr(out / "segmentation.zarr" / "labels" / "classes")
    return labels.read(Box.whole(labels.shape)), any(was_there)


@pytest.fixture
def _small_blocks(monkeypatch):
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)


@pytest.mark.usefixtures("_small_blocks")
def test_slices_that_fit_into_the_cache_are_decoded_once(
    tmp_path, pages, trained, decoded
):
    _, copied = segmented(pages, trained, tmp_path / "r")

    assert not copied
    assert sorted(decoded) == [f"slice_{z:04d}.png" for z in range(6)]


@pytest.mark.usefixtures("_small_blocks")
def test_slices_that_do_not_fit_are_unpacked_first(
    tmp_path, pages, trained, decoded, discs
):
    kept, _ = segmented(pages, trained, tmp_path / "kept")
    decoded.clear()
    small = open_volume(tmp_path / "png", spacing_nm=(40, 10, 10))
    small.cache_bytes, small._cache = 48 * 56, SegmentCache(48 * 56)

    labels, copied = segmented(small, trained, tmp_path / "r")

    assert copied
    assert not (tmp_path / "r" / SCRATCH).exists()
    assert len(decoded) == 4 * 6  # statistics, copy, fingerprint before and after
    np.testing.assert_array_equal(labels, kept)


def test_what_needs_no_decoding_is_left_alone(tmp_path, discs, trained):
    volume = ArrayVolume(discs[0], spacing_nm=(40, 10, 10))
    ensemble = load_ensemble(trained / "models" / "tiny")
    run = segment_volume(
        volume, ensemble, tmp_path / "r", SegmentRequest(inference=TILES)
    )
    next(run)

    from densecell.result import read_run

    assert unpacked(volume, read_run(tmp_path / "r"), tmp_path / "r") is volume
