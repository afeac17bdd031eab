import shutil

import numpy as np
import pytest

from densecell.ensemble import read_ensemble
from densecell.geometry import Spacing
from densecell.report.model.training import draw_training, score_spread, write_events
from densecell.training import Example, load_member_settings, read_history


@pytest.fixture
def example():
    predicted = np.zeros((20, 30), np.uint8)
    predicted[5:9] = 1
    noise = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    return Example(noise, np.zeros_like(predicted), predicted, Spacing(40, 10, 10))


def test_pictures_are_drawn_anew_and_others_are_told(tmp_path, trained, example):
    source = trained / "models" / "tiny" / "member_00"
    settings = load_member_settings(source)
    history = (source / "history.jsonl").read_text()
    (tmp_path / "history.jsonl").write_text(history)
    (tmp_path / "curves.png").write_text("of the validation before")
    told = []

    draw_training(tmp_path, settings, example, also=lambda *what: told.append(what))

    for name in ("curves.png", "example.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert told == [(tmp_path, settings, example)]


def test_members_that_do_not_vote_are_hollow(trained):
    ensemble = read_ensemble(trained / "models" / "tiny")
    hollow = [m.model_copy(update={"used": False}) for m in ensemble.members]

    drawn = score_spread(ensemble)

    assert drawn.startswith(b"\x89PNG")
    assert drawn != score_spread(ensemble.model_copy(update={"members": hollow}))


def test_the_last_validation_can_be_read_back(tmp_path, trained, example):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    source = trained / "models" / "tiny" / "member_00"
    shutil.copy(source / "history.jsonl", tmp_path)

    write_events(tmp_path, load_member_settings(source), example)

    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    (score,) = events.Scalars("MIoU/all")
    last = read_history(source)[-1]
    assert (score.step, score.value) == (last["step"], pytest.approx(last["miou_all"]))
    assert len(events.Images("example")) == 1
