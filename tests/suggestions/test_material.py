import shutil

import numpy as np
import pytest
import yaml

from densecell.errors import ConfigError, MissingVolumeError, VolumeError
from densecell.geometry import Box
from densecell.suggestions import open_material, project_of
from densecell.volume import ArrayVolume, write_tiff


def retold(project, **volume):
    """Let the result say that it is of another volume."""
    path = project / "result" / "run.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["volume"] |= volume
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return project / "result"


def test_what_the_project_of_its_model_has_labelled_is_known(segmented):
    material = open_material(segmented / "result")

    known = material.labelled(Box.whole(material.shape))

    assert project_of(material.run) == segmented
    assert material.origin == (1, 0, 0)
    assert known[1].all()
    assert known.sum() == 48 * 56


def test_another_project_is_asked_when_it_is_named(segmented, tmp_path, write_project):
    write_project(tmp_path)  # of other volumes

    material = open_material(segmented / "result", project=tmp_path)

    assert not material.labelled(Box.whole(material.shape)).any()


def test_a_model_outside_of_projects_leaves_nothing_out(project, tmp_path):
    model = tmp_path / "alone" / "model"
    path = project / "result" / "run.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["model"]["path"] = str(model)
    path.write_text(yaml.safe_dump(values), encoding="utf-8")

    material = open_material(project / "result")

    assert project_of(material.run) is None
    assert not material.known


def test_a_project_that_is_none_is_refused(segmented, tmp_path):
    with pytest.raises(ConfigError, match=r"project.yaml: no such file"):
        open_material(segmented / "result", project=tmp_path)


def test_a_result_that_is_not_finished_is_refused(project):
    (project / "result" / "agreement.json").unlink()

    with pytest.raises(VolumeError, match="is not segmented to its end;"):
        open_material(project / "result")


@pytest.mark.parametrize("name", ["disagreement", "confidence"])
def test_a_result_without_what_boxes_are_chosen_by_is_refused(project, name):
    shutil.rmtree(project / "result" / "segmentation.zarr" / name)

    with pytest.raises(VolumeError, match=f"result: has no {name} of the voxels"):
        open_material(project / "result")


def test_a_volume_that_is_gone_or_changed_is_refused(project):
    result = retold(project, path=str(project / "gone.tif"))
    with pytest.raises(
        MissingVolumeError, match=r"segmented from .*gone.tif, which is"
    ):
        open_material(result)

    changed = ArrayVolume(np.zeros((6, 48, 56), np.uint8), spacing_nm=(40, 10, 10))
    write_tiff(project / "other.tif", changed)
    result = retold(project, path=str(project / "other.tif"))
    with pytest.raises(VolumeError, match=r"other.tif holds other voxels than when"):
        open_material(result)


def test_labels_from_elsewhere_are_refused(tmp_path):
    with pytest.raises(VolumeError, match="is no result of densecell"):
        open_material(tmp_path)
