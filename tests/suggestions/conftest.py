"""A finished result of a volume of which its project has labelled one slice."""

import shutil

import numpy as np
import pytest
import yaml

from densecell.config import InferenceConfig
from densecell.ensemble import SegmentRequest, load_ensemble, segment_volume
from densecell.volume import ArrayVolume, open_volume, write_tiff

NM = (40, 10, 10)


@pytest.fixture(scope="session")
def segmented(tmp_path_factory, trained, discs):
    """Folder of a project with `result` in it: do not touch."""
    folder = tmp_path_factory.mktemp("suggested") / "project"
    shutil.copytree(trained, folder)
    image, labels = (np.flip(array, 2).copy() for array in discs)
    labels[:2] = labels[3:] = 255
    for name, array in (("new", image), ("new_labels", labels)):
        write_tiff(folder / f"{name}.tif", ArrayVolume(array, spacing_nm=NM))
    entry = {"image": "new.tif", "labels": "new_labels.tif", "spacing_nm": list(NM)}
    path = folder / "project.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["volumes"].append(entry)
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    plain = InferenceConfig(engine="torch", precision="float32", threads=1)
    box = ((1, 0, 0), (6, 48, 56))
    volume = open_volume(folder / "new.tif")
    ensemble = load_ensemble(folder / "models" / "tiny")
    request = SegmentRequest(inference=plain, box=box)
    for _ in segment_volume(volume, ensemble, folder / "result", request):
        pass
    return folder


@pytest.fixture
def project(segmented, tmp_path):
    """A copy of it, to be changed: the result goes on looking at the first."""
    shutil.copytree(segmented, tmp_path / "project")
    return tmp_path / "project"
