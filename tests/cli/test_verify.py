import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from densecell.checksums import write_checksums
from densecell.cli.main import app
from densecell.config import load_settings, save_settings
from densecell.ensemble.run import Run
from densecell.errors import DensecellError, OutputError
from densecell.geometry import Box
from densecell.report.outcome import verification
from densecell.report.outcome.verification import verify_result
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, write_tiff

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)


def run(*words):
    outcome = CliRunner().invoke(app, [str(word) for word in words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


@pytest.fixture(scope="module")
def made(tmp_path_factory, trained, discs):
    """Folder with a volume, a model, and a result of all steps: do not touch."""
    folder = tmp_path_factory.mktemp("made")
    write_tiff(folder / "image.tif", ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    shutil.copytree(trained / "models" / "tiny", folder / "model")
    result = folder / "result"
    run("segment", folder / "image.tif", "-m", folder / "model", "-o", result, *QUICK)
    classes = open_volume(result / "segmentation.zarr/labels/classes", labels=True)
    assert classes.read(Box.whole(classes.shape)).any()  # there is an organelle
    assert run("measure", result).exit_code == 0
    assert run("mesh", result, "--format", "ply").exit_code == 0
    return folder


@pytest.fixture
def moved(made, tmp_path):
    """Give a copy of all that may be touched."""
    shutil.copytree(made, tmp_path / "made")
    run_yaml = tmp_path / "made" / "result" / "run.yaml"
    before = load_settings(run_yaml, Run)
    places = {
        "volume": before.volume.model_copy(
            update={"path": tmp_path / "made" / "image.tif"}
        ),
        "model": before.model.model_copy(update={"path": tmp_path / "made" / "model"}),
    }
    save_settings(before.model_copy(update=places), run_yaml)
    result = tmp_path / "made" / "result"
    labels = result / "segmentation.zarr" / "labels" / "classes"
    write_checksums(result, "segment", [result / "run.yaml", labels])
    return tmp_path / "made"


def faults(result, **options):
    findings = verify_result(result, **options)
    return {f.part: f.told for f in findings if f.is_fault}


@pytest.mark.parametrize("options", [(), ("--full",)])
def test_what_nobody_touched_is_what_was_made(made, options):
    outcome = run("verify", made / "result", *options)

    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[-1] == f"{made / 'result'}: is what was made"
    states = {f.part: f.state for f in verify_result(made / "result")}
    assert set(states.values()) == {"same"}
    assert {"volume", "model, member_00", "segment, files", "mesh, files"} <= set(
        states
    )


def test_a_changed_file_costs_the_exit_code(made, tmp_path):
    result = tmp_path / "result"
    shutil.copytree(made / "result", result)
    table = result / "tables" / "classes.csv"
    table.write_text(table.read_text() + "9,more\n")

    outcome = run("verify", result)

    assert outcome.exit_code == 1
    last = outcome.stdout.splitlines()[-1]
    assert last.endswith("1 of 10 parts are not what was made")
    assert "tables/classes.csv has" in faults(result)["measure, files"]


def test_painted_labels_are_other_labels_than_were_measured(moved):
    result = moved / "result"
    store = result / "segmentation.zarr/labels/classes"
    classes = open_ome_zarr(store, writable=True)
    whole = Box.whole(classes.shape)
    classes.write(whole, 1 - classes.read(whole))

    found = faults(result, full=True)

    assert "holds other labels than were measured" in found["measure, labels"]
    assert "segment, files" in found


def test_another_volume_model_or_their_absence(moved):
    (moved / "model" / "member_00" / "weights.safetensors").write_bytes(b"other")
    shutil.rmtree(moved / "model" / "member_01")
    image = open_volume(moved / "image.tif").read(Box((0, 0, 0), (6, 48, 56)))
    (moved / "image.tif").unlink()

    found = {f.part: f.state for f in verify_result(moved / "result")}
    assert found["model, member_00"] == "changed"
    assert found["model, member_01"] == "missing"
    assert found["volume"] == "missing"

    other = ArrayVolume(np.asarray(image) ^ 1, spacing_nm=(40, 10, 10))
    write_tiff(moved / "image.tif", other)
    assert "holds other voxels" in faults(moved / "result")["volume"]


def test_other_versions_and_unfinished_steps_are_notes(moved, monkeypatch):
    monkeypatch.setattr(verification, "_installed", lambda name: "0")
    (moved / "result" / "blocks" / "measure" / "finished").unlink()

    found = {f.part: f for f in verify_result(moved / "result")}

    assert not any(f.is_fault for f in found.values())
    assert "numpy" in found["segment, versions"].told
    assert found["measure, files"].state == "note"


def test_a_resume_refuses_a_volume_that_has_changed(moved):
    image = moved / "image.tif"
    voxels = open_volume(image).read(Box((0, 0, 0), (6, 48, 56)))
    image.unlink()
    write_tiff(image, ArrayVolume(voxels ^ 1, spacing_nm=(40, 10, 10)))

    with pytest.raises(OutputError, match="holds other voxels than when it was begun"):
        run("segment", image, "-m", moved / "model", "-o", moved / "result", *QUICK)


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    with pytest.raises(DensecellError, match="is no result of densecell"):
        run("verify", tmp_path)
