"""What tests in many places need.

A tiny labelled project, bright discs on dark ground, and a model trained on it; and a
server of files on this machine, as a web server or S3 would serve them.
"""

import gc
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

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


def pytest_collection_finish():
    """Take what was imported out of garbage collection.

    Objects of a result are measured with a collection after every stage. With torch and
    all its like imported, that took two thirds of many tests.
    """
    gc.collect()
    gc.freeze()


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
    """A function that writes the project of discs, with settings put over."""

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
    """A function that makes a labelled volume of arrays, all of it labelled."""

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


READER = "AKIAREADER"  # a key of S3
CONNECTED = []  # to S3, in tests before


class Server(NamedTuple):
    """Where it is, what it serves, and what it was asked for so far."""

    url: str
    folder: Path
    asked: list
    refused: list  # parts of paths that are forbidden
    private: list  # parts of paths that are shown to one key only
    key: str = READER


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; knows ranges of bytes, as S3 and all web servers do."""

    def __init__(self, *args, asked, refused, private, **kwargs):
        self.asked, self.refused, self.private = asked, refused, private
        super().__init__(*args, **kwargs)

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.asked.append(self.path)
        path = self.translate_path(self.path)
        known = f"Credential={READER}/" in self.headers.get("Authorization", "")
        hidden = self.refused + ([] if known else self.private)
        if any(part in self.path for part in hidden):
            self.send_error(403)
            return
        try:
            with open(path, "rb") as file:
                whole = file.read()
        except OSError:
            self.send_error(404)
            return
        start, stop = _range(self.headers.get("Range"), len(whole))
        part = whole[start:stop]
        self.send_response(200 if len(part) == len(whole) else 206)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(whole)}")
        self.end_headers()
        self.wfile.write(part)


def _range(header, size):
    if header is None:
        return 0, size
    first, last = header.removeprefix("bytes=").split("-")
    if not first:
        return size - int(last), size
    return int(first), min(int(last) + 1, size) if last else size


@pytest.fixture(scope="session")
def web(tmp_path_factory):
    """Serve a folder as long as tests run: clients keep their connections."""
    folder = tmp_path_factory.mktemp("web")
    lists = {"asked": [], "refused": [], "private": []}
    handler = partial(Handler, directory=folder, **lists)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield Server(f"http://127.0.0.1:{running.server_port}", folder, **lists)
        running.shutdown()
        thread.join()


@pytest.fixture
def server(web):
    """Serve a new folder, which is also a bucket of S3."""
    folder = web.folder / f"bucket{len(list(web.folder.iterdir()))}"
    folder.mkdir()
    for told in (web.asked, web.refused, web.private):
        told.clear()
    return web._replace(url=f"{web.url}/{folder.name}", folder=folder)


@pytest.fixture
def s3(server, monkeypatch):
    """Address of the server's folder on S3, for somebody without a key."""
    from s3fs import S3FileSystem

    CONNECTED.extend(S3FileSystem._cache.values())  # one that is dropped warns
    S3FileSystem.clear_instance_cache()  # of those who had keys before
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    nobody = str(server.folder / "nobody")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nobody)
    monkeypatch.setenv("AWS_CONFIG_FILE", nobody)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url.rpartition("/")[0])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return f"s3://{server.folder.name}"
