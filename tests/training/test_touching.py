import pytest

from densecell.config import NetworkConfig, ProjectConfig, TrainingConfig
from densecell.errors import ConfigError
from densecell.geometry import FACES, Spacing
from densecell.patches import default_affinities
from densecell.training import learn_cells, suit_pairs
from densecell.training.touching import check_pairs

THICK, CUBES = (40, 10, 10), (12, 8, 8)


def project(spacing_nm, **parts):
    volumes = [
        {"image": "a", "labels": "b", "role": role, "spacing_nm": spacing_nm}
        for role in ("train", "eval")
    ]
    values = {"classes": "platelet", "volumes": volumes}
    return ProjectConfig.model_validate(values | parts)


@pytest.mark.parametrize(
    ("spacing_nm", "dilation", "window", "flat_share"),
    [(THICK, (1, 1, 1), (5, 128, 128), 0.5), (CUBES, (2, 4, 8), (24, 80, 80), 0.2)],
)
def test_the_recipe_goes_by_the_voxels(spacing_nm, dilation, window, flat_share):
    found = learn_cells(project(spacing_nm))

    assert found.network.affinities == default_affinities(Spacing(*spacing_nm))
    assert found.network.dilation == dilation
    assert found.training.window == window
    assert found.training.flat_share == flat_share


def test_what_the_project_says_stays():
    pairs = (*FACES, (0, -5, 0))
    asked = project(
        CUBES,
        network={"name": "2d3d", "width": 8, "affinities": pairs},
        training={"window": (8, 64, 64), "steps": 5, "minutes": None},
    )

    found = learn_cells(asked)

    assert found.network == asked.network
    assert found.training == asked.training.model_copy(update={"flat_share": 0.2})


def test_other_networks_have_no_dilation():
    found = learn_cells(project(CUBES, network={"name": "unet3d"}))

    assert found.network.dilation == (1, 1, 1)


def test_training_alone_is_suited_to_a_network_that_is_there():
    network = NetworkConfig(affinities=FACES)

    found = suit_pairs(project(CUBES).model_copy(update={"network": network}))

    assert found.network == network
    assert found.training.window == (24, 80, 80)


@pytest.mark.parametrize("edge", [2, 3, 4, 8, 10, 16, 50])
def test_what_is_learned_of_cubes_fits_into_the_windows(edge):
    found = learn_cells(project((edge, edge, edge)))

    check_pairs(found.network, found.training)


def test_a_pair_as_long_as_a_window_is_refused():
    network = NetworkConfig(affinities=(*FACES, (-8, 0, 0)))
    check_pairs(network, TrainingConfig(window=(9, 16, 16)))

    with pytest.raises(ConfigError, match=r"\(-8, 0, 0\) .* window of \(8, 16, 16\)"):
        check_pairs(network, TrainingConfig(window=(8, 16, 16)))
