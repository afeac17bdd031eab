"""Volumes that look otherwise than those a model learned from."""

from pathlib import Path

import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, segment_volume
from densecell.ensemble.resolve import resolve_run
from densecell.ensemble.resume import check_same_run
from densecell.errors import CheckpointError, OutputError
from densecell.geometry import Box
from densecell.result import read_run
from densecell.volume import ArrayVolume, open_ome_zarr

TILES = InferenceConfig(
    engine="torch",
    precision="float32",
    threads=1,
    tile=(4, 32, 32),
    margin=(1, 8, 8),
    adapt=True,
)
REQUEST = SegmentRequest(inference=TILES)


@pytest.fixture(scope="module")
def other(discs):
    """Discs as another microscope shows them: bent, noisier."""
    noise = np.random.default_rng(5).normal(0, 30, discs[0].shape)
    bent = 255 * (discs[0] / 255) ** 0.5
    noisy = (bent + noise).clip(0, 255).astype(np.uint8)
    return ArrayVolume(noisy, spacing_nm=(40, 10, 10), path=Path("/data/other.tif"))


def test_a_model_knows_what_it_learned_from(ensemble):
    marks = ensemble.appearance.landmarks

    assert len(marks) == 5
    assert list(marks) == sorted(marks)
    assert ensemble.appearance.noise > 0.1


def test_grey_values_and_noise_are_changed_and_that_is_frozen(ensemble, other):
    run = resolve_run(other, ensemble, REQUEST)

    change = run.inference.change
    assert change.target == ensemble.appearance.landmarks
    assert change.source != change.target
    assert change.sigma_px >= 0.3
    assert resolve_run(other, ensemble, SegmentRequest()).inference.change is None


def test_a_box_is_a_crop_of_the_whole(tmp_path, ensemble, other, monkeypatch):
    monkeypatch.setattr("densecell.ensemble.memory.BLOCK_VOXELS", 1)
    box = ((1, 8, 16), (5, 40, 49))
    for name, request in (
        ("whole", REQUEST),
        ("box", REQUEST.model_copy(update={"box": box})),
    ):
        for _ in segment_volume(other, ensemble, tmp_path / name, request):
            pass

    whole, part = (
        open_ome_zarr(tmp_path / name / "segmentation.zarr" / "confidence")
        for name in ("whole", "box")
    )
    expected = whole.read(Box(*box))
    np.testing.assert_array_equal(part.read(Box.whole(part.shape)), expected)


def test_results_with_and_without_do_not_mix(tmp_path, ensemble, other):
    for _ in segment_volume(other, ensemble, tmp_path / "out", REQUEST):
        pass
    run = read_run(tmp_path / "out")
    plain = SegmentRequest(inference=TILES.model_copy(update={"adapt": False}))

    with pytest.raises(OutputError, match="was begun with --adapt True, now asked for"):
        check_same_run(run, other, ensemble, plain, tmp_path / "out")


def test_a_model_that_does_not_know_its_appearance_is_refused(ensemble, other):
    with pytest.raises(CheckpointError) as caught:
        resolve_run(other, ensemble._replace(appearance=None), REQUEST)
    assert str(caught.value) == (
        f"{ensemble.path}: was trained before models kept the appearance of their "
        "training volumes, which --adapt needs; train it again, or leave --adapt out"
    )
