import pytest

from densecell.classes import ClassScheme
from densecell.config import write_text, yaml_text
from densecell.errors import VolumeError
from densecell.evaluation.comparison import shared_objects
from densecell.evaluation.measured import (
    FINISHED,
    RECORD,
    read_measured,
    refuse_half_measured,
)
from densecell.objects import measure, record


def begin(result):
    """Leave what a measurement begins with."""
    scheme = ClassScheme.platelet()
    values = {"labels": "../a.tif", "spacing_nm": [40, 10, 20], "format": 1}
    values["classes"] = scheme.as_settings()
    write_text(result / RECORD, yaml_text(values))
    return scheme


def test_files_are_named_as_they_are_written():
    assert (RECORD, FINISHED) == (record.RECORD, measure.FINISHED)


def test_a_measurement_says_what_it_is_of(tmp_path):
    scheme = begin(tmp_path)

    found = read_measured(tmp_path)

    assert (found.labels, found.spacing_nm) == ("../a.tif", (40, 10, 20))
    assert found.classes == scheme


def test_a_half_written_measurement_is_refused(tmp_path):
    begin(tmp_path)

    with pytest.raises(VolumeError, match="measured to its end; run `densecell meas"):
        refuse_half_measured(tmp_path)

    write_text(tmp_path / FINISHED, "")
    refuse_half_measured(tmp_path)


def test_objects_that_nothing_tells_of_are_taken_as_they_are(tmp_path):
    refuse_half_measured(tmp_path)

    assert read_measured(tmp_path) is None


@pytest.mark.parametrize("half", ["a", "b"])
def test_objects_of_half_a_measurement_are_not_compared(tmp_path, half):
    results = [tmp_path / "a", tmp_path / "b"]
    for result in results:
        (result / "segmentation.zarr" / "labels" / "cells").mkdir(parents=True)
        write_text(result / "run.yaml", "")
    begin(tmp_path / half)

    with pytest.raises(VolumeError, match=f"{half}: is not measured to its end"):
        shared_objects(*results)


def test_results_without_shared_objects_are_compared_without_them(tmp_path):
    results = [tmp_path / "a", tmp_path / "b"]
    for result in results:
        write_text(result / "run.yaml", "")
    begin(tmp_path / "a")

    assert shared_objects(*results) == {}
