import numpy as np
import pytest

from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Box
from densecell.patches import UNKNOWN, load_labelled


def test_intensities_are_normalised_and_labels_counted_as_channels(
    tmp_path, write_project, discs
):
    project = write_project(tmp_path)
    intensities, labels = discs

    (volume,) = load_labelled(project, tmp_path, role="train")

    assert volume.shape == (6, 48, 56)
    assert volume.intensities.dtype == np.float32
    assert volume.intensities.mean() == pytest.approx(0, abs=1e-5)
    assert volume.intensities.std() == pytest.approx(1, abs=1e-5)
    assert volume.statistics.mean == pytest.approx(intensities.mean())
    np.testing.assert_array_equal(volume.channels, labels)
    assert volume.weights is None
    assert volume.spacing_nm == (40, 10, 10)


def test_each_role_gets_its_volumes(tmp_path, write_project):
    project = write_project(tmp_path)

    (chosen,) = load_labelled(project, tmp_path, role="eval")

    assert chosen.name == "eval.npy"


def test_a_part_keeps_the_context_that_its_volume_has(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    part = project.volumes[0].model_copy(update={"z": (4, 6), "x": (8, 24)})
    project = project.model_copy(update={"volumes": (part,)})

    (volume,) = load_labelled(project, tmp_path, role="train", context=(1, 5, 10))
    (whole,) = load_labelled(write_project(tmp_path), tmp_path, role="train")

    np.testing.assert_array_equal(volume.channels, discs[1][4:6, :, 8:24])
    assert volume.intensities.shape == (3, 48, 34)  # z 3 to 6, x 0 to 34
    assert volume.labelled == Box((1, 0, 8), (3, 48, 24))
    inside = volume.intensities[volume.labelled.slices]
    np.testing.assert_array_equal(inside, whole.intensities[4:6, :, 8:24])
    assert volume.statistics == whole.statistics  # of the whole volume


def test_errors_are_weighted_where_they_are_learned_from(tmp_path, write_project):
    project = write_project(tmp_path, training={"loss": {"weighting": "paper"}})

    (train,) = load_labelled(project, tmp_path, role="train")
    (chosen,) = load_labelled(project, tmp_path, role="eval")

    assert train.weights is not None
    assert train.weights.shape == train.shape
    assert train.weights.min() > 0
    assert chosen.weights is None


def test_unknown_voxels_stay_unknown(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    labels = discs[1].copy()
    labels[0, 0, :5] = 255
    np.save(tmp_path / "train_labels.npy", labels)

    (volume,) = load_labelled(project, tmp_path, role="train")

    assert (volume.channels == UNKNOWN).sum() == 5


def test_an_image_and_labels_of_different_shape(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train_labels.npy", discs[1][:, :, :50])
    with pytest.raises(VolumeError) as caught:
        load_labelled(project, tmp_path, role="train")
    assert str(caught.value) == (
        f"{tmp_path / 'train_labels.npy'}: labels are (6, 48, 50) voxels (z, y, x) but "
        f"the image {tmp_path / 'train.npy'} is (6, 48, 56); they must be equal"
    )


def test_labels_that_the_scheme_lacks(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train_labels.npy", 2 * discs[1])
    with pytest.raises(VolumeError) as caught:
        load_labelled(project, tmp_path, role="train")
    assert str(caught.value) == (
        f"{tmp_path / 'train_labels.npy'}: label ids [2] are not in the class scheme "
        "[0, 1] (ignored: 255); add them to `classes` or correct the labels"
    )


def test_labels_that_nobody_annotated(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train_labels.npy", np.full_like(discs[1], 255))
    with pytest.raises(VolumeError) as caught:
        load_labelled(project, tmp_path, role="train")
    assert str(caught.value) == (
        f"{tmp_path / 'train_labels.npy'}: every voxel of (0, 0, 0) to (6, 48, 56) "
        "carries the ignore id 255 or lies outside the annotated boxes; nothing to "
        "learn from or to score there"
    )


def test_fractional_labels(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train_labels.npy", discs[1].astype(np.float32))
    with pytest.raises(VolumeError, match=r"train_labels\.npy: .*float32"):
        load_labelled(project, tmp_path, role="train")


def test_a_constant_image(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train.npy", np.full_like(discs[0], 7))
    with pytest.raises(VolumeError) as caught:
        load_labelled(project, tmp_path, role="train")
    assert str(caught.value) == (
        f"{tmp_path / 'train.npy'}: every voxel is 7; expected an image with contrast: "
        "check that it is the right file"
    )


def test_an_image_with_holes(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    holes = discs[0].astype(np.float32)
    holes[1, 2, 3] = np.nan
    np.save(tmp_path / "train.npy", holes)
    with pytest.raises(VolumeError) as caught:
        load_labelled(project, tmp_path, role="train")
    assert str(caught.value) == (
        f"{tmp_path / 'train.npy'}: voxel (z, y, x) = (1, 2, 3) is nan; expected "
        "finite grey values: replace NaN and infinity, in Python for example with "
        "numpy.nan_to_num"
    )


def test_a_missing_file(tmp_path, write_project):
    project = write_project(tmp_path)
    (tmp_path / "train_labels.npy").unlink()
    with pytest.raises(VolumeError, match=r"train_labels\.npy: does not exist; expect"):
        load_labelled(project, tmp_path, role="train")


def test_a_part_that_the_volume_does_not_have(tmp_path, write_project):
    project = write_project(tmp_path)
    part = project.volumes[0].model_copy(update={"z": (4, 7)})
    project = project.model_copy(update={"volumes": (part,)})
    with pytest.raises(ConfigError, match=r"\(6, 48, 56\) voxels; correct the ranges"):
        load_labelled(project, tmp_path, role="train")


def test_the_papers_weights_balance_classes_over_all_volumes(tmp_path, write_project):
    loss = {"weighting": "paper", "weights": {"peak": 0}}  # no border part
    project = write_project(tmp_path, training={"loss": loss})
    entry = project.volumes[0]
    parts = [entry.model_copy(update={"x": x}) for x in ((0, 20), (20, 56))]
    parted = project.model_copy(update={"volumes": tuple(parts)})

    (whole,) = load_labelled(project, tmp_path, role="train")
    left, right = load_labelled(parted, tmp_path, role="train")

    both = np.concatenate([left.weights, right.weights], axis=2)
    np.testing.assert_array_equal(both, whole.weights)
