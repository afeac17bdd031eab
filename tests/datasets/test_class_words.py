import pytest

from densecell.classes import ClassScheme
from densecell.datasets.class_words import named_classes
from densecell.errors import ConfigError


def test_names_roles_and_parents_are_read():
    scheme = named_classes(["1=cell:cell", "2=mitochondrion:organelle:cell", "7=dirt"])

    assert scheme.ids == (0, 1, 2, 7)
    assert scheme.classes[0].role == "background"
    assert (scheme.classes[2].role, scheme.classes[2].parent) == ("organelle", "cell")
    assert scheme.classes[7].role == "other"
    assert len({c.colour for c in scheme.classes.values()}) == 4


def test_classes_that_are_not_named_stay():
    scheme = named_classes(
        ["1=nucleus:organelle"], ClassScheme.from_ids([0, 1, 2], ignore=9)
    )

    assert scheme.names == ("background", "nucleus", "class 2")
    assert scheme.ignore == 9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mitochondrion"], "expected ID=NAME"),
        (["1="], "expected ID=NAME"),
        (["1=a:cell:b:c"], "expected ID=NAME"),
        (["1=a:organel"], "role 'organel' is unknown; roles: background, cell"),
        (["1=a", "1=b"], "id 1 is named twice"),
        (["1=a:organelle:cel"], "lies in unknown class"),
        (["255=a"], "255"),
    ],
)
def test_what_cannot_be_read_is_refused(words, message):
    with pytest.raises(ConfigError, match=message):
        named_classes(words)
