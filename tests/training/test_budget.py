import time

import numpy as np
import pytest
import torch

from densecell.config import AugmentationConfig, NetworkConfig, TrainingConfig
from densecell.errors import TrainingError
from densecell.networks import build_network
from densecell.patches import BatchMaker, Windows, WindowSampler
from densecell.training import budget
from densecell.training.budget import settle_steps
from densecell.training.schedule import window_schedule


class Scoring:
    """Takes so long to score, by a clock that only it moves."""

    def __init__(self, monkeypatch, seconds=0.0):
        self.seconds, self.now = seconds, 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def adjusted(self, network):
        self.now += self.seconds


def settled(monkeypatch, *, step_s, validation_s, **settings):
    monkeypatch.setattr(budget, "_time_a_step", lambda *_: step_s)
    validator = Scoring(monkeypatch, validation_s)
    network = build_network(NetworkConfig(name="2d3d", width=1), classes=2)
    return settle_steps(network, None, validator, TrainingConfig(**settings))


def test_steps_that_were_asked_for_are_not_measured():
    config = settle_steps(None, None, None, TrainingConfig(steps=7))

    assert (config.steps, config.minutes) == (7, None)


def test_minutes_become_steps_less_the_validations(monkeypatch):
    config = settled(
        monkeypatch, step_s=0.5, validation_s=3.0, minutes=2, validations=10
    )

    assert (config.steps, config.minutes) == (180, None)  # (120 - 10 * 3) / 0.5


def test_minutes_that_do_not_suffice_are_refused(monkeypatch):
    with pytest.raises(TrainingError) as caught:
        settled(monkeypatch, step_s=0.25, validation_s=6.0, minutes=1, validations=10)
    assert str(caught.value) == (
        "1 minutes per member are too few: 10 validations take 60 s here and a step "
        "0.25 s; give more minutes, a smaller width, or fewer training.validations"
    )


def test_the_probe_leaves_the_network_as_it_was(monkeypatch, labelled):
    monkeypatch.setattr(budget, "PROBE_S", 0.0)
    network = build_network(NetworkConfig(name="2d3d", width=1), classes=2, seed=5)
    volume = labelled(np.zeros((3, 16, 16)), np.ones((3, 16, 16)))
    batches = BatchMaker(
        [volume],
        WindowSampler([volume], rare_share=0, seed=0),
        AugmentationConfig(),
        schedule=lambda step: Windows((3, 16, 16), 2),
        margin=(0, 0, 0),
        seed=0,
    )

    class Silent:
        def adjusted(self, network):
            pass

    config = settle_steps(network, batches, Silent(), TrainingConfig(minutes=0.1))

    assert config.steps > 10
    untouched = build_network(NetworkConfig(name="2d3d", width=1), classes=2, seed=5)
    for now, before in zip(
        network.state_dict().values(), untouched.state_dict().values(), strict=True
    ):
        assert torch.equal(now, before)


def test_single_slices_and_deep_windows_count_by_their_share(monkeypatch, labelled):
    monkeypatch.setattr(budget, "PROBE_S", 0.0)
    clock = Scoring(monkeypatch)
    seen = []

    def takes(network, optimiser, batch, config, device):
        depth = batch.intensities.shape[2]
        seen.append((depth, network.encoder[2][-1].on))
        clock.now += {1: 1.0, 3: 2.0}[depth]

    monkeypatch.setattr(budget, "optimise", takes)
    network = build_network(NetworkConfig(name="2d3d-light", width=1), classes=2)
    volume = labelled(np.zeros((3, 16, 16)), np.ones((3, 16, 16)))
    config = TrainingConfig(window=(3, 16, 16), minutes=10, flat_share=0.6)
    batches = BatchMaker(
        [volume],
        WindowSampler([volume], rare_share=0, seed=0),
        AugmentationConfig(),
        schedule=window_schedule(config, network, budget.PROBED, seed=0),
        margin=(0, 0, 0),
        seed=0,
    )

    settled = settle_steps(network, batches, clock, config)

    assert settled.steps == 428  # 600 s / (0.6 * 1 s + 0.4 * 2 s)
    assert set(seen) == {(1, False), (3, True)}
