import numpy as np
import pytest

from densecell.report.pictures import charts
from densecell.report.pictures.charts import (
    DotRow,
    confusion_picture,
    fraction_picture,
    learning_curves,
    score_bars,
    size_picture,
)


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


def axes_of(monkeypatch, draw, *arguments):
    """What a plot draws, before it becomes a file."""
    drawn = []
    monkeypatch.setattr(charts, "png", lambda figure: drawn.append(figure) or b"")
    draw(*arguments)
    return drawn[0].axes[0]


def test_a_confusion_matrix_holds_shares_of_each_true_class(monkeypatch):
    counts = np.array([[3, 1, 0], [0, 0, 0], [0, 9, 1]])

    axis = axes_of(monkeypatch, confusion_picture, counts, ["a$", "b", "c"])

    (image,) = axis.images
    np.testing.assert_allclose(
        image.get_array(), [[0.75, 0.25, 0], [0] * 3, [0, 0.9, 0.1]]
    )
    written = {text.get_position(): text.get_text() for text in axis.texts}
    assert written == {(0, 0): "75.0", (1, 0): "25.0", (1, 2): "90.0", (2, 2): "10.0"}
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a\\$", "b", "c"]


def test_every_value_is_a_dot_and_the_bar_is_the_median(monkeypatch):
    groups = [DotRow("a", (255, 0, 0), [1.0, 2.0, 9.0]), DotRow("b", (0, 0, 0), [])]

    axis = axes_of(monkeypatch, size_picture, groups)

    (dots,) = axis.collections
    assert sorted(dots.get_offsets()[:, 0]) == [1.0, 2.0, 9.0]
    assert abs(dots.get_offsets()[:, 1]).max() < 0.3
    (median,) = axis.lines
    assert list(median.get_xdata()) == [2.0, 2.0]
    assert axis.get_xlim() == (0.1, 10.0)
    assert [t.get_text() for t in axis.get_yticklabels()] == ["a (3)", "b (0)"]


def test_shares_begin_at_zero(monkeypatch):
    axis = axes_of(
        monkeypatch, fraction_picture, [DotRow("a", (0, 0, 0), [20.0, 30.0])]
    )

    assert axis.get_xlim()[0] == 0
    assert axis.get_xlabel() == "% of the cell"
