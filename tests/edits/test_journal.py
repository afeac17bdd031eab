import pytest

from densecell.edits.journal import (
    Edit,
    edits_in_words,
    highest_id,
    journal_text,
    read_journal,
    standing,
)
from densecell.errors import VolumeError
from densecell.result.layout import EDITS as EDITS_FILE

WHEN = "2026-01-02T03:04:05+00:00"
EDITS = [
    Edit(number=1, when=WHEN, kind="merge", layer="cells", ids=(3, 5)),
    Edit(number=2, when=WHEN, kind="split", layer="cells", ids=(3,), made=(9,)),
    Edit(number=3, when=WHEN, kind="undo", layer="cells", undoes=2),
]


def test_a_journal_is_read_as_it_was_written(tmp_path):
    (tmp_path / EDITS_FILE).write_text(journal_text(EDITS))

    assert read_journal(tmp_path) == EDITS
    assert len(journal_text(EDITS).splitlines()) == 3


def test_without_a_journal_there_are_no_corrections(tmp_path):
    assert read_journal(tmp_path) == []


def test_what_was_undone_does_not_stand():
    assert standing(EDITS) == EDITS[:1]


def test_ids_of_undone_corrections_are_not_used_again():
    assert highest_id(EDITS, "cells") == 9
    assert highest_id(EDITS, "organelles") == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 is damaged"),
        ('{"number": 2, "when": "", "kind": "melt"}', r"line 2 is damaged \(kind"),
        (EDITS[2].model_dump_json(), "line 2 is correction 3, but 2 should follow"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, message):
    text = journal_text(EDITS[:1]) + line + "\n"
    (tmp_path / EDITS_FILE).write_text(text)

    with pytest.raises(VolumeError, match=message):
        read_journal(tmp_path)


def test_a_summary_counts_what_stands():
    objects = (("cells", 3), ("cells", 5))
    one = EDITS[0].model_copy(update={"changed": objects})
    assert edits_in_words([one, *EDITS[1:]]) == (
        "1 correction was made by hand; 2 objects were changed."
    )
    again = EDITS[0].model_copy(update={"number": 4, "changed": objects[:1]})
    assert edits_in_words([one, *EDITS[1:], again]) == (
        "2 corrections were made by hand; 2 objects were changed."
    )
    assert edits_in_words([]) == ""
