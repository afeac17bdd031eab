import json
import shutil

import numpy as np
import pytest

from densecell.errors import ConfigError, MissingVolumeError, VolumeError
from densecell.geometry import Box, Spacing
from densecell.result import Result


@pytest.fixture
def result(old_project):
    return Result(old_project / "result")


@pytest.fixture
def measured_alone(old_result):
    """Objects of labels from elsewhere: no run.yaml beside them."""
    (old_result / "run.yaml").unlink()
    return Result(old_result)


def test_a_folder_without_settings_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(VolumeError) as caught:
        Result(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: is no result of densecell (neither run.yaml nor objects.yaml in "
        "it). Give the folder that `densecell segment` or `densecell measure` wrote"
    )


def test_a_finished_result_says_so(result):
    assert result.is_segmented
    assert result.is_measured
    assert result.has_meshes
    result.require_segmented()
    result.require_measured()


def test_labels_fill_the_box_that_was_segmented(result):
    assert result.shape == result.classes.shape == (10, 80, 80)
    assert result.box == Box.whole((10, 80, 80))
    assert result.spacing_nm == Spacing(40, 10, 10)
    assert result.scheme.names[2] == "mitochondrion"


def test_objects_are_found_by_layer(result):
    assert list(result.objects) == ["cells", "organelles", "parts"]
    ids = np.unique(result.objects["organelles"].read(result.box))
    assert ids.tolist() == [0, 1, 2]


def test_layers_that_are_missing_or_of_another_shape_are_none(old_result):
    store = old_result / "segmentation.zarr"
    shutil.rmtree(store / "confidence")
    text = (store / "disagreement" / "0" / "zarr.json").read_text()
    meta = json.loads(text) | {"shape": [10, 80, 40]}
    (store / "disagreement" / "0" / "zarr.json").write_text(json.dumps(meta))
    result = Result(old_result)

    assert result.layer("confidence") is None
    assert result.layer("disagreement") is None
    assert result.layer("labels/classes") is not None


def test_networks_that_kept_their_labels_are_there(result):
    assert list(result.members) == ["member_00", "member_01"]
    assert result.members["member_00"].shape == result.shape


def test_the_image_is_what_was_segmented(result):
    assert result.image.shape == result.shape
    assert result.open_source(same_voxels=True).shape == (10, 80, 80)


def test_an_image_that_is_gone_is_none_and_says_where_it_was(old_project, tmp_path):
    folder = shutil.copytree(old_project, tmp_path / "moved")
    text = (folder / "result" / "run.yaml").read_text()
    elsewhere = text.replace(str(old_project), str(folder))
    (folder / "result" / "run.yaml").write_text(elsewhere)
    shutil.rmtree(folder / "volume.zarr")
    result = Result(folder / "result")

    assert result.image is None
    with pytest.raises(MissingVolumeError, match=r"was segmented from .*volume\.zarr"):
        result.open_source()


def test_another_volume_in_its_place_is_refused(old_project, tmp_path):
    folder = shutil.copytree(old_project, tmp_path / "moved")
    run = folder / "result" / "run.yaml"
    run.write_text(run.read_text().replace(str(old_project), str(folder)))
    shutil.rmtree(folder / "volume.zarr")
    shutil.copytree(folder / "train.zarr", folder / "volume.zarr")

    with pytest.raises(VolumeError, match=r"has shape \(12, 96, 96\), but \(10, 80, 8"):
        Result(folder / "result").open_source()


def test_other_voxels_of_the_same_shape_are_refused_if_asked(old_project, tmp_path):
    folder = shutil.copytree(old_project, tmp_path / "moved")
    run = folder / "result" / "run.yaml"
    run.write_text(run.read_text().replace(str(old_project), str(folder)))
    shutil.rmtree(folder / "volume.zarr")
    shutil.copytree(folder / "eval.zarr", folder / "volume.zarr")
    result = Result(folder / "result")

    assert result.open_source().shape == (10, 80, 80)
    with pytest.raises(VolumeError, match="holds other voxels than when it was segm"):
        result.open_source(same_voxels=True)


def test_agreement_and_scores_are_read(result):
    assert sum(result.agreement.voxels.values()) == 10 * 80 * 80
    assert 0 < result.agreement.members["member_00"].agreement <= 1
    assert list(result.scores) == ["classes"]
    assert 0 < result.scores["classes"]["miou_all"] < 1


@pytest.mark.parametrize("text", ["{", "[]", '{"voxels": {}}'])
def test_damaged_agreement_is_refused_with_the_command_that_mends_it(old_result, text):
    (old_result / "agreement.json").write_text(text)

    with pytest.raises(ConfigError, match=r"agreement\.json: .*segment --overwrite"):
        _ = Result(old_result).agreement


def test_tables_are_read_by_name_and_empty_where_missing(old_result):
    (old_result / "tables" / "contacts.csv").unlink()
    result = Result(old_result)

    assert [row["organelle_id"] for row in result.table("organelles")] == ["1", "2"]
    assert len(result.table("classes")) == 7
    assert list(result.table("contacts")) == []


def test_unfinished_steps_are_refused_with_what_to_run(old_result):
    (old_result / "agreement.json").unlink()
    (old_result / "blocks" / "measure" / "finished").unlink()
    result = Result(old_result)

    with pytest.raises(VolumeError, match="is not segmented to its end; run `densecel"):
        result.require_segmented()
    with pytest.raises(VolumeError, match="is not measured to its end; run `densecell"):
        result.require_measured()


def test_what_was_never_measured_names_the_command(old_result):
    (old_result / "objects.yaml").unlink()

    with pytest.raises(VolumeError, match="is not measured yet; `densecell measure"):
        Result(old_result).require_measured()


def test_labels_that_do_not_fill_the_box_are_refused(old_result):
    path = old_result / "run.yaml"
    boxed = path.read_text().replace("box: null", "box: [[0, 0, 0], [5, 80, 80]]")
    path.write_text(boxed)

    with pytest.raises(VolumeError, match="says the labels cover \\(5, 80, 80\\) voxe"):
        _ = Result(old_result).classes


def test_labels_from_elsewhere_are_a_result_without_an_image(measured_alone):
    assert measured_alone.run is None
    assert measured_alone.is_segmented
    assert measured_alone.is_measured
    assert measured_alone.shape == measured_alone.classes.shape == (10, 80, 80)
    assert measured_alone.image is None
    assert measured_alone.members == {}
    with pytest.raises(VolumeError, match="holds labels from elsewhere, without an im"):
        measured_alone.open_source()
