import pytest

from densecell.disk import written_aside
from densecell.errors import DatasetError, OutputError


def test_the_output_appears_whole(tmp_path):
    out = tmp_path / "deep" / "out.txt"

    with written_aside(out) as aside:
        aside.write_text("new")
        assert aside.parent == out.parent
        assert not out.exists()

    assert out.read_text() == "new"
    assert list(out.parent.iterdir()) == [out]


def test_an_error_leaves_the_old_output_and_nothing_else(tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("old")

    with (
        pytest.raises(OutputError, match=r"out\.txt: .* \(the disk is full\); choose"),
        written_aside(out, overwrite=True) as aside,
    ):
        _write_half(aside)

    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_replaces_a_folder(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()

    with written_aside(out, overwrite=True) as aside:
        aside.mkdir()
        (aside / "new").touch()

    assert [f.name for f in out.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [out]


def test_what_exists_is_not_overwritten_unasked(tmp_path):
    out = tmp_path / "out.txt"
    out.touch()
    with (
        pytest.raises(OutputError, match=r"out\.txt: exists; .* or pass --overwrite"),
        written_aside(out),
    ):
        pass


def test_an_empty_folder_is_free(tmp_path):
    out = tmp_path / "out"
    out.mkdir()

    with written_aside(out) as aside:
        aside.mkdir()
        (aside / "new").touch()

    assert [f.name for f in out.iterdir()] == ["new"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(
            OutputError, match=r"out: cannot be written \(.*\); choose anoth"
        ),
        written_aside(tmp_path / "file" / "out"),
    ):
        pass


def test_a_permission_lost_on_the_way_is_worded(tmp_path):
    with (
        pytest.raises(OutputError, match="cannot be written"),
        written_aside(tmp_path / "out"),
    ):
        raise PermissionError(13, "Permission denied")


def test_a_worded_error_stays_as_it_is(tmp_path):
    with (
        pytest.raises(DatasetError, match=r"^b: damaged$"),
        written_aside(tmp_path / "out"),
    ):
        raise DatasetError("b: damaged")


def _write_half(path):
    path.write_text("half")
    raise OSError("the disk is full")
