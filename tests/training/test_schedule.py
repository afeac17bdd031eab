import numpy as np
import pytest

from densecell.config import LossConfig, NetworkConfig, TrainingConfig
from densecell.networks import build_network
from densecell.patches import Windows
from densecell.training.schedule import (
    Phase,
    class_weight_schedule,
    flat_steps,
    learning_rate,
    validation_steps,
    window_schedule,
)

FIRST = Phase(0, 1000)
WINDOW = (5, 32, 48)


def network(name="2d3d-light"):
    return build_network(NetworkConfig(name=name, width=1), classes=2)


def test_the_rate_rises_shortly_and_falls_by_half_a_cosine():
    config = TrainingConfig(learning_rate=0.01, schedule="cosine")

    rates = {s: learning_rate(config, FIRST, s) for s in (10, 25, 50, 525, 1000)}

    assert rates == pytest.approx(
        {10: 0.002, 25: 0.005, 50: 0.01, 525: 0.005, 1000: 0.0}, abs=1e-12
    )


def test_an_extension_has_a_rise_and_fall_of_its_own():
    config = TrainingConfig(learning_rate=0.01, schedule="cosine")

    rates = {s: learning_rate(config, Phase(1000, 2000), s) for s in (1010, 1525)}

    assert rates == pytest.approx({1010: 0.002, 1525: 0.005})


def test_the_rate_can_be_constant():
    config = TrainingConfig(learning_rate=0.01, schedule="constant")

    assert {learning_rate(config, FIRST, step) for step in (1, 50, 1000)} == {0.01}


@pytest.mark.parametrize(
    ("phase", "validations", "expected"),
    [
        (Phase(0, 8), 4, [2, 4, 6, 8]),
        (Phase(0, 10), 3, [3, 7, 10]),
        (Phase(0, 2), 10, [1, 2]),
        (Phase(0, 7), 1, [7]),
        (Phase(7, 11), 2, [9, 11]),
    ],
)
def test_the_last_step_is_always_validated(phase, validations, expected):
    assert validation_steps(TrainingConfig(validations=validations), phase) == expected


def test_staged_networks_see_single_slices_first():
    config = TrainingConfig(window=WINDOW, batch=2, flat_share=0.3)

    windows = window_schedule(config, network(), FIRST, seed=0)

    assert flat_steps(config, network(), FIRST) == 300
    assert windows(299) == Windows((1, 32, 48), 10)
    assert windows(300) == Windows(WINDOW, 2)


def test_other_networks_see_one_kind_of_window():
    config = TrainingConfig(window=WINDOW, batch=2, flat_share=0.3)

    windows = window_schedule(config, network("2d3d"), FIRST, seed=0)

    assert {windows(step) for step in range(1000)} == {Windows(WINDOW, 2)}


def test_depths_vary_by_seed_and_step_with_as_many_voxels():
    config = TrainingConfig(window=WINDOW, batch=4, flat_share=0.0, vary_depth=True)
    made = network("2d3d")

    drawn, again = (
        [window_schedule(config, made, FIRST, seed=1)(step) for step in range(200)]
        for _ in range(2)
    )

    assert drawn == again
    assert {w.shape[0] for w in drawn} == {3, 4, 5, 6, 7, 8}
    assert all(abs(w.shape[0] * w.number - 20) <= w.shape[0] / 2 for w in drawn)


def test_the_balance_of_classes_relaxes_with_the_steps():
    counts = np.array([900, 100])
    config = LossConfig(balance=0.5, relax=True)

    weights = class_weight_schedule(config, counts, FIRST)

    ratios = [weights(step)[1] / weights(step)[0] for step in (0, 500, 1000, 1500)]
    assert ratios == pytest.approx([3, 3**0.5, 1, 1])


def test_the_balance_of_classes_can_stay():
    counts = np.array([900, 100])
    config = LossConfig(balance=0.5, relax=False)

    weights = class_weight_schedule(config, counts, FIRST)

    assert weights(999)[1] / weights(999)[0] == pytest.approx(3)
