import importlib.metadata
import json

import commands
import pytest

from densecell.cli import doctor as module
from densecell.cli.doctor import missing_extras

REQUIRES = [
    "numpy>=2",
    "h5py; extra == 'formats'",
    'nosuchpackage>=1,<2 ; extra == "formats"',
    'nosuchviewer[all]>=1; (python_version > "3") and extra == "view"',
    'densecell[view]; extra == "all"',
    'nosuchviewer[all]>=1; extra == "all"',
    'nosuchlinter; extra == "dev"',
]


@pytest.fixture
def extras(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: REQUIRES)
    there = {"h5py", "numpy", "torch", "densecell"}
    monkeypatch.setattr(module, "_version", lambda name: "1" if name in there else None)


def run(*arguments):
    return commands.run("doctor", *arguments).stdout


def test_the_facts_as_json():
    found = json.loads(run("--json", "--quick"))

    assert found["usable_cores"] >= 1
    assert found["usable_memory_gb"] <= found["machine_memory_gb"]
    assert found["torch"]
    assert isinstance(found["native_bfloat16"], list)
    assert isinstance(found["gpu"], list)


def test_missing_extras_come_with_the_command(extras):
    text = run("--quick")

    assert "nosuchpackage: pip install 'densecell[formats]'" in text
    assert "nosuchviewer: pip install 'densecell[view]'" in text
    assert "not installed" in text  # openvino, here


def test_only_what_is_missing_is_listed(extras):
    assert missing_extras() == {"formats": ["nosuchpackage"], "view": ["nosuchviewer"]}


def test_a_clone_that_was_not_installed_has_no_extras(monkeypatch):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", unknown)

    assert missing_extras() == {}


def test_the_speed_of_the_usual_engine(monkeypatch):
    monkeypatch.setattr(module, "PROBE_DEPTH", 3)
    monkeypatch.setattr(module, "PROBE_WIDTH", 1)
    monkeypatch.setattr("densecell.inference.speed.PROBE_SIDE", 16)
    monkeypatch.setattr("densecell.inference.speed.CALLS", 1)

    speeds = dict(module.engine_speeds())

    assert any(", float32, " in name for name in speeds)
    assert all(speed > 0 for speed in speeds.values())
    monkeypatch.setattr(module, "engine_speeds", speeds.items)  # as measured
    assert all(f"speed, {name}" in run() for name in speeds)
