"""A project, a model and a result that an older state made are opened and continued.

See tests/fixtures/README.md for what is in there.
"""

import shutil

import numpy as np
import pytest
import yaozarrs
from before import unpack
from commands import run

from densecell.datasets.project import read_project
from densecell.ensemble import read_ensemble
from densecell.result import Result

MODEL = "project/models/tiny"
DEFAULTS = "organelles: {neck: 0.7, min_volume_um3: 2e-4}\n"  # of objects, then


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The older folder, only to be read."""
    return unpack(tmp_path_factory.mktemp("old"))


@pytest.fixture
def folder(old, tmp_path):
    """A copy of it under its own name, to be continued."""
    folder = shutil.copytree(old, tmp_path / "copy")
    path = folder / "result" / "run.yaml"
    text = path.read_text(encoding="utf-8").replace(str(old), str(folder))
    path.write_text(text, encoding="utf-8")
    (folder / "old.yaml").write_text(DEFAULTS)
    return folder


def content(folder):
    """Bytes of every file below a folder, by path."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    assert files
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_its_project_and_model_are_read(old):
    project = read_project(old / "project")
    ensemble = read_ensemble(old / MODEL)

    assert [volume.role for volume in project.volumes] == ["train", "eval"]
    assert [member.folder for member in ensemble.members] == ["member_00", "member_01"]


def test_its_training_is_finished(folder):
    said = run(
        "train", folder / "project", "--network", "2d3d", "--width", 2,
        "--members", 2, "--steps", 60, "--name", "tiny",
    )  # fmt: skip

    assert "member 00, finished, MIoU 0.237" in said.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("segment", "volume.zarr", "-m", MODEL, "-o", "result", "--keep-members",
             "--probabilities"),
            "was finished already",
        ),
        (("measure", "result", "--config", "old.yaml"), "was measured already"),
        (("mesh", "result"), "was meshed already"),
    ],
)  # fmt: skip
def test_its_finished_steps_are_left_alone(folder, words, sentence, monkeypatch):
    monkeypatch.chdir(folder)
    before = content(folder / "result")

    said = run(*words)

    assert sentence in said.output
    assert content(folder / "result") == before


def test_its_segmentation_is_finished_after_a_kill(folder, monkeypatch):
    monkeypatch.chdir(folder)
    store = folder / "result" / "segmentation.zarr"
    before = content(store)
    (folder / "result" / "agreement.json").unlink()
    (folder / "result" / "blocks" / "segment" / "000000.json").unlink()

    run("segment", "volume.zarr", "-m", MODEL, "-o", "result", "--keep-members",
        "--probabilities")  # fmt: skip

    after = content(store)
    assert after.keys() == before.keys()
    differing = [name for name in before if before[name] != after[name]]
    metadata = [name for name in differing if not name.endswith("/c/0/0/0")]
    labels = ("classes", "member_00", "member_01")  # which now name their image
    assert metadata == [*(f"labels/{name}/zarr.json" for name in labels), "zarr.json"]
    yaozarrs.validate_zarr_store(store)  # opens as a whole
    classes = "labels/classes/0/c/0/0/0"
    assert classes in before
    assert Result(folder / "result").is_segmented


def test_its_scores_pages_and_suggestions_are_read(folder):
    result = Result(folder / "result")

    run("report", folder / "result")

    assert 0 < result.scores["classes"]["miou_all"] < 1
    assert (folder / "result" / "report.html").stat().st_size > 100_000
    crops = sorted((folder / "result" / "suggest").glob("*/labels.tif"))
    assert len(crops) == 2
    run("add-labels", folder / "project", crops[0])
    assert len(read_project(folder / "project").volumes) == 3


def test_measured_anew_its_components_are_the_same_objects(folder):
    before = (
        Result(folder / "result").objects["cells"].read(Result(folder / "result").box)
    )
    old = folder / "old.yaml"
    run("measure", folder / "result", "--config", old, "--overwrite")

    result = Result(folder / "result")
    after = result.objects["cells"].read(result.box)
    np.testing.assert_array_equal(after, before)
    assert [row["organelle_id"] for row in result.table("organelles")] == ["1", "2"]
    run("mesh", folder / "result", "--overwrite")
    assert result.has_meshes
