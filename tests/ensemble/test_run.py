from densecell.config import InferenceConfig
from densecell.ensemble import Wish
from densecell.ensemble.freeze import freeze
from densecell.ensemble.run import read_run, save_run
from densecell.geometry import Box

TORCH = InferenceConfig(engine="torch", precision="float32", threads=1)


def test_a_run_comes_back_as_it_was_written(tmp_path, volume, ensemble):
    wish = Wish(inference=TORCH, box=((1, 2, 3), (4, 20, 30)), keep_members=True)
    run = freeze(volume, ensemble, wish)

    save_run(run, tmp_path)

    assert read_run(tmp_path) == run
    assert run.extent == Box((1, 2, 3), (4, 20, 30))
    assert sum(block.voxels for block in run.blocks()) == run.extent.voxels
