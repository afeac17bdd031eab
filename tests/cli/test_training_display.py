import time

from densecell.cli.training_display import training_display
from densecell.training import MemberOutcome, MemberProgress, TrainingRecord


def record(step, miou=None, best=-1.0, rate=4.0):
    return MemberProgress(1, TrainingRecord(step, 10, 0.5, rate, miou, best), None)


def test_piped_output_has_a_line_for_validations_and_outcomes(capsys):
    done = MemberOutcome(state="finished", seed=1, miou_all=0.75)
    given_up = MemberOutcome(state="abandoned", seed=2, reason="after 3 steps MIoU 0.1")

    with training_display() as show:
        show(record(1))
        show(record(2, 0.75, 0.75))
        show(record(3))
        show(MemberProgress(1, None, done))
        show(MemberProgress(2, None, given_up))

    assert capsys.readouterr().out.splitlines() == [
        "member 01, step 2 of 10, loss 0.500, best MIoU 0.750, 4.00 steps/s, 2 s left",
        "member 01, finished, MIoU 0.750",
        "member 02, abandoned: after 3 steps MIoU 0.1",
    ]


def test_piped_output_has_a_line_now_and_then(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    with training_display() as show:
        for step in range(1, 8):
            now[0] += 10
            show(record(step))

    assert [line[:19] for line in capsys.readouterr().out.splitlines()] == [
        "member 01, step 4 o"
    ]


def test_a_terminal_shows_a_table(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")

    with training_display() as show:
        show(record(1))
        show(record(10, 0.75, 0.75))
        show(
            MemberProgress(
                1, None, MemberOutcome(state="finished", seed=1, miou_all=0.75)
            )
        )

    shown = capsys.readouterr().out
    assert "best MIoU(all)" in shown
    assert "finished" in shown


def test_members_trained_elsewhere_have_no_rate(capsys):
    with training_display() as show:
        show(record(2, 0.75, 0.75, rate=None))

    assert (
        capsys.readouterr().out
        == "member 01, step 2 of 10, loss 0.500, best MIoU 0.750\n"
    )
