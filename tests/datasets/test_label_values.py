from pathlib import Path

import numpy as np
import pytest

from densecell.datasets.label_values import read_meaning
from densecell.errors import UnclearLabelsError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume

CASES = Path(__file__).parents[3] / "shared" / "cases" / "labels-mask-0-255"


def labels_of(*slices):
    """One row of values per slice."""
    values = np.array(slices, np.uint8)[:, None]
    return ArrayVolume(values, path=Path("labels.tif"))


def meaning(labels, *, ids=(), unlabelled=None, named=False):
    return read_meaning(
        labels,
        ids=dict(ids),
        unlabelled=unlabelled,
        named=named,
        counted=range(labels.shape[0]),
    )


def values(reading):
    return reading.labels.read(Box.whole(reading.labels.shape))[:, 0].tolist()


def test_class_ids_mean_themselves():
    reading = meaning(labels_of([0, 1], [2, 255], [255, 255]))

    assert values(reading) == [[0, 1], [2, 255], [255, 255]]
    assert reading.labelled == (0, 1)
    assert reading.found == (0, 1, 2, 255)
    assert not reading.ids
    assert not reading.notes


@pytest.mark.parametrize("named", [False, True])
def test_in_a_mask_of_0_and_255_both_are_classes(named):
    reading = meaning(labels_of([0, 255], [255, 255]), named=named)

    assert values(reading) == [[0, 1], [1, 1]]
    assert reading.ids == {255: 1}
    assert (
        "255 is taken for class 1 (for not annotated instead: --id 255=255)"
        in (reading.notes[0])
    )


def test_a_mask_may_mean_not_annotated_after_all():
    reading = meaning(labels_of([0, 255], [255, 255]), ids={255: 255})

    assert reading.labelled == (0,)
    assert reading.found == (0, 255)


def test_grey_values_are_listed_and_asked_about():
    with pytest.raises(
        UnclearLabelsError, match=r"values 0, 127, 255 look like grey .+ --id 127=1"
    ) as caught:
        meaning(labels_of([0, 127], [255, 0]))

    assert caught.value.option == "--id"
    assert caught.value.answers == ("127=1 255=2",)
    answered = meaning(labels_of([0, 127], [255, 0]), ids={127: 1, 255: 2})
    assert values(answered) == [[0, 1], [2, 0]]


def test_high_ids_of_a_class_list_are_not_grey_values():
    assert meaning(labels_of([0, 127], [255, 0]), named=True).found == (0, 127, 255)


def test_slices_of_0_alone_are_asked_about():
    labels = labels_of([0, 0], [0, 1], [0, 0], [0, 0])

    with pytest.raises(UnclearLabelsError, match="slices 0, 2, 3 hold only 0") as found:
        meaning(labels)

    assert found.value.option == "--unlabelled"
    assert meaning(labels, unlabelled="none").labelled == (0, 1, 2, 3)
    skipped = meaning(labels, unlabelled="slices")
    assert skipped.labelled == (1,)
    assert values(skipped)[1] == [0, 1]
    ignored = meaning(labels, unlabelled="0")
    assert ignored.labelled == (1,)
    assert values(ignored)[1] == [255, 1]


def test_an_empty_volume_is_not_asked_about():
    assert meaning(labels_of([0, 0], [0, 0])).labelled == (0, 1)


@pytest.mark.skipif(not CASES.exists(), reason=f"needs the cases in {CASES}")
def test_masks_as_programs_save_them():
    mask = open_volume(CASES / "mask.tif", labels=True)
    grey = open_volume(CASES / "grey.tif", labels=True)

    assert meaning(mask).found == (0, 1)
    with pytest.raises(UnclearLabelsError, match="values 0, 127, 255"):
        meaning(grey)
