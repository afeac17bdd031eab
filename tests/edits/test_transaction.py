import pytest

from densecell.edits import transaction
from densecell.edits.transaction import (
    Transaction,
    is_pending,
    recover,
    undo_files,
)
from densecell.errors import OutputError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old.txt").write_text("old")
    (tmp_path / "a" / "gone.txt").write_text("gone")
    return tmp_path


def prepared(folder):
    change = Transaction(folder, 1)
    change.staged("a/old.txt").write_text("new")
    change.staged("b/more.txt").write_text("more")
    change.drop("a/gone.txt")
    change.drop("a/never.txt")
    return change


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*.txt")
        if "edits" not in path.relative_to(folder).parts
    }


BEFORE = {"a/old.txt": "old", "a/gone.txt": "gone"}
AFTER = {"a/old.txt": "new", "b/more.txt": "more"}


def test_files_are_replaced_added_and_removed(folder):
    prepared(folder).commit()

    assert texts(folder) == AFTER
    assert not is_pending(folder)


def test_undo_puts_all_back(folder):
    prepared(folder).commit()

    undo_files(folder, 1, ("journal.txt", "undone"))

    assert texts(folder) == BEFORE | {"journal.txt": "undone"}
    assert {path.name for path in folder.iterdir()} == {"a", "journal.txt"}


def test_what_was_only_prepared_is_dropped(folder):
    prepared(folder)
    assert is_pending(folder)

    recover(folder)

    assert texts(folder) == BEFORE
    assert not (folder / "edits" / "1").exists()


@pytest.mark.parametrize(
    ("name", "call"), [("_keep", 0), ("_keep", 1), ("_drop_empty", 0)]
)
def test_a_change_that_was_killed_is_finished(folder, monkeypatch, name, call):
    _kill_at(monkeypatch, name, call)
    with pytest.raises(KeyboardInterrupt):
        prepared(folder).commit()
    monkeypatch.undo()
    assert is_pending(folder)

    recover(folder)

    assert texts(folder) == AFTER
    undo_files(folder, 1, ("journal.txt", ""))
    assert texts(folder) == BEFORE | {"journal.txt": ""}


@pytest.mark.parametrize("call", [0, 1])
def test_an_undo_that_was_killed_is_finished(folder, monkeypatch, call):
    prepared(folder).commit()
    _kill_at(monkeypatch, "_drop_empty", call)
    with pytest.raises(KeyboardInterrupt):
        undo_files(folder, 1, ("journal.txt", "undone"))
    monkeypatch.undo()

    recover(folder)

    assert texts(folder) == BEFORE | {"journal.txt": "undone"}
    assert not is_pending(folder)


def test_a_correction_without_its_files_is_not_undone(folder):
    with pytest.raises(OutputError, match="correction 3 cannot be undone"):
        undo_files(folder, 3, ("journal.txt", ""))


def test_a_damaged_plan_is_named(folder):
    prepared(folder).commit()
    (folder / "edits" / "1" / "plan.json").write_text("{")

    with pytest.raises(OutputError, match=r"plan\.json: cannot be read"):
        undo_files(folder, 1, ("journal.txt", ""))


def test_files_are_copied_where_there_are_no_links(folder, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr("os.link", refuse)
    prepared(folder).commit()
    undo_files(folder, 1, ("journal.txt", ""))

    assert texts(folder) == BEFORE | {"journal.txt": ""}


def _kill_at(monkeypatch, name, call):
    """Let a function raise at one of its calls."""
    there, calls = getattr(transaction, name), []

    def counted(*arguments):
        calls.append(arguments)
        if len(calls) == call + 1:
            raise KeyboardInterrupt
        return there(*arguments)

    monkeypatch.setattr(transaction, name, counted)


def test_a_kill_while_an_undone_correction_is_removed_does_no_harm(folder, monkeypatch):
    prepared(folder).commit()
    _kill_at(monkeypatch, "remove", 0)
    with pytest.raises(KeyboardInterrupt):
        undo_files(folder, 1, ("journal.txt", "undone"))
    monkeypatch.undo()
    for left in (folder / "edits").rglob("undo.json"):
        left.unlink()  # removed in part

    recover(folder)

    assert texts(folder) == BEFORE | {"journal.txt": "undone"}
    assert [*(folder / "edits").iterdir()] == []
