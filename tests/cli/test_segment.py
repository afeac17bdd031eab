import json
import shutil

import commands
import numpy as np
import pytest
from PIL import Image

from densecell.cli.segment import parse_size
from densecell.errors import (
    CheckpointError,
    ConfigError,
    OutputError,
    SpacingError,
    VolumeError,
)
from densecell.geometry import Box
from densecell.result import read_run
from densecell.volume import ArrayVolume, open_volume, write_tiff

QUICK = ("--engine", "torch", "--precision", "float32", "--threads", 1)


@pytest.fixture
def model(trained):
    return trained / "models" / "tiny"


@pytest.fixture
def image(tmp_path, discs):
    """Write intensities as a TIFF stack with its voxel size; there are no labels."""
    path = tmp_path / "image.tif"
    write_tiff(path, ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    return path


def run(image, model, out, *options):
    return outcome_of(image, model, out, *options).stdout


def outcome_of(image, model, out, *options):
    return commands.run("segment", image, "-m", model, "-o", out, *QUICK, *options)


def labels_of(out):
    volume = open_volume(out / "segmentation.zarr" / "labels" / "classes", labels=True)
    return volume.read(Box.whole(volume.shape))


def test_an_image_is_labelled_without_labels(image, model, tmp_path):
    out = tmp_path / "result"

    text = run(image, model, out)

    assert labels_of(out).shape == (6, 48, 56)
    assert text == (
        f"{out}: 16,128 voxels labelled by 2 networks; next `densecell measure {out}`, "
        f"or `densecell evaluate {out} TRUTH` where there is truth\n"
    )


def test_a_finished_result_is_said_to_be_finished(image, model, tmp_path):
    run(image, model, tmp_path / "r")

    text = run(image, model, tmp_path / "r")

    assert text == (
        f"{tmp_path / 'r'}: was finished already; --overwrite segments it again\n"
    )


def test_every_option_reaches_the_run(image, model, tmp_path):
    run(
        *(image, model, tmp_path / "r", "--box", 0, 8, 8, 4, 40, 48, "--members", 1),
        *("--tile", 4, 32, 32, "--margin", 1, 8, 8, "--spacing", 42, 10, 10),
        *("--keep-members", "--probabilities"),
    )

    frozen = read_run(tmp_path / "r")
    assert frozen.extent == Box((0, 8, 8), (4, 40, 48))
    assert frozen.spacing_nm == (42, 10, 10)
    assert len(frozen.model.members) == 1
    assert (frozen.inference.tile, frozen.inference.margin) == ((4, 32, 32), (1, 8, 8))
    assert (frozen.inference.engine, frozen.inference.precision) == ("torch", "float32")
    assert frozen.keep_members
    assert frozen.probabilities


def test_class_ids_as_tiff(image, model, tmp_path):
    run(image, model, tmp_path / "r", "--tiff")

    tiff = open_volume(tmp_path / "r" / "classes.tif", labels=True)
    np.testing.assert_array_equal(
        tiff.read(Box.whole(tiff.shape)), labels_of(tmp_path / "r")
    )
    assert tiff.spacing_nm == pytest.approx((40, 10, 10))


def test_other_settings_are_refused_unless_it_is_overwritten(image, model, tmp_path):
    run(image, model, tmp_path / "r")
    with pytest.raises(
        OutputError, match=r"engine torch, now asked for openvino; choo"
    ):
        run(image, model, tmp_path / "r", "--engine", "openvino")

    run(image, model, tmp_path / "r", "--members", 1, "--overwrite")

    assert len(read_run(tmp_path / "r").model.members) == 1


def test_overwriting_spares_what_is_no_result(image, model, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        run(image, model, tmp_path / "r", "--overwrite")
    assert str(caught.value) == (
        f"{tmp_path / 'r'}: exists and is no result of densecell (no run.yaml in it); "
        "choose another --out"
    )
    assert (tmp_path / "r" / "notes.txt").exists()


def test_a_result_is_not_dropped_for_a_mistake_in_the_command(image, model, tmp_path):
    run(image, model, tmp_path / "r")
    before = json.loads((tmp_path / "r" / "agreement.json").read_text())
    wrong = tmp_path / "wrong.tif"
    write_tiff(wrong, ArrayVolume(np.ones((2, 9, 9), np.uint8), spacing_nm=(4, 4, 4)))
    for options in ((wrong, model), (image, tmp_path / "nowhere")):
        with pytest.raises((VolumeError, CheckpointError)):
            run(*options, tmp_path / "r", "--overwrite")

    assert json.loads((tmp_path / "r" / "agreement.json").read_text()) == before


def refused(kind, image, model, tmp_path, *options):
    """Message of a refusal that left nothing behind."""
    with pytest.raises(kind) as caught:
        run(image, model, tmp_path / "result", *options)
    assert not (tmp_path / "result").exists()
    return str(caught.value)


def test_a_missing_volume(model, tmp_path):
    path = tmp_path / "nothing.tif"

    assert refused(VolumeError, path, model, tmp_path) == (
        f"{path}: does not exist; expected an OME-Zarr, N5, precomputed, a TIFF stack, "
        "a folder of PNG or TIFF slices, HDF5, BigDataViewer's XML, MRC, NIfTI, DM3, "
        "DM4, Amira or an .npy file"
    )


def test_a_missing_model(image, tmp_path):
    assert refused(CheckpointError, image, tmp_path / "m", tmp_path) == (
        f"{tmp_path / 'm'}: no such model folder; train one with `densecell train`"
    )


def test_a_volume_without_voxel_size(discs, model, tmp_path):
    path = tmp_path / "image.npy"
    np.save(path, discs[0])

    assert refused(SpacingError, path, model, tmp_path) == (
        f"{path}: has no voxel size; pass --spacing Z Y X (nanometres, for example "
        "--spacing 50 4.6 4.6)"
    )


def test_a_picture_in_colour(model, tmp_path):
    folder = tmp_path / "slices"
    folder.mkdir()
    Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(folder / "0.png")

    message = refused(VolumeError, folder, model, tmp_path, "--spacing", 40, 10, 10)

    assert message.startswith(f"{folder / '0.png'}: ")
    assert "colour" in message


def test_holes_in_the_volume(discs, model, tmp_path):
    holes = discs[0].astype(np.float32)
    holes[1, 2, 3] = np.nan
    np.save(tmp_path / "image.npy", holes)

    message = refused(
        *(VolumeError, tmp_path / "image.npy", model, tmp_path, "--spacing", 40, 10, 10)
    )

    assert message.startswith(
        f"{tmp_path / 'image.npy'}: voxel (z, y, x) = (1, 2, 3) is nan; expected finite"
    )


def test_a_constant_volume(model, tmp_path):
    np.save(tmp_path / "image.npy", np.full((2, 8, 9), 5, np.uint8))

    assert refused(
        *(VolumeError, tmp_path / "image.npy", model, tmp_path, "--spacing", 40, 10, 10)
    ) == (
        f"{tmp_path / 'image.npy'}: every voxel is 5; expected an image with contrast: "
        "check that it is the right file"
    )


def test_options_are_checked_like_settings(image, model, tmp_path):
    words = ("segment", image, "-m", model, "-o", tmp_path / "r")

    assert refused(ConfigError, image, model, tmp_path, "--engine", "tpu") == (
        "options: engine: input should be 'auto', 'torch' or 'openvino', got 'tpu'"
    )
    assert "'--threads'" in commands.misspelt(*words, "--threads", 0)
    assert refused(ConfigError, image, model, tmp_path, "--skip-flat", 0) == (
        "options: skip_flat: input should be greater than 0, got 0.0"
    )


def test_a_damaged_member(image, model, tmp_path):
    copy = shutil.copytree(model, tmp_path / "model")
    weights = copy / "member_01" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    message = refused(CheckpointError, image, copy, tmp_path)

    assert message.startswith(f"{weights}: not readable as safetensors weights (")


def test_a_plan_is_shown_and_nothing_written(image, model, tmp_path):
    text = run(image, model, tmp_path / "r", "--plan")

    assert not (tmp_path / "r").exists()
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert lines["voxels"] == "6 x 48 x 56 = 16,128"
    assert lines["tiles"] == "1 of 6 x 48 x 56"
    assert lines["engine"].startswith("torch, float32, ")
    assert lines["memory"].endswith("of each of 1 processes")


@pytest.mark.parametrize(
    ("text", "size"),
    [("4G", 4e9), ("800M", 8e8), ("1.5GB", 1.5e9), ("2 GiB", 2e9), ("7", 7)],
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4X", "-1G", "much", "0"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match="expected a size such as 4G or 800M"):
        parse_size(text)


def test_flips_and_flat_tiles_are_settings_of_a_run(image, model, tmp_path):
    run(image, model, tmp_path / "r", "--tta", "--skip-flat", "99")

    assert (labels_of(tmp_path / "r") == 0).all()  # everything is flat by that measure
    frozen = read_run(tmp_path / "r").inference
    assert (frozen.tta, frozen.skip_flat) == (True, 99)


def test_reflections_change_probabilities_but_little(image, model, tmp_path):
    run(image, model, tmp_path / "plain")
    run(image, model, tmp_path / "tta", "--tta")

    same = labels_of(tmp_path / "plain") == labels_of(tmp_path / "tta")
    assert 0.7 < same.mean() < 1


def test_other_voxels_are_resampled_and_the_user_told(discs, model, tmp_path):
    path = tmp_path / "fine.npy"
    np.save(path, discs[0][:2].repeat(2, 1).repeat(2, 2))
    options = ("--spacing", 40, 5, 5, "--box", 0, 0, 0, 2, 40, 40)

    said = outcome_of(path, model, tmp_path / "r", *options).stderr
    planned = run(path, model, tmp_path / "plan", *options, "--plan")

    assert said.splitlines()[0] == (
        f"{path}: has voxels of 40 x 5 x 5 nm (z y x), shown to the model as the 40 x "
        "10 x 10 nm that it learned from; labels are written on the volume's own voxels"
    )
    assert labels_of(tmp_path / "r").shape == (2, 40, 40)
    assert read_run(tmp_path / "r").seen_shape == (2, 48, 56)
    lines = dict(line.split(maxsplit=1) for line in planned.splitlines())
    assert lines["voxels"] == (
        "2 x 40 x 40 = 3,200, of a volume that the model sees as 2 x 48 x 56"
    )


def test_resampling_can_be_switched_off(image, model, tmp_path):
    with pytest.warns(UserWarning, match="objects look larger"):
        run(image, model, tmp_path / "r", "--spacing", 40, 5, 5, "--no-resample")

    assert read_run(tmp_path / "r").grid is None
