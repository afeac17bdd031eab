import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from densecell.claim import claimed
from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, segment, segment_volume
from densecell.errors import DensecellError, OutputError
from densecell.geometry import Box
from densecell.result import is_segmented, read_run
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, read_scheme

TILES = InferenceConfig(
    engine="torch", precision="float32", threads=1, tile=(4, 32, 32), margin=(1, 8, 8)
)
REQUEST = SegmentRequest(inference=TILES, keep_members=True, probabilities=True)


@pytest.fixture(scope="module")
def volume(discs):
    return volume_of(discs[0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory, volume, ensemble):
    """Folder of a finished result of all voxels, in many blocks: do not touch."""
    out = tmp_path_factory.mktemp("results") / "whole"
    segmented(volume, ensemble, out, REQUEST)
    return out


@pytest.fixture(autouse=True)
def _small_blocks(_small_blocks_of_one_tile):
    pass


@pytest.fixture(scope="module")
def _small_blocks_of_one_tile():
    """Make blocks of one tile, so that a small volume has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)
        yield


def volume_of(intensities, *, spacing=(40, 10, 10)):
    return ArrayVolume(intensities, spacing_nm=spacing, path=Path("/data/a.tif"))


def segmented(volume, ensemble, out, request=REQUEST):
    return list(segment_volume(volume, ensemble, out, request))


def read(out, name, level=0):
    volume = open_ome_zarr(out / "segmentation.zarr" / name, level=level)
    return volume.read(Box.whole(volume.shape))


def bytes_of(out):
    """Every byte that results are compared by."""
    files = [p for p in (out / "segmentation.zarr").rglob("*") if p.is_file()]
    assert files
    return {str(p.relative_to(out)): p.read_bytes() for p in files} | {
        "agreement": (out / "agreement.json").read_bytes()
    }


def test_a_result_has_labels_confidence_and_disagreement(whole):
    classes, confidence = read(whole, "labels/classes"), read(whole, "confidence")
    disagreement = read(whole, "disagreement")

    assert classes.shape == confidence.shape == disagreement.shape == (6, 48, 56)
    assert set(np.unique(classes)) <= {0, 1}
    assert confidence.min() >= 127  # of two classes
    assert set(np.unique(disagreement)) <= {0, 128}  # of two members
    scheme = read_scheme(whole / "segmentation.zarr" / "labels" / "classes")
    assert scheme.names == ("ground", "disc")
    assert is_segmented(whole)


def test_labels_follow_from_the_probabilities_that_are_kept(whole):
    shares = np.stack([read(whole, f"probability_{i}") for i in (0, 1)]).astype(int)
    classes, confidence = read(whole, "labels/classes"), read(whole, "confidence")

    clear = shares[0] != shares[1]
    assert clear.mean() > 0.5
    np.testing.assert_array_equal(shares.argmax(0)[clear], classes[clear])
    np.testing.assert_array_equal(shares.max(0), confidence)


def test_members_are_kept_and_their_agreement_counted(whole, ensemble):
    classes = read(whole, "labels/classes")
    record = json.loads((whole / "agreement.json").read_text())

    members = {name: read(whole, f"labels/{name}") for name in ensemble.names}

    assert len(members) == 2
    share = {n: float((m == classes).mean()) for n, m in members.items()}
    assert {n: m["agreement"] for n, m in record["members"].items()} == share
    assert record["voxels"] == {
        "ground": int((classes == 0).sum()),
        "disc": int((classes == 1).sum()),
    }
    differ = sum((m != classes).astype(int) for m in members.values())
    np.testing.assert_array_equal(
        read(whole, "disagreement"), np.rint(255 * differ / 2).astype(np.uint8)
    )


def test_progress_counts_voxels(tmp_path, volume, ensemble):
    first, *steps = segmented(volume, ensemble, tmp_path / "r")

    assert (first.stage, first.done) == ("segment", 0)
    assert len(steps) > 3
    assert {s.total for s in steps} == {6 * 48 * 56}
    assert steps[-1].done == 6 * 48 * 56
    assert all(a.done < b.done for a, b in itertools.pairwise(steps))


def test_the_same_again_computes_nothing(tmp_path, whole, volume, ensemble):
    out = shutil.copytree(whole, tmp_path / "r")
    before = bytes_of(out)

    (only,) = segmented(volume, ensemble, out)

    assert only == ("segment", 6 * 48 * 56, 6 * 48 * 56)
    assert bytes_of(out) == before


def test_a_run_killed_at_any_block_ends_with_the_same_bytes(
    tmp_path, whole, volume, ensemble
):
    out = tmp_path / "r"
    run = segment_volume(volume, ensemble, out, REQUEST)
    for _ in range(4):
        next(run)
    run.close()
    assert not is_segmented(out)
    (out / "segmentation.zarr" / "confidence" / "0" / "c.partial").write_text("half")

    first, *later = segmented(volume, ensemble, out)

    assert first.done > 0
    assert later
    assert bytes_of(out) == bytes_of(whole)


def test_blocks_without_a_mark_are_computed_again(tmp_path, whole, volume, ensemble):
    out = shutil.copytree(whole, tmp_path / "r")
    marks = sorted((out / "blocks" / "segment").glob("*.json"))
    assert len(marks) > 4
    for mark in marks[1::2]:
        mark.unlink()
    (out / "agreement.json").unlink()
    part = open_ome_zarr(out / "segmentation.zarr" / "labels/classes", writable=True)
    block = Box((0, 0, 16), (2, 16, 32))  # the second
    part.write(block, np.full(block.shape, 77, np.uint8))

    _, *later = segmented(volume, ensemble, out)

    assert len(later) == len(marks) // 2
    assert bytes_of(out) == bytes_of(whole)


def test_marked_blocks_are_not_computed_again(tmp_path, whole, volume, ensemble):
    out = shutil.copytree(whole, tmp_path / "r")
    mark = sorted((out / "blocks" / "segment").glob("*.json"))[-1]
    mark.unlink()
    part = open_ome_zarr(out / "segmentation.zarr" / "labels/classes", writable=True)
    block = Box((0, 0, 0), (2, 16, 16))  # the first
    part.write(block, np.full(block.shape, 77, np.uint8))

    steps = segmented(volume, ensemble, out)

    assert len(steps) == 2
    assert (read(out, "labels/classes")[block.slices] == 77).all()


def test_a_box_is_a_crop_of_the_whole(tmp_path, whole, volume, ensemble):
    box = Box((1, 5, 9), (5, 41, 50))
    request = REQUEST.model_copy(update={"box": (box.start, box.stop)})

    segmented(volume, ensemble, tmp_path / "r", request)

    for name in ("labels/classes", "confidence", "disagreement", "probability_1"):
        part = read(tmp_path / "r", name)
        np.testing.assert_array_equal(part, read(whole, name)[box.slices])


def test_large_blocks_give_what_small_ones_give(
    tmp_path, whole, volume, ensemble, monkeypatch
):
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 10**7)

    steps = segmented(volume, ensemble, tmp_path / "r")

    assert len(steps) < 15 < len(list((whole / "blocks" / "segment").glob("*.json")))
    for name in ("labels/classes", "confidence", "disagreement"):
        np.testing.assert_array_equal(read(tmp_path / "r", name), read(whole, name))


@pytest.mark.parametrize("shape", [(1, 48, 56), (2, 9, 11), (3, 50, 7)])
def test_a_volume_smaller_than_a_tile(tmp_path, ensemble, shape):
    noise = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint16)
    request = SegmentRequest(inference=InferenceConfig(engine="torch"))

    segmented(volume_of(noise), ensemble, tmp_path / "r", request)

    assert read(tmp_path / "r", "labels/classes").shape == shape


def test_a_wide_result_can_be_looked_at_from_afar(tmp_path, ensemble):
    noise = np.random.default_rng(0).integers(0, 255, (1, 8, 300)).astype(np.uint8)

    segmented(
        volume_of(noise), ensemble, tmp_path / "r", SegmentRequest(inference=TILES)
    )

    for name in ("labels/classes", "confidence", "disagreement"):
        assert read(tmp_path / "r", name, level=1).shape == (1, 4, 150)


def test_openvino_gives_nearly_the_labels_of_torch(tmp_path, whole, volume, ensemble):
    inference = TILES.model_copy(update={"engine": "openvino"})

    segmented(volume, ensemble, tmp_path / "r", SegmentRequest(inference=inference))

    differ = read(tmp_path / "r", "confidence").astype(int) - read(whole, "confidence")
    assert np.abs(differ).max() <= 1


def test_members_and_probabilities_are_left_out_unless_asked_for(
    tmp_path, volume, ensemble
):
    segmented(volume, ensemble, tmp_path / "r", SegmentRequest(inference=TILES))

    store = tmp_path / "r" / "segmentation.zarr"
    names = {p.name for p in store.iterdir() if p.is_dir()}
    assert names == {"labels", "confidence", "disagreement"}
    assert [p.name for p in (store / "labels").iterdir() if p.is_dir()] == ["classes"]


def test_the_result_knows_its_voxel_size(whole):
    labels = open_volume(whole / "segmentation.zarr" / "labels" / "classes")

    assert labels.spacing_nm == (40, 10, 10)
    assert labels.format.startswith("OME-Zarr")


def test_other_settings_into_the_same_place_change_nothing(
    tmp_path, whole, volume, ensemble
):
    out = shutil.copytree(whole, tmp_path / "r")
    before = bytes_of(out)
    with pytest.raises(OutputError, match=r"with --keep-members True, now asked for F"):
        segmented(volume, ensemble, out, SegmentRequest(inference=TILES))
    assert bytes_of(out) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path, volume, ensemble):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        segmented(volume, ensemble, tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: exists and is no result of densecell (no run.yaml in it); choose "
        "another --out"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("wrong", ["no spacing", "constant", "holes", "box"])
def test_what_is_refused_leaves_nothing_behind(tmp_path, discs, ensemble, wrong):
    intensities, request = discs[0].astype(np.float32), SegmentRequest(inference=TILES)
    if wrong == "constant":
        intensities[:] = 1
    if wrong == "holes":
        intensities[5, 4, 3] = np.nan
    if wrong == "box":
        request = SegmentRequest(inference=TILES, box=((0, 0, 0), (9, 9, 9)))
    spacing = None if wrong == "no spacing" else (40, 10, 10)

    with pytest.raises(DensecellError):
        segmented(
            volume_of(intensities, spacing=spacing), ensemble, tmp_path / "r", request
        )

    assert not (tmp_path / "r").exists()


def test_a_result_is_overwritten_by_a_run_that_is_resolved_once(
    tmp_path, whole, volume, ensemble, monkeypatch
):
    out = shutil.copytree(whole, tmp_path / "r")
    resolved, resolve = [], segment.resolve_run
    monkeypatch.setattr(
        segment, "resolve_run", lambda *args: resolved.append(args) or resolve(*args)
    )

    first, *later = segment_volume(
        volume, ensemble, out, SegmentRequest(inference=TILES), overwrite=True
    )

    assert (first.done, len(resolved)) == (0, 1)
    assert later
    assert not read_run(out).keep_members
    assert not (out / "segmentation.zarr" / "probability_0").exists()


def test_a_mistake_does_not_cost_the_old_result(tmp_path, whole, volume, ensemble):
    out = shutil.copytree(whole, tmp_path / "r")
    before = bytes_of(out)
    outside = REQUEST.model_copy(update={"box": ((0, 0, 0), (9, 9, 9))})

    with pytest.raises(OutputError, match="is empty or not inside the volume"):
        list(segment_volume(volume, ensemble, out, outside, overwrite=True))
    with claimed(out), pytest.raises(OutputError, match="another densecell works"):
        list(segment_volume(volume, ensemble, out, REQUEST, overwrite=True))

    assert bytes_of(out) == before


def test_a_folder_of_something_else_is_never_overwritten(tmp_path, volume, ensemble):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(OutputError, match=r"is no result of densecell \(no run\.yaml"):
        list(segment_volume(volume, ensemble, tmp_path, REQUEST, overwrite=True))

    assert (tmp_path / "notes.txt").read_text() == "mine"
