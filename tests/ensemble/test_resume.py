import math
from pathlib import Path

import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble
from densecell.ensemble.resolve import resolve_run
from densecell.ensemble.resume import check_same_run
from densecell.errors import OutputError
from densecell.volume import ArrayVolume

OUT = Path("result")
TORCH = InferenceConfig(engine="torch", precision="float32", threads=1)


def volume_of(intensities, *, spacing=(40, 10, 10), path="a.tif"):
    return ArrayVolume(intensities, spacing_nm=spacing, path=Path("/data") / path)


def test_the_same_request_continues(volume, ensemble):
    tiles = InferenceConfig(tile=(8, 320, 320), margin=(1, 32, 32))  # more than it has
    for inference in (TORCH, InferenceConfig(), tiles):
        request = SegmentRequest(inference=inference, box=((0, 0, 0), (2, 9, 9)))
        run = resolve_run(volume, ensemble, request)

        check_same_run(run, volume, ensemble, request, OUT)


def test_what_was_left_open_stays_as_it_was_settled(volume, ensemble):
    run = resolve_run(volume, ensemble, SegmentRequest(inference=TORCH))

    check_same_run(run, volume, ensemble, SegmentRequest(), OUT)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"box": ((0, 0, 0), (1, 8, 8))},
            "box the whole volume, now asked for ((0, 0, 0), (1, 8, 8))",
        ),
        ({"keep_members": True}, "--keep-members False, now asked for True"),
        ({"probabilities": True}, "--probabilities False, now asked for True"),
        (
            {"inference": InferenceConfig(engine="openvino")},
            "engine torch, now asked for openvino",
        ),
        (
            {"inference": InferenceConfig(tile=(4, 32, 32), margin=(1, 8, 8))},
            "tile (6, 48, 56), now asked for (4, 32, 32)",
        ),
        ({"inference": InferenceConfig(threads=2)}, "threads 1, now asked for 2"),
    ],
)
def test_other_settings_are_refused_with_both_values(
    volume, ensemble, options, sentence
):
    run = resolve_run(volume, ensemble, SegmentRequest(inference=TORCH))
    with pytest.raises(OutputError) as caught:
        check_same_run(run, volume, ensemble, SegmentRequest(**options), OUT)
    assert str(caught.value) == (
        f"result: was begun with {sentence}; choose another --out, or --overwrite to "
        "start anew"
    )


def test_another_volume_voxel_size_or_model_is_refused(
    discs, volume, ensemble, trained
):
    run = resolve_run(volume, ensemble, SegmentRequest())
    others = {
        "volume /data/a.tif, now asked for /data/b.tif": (
            volume_of(discs[0], path="b.tif"),
            ensemble,
        ),
        r"shape of the volume \(6, 48, 56\), now asked for \(5, 48, 56\)": (
            volume_of(discs[0][1:]),
            ensemble,
        ),
        r"spacing \(40.0, 10.0, 10.0\), now asked for \(40.0, 5.0, 10.0\)": (
            volume_of(discs[0], spacing=(40, 5, 10)),
            ensemble,
        ),
        r"members (member_\d\d \([0-9a-f]{8}\)), member_\d\d \([0-9a-f]{8}\), "
        r"now asked for \1; ": (
            volume,
            load_ensemble(trained / "models" / "tiny", best=1),
        ),
    }
    for sentence, (other_volume, other_ensemble) in others.items():
        with pytest.raises(OutputError, match=sentence):
            check_same_run(run, other_volume, other_ensemble, SegmentRequest(), OUT)


def test_what_memory_made_of_the_tiles_is_not_held_against_a_resume(
    ensemble, monkeypatch
):
    monkeypatch.setattr("densecell.ensemble.resolve.WORTH_MEASURING", math.inf)
    volume = volume_of(np.tile(np.arange(60, dtype=np.uint8), (40, 300, 10)))
    request = SegmentRequest(inference=TORCH.model_copy(update={"exact": True}))
    run = resolve_run(volume, ensemble, request)
    small = run.inference.model_copy(
        update={"tile": (40, 168, 168), "margin": (0, 72, 72)}
    )

    check_same_run(
        run.model_copy(update={"inference": small}), volume, ensemble, request, OUT
    )
    plain = resolve_run(volume, ensemble, SegmentRequest(inference=TORCH))
    with pytest.raises(OutputError, match="with --exact False, now asked for True"):
        check_same_run(plain, volume, ensemble, request, OUT)
