import pytest

from densecell.errors import OutputError
from densecell.session.journal import Journal


def opened(path):
    journal = Journal(path)
    return journal, [header["n"] for _, header in journal.records()]


def test_records_come_back_with_their_blobs(tmp_path):
    journal, _ = opened(tmp_path / "a.bin")
    place = journal.add({"n": 1}, [b"one", b"", b"three"])
    journal.add({"n": 2})

    again, numbers = opened(tmp_path / "a.bin")

    assert numbers == [1, 2]
    assert again.blobs(place) == [b"one", b"", b"three"]


@pytest.mark.parametrize("lost", [1, 10, 30])
def test_a_record_that_was_cut_off_is_dropped_and_the_next_takes_its_place(
    tmp_path, lost
):
    path = tmp_path / "a.bin"
    journal, _ = opened(path)
    journal.add({"n": 1}, [b"x" * 20])
    journal.add({"n": 2}, [b"y" * 20])
    path.write_bytes(path.read_bytes()[:-lost])

    again, numbers = opened(path)
    again.add({"n": 3})

    assert numbers == [1]
    assert opened(path)[1] == [1, 3]


def test_damage_before_a_good_record_is_refused_and_nothing_is_cut(tmp_path):
    path = tmp_path / "a.bin"
    journal, _ = opened(path)
    journal.add({"n": 1}, [b"x" * 20])
    journal.add({"n": 2})
    data = bytearray(path.read_bytes())
    data[30] ^= 255
    path.write_bytes(data)

    with pytest.raises(OutputError, match=r"is damaged at byte 0; restore it"):
        opened(path)

    assert path.read_bytes() == data
