import math
from pathlib import Path

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import ProjectConfig, load_settings, write_text, yaml_text
from densecell.datasets.labelled import open_labels
from densecell.datasets.project import (
    ImageWithLabels,
    LabelFacts,
    check_labelled,
    draft_project,
    write_project,
)
from densecell.errors import ConfigError, OutputError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume

NM = (50.0, 4.6, 4.6)
IDS = (np.arange(10 * 4 * 5) % 3).reshape(10, 4, 5).astype(np.uint8)


def labelled(folder, name="a", *, labels=IDS, image_nm=NM, labels_nm=NM, shape=None):
    shape = shape or labels.shape
    intensities = np.arange(math.prod(shape)).reshape(shape).astype(np.uint8)
    return ImageWithLabels(
        ArrayVolume(intensities, spacing_nm=image_nm, path=folder / f"{name}.tif"),
        ArrayVolume(labels, spacing_nm=labels_nm, path=folder / f"{name}_labels.tif"),
    )


def written(folder, draft):
    return load_settings(write_project(folder, draft.text), ProjectConfig)


def test_one_volume_is_shared_out_and_described(tmp_path):
    project = tmp_path / "project"

    draft = draft_project(labelled(tmp_path / "data"), folder=project)

    config = written(project, draft)
    train, held_out = config.volumes
    assert (train.role, train.z) == ("train", (0, 8))
    assert (held_out.role, held_out.z) == ("eval", (8, 10))
    assert train.image == held_out.image == Path("../data/a.tif")
    assert train.labels == Path("../data/a_labels.tif")
    assert train.spacing_nm == NM
    assert config.classes.names == ("background", "class 1", "class 2")
    assert "These names were made up" in draft.text
    assert draft.findings == (
        f"{tmp_path / 'data' / 'a.tif'}: 10 x 4 x 5 voxels of 50 x 4.6 x 4.6 nm, "
        "uint8, label ids 0, 1, 2",
        "labelled 0-9; learns from 0-7; validates on 8, 9",
    )


def test_a_second_volume_is_for_validation(tmp_path):
    train, held_out = labelled(tmp_path), labelled(tmp_path, "b", labels=IDS[:2] + 1)

    config = written(tmp_path, draft_project(train, held_out, folder=tmp_path))

    assert [v.image.name for v in config.volumes] == ["a.tif", "b.tif"]
    assert [v.role for v in config.volumes] == ["train", "eval"]
    assert [v.z for v in config.volumes] == [None, None]
    assert config.classes.ids == (0, 1, 2, 3)  # of both


def test_slices_of_two_volumes_each_count_in_their_own(tmp_path):
    train, held_out = labelled(tmp_path), labelled(tmp_path, "b", labels=IDS[:2])

    draft = draft_project(
        train, held_out, folder=tmp_path, train_z=(2, 9), eval_z=(1, 2)
    )

    assert [v.z for v in written(tmp_path, draft).volumes] == [(2, 9), (1, 2)]
    with pytest.raises(ConfigError, match="--eval-z 1 3 must be slices from, to"):
        draft_project(train, held_out, folder=tmp_path, eval_z=(1, 3))
    with pytest.raises(ConfigError, match="--train-z 1 11 must be slices from, to"):
        draft_project(train, held_out, folder=tmp_path, train_z=(1, 11))


def test_slices_on_both_sides_become_two_entries(tmp_path):
    draft = draft_project(labelled(tmp_path), folder=tmp_path, eval_z=(4, 6))

    volumes = written(tmp_path, draft).volumes
    assert [(v.role, v.z) for v in volumes] == [
        ("train", (0, 4)),
        ("train", (6, 10)),
        ("eval", (4, 6)),
    ]


def test_a_named_scheme_stays_a_name(tmp_path):
    draft = draft_project(
        labelled(tmp_path), folder=tmp_path, facts=LabelFacts("platelet")
    )

    assert "\nclasses: platelet\n" in draft.text
    assert "made up" not in draft.text
    assert written(tmp_path, draft).classes == ClassScheme.platelet()


def test_a_scheme_from_a_file_is_written_out(tmp_path):
    scheme = ClassScheme(classes=ClassScheme.platelet().classes, ignore=9)
    file = tmp_path / "classes.yaml"
    write_text(file, yaml_text(scheme.as_settings()))

    draft = draft_project(
        labelled(tmp_path), folder=tmp_path, facts=LabelFacts(str(file))
    )

    assert written(tmp_path, draft).classes == scheme


def test_ids_that_the_scheme_lacks_are_refused(tmp_path):
    pair = labelled(tmp_path, labels=IDS + 6)
    sentence = r"a_labels.tif: label ids \[7, 8\] are not in the class scheme \[0, 1,"
    with pytest.raises(VolumeError, match=sentence):
        draft_project(pair, folder=tmp_path, facts=LabelFacts("platelet"))


