import numpy as np
import pytest

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, plan_segmentation, segment_volume
from densecell.errors import OutputError
from densecell.volume import ArrayVolume

TILES = InferenceConfig(
    tile=(4, 32, 32), margin=(1, 8, 8), engine="torch", precision="float32", threads=1
)


@pytest.fixture
def volume(discs):
    return ArrayVolume(np.tile(discs[0], (1, 3, 3)), spacing_nm=(40, 10, 10))


def test_a_plan_counts_what_the_run_then_does(tmp_path, volume, ensemble):
    request = SegmentRequest(inference=TILES)

    foreseen = plan_segmentation(volume, ensemble, request, beside=tmp_path)

    assert list(tmp_path.iterdir()) == []
    assert foreseen.tiles == 3 * 9 * 11  # of 2 x 16 x 16 voxels
    assert foreseen.seconds > 0
    out = tmp_path / "r"
    steps = list(segment_volume(volume, ensemble, out, request))
    assert foreseen.blocks == len(steps) - 1
    size = sum(p.stat().st_size for p in (out / "segmentation.zarr").rglob("c/*/*/*"))
    assert 1 < foreseen.bytes_on_disk / size < 5  # small tiles compress badly


def test_a_part_is_planned_alone(tmp_path, volume, ensemble):
    box = ((0, 8, 8), (2, 40, 40))

    foreseen = plan_segmentation(
        volume, ensemble, SegmentRequest(inference=TILES, box=box), beside=tmp_path
    )

    assert foreseen.run.extent.voxels == 2 * 32 * 32
    assert foreseen.tiles == 9


def test_a_place_that_cannot_be_written_to(tmp_path, volume, ensemble):
    with pytest.raises(OutputError, match="cannot write a trial there"):
        plan_segmentation(
            volume,
            ensemble,
            SegmentRequest(inference=TILES),
            beside=tmp_path / "missing",
        )
