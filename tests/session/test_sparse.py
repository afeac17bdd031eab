import numpy as np

from densecell.geometry import Box
from densecell.session.sparse import SparseLabels


def test_a_box_over_several_squares_reads_what_was_put():
    labels = SparseLabels((3, 300, 520), np.dtype(np.uint8), 255)
    box = Box((1, 250, 250), (3, 270, 515))
    values = np.random.default_rng(0).integers(0, 3, box.shape).astype(np.uint8)

    for key, packed in labels.changed(box, np.ones(box.shape, bool), values).items():
        labels.put(key, packed)

    assert (labels.read(box) == values).all()
    assert sum(labels.painted.values()) == box.voxels
    assert labels.painted_slices == [1, 2]


def test_squares_without_paint_take_no_place():
    labels = SparseLabels((1, 300, 300), np.dtype(np.uint8), 255)
    box = Box((0, 0, 0), (1, 300, 300))
    everywhere = np.ones(box.shape, bool)
    for value in (7, 255):
        full = np.full(box.shape, value, np.uint8)
        for key, packed in labels.changed(box, everywhere, full).items():
            labels.put(key, packed)
        assert len(labels.keys) == (4 if value == 7 else 0)

    assert not labels.holds_paint(box)
