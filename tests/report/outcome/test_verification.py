import shutil

import numpy as np
import pytest
from commands import run

from densecell.checksums import write_checksums
from densecell.errors import OutputError
from densecell.geometry import Box
from densecell.report.outcome import verification
from densecell.report.outcome.verification import verify_result
from densecell.result import read_run, save_run
from densecell.volume import ArrayVolume, open_ome_zarr, open_volume, write_tiff

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)
WHOLE = Box.whole((6, 48, 56))


@pytest.fixture
def moved(made, tmp_path):
    """A copy of volume, model and result that may be touched."""
    folder = tmp_path / "made"
    shutil.copytree(made, folder)
    run = read_run(folder / "result")
    places = {
        "volume": run.volume.model_copy(update={"path": folder / "image.tif"}),
        "model": run.model.model_copy(update={"path": folder / "model"}),
    }
    save_run(run.model_copy(update=places), folder / "result")
    result = folder / "result"
    labels = result / "segmentation.zarr" / "labels" / "classes"
    write_checksums(result, "segment", [result / "run.yaml", labels])
    return folder


def faults(result, **options):
    findings = verify_result(result, **options)
    return {f.part: f.detail for f in findings if f.is_fault}


@pytest.mark.parametrize("full", [False, True])
def test_what_nobody_touched_is_what_was_made(made, full):
    classes = made / "result" / "segmentation.zarr" / "labels" / "classes"
    assert open_volume(classes, labels=True).read(WHOLE).any()  # there is an organelle
    counts = []

    findings = list(
        verify_result(
            made / "result", full=full, progress=lambda *count: counts.append(count)
        )
    )

    states = {f.part: f.state for f in findings}
    assert set(states.values()) == {"same"}
    assert {"volume", "model, member_00", "segment, files", "mesh, files"} <= set(
        states
    )
    done, total = counts[-1]
    assert done == total


def test_a_changed_file_is_named(result):
    table = result / "tables" / "classes.csv"
    table.write_text(table.read_text() + "9,more\n")

    assert list(faults(result)) == ["measure, files"]
    assert "tables/classes.csv has" in faults(result)["measure, files"]


def test_painted_labels_are_other_labels_than_were_measured(result):
    store = result / "segmentation.zarr/labels/classes"
    classes = open_ome_zarr(store, writable=True)
    classes.write(WHOLE, 1 - classes.read(WHOLE))

    found = faults(result, full=True)

    assert "holds other labels than were measured" in found["measure, labels"]
    assert "segment, files" in found


def test_objects_that_changed_are_other_objects_than_were_meshed(result):
    store = result / "segmentation.zarr/labels/organelles"
    objects = open_ome_zarr(store, writable=True)
    objects.write(WHOLE, objects.read(WHOLE)[::-1])

    assert "was made of other objects than these" in faults(result)["mesh, objects"]


def test_another_volume_model_or_their_absence(moved):
    (moved / "model" / "member_00" / "weights.safetensors").write_bytes(b"other")
    shutil.rmtree(moved / "model" / "member_01")
    image = open_volume(moved / "image.tif").read(WHOLE)
    (moved / "image.tif").unlink()

    found = {f.part: f.state for f in verify_result(moved / "result")}
    assert found["model, member_00"] == "changed"
    assert found["model, member_01"] == "missing"
    assert found["volume"] == "missing"

    other = ArrayVolume(np.asarray(image) ^ 1, spacing_nm=(40, 10, 10))
    write_tiff(moved / "image.tif", other)
    assert "holds other voxels" in faults(moved / "result")["volume"]


def test_other_versions_and_unfinished_steps_are_notes(result, monkeypatch):
    monkeypatch.setattr(verification, "_installed", lambda name: "0")
    (result / "blocks" / "measure" / "finished").unlink()

    found = {f.part: f for f in verify_result(result)}

    assert not any(f.is_fault for f in found.values())
    assert "numpy" in found["segment, versions"].detail
    assert found["measure, files"].state == "note"


def test_a_resume_refuses_a_volume_that_has_changed(moved):
    image = moved / "image.tif"
    voxels = open_volume(image).read(WHOLE)
    image.unlink()
    write_tiff(image, ArrayVolume(voxels ^ 1, spacing_nm=(40, 10, 10)))

    with pytest.raises(OutputError, match="holds other voxels than when it was begun"):
        run(
            "segment",
            image,
            *("-m", moved / "model", "-o", moved / "result", "--keep-members", *QUICK),
        )
