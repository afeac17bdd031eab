import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import VolumeEntry
from densecell.errors import ConfigError
from densecell.patches import PARTIAL, UNKNOWN, load_labelled
from densecell.patches.partial import annotated, exclusions_of

SCHEME = ClassScheme.from_ids([0, 1, 2, 3])
NAMES = SCHEME.names


def entry(*boxes):
    listed = [
        {"box": box, "classes": None if which is None else [NAMES[i] for i in which]}
        for box, which in boxes
    ]
    return VolumeEntry.model_validate(
        {"image": "a", "labels": "b", "spacing_nm": (4, 4, 4), "boxes": listed}
    )


def row(*boxes, labels, corner=(0, 0, 0)):
    one = entry(*boxes)
    channels = np.array(labels, np.uint8).reshape(1, 1, -1)
    found = annotated(channels, corner, one, SCHEME, exclusions_of([one], SCHEME))
    return found.ravel().tolist()


def along(start, stop):
    return ((0, 0, start), (1, 1, stop))


def test_without_boxes_everything_is_annotated():
    assert row(labels=[0, 3, UNKNOWN]) == [0, 3, UNKNOWN]


def test_outside_all_boxes_nothing_is_known():
    assert row((along(1, 3), None), labels=[0, 1, 2, 3]) == [UNKNOWN, 1, 2, UNKNOWN]


def test_other_classes_of_a_box_are_known_to_be_none_of_those_annotated():
    found = row((along(0, 4), (2,)), labels=[0, 2, UNKNOWN, 3])

    assert found == [PARTIAL, 2, UNKNOWN, PARTIAL]


def test_where_boxes_overlap_a_class_that_either_names_is_known():
    found = row((along(0, 3), (1,)), (along(1, 4), (2,)), labels=[1, 1, 2, 2])

    assert found == [1, 1, 2, 2]


def test_boxes_lie_in_the_volume_wherever_reading_begins():
    found = row((along(11, 13), None), labels=[0, 1, 2, 3], corner=(0, 0, 10))

    assert found == [UNKNOWN, 1, 2, UNKNOWN]


def test_every_set_of_classes_is_listed_once():
    first = entry((along(0, 1), (2, 1)), (along(1, 2), None))
    second = entry((along(0, 1), (1, 2)), (along(1, 2), (3,)))

    assert exclusions_of([first, second], SCHEME) == ((1, 2), (3,))


def test_a_class_that_the_scheme_lacks_is_named():
    wrong = VolumeEntry.model_validate(
        {
            "image": "a",
            "labels": "b.tif",
            "spacing_nm": (4, 4, 4),
            "boxes": [{"box": along(0, 1), "classes": ["vacuole"]}],
        }
    )
    with pytest.raises(ConfigError, match=r"b.tif: a box is annotated for vacuole, wh"):
        exclusions_of([wrong], SCHEME)


def test_a_box_outside_is_refused():
    with pytest.raises(ConfigError, match=r"annotated box \(0, 0, 9\) to \(1, 1, 12\)"):
        row((along(9, 12), None), labels=[0, 1])


def test_a_project_reads_its_boxes(tmp_path, write_project, discs):
    project = write_project(tmp_path)
    boxes = [{"box": [[0, 0, 0], [2, 48, 56]], "classes": ["disc"]}]
    part = project.volumes[0].model_dump() | {"boxes": boxes}
    volumes = (VolumeEntry.model_validate(part),)
    project = project.model_copy(update={"volumes": volumes})

    (volume,) = load_labelled(project, tmp_path, role="train")

    assert volume.exclusions == ((1,),)
    expected = np.where(discs[1] == 1, 1, PARTIAL)
    expected[2:] = UNKNOWN
    np.testing.assert_array_equal(volume.channels, expected)
