"""From strokes to a network, in one small project; the slowest test of sessions."""

import json
import queue
import time

import numpy as np
import pytest
import tifffile

from densecell.datasets.project import read_project
from densecell.ensemble import rank_members
from densecell.errors import ConfigError
from densecell.geometry import Spacing
from densecell.session import Session
from densecell.session.curve import model_curve
from densecell.session.foresight import ForesightTask, newest_weights, predict_view
from densecell.session.jobs import Jobs
from densecell.session.plane import SlicePlane
from densecell.session.requests import (
    PaintRequest,
    ProjectRequest,
    TrainRequest,
    ViewRequest,
)
from densecell.training import train_model

CLASSES = [
    {"id": 0, "name": "outside", "color": "#000000", "role": "background"},
    {"id": 3, "name": "cell", "color": "#e69f00", "role": "cell"},
]
VIEW = {"volume": "em", "axis": "z", "index": 2, "box": (0, 0, 128, 160)}


@pytest.fixture
def session(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 60, (5, 128, 160)).astype(np.uint8)
    image[:, :, 80:] += 120
    tifffile.imwrite(tmp_path / "em.tif", image)
    session = Session([tmp_path])
    paths = {"folder": str(tmp_path / "p"), "path": str(tmp_path / "em.tif")}
    session.make(ProjectRequest(**paths, spacing_nm=(50, 4, 4), classes=CLASSES))
    yield session
    session.close()


def stroke(session, label, x):
    points = [[float(y), float(x)] for y in range(8, 120, 8)]
    asked = {"volume": "em", "axis": "z", "index": 2, "tool": "brush", "class": label}
    session.paint(PaintRequest(**asked, points=points, radius=3))


def test_strokes_become_a_sketch_in_the_background(session):
    pytest.importorskip("sklearn")
    view = ViewRequest(**VIEW)
    assert "two classes" in session.sketch(view)["reason"]
    stroke(session, 0, 20)
    stroke(session, 3, 130)
    heard = session.events.listen()

    assert session.sketch(view) == {"accepted": True}

    end = time.monotonic() + 60
    kind = ""
    while kind != "sketch" and time.monotonic() < end:
        try:
            kind, values = heard.get(timeout=1)
        except queue.Empty:
            continue
        assert kind != "trouble", values
    tile = session.tile("em", "sketch", SlicePlane("z", 2), (0, 0, 0)).voxels
    assert "sketch" in values["note"]
    assert (tile[:, :70] == 0).mean() > 0.95
    assert (tile[:, 90:] == 3).mean() > 0.95


def test_paint_of_one_slice_trains_a_network_that_is_seen(
    session, tmp_path, monkeypatch
):
    with pytest.raises(ConfigError, match="nothing is painted"):
        session.train(TrainRequest(minutes=1))
    stroke(session, 0, 20)
    stroke(session, 3, 130)
    session.close()  # project.yaml describes the paint now
    folder = tmp_path / "p"
    project = read_project(folder)
    small = {
        "network": project.network.model_copy(update={"name": "unet2d", "width": 4}),
        "training": project.training.model_copy(
            update={"steps": 6, "minutes": None, "validations": 2}
        ),
        "ensemble": project.ensemble.model_copy(update={"members": 1}),
    }
    model = folder / "models" / "studio-01"
    for _ in train_model(project.model_copy(update=small), folder, model):
        pass
    rank_members(model, best=1)

    curve = model_curve(folder, "models/studio-01", time.time() - 5)
    member, file, _ = newest_weights(model)
    image, spacing = str(tmp_path / "em.tif"), Spacing(50, 4, 4)
    found = [
        predict_view(ForesightTask(member, name, image, spacing, 2, (3, 5, 90, 150), 1))
        for name in (file, "weights.safetensors")
    ]

    assert {e.role for e in project.volumes} == {"train", "eval"}
    assert [point["step"] for point in curve] == [3, 6]
    assert all(point["score"] is not None for point in curve)
    assert found[0].step == 6
    for one in found:
        assert one.labels.shape == (87, 145)
        assert set(np.unique(one.labels)) <= {0, 3}
    assert next_training(tmp_path, folder, monkeypatch)[-2:] == ("--from", str(model))


def next_training(root, folder, monkeypatch):
    """Words of the training that a person would start next."""
    started = []

    def start(jobs, kind, words, **rest):
        started.extend(words)
        raise ConfigError("not started")

    monkeypatch.setattr(Jobs, "start", start)
    again = Session([root])
    assert again.open(str(folder))["models"] == ["studio-01"]
    with pytest.raises(ConfigError, match="not started"):
        again.train(TrainRequest(minutes=1))
    again.close()
    return tuple(started)


def test_a_curve_ends_before_a_line_that_is_being_written(tmp_path):
    member = tmp_path / "models" / "a" / "member_00"
    member.mkdir(parents=True)
    line = json.dumps({"step": 1, "loss": 0.5, "miou_all": 0.25})
    (member / "history.jsonl").write_text(f'{line}\n{{"step": 2, "lo')

    (point,) = model_curve(tmp_path, "models/a", time.time())

    assert (point["step"], point["loss"], point["score"]) == (1, 0.5, 0.25)
