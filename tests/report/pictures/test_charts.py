import pytest

from densecell.report.pictures import charts
from densecell.report.pictures.charts import learning_curves, score_bars


def test_curves_of_two_members_differ_from_those_of_one():
    line = {"step": 5, "loss": 1.0, "miou_all": 0.4}
    history = [line, line | {"step": 10, "loss": 0.5, "miou_all": 0.6}]

    both = learning_curves({"member_00": history, "member_01": history[:1]})
    one = learning_curves({"member_00": history})

    assert both.startswith(b"\x89PNG")
    assert both != one


def test_a_class_without_a_score_is_drawn_as_nothing():
    missing = score_bars({"ensemble": {"cell": 0.9, "core": None}})
    zero = score_bars({"ensemble": {"cell": 0.9, "core": 0.0}})

    assert missing == zero


@pytest.mark.parametrize("losses", [(1.0, 0.9999), (2.0, 0.1), (0.0, 0.0)])
def test_the_highest_loss_lies_below_the_frame(losses, monkeypatch):
    drawn = []
    monkeypatch.setattr(charts, "png", lambda figure: drawn.append(figure) or b"")
    history = [
        {"step": step, "loss": loss, "miou_all": 0.4}
        for step, loss in enumerate(losses)
    ]

    learning_curves({"member_00": history})

    bottom, top = drawn[0].axes[0].get_ylim()
    assert bottom == 0
    assert top == (1.05 * max(losses) or 1)
