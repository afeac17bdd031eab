from itertools import takewhile

import pytest
import yaml

from densecell.config import AnnotatedBox, ProjectConfig, VolumeEntry, parse_settings
from densecell.datasets.entries import add_entries
from densecell.errors import ConfigError

ADDED = VolumeEntry(
    image="c.tif",
    labels="labels/c_001.zarr",
    spacing_nm=(50, 5, 5),
    z=(0, 3),
    boxes=(AnnotatedBox(box=((1, 2, 3), (2, 9, 9))),),
)
HEAD = "# mine\nformat: 1\nclasses: platelet  # as published\n"
FIRST = "image: a.tif\n  labels: b.tif\n  spacing_nm: [50, 5, 5]"
TEXTS = {
    "before settings": f"{HEAD}volumes:\n- {FIRST}\n\n# how\ntraining: {{steps: 3}}\n",
    "further in": f"{HEAD}volumes:\n  - {FIRST.replace('  ', '    ')} # nm\n",
    "at the end, without a newline": f"{HEAD}volumes:\n- {FIRST}",
    "in brackets": f"{HEAD}volumes: [{{image: a.tif, labels: b.tif, "
    "spacing_nm: [50, 5, 5]}]  # one\nnetwork: {width: 4}\n",
    "in braces below each other": f"{HEAD}volumes:\n- {{image: a.tif, labels: b.tif,\n"
    "   spacing_nm: [50, 5, 5]}\n",
    "with boxes last": f"{HEAD}volumes:\n- {FIRST}\n  boxes:\n"
    "  - box: [[0, 0, 0], [1, 9, 9]]\nensemble:\n  members: 2\n",
}


def alike(one, other):
    """Count the letters that two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def understood(text):
    return parse_settings(yaml.safe_load(text), ProjectConfig, where="test")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_volumes_are_added_behind_the_last_and_all_else_stays(text):
    longer = add_entries(text, [ADDED, ADDED], where="p.yaml")

    before, after = understood(text), understood(longer)
    assert after.volumes == (*before.volumes, ADDED, ADDED)
    assert after.model_copy(update={"volumes": before.volumes}) == before
    common = alike(text, longer) + alike(text[::-1], longer[::-1])
    assert common >= len(text)  # nothing went, only the volumes came


def test_a_list_that_cannot_be_added_to_is_left_alone():
    text = f"{HEAD}volumes: &all\n- &a\n  {FIRST}\n- *a\n"

    with pytest.raises(ConfigError, match=r"p.yaml: its list of volumes cannot be"):
        add_entries(text, [ADDED], where="p.yaml")
