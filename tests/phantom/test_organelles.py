import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.phantom.organelles import ORGANELLES, dense_granule


def test_each_organelle_of_the_scheme_has_a_recipe():
    rng = np.random.default_rng(0)

    classes = {
        body.class_id for recipe in ORGANELLES for body in recipe.draw(rng).bodies
    }

    assert classes == set(ClassScheme.platelet().organelle_ids)


@pytest.mark.parametrize("recipe", ORGANELLES)
def test_an_organelle_is_some_hundred_nm_large(recipe):
    rng = np.random.default_rng(0)

    reaches = [recipe.draw(rng).outer.body.reach_nm for _ in range(20)]

    assert 60 < min(reaches) < max(reaches) < 800


def test_the_core_of_a_dense_granule_is_its_second_body():
    body, core = dense_granule(np.random.default_rng(0), 5, 6).bodies

    assert (body.class_id, core.class_id) == (5, 6)
    assert core.body.reach_nm < body.body.reach_nm
