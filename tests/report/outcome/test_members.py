import shutil

from densecell.report.outcome.members import (
    has_one_network,
    members_section,
    training_section,
)
from densecell.report.page import Notes, Picture
from densecell.result import Agreement, MemberAgreement, Result, read_run

AGREEMENT = Agreement(
    voxels={"ground": 9, "disc": 1},
    members={
        "a": MemberAgreement(agreement=0.99, iou={"ground": 0.98, "disc": None}),
        "b": MemberAgreement(agreement=0.5, iou={"ground": 0.25, "disc": 0.5}),
    },
)


def test_members_are_listed_by_class_with_their_agreement(drawn):
    section = members_section(drawn(agreement=AGREEMENT))

    table, note = section.parts
    assert list(table.header) == ["class", "a", "b"]
    assert table.rows == [
        ["all voxels", "99.00 %", "50.00 %"],
        ["ground", "0.980", "0.250"],
        ["disc", "-", "0.500"],
    ]
    assert note == Notes(["The members' own labels were not kept (--keep-members)."])


def test_labels_that_were_kept_are_drawn(made):
    section = members_section(Result(made / "result"))

    picture = section.parts[1]
    assert isinstance(picture, Picture)
    assert picture.wide
    assert picture.caption.startswith("Slice z = 3. Red: where a member differs from")


def test_an_unfinished_segmentation_has_no_agreement_to_show(drawn):
    assert members_section(drawn()) is None


def test_one_network_has_nobody_to_disagree_with(made, result, change_run):
    run = read_run(result)
    (first, digest), *_ = run.model.members.items()
    change_run(result, model=run.model.model_copy(update={"members": {first: digest}}))

    assert has_one_network(Result(result))
    assert not has_one_network(Result(made / "result"))
    assert members_section(Result(result)) is None


def test_curves_are_drawn_while_the_model_is_there(made, tmp_path, change_run):
    assert training_section(Result(made / "result")).title == "Learning curves"

    shutil.copytree(made / "result", tmp_path / "result")
    model = read_run(tmp_path / "result").model
    gone = model.model_copy(update={"path": tmp_path / "gone"})
    change_run(tmp_path / "result", model=gone)
    assert training_section(Result(tmp_path / "result")) is None


def test_labels_from_elsewhere_learned_nothing(drawn):
    assert training_section(drawn()) is None
