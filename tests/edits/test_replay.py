import commands
import pytest

from densecell.edits import delete, merge, reclassify, replay, split
from densecell.errors import ConfigError, VolumeError
from densecell.result import Result


@pytest.fixture
def journal(result):
    """Journal of three corrections, of a result that was measured anew since."""
    merge(result, "cells", [1, 2], why="one cell")
    split(result, "organelles", 5, [(3, 108, 9), (3, 124, 9)])
    reclassify(result, "organelles", [1], "alpha granule")
    delete(result, "cells", [3])
    commands.run("edit", result, "undo")
    outcome = commands.run(
        "measure", result / "labels.npy", "--out", result, "--classes", "platelet",
        "--spacing", 40, 10, 20, "--no-split", "--min-volume", 0,
        "--min-cell-volume", 0, "--overwrite",
    )  # fmt: skip
    assert "Objects have new ids" in outcome.stdout
    return result / "edits-1.jsonl"


def test_measuring_anew_keeps_the_journal_aside(result, journal):
    assert not (result / "edits.jsonl").exists()
    assert not (result / "edits").exists()
    assert len(journal.read_text().splitlines()) == 5


def test_what_stands_and_fits_is_made_again(result, journal):
    done = list(replay(result, journal))

    assert [each.then.kind for each in done] == ["merge", "split", "reclassify"]
    assert all(each.now for each in done)
    assert done[0].now.why == "one cell"
    assert len(Result(result).rows("cells")) == 3


def test_what_does_not_fit_is_said(result, journal):
    merge(result, "cells", [1, 2])

    outcome = commands.run("edit", result, "replay", "--journal", journal).stdout

    assert "its objects are one object already" in outcome
    assert outcome.splitlines()[-1] == "2 made again, 1 that do not fit any more"


def test_an_object_that_is_gone_is_said(result, journal):
    delete(result, "cells", [2])

    first, *_ = replay(result, journal)

    assert first.now is None
    assert "no object of cells is at (1, 2, 20) any more" in first.why_not


def test_seeds_in_several_objects_are_said(result, journal):
    split(result, "organelles", 5, [(3, 108, 9), (3, 124, 9)])

    done = {each.then.kind: each for each in replay(result, journal)}

    assert "its seeds lie in several objects now" in done["split"].why_not


def test_a_journal_must_be_named_and_there(result):
    with pytest.raises(ConfigError, match="replay: name the journal"):
        commands.run("edit", result, "replay")
    with pytest.raises(VolumeError, match="cannot be read"):
        list(replay(result, result / "missing.jsonl"))