def test_an_image_without_contrast_is_refused_before_training(tmp_path):
    pair = labelled(tmp_path)
    pair.image.array[:] = 7
    with pytest.raises(VolumeError, match=r"a.tif: every voxel is 7; expected an imag"):
        draft_project(pair, folder=tmp_path)


def test_labels_of_another_shape_are_refused(tmp_path):
    pair = labelled(tmp_path, shape=(10, 5, 4))
    sentence = (
        r"a.tif has shape \(10, 5, 4\) and .*a_labels.tif \(10, 4, 5\); labels mu"
    )
    with pytest.raises(VolumeError, match=sentence):
        check_labelled(pair)


def test_the_voxel_size_may_stand_in_either_file(tmp_path):
    assert check_labelled(labelled(tmp_path, labels_nm=None)) == NM
    assert check_labelled(labelled(tmp_path, image_nm=None)) == NM


def test_an_unknown_voxel_size_is_asked_for(tmp_path):
    pair = labelled(tmp_path, image_nm=None, labels_nm=None)
    with pytest.raises(SpacingError, match=r"a.tif: has no voxel size; pass --spacing"):
        check_labelled(pair)


def test_two_voxel_sizes_are_refused(tmp_path):
    pair = labelled(tmp_path, labels_nm=(40.0, 4.6, 4.6))
    sentence = r"a.tif has voxels of 50 x 4.6 x 4.6 nm and .*a_labels.tif of 40 x 4"
    with pytest.raises(SpacingError, match=sentence):
        check_labelled(pair)


def test_a_project_is_never_overwritten(tmp_path):
    write_text(tmp_path / "project.yaml", "mine")
    with pytest.raises(OutputError, match=r"project.yaml: there is a project already;"):
        write_project(tmp_path, "yours")
    assert (tmp_path / "project.yaml").read_text() == "mine"


def test_labels_of_a_few_slices_are_read_at_their_places(tmp_path):
    pair = labelled(tmp_path)
    few = ArrayVolume(IDS[:3], spacing_nm=NM, path=tmp_path / "few.tif")

    draft = draft_project(
        pair._replace(labels=few),
        folder=tmp_path,
        facts=LabelFacts(labels_z=(1, 5, 8)),
    )

    config = written(tmp_path, draft)
    assert [(v.role, v.z) for v in config.volumes] == [
        ("train", (1, 2)),
        ("train", (5, 6)),
        ("eval", (8, 9)),
    ]
    assert all(v.labels_z == (1, 5, 8) for v in config.volumes)
    assert draft.findings[-1] == "labelled 1, 5, 8; learns from 1, 5; validates on 8"


def test_of_one_labelled_slice_a_quarter_is_kept(tmp_path):
    labels = np.full((10, 4, 8), 255, np.uint8)
    labels[3] = np.arange(8) % 2

    draft = draft_project(labelled(tmp_path, labels=labels), folder=tmp_path)

    train, held_out = written(tmp_path, draft).volumes
    assert (train.role, train.z, train.x) == ("train", (3, 4), (0, 6))
    assert (held_out.role, held_out.z, held_out.x) == ("eval", (3, 4), (6, 8))
    assert draft.findings[-1].startswith("labelled 3; learns from its columns 0-5;")


def test_what_values_mean_is_written(tmp_path):
    pair = labelled(tmp_path, labels=(IDS > 0).astype(np.uint8) * 255)

    draft = draft_project(pair, folder=tmp_path)

    config = written(tmp_path, draft)
    assert config.volumes[0].ids == ((255, 1),)
    assert "255: 1" in draft.text
    assert config.classes.names == ("background", "class 1")


def test_what_fills_the_gaps_between_placed_slices_is_never_a_class(tmp_path):
    pair = labelled(tmp_path)
    mask = (IDS[:2] > 0).astype(np.uint8) * 255
    few = ArrayVolume(mask, spacing_nm=NM, path=tmp_path / "few.tif")
    np.save(tmp_path / "few.npy", mask)

    draft = draft_project(
        pair._replace(labels=few), folder=tmp_path, facts=LabelFacts(labels_z=(6, 2))
    )

    config = written(tmp_path, draft)
    entry = config.volumes[0].model_copy(update={"labels": Path("few.npy")})
    read = open_labels(entry, tmp_path, slices=10).read(Box.whole(IDS.shape))
    assert draft.findings[-1] == "labelled 2, 6; learns from 2; validates on 6"
    assert (read[6] == (IDS[0] > 0)).all()
    assert (read[2] == (IDS[1] > 0)).all()
    assert (np.delete(read, (2, 6), axis=0) == 255).all()
