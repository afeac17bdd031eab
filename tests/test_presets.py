import pytest

from densecell.config import ProjectConfig
from densecell.networks import build_network
from densecell.presets import EPOCH, PAPER, WINDOW

VOLUME = {"image": "a.tif", "labels": "b.tif", "spacing_nm": [40, 10, 10]}


@pytest.fixture
def paper():
    return ProjectConfig.model_validate(
        {"classes": "platelet", "volumes": [VOLUME], **PAPER}
    )


def test_the_network_is_the_papers(paper):
    network = build_network(paper.network, classes=7)

    assert sum(p.numel() for p in network.parameters()) == 11_372_270


def test_the_recipe_is_the_papers(paper):
    training = paper.training

    assert training.beta1 == pytest.approx(0.96838, abs=1e-5)
    assert training.beta2 == pytest.approx(0.99206, abs=1e-5)
    assert (training.learning_rate, training.schedule) == (1e-3, "constant")
    assert (training.loss.weighting, training.loss.dice) == ("paper", 0)
    assert training.loss.auxiliary == 0.33
    assert (paper.ensemble.members, paper.ensemble.best) == (12, 4)


def test_hopeless_members_are_abandoned_at_epoch_ten(paper):
    assert paper.training.abandon_below == 0.3
    assert paper.training.steps / 4 == 10 * EPOCH


def test_windows_can_be_pooled(paper):
    assert all(n % 8 == 0 for n in WINDOW[1:])


def test_l2_weighs_what_it_weighed_in_the_sum(paper):
    voxels = 5 * 304 * 304

    assert paper.training.loss.l2_2d * voxels == pytest.approx(1.995e-5, rel=1e-3)
