import json

from commands import run

from densecell.report.outcome.object_scores import object_score_parts
from densecell.report.outcome.scores import scores_section
from densecell.report.page import Notes, Table
from densecell.result import Result


def test_objects_are_shown_for_as_long_as_they_are_those_that_were_scored(made, result):
    run("evaluate", result, made / "truth.tif")

    matches, census, lines = object_score_parts(Result(result))

    assert isinstance(matches, Table)
    assert matches.caption.startswith(
        "Objects against truth. True organelles: connected components of the true"
    )
    assert matches.header[:4] == ("class", "true", "found", "matched")
    assert [row[0] for row in matches.rows] == ["disc"]
    assert [row[1] for row in census.rows] == ["all", "whole"]
    assert lines.sentences[0].startswith("organelles: variation of information ")
    section = scores_section(Result(result), None)
    assert tuple(section.parts[-3:]) == (matches, census, lines)

    run("measure", result, "--overwrite", "--no-split")

    assert object_score_parts(Result(result)) == [
        Notes(
            [
                "Objects were measured again after they were scored against truth. Run "
                "`densecell evaluate` again."
            ],
            warn=True,
        )
    ]


def test_scores_of_voxels_only_say_how_objects_are_scored(made, result):
    hint = Notes(["Scores of objects, too: `densecell evaluate result LABELS`."])
    run("evaluate", result, made / "truth.tif")
    path = result / "scores" / "truth.json"
    scores = json.loads(path.read_text())
    del scores["objects"]
    path.write_text(json.dumps(scores))

    assert object_score_parts(Result(result)) == [hint]


def test_without_a_measurement_nothing_is_said_of_objects(result):
    (result / "blocks" / "measure" / "finished").unlink()

    assert object_score_parts(Result(result)) == []
