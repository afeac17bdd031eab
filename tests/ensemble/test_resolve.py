from pathlib import Path

import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest
from densecell.ensemble.labeller import engine_choice
from densecell.ensemble.resolve import resolve_run
from densecell.ensemble.resume import check_same_run
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.result import read_run, save_run
from densecell.volume import ArrayVolume, intensity_statistics

TORCH = InferenceConfig(engine="torch", precision="float32", threads=1)


def test_a_run_comes_back_as_it_was_written(tmp_path, volume, ensemble):
    box = ((1, 2, 3), (4, 20, 30))
    request = SegmentRequest(inference=TORCH, box=box, keep_members=True)
    run = resolve_run(volume, ensemble, request)

    save_run(run, tmp_path)

    assert read_run(tmp_path) == run
    assert run.extent == Box(*box)
    assert sum(block.voxels for block in run.blocks) == run.extent.voxels


def volume_of(intensities, *, spacing=(40, 10, 10), path="a.tif"):
    return ArrayVolume(intensities, spacing_nm=spacing, path=Path("/data") / path)


def test_everything_the_bytes_depend_on_is_frozen(volume, ensemble):
    run = resolve_run(
        volume, ensemble, SegmentRequest(inference=TORCH, command="densecell segment")
    )

    assert run.volume.path == Path("/data/a.tif")
    assert run.volume.shape == (6, 48, 56)
    assert run.statistics == intensity_statistics(volume)
    assert run.model.members == dict(
        zip(ensemble.names, ensemble.fingerprints, strict=True)
    )
    assert engine_choice(run) == ("torch", "float32", 1)
    assert run.inference.tile == (6, 48, 56)
    assert run.extent == Box.whole((6, 48, 56))
    assert set(run.versions) == {"densecell", "torch", "openvino", "numpy", "zarr"}


@pytest.mark.parametrize(
    "stop", [(7, 48, 56), (6, 48, 57), (0, 48, 56)], ids=["deep", "wide", "empty"]
)
def test_a_box_outside_the_volume_is_refused(volume, ensemble, stop):
    with pytest.raises(OutputError) as caught:
        resolve_run(volume, ensemble, SegmentRequest(box=((0, 0, 0), stop)))
    assert str(caught.value) == (
        f"box (0, 0, 0) to {stop} is empty or not inside the volume /data/a.tif of "
        "(6, 48, 56) voxels (z, y, x); give --box Z0 Y0 X0 Z1 Y1 X1"
    )


def test_a_volume_without_voxel_size_is_refused(discs, ensemble):
    with pytest.raises(SpacingError) as caught:
        resolve_run(volume_of(discs[0], spacing=None), ensemble, SegmentRequest())
    assert str(caught.value) == (
        "/data/a.tif: has no voxel size; pass --spacing Z Y X (nanometres, for example "
        "--spacing 50 4.6 4.6)"
    )


def test_a_constant_volume_is_refused(ensemble):
    with pytest.raises(VolumeError, match=r"/data/a.tif: every voxel is 3; expected"):
        resolve_run(
            volume_of(np.full((2, 8, 8), 3, np.uint8)), ensemble, SegmentRequest()
        )


def test_a_tile_that_the_network_cannot_compute_is_refused(volume, ensemble):
    with pytest.raises(ConfigError, match="in plane this network needs sizes of 8 n"):
        resolve_run(
            volume,
            ensemble,
            SegmentRequest(
                inference=InferenceConfig(tile=(4, 20, 20), margin=(1, 8, 8))
            ),
        )


def test_the_cores_of_a_job_are_used_where_no_threads_are_asked_for(volume, ensemble):
    open_ = TORCH.model_copy(update={"threads": None})

    run = resolve_run(volume, ensemble, SegmentRequest(inference=open_, cores=7))
    asked = resolve_run(volume, ensemble, SegmentRequest(inference=TORCH, cores=7))

    assert (run.inference.threads, asked.inference.threads) == (7, 1)
    check_same_run(
        run, volume, ensemble, SegmentRequest(inference=open_, cores=3), Path("result")
    )
