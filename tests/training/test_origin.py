import hashlib

import pytest

from densecell.classes import ClassScheme
from densecell.errors import CheckpointError
from densecell.training import Origin
from densecell.training.origin import take_origin


@pytest.fixture
def origin(trained):
    model = trained / "models" / "tiny"
    return Origin((model / "member_01", model / "member_00"))


def test_few_members_serve_many_in_turn(origin):
    names = [origin.member(number).name for number in range(3)]

    assert names == ["member_01", "member_00", "member_01"]


def test_weights_are_copied_beside_what_begins_from_them(tmp_path, origin):
    sha256 = take_origin(origin, 1, tmp_path / "member_01")

    (copy,) = (tmp_path / "member_01").iterdir()
    assert copy.name == "origin.safetensors"
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == sha256
    source = origin.members[1] / "weights.safetensors"
    assert copy.read_bytes() == source.read_bytes()


def test_a_model_of_other_classes_is_refused(origin):
    with pytest.raises(CheckpointError) as caught:
        origin.check(ClassScheme.from_ids([0, 1]))
    assert str(caught.value) == (
        f"{origin.members[0].parent}: was trained for the classes ground, disc, the "
        "project is for background, class 1; start from a model of the same classes"
    )


def test_a_member_without_weights_is_named(tmp_path):
    path = tmp_path / "member_00" / "weights.safetensors"
    with pytest.raises(CheckpointError) as caught:
        Origin((tmp_path / "member_00",)).sha256(0)
    assert str(caught.value) == (
        f"{path}: cannot be read (No such file or directory); choose another model "
        "to start from"
    )
