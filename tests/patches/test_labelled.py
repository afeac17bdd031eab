import numpy as np
import pytest

from densecell.config import AnnotatedBox
from densecell.errors import ConfigError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.patches import PARTIAL, UNKNOWN, load_labelled, resampling_notes


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
        "has the ignore id 255 or lies outside the annotated boxes, so there is "
        "nothing to learn from or to score"
    )


def test_fractional_labels(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    np.save(tmp_path / "train_labels.npy", discs[1].astype(np.float32) + 0.5)
    with pytest.raises(VolumeError, match=r"train_labels\.npy: .*0\.5"):
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


def other_size(project, folder, discs, factors, *, role="eval", **changes):
    """Put discs in other voxels in the place of one of a project's volumes."""
    for name, array in zip((role, f"{role}_labels"), discs, strict=True):
        for axis, factor in enumerate(factors):
            array = array.repeat(factor, axis)
        np.save(folder / f"{name}.npy", array)
    spacing = [s / f for s, f in zip((40, 10, 10), factors, strict=True)]
    volumes = [
        v.model_copy(update={"spacing_nm": spacing} | changes) if v.role == role else v
        for v in project.volumes
    ]
    return project.model_copy(update={"volumes": tuple(volumes)})


def test_voxels_of_another_size_are_brought_to_those_of_the_first_volume(
    tmp_path, write_project, discs
):
    project = other_size(write_project(tmp_path), tmp_path, discs, (2, 3, 2))

    (volume,) = load_labelled(project, tmp_path, role="eval")

    assert volume.spacing_nm == (40, 10, 10)
    assert volume.shape == volume.intensities.shape == (6, 48, 56)
    np.testing.assert_array_equal(volume.channels, discs[1])  # each voted for by 12
    here = np.corrcoef(volume.intensities.ravel(), discs[0].ravel())[0, 1]
    assert here > 0.95
    assert volume.intensities.std() == pytest.approx(1, abs=1e-4)  # of what is seen


def test_a_project_may_state_the_size_of_voxels(tmp_path, write_project, discs):
    project = write_project(tmp_path, spacing_nm=[40, 20, 20])

    (volume,) = load_labelled(project, tmp_path, role="train")

    assert volume.spacing_nm == (40, 20, 20)
    assert volume.shape == (6, 24, 28)
    votes = discs[1].reshape(6, 24, 2, 28, 2).sum((2, 4))
    np.testing.assert_array_equal(volume.channels, votes > 2)  # equal votes: the lower


def test_nearly_the_same_voxels_stay_as_they_are(tmp_path, write_project):
    project = write_project(tmp_path, spacing_nm=[42, 10.5, 9.5])
    (plain,) = load_labelled(write_project(tmp_path), tmp_path, role="train")

    (volume,) = load_labelled(project, tmp_path, role="train")

    np.testing.assert_array_equal(volume.intensities, plain.intensities)
    np.testing.assert_array_equal(volume.channels, plain.channels)


def test_parts_of_one_volume_do_not_share_a_label_when_resampled(
    tmp_path, write_project, discs
):
    project = write_project(tmp_path, spacing_nm=[60, 10, 10])
    entry = project.volumes[0]
    parts = [entry.model_copy(update={"z": z}) for z in ((0, 3), (3, 6))]
    project = project.model_copy(update={"volumes": tuple(parts)})
    labels = discs[1].copy()
    labels[:3], labels[3:] = 0, 1
    np.save(tmp_path / "train_labels.npy", labels)

    first, second = load_labelled(project, tmp_path, role="train", context=(1, 0, 0))

    assert (first.shape[0], second.shape[0]) == (2, 2)  # of 4 slices of 60 nm
    assert (first.channels.max(), second.channels.min()) == (0, 1)
    assert (first.labelled.start[0], second.labelled.start[0]) == (0, 1)


def test_annotated_boxes_lie_in_the_voxels_of_their_volume(
    tmp_path, write_project, discs
):
    box = AnnotatedBox(box=((0, 0, 0), (6, 48, 112)), classes=("disc",))
    project = other_size(
        write_project(tmp_path), tmp_path, discs, (1, 2, 4), boxes=(box,)
    )

    (volume,) = load_labelled(project, tmp_path, role="eval")

    inside, outside = volume.channels[:, :24, :28], volume.channels[:, 24:, :]
    assert set(np.unique(inside)) == {1, PARTIAL}
    assert (volume.channels[:, :, 28:] == UNKNOWN).all()
    assert (outside == UNKNOWN).all()


def test_slices_of_a_network_that_sees_one_are_not_mixed(
    tmp_path, write_project, discs
):
    project = write_project(tmp_path, network={"name": "unet2d"})
    project = other_size(project, tmp_path, discs, (2, 1, 1))

    (volume,) = load_labelled(project, tmp_path, role="eval")

    assert volume.shape == (12, 48, 56)
    assert resampling_notes(project) == []


def test_the_user_is_told_which_volumes_are_resampled(tmp_path, write_project, discs):
    project = other_size(write_project(tmp_path), tmp_path, discs, (1, 2, 2))
    parts = [project.volumes[1].model_copy(update={"z": z}) for z in ((0, 2), (2, 6))]
    project = project.model_copy(update={"volumes": (project.volumes[0], *parts)})

    assert resampling_notes(project) == [
        "eval.npy: has voxels of 40 x 5 x 5 nm (z y x), resampled to the project's "
        "40 x 10 x 10 nm"
    ]


def test_voxels_of_a_size_that_cannot_be_right(tmp_path, write_project):
    project = write_project(tmp_path, spacing_nm=[40, 0.1, 0.1])
    with pytest.raises(SpacingError, match=r"^train.npy: has voxels of 40 x 10 x 10 n"):
        load_labelled(project, tmp_path, role="train")


def test_each_volume_is_normalised_by_its_own_contrast(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    dim = (discs[0].astype(np.float32) / 4 + 100).round().astype(np.uint8)
    np.save(tmp_path / "train.npy", discs[0])
    np.save(tmp_path / "eval.npy", dim)

    (bright,) = load_labelled(project, tmp_path, role="train")
    (other,) = load_labelled(project, tmp_path, role="eval")

    assert other.statistics.std < bright.statistics.std / 3
    for volume in (bright, other):
        assert volume.intensities.mean() == pytest.approx(0, abs=1e-5)
        assert volume.intensities.std() == pytest.approx(1, abs=1e-5)
    assert np.abs(bright.intensities - other.intensities).max() < 0.1
