import numpy as np

from densecell.phantom.decoys import DECOYS
from densecell.phantom.organelles import ORGANELLES


def test_what_only_looks_like_an_organelle_has_no_class():
    rng = np.random.default_rng(0)

    bodies = [body for recipe in DECOYS for body in recipe.draw(rng).bodies]

    assert len(bodies) > len(DECOYS) > 5
    assert all(body.class_id is None for body in bodies)


def test_there_are_decoys_inside_and_outside_of_cells():
    depths = [recipe.depth_nm for recipe in DECOYS]

    assert min(depths) < 0 < max(depths)
    assert all(recipe.depth_nm > 0 for recipe in ORGANELLES)
