"""Damaged files are read or refused with a sentence: `make soak`, in short."""

import logging

import pytest

from soak.damage import Edit, Replaced, Several
from soak.fuzz import Fuzzed, fuzz, made_model
from soak.targets import TARGETS

SECONDS = 2
FOUND = [  # by longer runs
    ("TIFF", "a.tif", Edit(6, "cut", b"")),
    ("OME-Zarr 0.5", "a.zarr/0/zarr.json", Replaced(0, None, False)),
    ("OME-Zarr 0.5", "a.zarr/zarr.json", Replaced(1, 2**31, False)),
    ("HDF5", "a.h5", Several([Edit(1474, "in", b"\xff" * 8)] * 2)),
    ("class schemes", "a.zarr/0/zarr.json", Replaced(0, None, False)),
    ("class schemes", "a.zarr/zarr.json", Replaced(874, {"a": [1]}, False)),
    ("models", "model/member_01/history.jsonl", Edit(93341, "over", b"\xac\xf2")),
    ("results", "out/blocks/segment/000000.json", Edit(0, "over", b"\0")),
    ("results", "out/blocks/segment/000000.json", Replaced(0, None, False)),
]


@pytest.fixture(autouse=True)
def _quiet():
    """Keep what libraries say of every damaged file out of the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return made_model(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused(name, model, tmp_path):
    count, failures = fuzz(Fuzzed(TARGETS[name], tmp_path / "a", model), SECONDS, 0)

    assert count > 0
    assert not failures


@pytest.mark.parametrize(("name", "file", "damage"), FOUND)
def test_what_was_found_is_refused_with_a_sentence(name, file, damage, model, tmp_path):
    Fuzzed(TARGETS[name], tmp_path / "a", model).check((file, damage))
