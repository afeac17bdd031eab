import numpy as np
import pytest

from densecell.geometry import Box
from densecell.suggestions import candidates, look_at, open_material

SIZE = (1, 20, 24)


@pytest.fixture(scope="module")
def material(segmented):
    return open_material(segmented / "result")


def test_every_box_is_summed_up_by_what_lies_in_it(material):
    looks = look_at(material, SIZE)

    whole = Box.whole(material.shape)
    classes, unsure, sure, image = (
        volume.read(whole)
        for volume in (
            material.classes,
            material.disagreement,
            material.confidence,
            material.image,
        )
    )
    grey = (image - material.mean) / material.std
    assert len(looks.boxes) == 5 * 3 * 3
    for n, box in enumerate(looks.boxes):
        at = box.slices
        assert looks.disagreement[n] == pytest.approx(unsure[at].mean() / 255)
        assert looks.doubt[n] == pytest.approx(1 - sure[at].mean() / 255)
        shares = [(classes[at] == i).mean() for i in (0, 1)]
        np.testing.assert_allclose(looks.shares[n], shares)
        steps = np.abs(np.diff(grey[at], axis=2)).mean()
        expected = [grey[at].mean(), grey[at].std(), steps]
        np.testing.assert_allclose(looks.grey[n], expected, rtol=1e-4, atol=1e-5)


def test_boxes_with_a_labelled_voxel_are_known(material):
    looks = look_at(material, (2, 20, 24))

    # Slice 2 of the volume is labelled: slice 1 of the result.
    known = {
        box.start[0] for box, k in zip(looks.boxes, looks.labelled, strict=True) if k
    }
    unknown = {
        b.start[0] for b, k in zip(looks.boxes, looks.labelled, strict=True) if not k
    }
    assert known == {0, 1}
    assert unknown == {3}


def test_what_is_read_at_once_changes_nothing(material, monkeypatch):
    whole = look_at(material, SIZE)
    monkeypatch.setattr(candidates, "READ", (1, 40, 24))

    told = []
    parts = look_at(material, SIZE, told=lambda done, total: told.append((done, total)))

    assert len(told) > 9
    assert told[-1][0] == told[-1][1]
    order = [whole.boxes.index(box) for box in parts.boxes]
    assert sorted(order) == list(range(len(order)))
    for name in ("labelled", "disagreement", "doubt", "shares", "grey"):
        np.testing.assert_array_equal(getattr(whole, name)[order], getattr(parts, name))
