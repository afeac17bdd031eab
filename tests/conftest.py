"""A tiny labelled project: bright discs on dark ground, and a model trained on it."""

import numpy as np
import pytest
import torch
import yaml
from hypothesis import settings

from densecell.config import ProjectConfig, load_settings
from densecell.ensemble import rank_members
from densecell.geometry import Box, Spacing
from densecell.inference import engines
from densecell.patches import LabelledVolume
from densecell.training import load_data, members, train_members
from densecell.volume import Statistics

settings.register_profile("densecell", deadline=None)  # machines may be busy
settings.load_profile("densecell")

SHAPE = (6, 48, 56)
CLASSES = {
    0: {"name": "ground", "colour": [0, 0, 0], "role": "background"},
    1: {"name": "disc", "colour": [230, 159, 0], "role": "organelle"},
}
SETTINGS = {
    "network": {"name": "2d3d", "width": 2},
    "training": {
        "window": [3, 24, 32],
        "steps": 8,
        "validations": 2,
        "abandon_below": 0.0,
        "adjust_logits": False,  # so little training would label all alike
    },
    "ensemble": {"members": 2},
}


def _discs(seed):
    """Draw noisy intensities and labels of `SHAPE`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    labels = np.zeros(SHAPE, np.uint8)
    for _ in range(6):
        cy, cx = rng.integers(6, 42), rng.integers(6, 50)
        z = rng.integers(4)
        labels[z : z + 3, np.hypot(y - cy, x - cx) < rng.integers(4, 9)] = 1
    intensities = 60 + 100 * labels + rng.normal(0, 12, SHAPE)
    return intensities.round().astype(np.uint8), labels


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Compute in one thread: on busy machines several wait for each other."""
    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(members, "usable_cores", lambda: 1)
        patch.setattr(engines, "usable_cores", lambda: 1)
        torch.set_num_threads(1)
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def discs():
    """Intensities and labels, both (6, 48, 56) uint8."""
    return _discs(0)


@pytest.fixture(scope="session")
def write_project():
    """Give a function that writes the project of discs, with settings put over."""

    def write(folder, **changes):
        folder.mkdir(parents=True, exist_ok=True)
        volumes = []
        for seed, role in enumerate(("train", "eval")):
            intensities, labels = _discs(seed)
            np.save(folder / f"{role}.npy", intensities)
            np.save(folder / f"{role}_labels.npy", labels)
            entry = {"image": f"{role}.npy", "labels": f"{role}_labels.npy"}
            volumes.append(entry | {"role": role, "spacing_nm": [40, 10, 10]})
        values = {"classes": CLASSES, "volumes": volumes}
        for name, part in SETTINGS.items():
            values[name] = part | changes.pop(name, {})
        text = yaml.safe_dump(values | changes)
        (folder / "project.yaml").write_text(text, encoding="utf-8")
        return load_settings(folder / "project.yaml", ProjectConfig)

    return write


@pytest.fixture(scope="session")
def trained(tmp_path_factory, write_project):
    """Folder of a project with a model of two members, `models/tiny`: do not touch."""
    folder = tmp_path_factory.mktemp("project")
    project = write_project(folder)
    model = folder / "models" / "tiny"
    for _ in train_members(project, load_data(project, folder), model):
        pass
    rank_members(model, best=project.ensemble.best)
    return folder


@pytest.fixture(scope="session")
def labelled():
    """Give a function that makes a labelled volume of arrays, all of it labelled."""

    def make(intensities, channels, *, weights=None, context=(0, 0, 0)):
        whole = Box.whole(channels.shape)
        return LabelledVolume(
            name="drawn",
            intensities=intensities.astype(np.float32),
            channels=channels.astype(np.uint8),
            weights=weights,
            labelled=whole.shifted(context),
            spacing_nm=Spacing(40, 10, 10),
            statistics=Statistics(0.0, 1.0, -1.0, 1.0),
        )

    return make
