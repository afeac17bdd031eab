import numpy as np
import pytest
from pydantic import ValidationError

from densecell.classes import BUILT_IN, CellClass, ClassScheme
from densecell.errors import ConfigError, VolumeError

GREY = (128, 128, 128)


def scheme(**parents):
    """Classes 0, 1, ... of these names, with their parents."""
    return ClassScheme(
        classes={
            i: CellClass(name=name, colour=GREY, parent=parent)
            for i, (name, parent) in enumerate(parents.items())
        }
    )


GAPS = ClassScheme(
    classes={
        7: CellClass(name="c", colour=GREY),
        0: CellClass(name="a", colour=(1, 2, 3)),
        2: CellClass(name="b", colour=GREY, role="organelle"),
    },
    ignore=9,
)


def test_the_platelet_scheme():
    platelet = ClassScheme.platelet()

    assert platelet.ids == (0, 1, 2, 3, 4, 5, 6)
    assert platelet.organelle_ids == (2, 3, 4, 5, 6)
    assert platelet.with_role("cell") == (1,)
    assert platelet.classes[6].parent == "dense granule"
    assert platelet.colour_table()[5].tolist() == [255, 70, 0]


def test_the_fly_scheme():
    fly = ClassScheme.drosophila_vnc()

    assert len(fly) == 5
    assert fly.names[3] == "mitochondrion"


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_schemes_have_names_and_survive_writing(name):
    found = ClassScheme.named(name)

    assert ClassScheme.model_validate(found.as_settings()) == found


def test_an_unknown_scheme_is_named_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        ClassScheme.named("platelets")
    assert str(caught.value) == (
        "no class scheme 'platelets'; built in: platelet, drosophila-vnc"
    )


def test_ids_with_gaps_become_channels_and_back():
    labels = np.array([[7, 0, 9], [2, 2, 0]])

    channels = GAPS.to_channels(labels)

    np.testing.assert_array_equal(channels, [[2, 0, 255], [1, 1, 0]])
    assert channels.dtype == np.uint8
    np.testing.assert_array_equal(GAPS.to_ids(channels[1]), [2, 2, 0])
    assert GAPS.to_ids(np.array([255])) == GAPS.ignore
    assert GAPS.names == ("a", "b", "c")


def test_labels_that_the_scheme_lacks_are_refused():
    with pytest.raises(VolumeError) as caught:
        GAPS.check(np.array([0, 1, 2, 255]), where="a.tif")
    assert str(caught.value) == (
        "a.tif: label ids [1, 255] are not in the class scheme [0, 2, 7] (ignored: 9); "
        "add them to `classes` or correct the labels"
    )


def test_ids_above_a_byte_do_not_wrap_around():
    with pytest.raises(VolumeError, match=r"label ids \[-256, 256, 258\] are not in"):
        GAPS.to_channels(np.array([256, 258, -256]))


def test_fractions_are_no_labels():
    with pytest.raises(VolumeError) as caught:
        GAPS.check(np.array([0.5], np.float32))
    assert str(caught.value) == (
        "labels: labels must be whole numbers, got float32; save the class ids as uint8"
    )


def test_a_scheme_made_of_ids():
    made = ClassScheme.from_ids([4, 0, 2])

    assert made.names == ("background", "class 2", "class 4")
    assert made.with_role("background") == (0,)
    assert made.classes[0].colour == (0, 0, 0)
    assert made.classes[2].colour != made.classes[4].colour


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: scheme(a=None), "a scheme needs two classes or more, got 1"),
        (
            lambda: ClassScheme(classes=GAPS.classes | {255: GAPS.classes[0]}),
            r"class ids must be 0 to 254, got \[255\]",
        ),
        (
            lambda: ClassScheme(classes=GAPS.classes, ignore=7),
            "ignore id 7 is also a class; choose another",
        ),
        (
            lambda: ClassScheme(classes={0: GAPS.classes[0], 1: GAPS.classes[0]}),
            r"class names must differ, found twice: \['a'\]",
        ),
        (
            lambda: scheme(cell=None, granule="cel"),
            "'granule' lies in unknown class 'cel'; did you mean 'cell'?",
        ),
        (
            lambda: scheme(cell=None, granule="xyz"),
            r"'granule' lies in unknown class 'xyz'; names: \['cell', 'granule'\]",
        ),
        (
            lambda: scheme(cell="cell", granule=None),
            "'cell' lies in unknown class 'cell'",
        ),
        (
            lambda: CellClass(name="a", colour=(0, 256, 0)),
            r"colour parts must be 0 to 255, got \(0, 256, 0\)",
        ),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused(make, sentence):
    with pytest.raises(ValidationError, match=sentence):
        make()
