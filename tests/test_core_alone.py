"""The whole road without any extra; and what extras are for says how to get them."""

import json
import re
import subprocess
import sys

import alone
import pytest

FEW = ["--width", "2", "--steps", "4"]
SMALL = ["--network", "unet2d", "--members", "1", *FEW]
SEGMENT = ["-m", "project/models/first", "-o"]
SOME = ["--train-z", "0", "4", "--eval-z", "6", "8"]  # slices
ROAD = {
    "phantom": ["tissue.zarr", "--shape", "8", "96", "96", "--seed", "1"],
    "info": ["tissue.zarr"],
    "convert": ["tissue.zarr", "tissue.tif"],
    "crops": ["tissue.zarr", "-n", "2", "--class", "1=cell:cell"],
    "init": ["project", "tissue.zarr", "tissue.zarr/labels/classes", *SOME],
    "train": ["project", *SMALL, "--name", "first"],
    "ensemble": ["project/models/first"],
    "model-card": ["project/models/first"],
    "distil": ["project/models/first", "--network", "unet2d", *FEW, "--name", "fast"],
    "segment": ["tissue.zarr", *SEGMENT, "result"],
    "evaluate": ["result", "tissue.zarr/labels/classes"],
    "measure": ["result"],
    "edit": ["result", "list"],
    "compare": ["result", "tissue.zarr/labels/classes"],
    "report": ["result"],
    "suggest": ["result", "-n", "1"],
    "add-labels": ["project", "result/suggest/crop_01/labels.tif"],
    "verify": ["result", "--full"],
    "networks": [],
    "doctor": ["--quick"],
}
SHARED = ["-o", "shared", "--licence", "MIT", "--author", "A"]
EXTRAS = {
    "mesh": ["mesh", "result"],
    "view": ["view", "result", "--no-browser"],
    "studio": ["studio", "--no-browser"],
    "formats": ["convert", "tissue.zarr", "tissue.h5/image"],
    "cluster": ["segment", "tissue.zarr", *SEGMENT, "other", "--cluster", "local:1"],
    "train": ["train", "project", *SMALL, "--name", "second", "--tensorboard"],
    "export": ["export", "project/models/first", *SHARED],
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What each command of the road, and of the extras, printed and how it ended."""
    lines = [[name, *words] for name, words in ROAD.items()] + list(EXTRAS.values())
    ran = subprocess.run(
        [sys.executable, alone.__file__, json.dumps(lines)],
        cwd=tmp_path_factory.mktemp("alone"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    *parts, rest = re.split(r"^exit (\d+)\n", ran.stdout, flags=re.MULTILINE)
    assert not rest
    pairs = zip(parts[::2], map(int, parts[1::2]), strict=True)
    names = [*ROAD, *(f"extra {extra}" for extra in EXTRAS)]
    return dict(zip(names, pairs, strict=True))


def test_only_what_the_core_needs_can_be_imported():
    hidden = alone.hidden()

    assert {"pytest", "_pytest"} <= hidden
    assert not {"torch", "numpy", "densecell", "zarr", "yaml"} & hidden


def test_the_doctor_lists_what_every_extra_would_add(said):
    text, _ = said["doctor"]

    assert all(f"densecell[{extra}]" in text for extra in EXTRAS)


@pytest.mark.parametrize("command", ROAD)
def test_the_core_goes_the_whole_road(said, command):
    text, code = said[command]

    assert code == 0, text


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_an_extra_is_for_says_how_to_get_it(said, extra):
    text, code = said[f"extra {extra}"]

    assert code == 1, text
    assert "Traceback" not in text
    last = text.strip().splitlines()[-1]
    assert last.startswith("densecell: ")
    assert f"pip install 'densecell[{extra}]'" in last


def test_the_road_has_every_command_that_needs_no_extra():
    from densecell.cli.main import COMMANDS

    apart = {"demo", "fetch", "run"}  # the road itself, a download, three of the road
    assert (
        set(COMMANDS) - apart - {words[0] for words in EXTRAS.values()} - set(ROAD)
        == set()
    )
