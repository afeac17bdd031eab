from pathlib import Path

import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import Wish, load_ensemble
from densecell.ensemble.run import (
    check_same_run,
    freeze,
    read_run,
    save_run,
)
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, intensity_statistics

OUT = Path("result")
TORCH = InferenceConfig(engine="torch", precision="float32", threads=1)


@pytest.fixture(scope="module")
def ensemble(trained):
    return load_ensemble(trained / "models" / "tiny")


@pytest.fixture
def volume(discs):
    return volume_of(discs[0])


def volume_of(intensities, *, spacing=(40, 10, 10), path="a.tif"):
    return ArrayVolume(intensities, spacing_nm=spacing, path=Path("/data") / path)


def test_everything_the_bytes_depend_on_is_frozen(volume, ensemble):
    run = freeze(volume, ensemble, Wish(inference=TORCH, command="densecell segment"))

    assert run.volume.path == Path("/data/a.tif")
    assert run.volume.shape == (6, 48, 56)
    assert run.statistics == intensity_statistics(volume)
    assert run.model.members == dict(
        zip(ensemble.names, ensemble.fingerprints, strict=True)
    )
    assert run.choice == ("torch", "float32", 1)
    assert run.inference.tile == (6, 48, 56)
    assert run.extent == Box.whole((6, 48, 56))
    assert set(run.versions) == {"densecell", "torch", "openvino", "numpy", "zarr"}


def test_a_run_comes_back_as_it_was_written(tmp_path, volume, ensemble):
    wish = Wish(inference=TORCH, box=((1, 2, 3), (4, 20, 30)), keep_members=True)
    run = freeze(volume, ensemble, wish)

    save_run(run, tmp_path)

    assert read_run(tmp_path) == run
    assert run.extent == Box((1, 2, 3), (4, 20, 30))
    assert sum(block.voxels for block in run.blocks()) == run.extent.voxels


@pytest.mark.parametrize(
    "stop", [(7, 48, 56), (6, 48, 57), (0, 48, 56)], ids=["deep", "wide", "empty"]
)
def test_a_box_outside_the_volume_is_refused(volume, ensemble, stop):
    with pytest.raises(OutputError) as caught:
        freeze(volume, ensemble, Wish(box=((0, 0, 0), stop)))
    assert str(caught.value) == (
        f"box (0, 0, 0) to {stop} is empty or not inside the volume /data/a.tif of "
        "(6, 48, 56) voxels (z, y, x); give --box Z0 Y0 X0 Z1 Y1 X1"
    )


def test_a_volume_without_voxel_size_is_refused(discs, ensemble):
    with pytest.raises(SpacingError) as caught:
        freeze(volume_of(discs[0], spacing=None), ensemble, Wish())
    assert str(caught.value) == (
        "/data/a.tif: has no voxel size; pass --spacing Z Y X (nanometres, for example "
        "--spacing 50 4.6 4.6)"
    )


def test_a_constant_volume_is_refused(ensemble):
    with pytest.raises(VolumeError, match=r"/data/a.tif: every voxel is 3; expected"):
        freeze(volume_of(np.full((2, 8, 8), 3, np.uint8)), ensemble, Wish())


def test_the_same_wish_goes_on(volume, ensemble):
    tiles = InferenceConfig(tile=(8, 320, 320), margin=(1, 32, 32))  # more than it has
    for inference in (TORCH, InferenceConfig(), tiles):
        wish = Wish(inference=inference, box=((0, 0, 0), (2, 9, 9)))
        run = freeze(volume, ensemble, wish)

        check_same_run(run, volume, ensemble, wish, OUT)


def test_what_was_left_open_stays_as_it_was_settled(volume, ensemble):
    run = freeze(volume, ensemble, Wish(inference=TORCH))

    check_same_run(run, volume, ensemble, Wish(), OUT)


@pytest.mark.parametrize(
    ("wish", "sentence"),
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
def test_other_settings_are_refused_with_both_values(volume, ensemble, wish, sentence):
    run = freeze(volume, ensemble, Wish(inference=TORCH))
    with pytest.raises(OutputError) as caught:
        check_same_run(run, volume, ensemble, Wish(**wish), OUT)
    assert str(caught.value) == (
        f"result: was begun with {sentence}; choose another --out, or --overwrite to "
        "start anew"
    )


def test_another_volume_voxel_size_or_model_is_refused(
    discs, volume, ensemble, trained
):
    run = freeze(volume, ensemble, Wish())
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
        "members {.*}, now asked for {.*}": (
            volume,
            load_ensemble(trained / "models" / "tiny", best=1),
        ),
    }
    for sentence, (other_volume, other_ensemble) in others.items():
        with pytest.raises(OutputError, match=sentence):
            check_same_run(run, other_volume, other_ensemble, Wish(), OUT)


def test_a_tile_that_the_network_cannot_compute_is_refused(volume, ensemble):
    with pytest.raises(ConfigError, match="in plane this network needs sizes of 8 n"):
        freeze(
            volume,
            ensemble,
            Wish(inference=InferenceConfig(tile=(4, 20, 20), margin=(1, 8, 8))),
        )


def test_what_memory_made_of_the_tiles_is_not_held_against_a_resume(ensemble):
    volume = volume_of(np.tile(np.arange(60, dtype=np.uint8), (40, 300, 10)))
    wish = Wish(inference=TORCH.model_copy(update={"exact": True}))
    run = freeze(volume, ensemble, wish)
    small = run.inference.model_copy(
        update={"tile": (40, 168, 168), "margin": (0, 72, 72)}
    )

    check_same_run(
        run.model_copy(update={"inference": small}), volume, ensemble, wish, OUT
    )
    plain = freeze(volume, ensemble, Wish(inference=TORCH))
    with pytest.raises(OutputError, match="with --exact False, now asked for True"):
        check_same_run(plain, volume, ensemble, wish, OUT)


def test_the_cores_of_a_job_are_used_where_no_threads_are_asked_for(volume, ensemble):
    open_ = TORCH.model_copy(update={"threads": None})

    run = freeze(volume, ensemble, Wish(inference=open_, cores=7))
    asked = freeze(volume, ensemble, Wish(inference=TORCH, cores=7))

    assert (run.inference.threads, asked.inference.threads) == (7, 1)
    check_same_run(run, volume, ensemble, Wish(inference=open_, cores=3), OUT)
