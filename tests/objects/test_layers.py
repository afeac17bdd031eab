import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import ObjectsConfig
from densecell.errors import ConfigError
from densecell.objects.layers import layers_of, of_classes


def scheme_of(**classes):
    """Name classes by (role, parent), ids in their order."""
    return ClassScheme(
        classes={
            i: {"name": name, "colour": (i, i, i), "role": role, "parent": parent}
            for i, (name, (role, parent)) in enumerate(classes.items())
        }
    )


def heads(layers):
    return {layer.name: [g.class_id for g in layer.groups] for layer in layers}


def test_the_platelet_scheme_has_cells_organelles_and_parts(platelet):
    layers = layers_of(platelet, ObjectsConfig())

    assert heads(layers) == {"cells": [1], "organelles": [2, 3, 4, 5], "parts": [6]}
    cells, organelles, _ = layers
    assert cells.groups[0].family == (1, 2, 3, 4, 5, 6)
    assert organelles.groups[3].family == (5, 6)
    assert organelles.group_table()[[0, 1, 2, 5, 6, 255]].tolist() == [0, 0, 1, 4, 4, 0]
    assert all(group.needs_cell for group in organelles.groups)


def test_families_reach_over_classes_of_other_roles():
    scheme = scheme_of(
        resin=("background", None),
        cell=("cell", None),
        nucleus=("other", "cell"),
        nucleolus=("organelle", "nucleus"),
        virus=("organelle", None),
    )

    cells, organelles = layers_of(scheme, ObjectsConfig())

    assert scheme.ancestors(3) == (2, 1)
    assert scheme.family(1) == cells.groups[0].family == (1, 2, 3)
    needs = {g.class_id: g.needs_cell for g in organelles.groups}
    assert needs == {3: True, 4: False}


@pytest.mark.parametrize("name", ["platelet", "drosophila-vnc"])
def test_heads_are_the_groups_of_the_layers_that_are_measured(name):
    made = ClassScheme.named(name)

    for layer in layers_of(made, ObjectsConfig()):
        expected = {i: g.class_id for g in layer.groups for i in g.family}
        assert made.heads(layer.name) == expected
    assert made.heads("cells")


def test_a_class_three_organelles_deep_belongs_to_the_part_around_it():
    made = scheme_of(
        cell=("cell", None),
        granule=("organelle", "cell"),
        core=("organelle", "granule"),
        crystal=("organelle", "core"),
        stain=("other", "crystal"),
        syncytium=("cell", "cell"),
    )

    assert made.heads("cells") == dict.fromkeys(range(6), 0)
    assert made.heads("organelles") == dict.fromkeys(range(1, 5), 1)
    assert made.heads("parts") == dict.fromkeys(range(2, 5), 2)
    assert made.layer_of(3) is None


def test_a_circle_of_parents_ends():
    scheme = scheme_of(
        resin=("background", None), a=("organelle", "b"), b=("organelle", "a")
    )

    assert scheme.ancestors(1) == (2,)


def test_what_is_split_follows_the_role_and_the_names(platelet):
    config = ObjectsConfig(whole=("canalicular channel",), cells={"split": False})

    cells, organelles, parts = layers_of(platelet, config)

    assert cells.groups[0].split is None
    split = {g.class_id: g.split is not None for g in organelles.groups}
    assert split == {2: True, 3: True, 4: False, 5: True}
    assert parts.groups[0].split is None


def test_unknown_names_are_refused(platelet):
    with pytest.raises(ConfigError, match="'channel' is no organelle of the scheme; o"):
        layers_of(platelet, ObjectsConfig(whole=("channel",)))


@pytest.mark.parametrize("family", [(0,), (255,), (0, 1, 255), (3, 1, 2, 7, 250)])
def test_voxels_of_classes_are_found(family):
    labels = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)

    np.testing.assert_array_equal(of_classes(labels, family), np.isin(labels, family))
