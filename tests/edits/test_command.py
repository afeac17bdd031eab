import commands
import pytest

from densecell.edits import read_journal
from densecell.errors import ConfigError


def edit(result, *words):
    return commands.run("edit", result, *words).stdout.splitlines()


def test_corrections_are_made_listed_and_undone(result):
    (merged,) = edit(result, "merge", 1, 2, "-l", "cells", "--why", "one cell")
    assert merged.endswith("merge  cells 1, 2  (one cell)")
    edit(result, "reclassify", 1, "--layer", "organelles", "--to", "alpha granule")
    edit(result, "grow-into", 1, "-l", "organelles", "--distance", 45)
    (undone,) = edit(result, "undo")

    lines = edit(result, "list")

    assert lines[0] == merged
    assert lines[1].endswith("reclassify  organelles 1 to alpha granule")
    assert lines[3] == undone
    assert undone.endswith("undo of 3")


def test_seeds_are_voxels(result):
    (line,) = edit(
        result, "split", 3, "-l", "cells", "--seed", "3,105,9", "--seed", "3,135,9"
    )

    assert line.endswith("split  cells 3; new: 5")
    assert read_journal(result)[0].seeds == ((3, 105, 9), (3, 135, 9))


def test_old_meshes_are_named(result):
    (result / "meshes").mkdir()

    *_, last = edit(result, "delete", 1, "-l", "cells")

    assert last.endswith(f"densecell mesh {result} --overwrite")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["merge", "-l", "cells"], "merge: name the ids of the objects"),
        (["merge", 1, 2], "name one: --layer cells or --layer organelles or --layer p"),
        (["split", 1, 2, "-l", "cells"], "split: name one object, not 2"),
        (["split", 1, "-l", "cells", "--seed", "3;4"], "--seed 3;4: is no voxel"),
        (["reclassify", 1, "-l", "cells"], "reclassify: name the new class"),
        (["grow-into", 1, "-l", "cells"], "grow-into: say how far it grows"),
    ],
)
def test_what_is_missing_is_said(result, words, message):
    with pytest.raises(ConfigError, match=message):
        edit(result, *words)
