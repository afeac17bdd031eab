from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from densecell.config import InferenceConfig
from densecell.ensemble.memory import block_shape, fit_memory
from densecell.errors import ConfigError
from densecell.geometry import Box, Tiling
from densecell.volume import ArrayVolume

LARGE = (64, 1500, 1500)


@pytest.fixture(autouse=True)
def _small_process(monkeypatch):
    """Let a process of 300 MB have loaded everything."""
    monkeypatch.setattr("densecell.ensemble.memory._taken", lambda: 300_000_000)


def fitted(ensemble, budget, **options):
    shape = options.pop("shape", LARGE)
    volume = ArrayVolume(np.broadcast_to(np.uint8(1), shape), path=Path("a.tif"))
    config = InferenceConfig(**options.pop("config", {}))
    return fit_memory(
        volume,
        ensemble,
        config,
        extent=shape,
        tile_bytes=400.0,
        budget=budget,
        **options,
    )


def test_with_memory_enough_tiles_are_the_usual_ones(ensemble):
    cut = fitted(ensemble, 8_000_000_000)

    assert cut.tiling.tile == (15, 424, 424)
    assert Box.whole(cut.block).voxels <= 3_200_000
    assert cut.bytes < 0.9 * 8e9


@pytest.mark.parametrize("budget", [500_000_000, 700_000_000, 1_000_000_000])
def test_a_budget_binds(ensemble, budget):
    cut = fitted(ensemble, budget)

    assert cut.bytes <= 0.9 * budget
    assert Box.whole(cut.tiling.tile).voxels * 400 < budget - 300_000_000
    assert cut.tiling.margin == (1, 24, 24)


def test_less_memory_means_smaller_tiles(ensemble):
    budgets = (450_000_000, 700_000_000, 1_200_000_000, 3_000_000_000)

    sizes = [Box.whole(fitted(ensemble, b).tiling.tile).voxels for b in budgets]

    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_too_little_is_refused_with_what_is_needed(ensemble):
    with pytest.raises(ConfigError) as caught:
        fitted(ensemble, 310_000_000)
    assert str(caught.value).startswith("--max-memory 310M is too little: tiles of (15")
    assert str(caught.value).endswith("allow that much, or choose a smaller --tile")


def test_a_tile_that_was_asked_for_is_not_changed(ensemble):
    config = {"tile": (8, 512, 512), "margin": (1, 32, 32)}

    assert fitted(ensemble, 4_000_000_000, config=config).tiling.tile == (8, 512, 512)
    with pytest.raises(ConfigError, match=r"tiles of \(8, 512, 512\) voxels need 1"):
        fitted(ensemble, 800_000_000, config=config)


def test_several_processes_get_some_blocks_each(ensemble):
    alone = fitted(ensemble, 8_000_000_000, shape=(16, 800, 800))
    shared = fitted(ensemble, 8_000_000_000, shape=(16, 800, 800), processes=4)

    assert Box.whole(shared.block).voxels <= Box.whole(alone.block).voxels


sizes = st.integers(1, 3000)


@given(st.tuples(sizes, sizes, sizes), st.booleans())
def test_blocks_are_whole_tiles_and_fit_into_memory(extent, flat):
    tiling = Tiling(extent, (1 if flat else 8, 320, 320), (0 if flat else 1, 32, 32))

    block = block_shape(tiling.kept, extent)

    assert all(b % k == 0 or k == 1 for b, k in zip(block, tiling.kept, strict=True))
    assert Box.whole(block).voxels <= max(3_200_000, 8 * Box.whole(tiling.kept).voxels)
