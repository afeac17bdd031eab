import pytest

from densecell.errors import DensecellError
from densecell.report.model.facts import mean_known, read_facts


def test_facts_are_of_the_members_that_vote(trained):
    model = trained / "models" / "tiny"

    both, one = read_facts(model), read_facts(model, only="member_01")

    assert {m.folder for m in both.voting} == {"member_00", "member_01"}
    assert [m.folder for m in one.voting] == ["member_01"]
    assert (len(both.settings), len(one.settings)) == (2, 1)
    assert one.settings[0].seed == 1
    assert one.iou("disc") == one.voting[0].outcome.iou["disc"]
    assert one.scores() == [one.voting[0].outcome.miou_all]
    assert both.network.parameters > 0


@pytest.mark.parametrize(
    ("scores", "mean"), [((0.25, None, 0.75), 0.5), ((None,), None), ((), None)]
)
def test_scores_that_are_not_known_count_in_no_mean(scores, mean):
    assert mean_known(scores) == mean


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(DensecellError, match=str(tmp_path)):
        read_facts(tmp_path)
