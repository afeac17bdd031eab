from functools import partial
from pathlib import Path

import pytest
from pydantic import BaseModel

from densecell import __version__
from densecell.compute import (
    Stage,
    begin_or_resume,
    check_same,
    once_per_process,
    versions,
)
from densecell.compute.stage import first_difference
from densecell.errors import BlocksFailedError, OutputError


class Loss(BaseModel, frozen=True):
    dice: float = 1.0
    l2: float = 0.0


class Training(BaseModel, frozen=True):
    steps: int = 10
    loss: Loss = Loss()


def mark(stage, broken, number):
    """Finish a block, unless it is one of the broken ones."""
    if number in broken:
        raise ValueError(f"no block {number}")
    stage.folder.mkdir(parents=True, exist_ok=True)
    stage.mark(number).write_text("{}")


def test_only_blocks_without_a_mark_wait(tmp_path):
    stage = Stage(tmp_path, count=3)
    stage.mark(1).write_text("{}")

    assert stage.waiting() == [0, 2]


def test_marks_have_the_suffix_of_their_stage(tmp_path):
    assert Stage(tmp_path, 3, ".npz").mark(7) == tmp_path / "000007.npz"


def test_a_second_run_does_only_what_is_left(tmp_path):
    stage = Stage(tmp_path / "blocks", count=4)
    first = stage.run(partial(mark, stage, {1, 3}), place=tmp_path)
    with pytest.raises(BlocksFailedError):
        list(first)

    again = list(stage.run(partial(mark, stage, ()), place=tmp_path))

    assert sorted(again) == [1, 3]
    assert list(stage.run(partial(mark, stage, ()), place=tmp_path)) == []


def test_failed_blocks_are_named_after_all_others_are_finished(tmp_path):
    stage = Stage(tmp_path / "blocks", count=3)
    steps = stage.run(
        partial(mark, stage, {1}),
        place=tmp_path,
        describe=lambda n: f"slices {n} to {n + 1}",
    )

    with pytest.raises(BlocksFailedError) as caught:
        list(steps)

    assert stage.waiting() == [1]
    assert "1 of 3 blocks failed, the others are finished. Fix the cause" in str(
        caught.value
    )
    assert "slices 1 to 2: ValueError: no block 1" in str(caught.value)


def test_settings_are_resolved_at_the_first_start_only(tmp_path):
    path = tmp_path / "settings.yaml"
    resolved, checked = [], []

    def resolve():
        resolved.append(1)
        return Training(steps=len(resolved))

    first = begin_or_resume(path, Training, resolve=resolve, check=checked.append)
    second = begin_or_resume(path, Training, resolve=resolve, check=checked.append)

    assert first == second == Training(steps=1)
    assert resolved == [1]
    assert checked == [first]


def test_the_first_difference_is_named_with_both_values(tmp_path):
    then, now = Training(), Training(steps=10, loss=Loss(l2=0.5))

    with pytest.raises(OutputError) as caught:
        check_same(then, now, place=tmp_path, remedy="choose another --out")

    assert str(caught.value) == (
        f"{tmp_path}: was begun with loss.l2 0.0, now asked for 0.5; choose another "
        "--out"
    )


def test_settings_that_may_differ_are_passed_over(tmp_path):
    then, now = Training(), Training(steps=11, loss=Loss(l2=0.5))

    check_same(then, now, place=tmp_path, remedy="", ignore={"steps", "loss.l2"})


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {"a": 2}, ("a", 1, 2)),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ("a", {"b": 1}, {"c": 1})),
        ({"a": Loss()}, {"a": None}, ("a", Loss(), None)),
    ],
)
def test_differences_of_nested_settings(then, now, found):
    assert first_difference(then, now) == found


def test_a_process_loads_once_while_settings_stay_the_same(tmp_path):
    (tmp_path / "run.yaml").write_text("steps: 1")
    loaded = []

    @once_per_process("run.yaml")
    def load(out: Path, name: str) -> int:
        loaded.append((out, name))
        return len(loaded)

    assert load(tmp_path, "a") == load(tmp_path, "a") == 1
    assert load(tmp_path, "b") == 2
    (tmp_path / "run.yaml").write_text("steps: 2")
    assert load(tmp_path, "b") == 3


def test_versions_name_densecell_first():
    found = versions("numpy")

    assert list(found) == ["densecell", "numpy"]
    assert found["densecell"] == __version__
