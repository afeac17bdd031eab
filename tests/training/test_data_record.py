import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.training import Data, DataRecord, read_data
from densecell.training.data_record import record_data
from densecell.volume import fingerprint, open_volume

SCHEME = ClassScheme.from_ids([0, 1, 2])


@pytest.fixture
def data(labelled):
    """Labels (1, 2, 3): two of class 0, one of class 2, the rest unknown or partial."""
    channels = np.array([[[0, 2, 0], [255, 224, 255]]])
    volume = labelled(np.zeros(channels.shape), channels)
    return Data([volume], [volume._replace(name="other")])


def test_known_voxels_are_counted_by_class(data, tmp_path):
    record_data(tmp_path, data, SCHEME)

    train, scored = read_data(tmp_path).volumes
    assert (train.name, train.role) == ("drawn", "train")
    assert (scored.name, scored.role) == ("other", "eval")
    assert train.shape == (1, 2, 3)
    assert train.voxels == {"background": 2, "class 1": 0, "class 2": 1}


def test_volumes_are_added_once(data, tmp_path):
    more = Data([data.train[0]._replace(fingerprint="new")], data.validation)

    for seen in (data, data, more):
        record_data(tmp_path, seen, SCHEME)

    record = read_data(tmp_path)
    assert [v.fingerprint for v in record.volumes] == ["", "", "new"]
    assert record.counts("train") == {"background": 4, "class 1": 0, "class 2": 2}


def test_a_training_records_what_it_sees(trained):
    record = read_data(trained / "models" / "tiny")

    image = open_volume(trained / "train.npy", spacing_nm=(40, 10, 10))
    (train,) = record.of_role("train")
    assert train.fingerprint == fingerprint(image)
    assert sum(train.voxels.values()) == 6 * 48 * 56
    assert train.statistics[0] == pytest.approx(np.load(trained / "train.npy").mean())


def test_a_model_without_a_record_has_none(tmp_path):
    assert read_data(tmp_path) is None
    assert DataRecord(volumes=()).counts("train") == {}
