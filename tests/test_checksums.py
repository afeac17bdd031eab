import pytest

from densecell.checksums import (
    Change,
    count_files,
    drop_checksums,
    find_changes,
    write_checksums,
)
from densecell.errors import OutputError


@pytest.fixture
def result(tmp_path):
    """A folder with 70 files of 1 byte in `many`, and one beside it."""
    (tmp_path / "many").mkdir()
    for n in range(70):
        (tmp_path / "many" / f"{n:02d}").write_bytes(bytes([n]))
    (tmp_path / "alone").write_text("a")
    write_checksums(tmp_path, "step", [tmp_path / "many", tmp_path / "alone"])
    return tmp_path


def changes(result, **options):
    return [c for c in find_changes(result, "step", **options) if c is not None]


def test_what_was_not_touched_has_not_changed(result):
    assert count_files(result, "step") == 71
    assert len(list(find_changes(result, "step"))) == 71
    assert changes(result, full=True) == []


def test_missing_and_shortened_files_are_found(result):
    (result / "alone").unlink()
    (result / "many" / "69").write_bytes(b"")

    assert changes(result) == [
        Change("alone", "is gone"),
        Change("many/69", "has 0 bytes, was written with 1"),
    ]


def test_other_contents_are_found_in_samples_and_everywhere_if_asked(result):
    for name in ("01", "02"):
        (result / "many" / name).write_bytes(b"x")  # of the same size

    every_second = [Change("many/01", "has other contents than were written")]
    assert changes(result) == every_second  # "alone" is first, then 01, 03, ...
    assert len(changes(result, full=True)) == 2


def test_new_files_do_not_matter_and_absent_places_are_left_out(tmp_path):
    write_checksums(tmp_path, "step", [tmp_path / "nowhere"])

    assert count_files(tmp_path, "step") == 0


def test_the_list_itself_may_be_missing_or_damaged(result):
    path = result / "checksums" / "step.json"
    for text in ("{", "[]", '{"files": 3}', '{"files": {"a": 1}}'):
        path.write_text(text)
        with pytest.raises(OutputError, match="is no list of checksums; put it back"):
            changes(result)
    drop_checksums(result, "step")
    with pytest.raises(OutputError) as caught:
        changes(result)
    assert str(caught.value) == (
        f"{path}: is missing, so nothing says what `densecell step` wrote; run it "
        "again with --overwrite"
    )
