import numpy as np
import pytest
import tifffile

from densecell.errors import ConfigError
from densecell.geometry import Box, Spacing
from densecell.session.filters import COUNT, slice_features
from densecell.session.sketching import SketchTask, shown_part, sketch, strokes_near
from densecell.session.sparse import SparseLabels


def test_features_are_finite_and_tell_stripes_from_flat():
    picture = np.zeros((40, 60), np.float32)
    picture[:, 30::2] = 1

    found = slice_features(picture)

    assert found.shape == (40, 60, COUNT)
    assert np.isfinite(found).all()
    assert found[20, 45, 4] > 10 * found[20, 10, 4]  # spread at the finest scale


def test_a_sketch_finds_the_bright_half_from_two_strokes(tmp_path):
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    image = rng.normal(50, 10, (4, 80, 600)).clip(0, 255)
    image[:, :, 300:] += 100
    tifffile.imwrite(
        tmp_path / "em.tif",
        image.clip(0, 255).astype(np.uint8),
        photometric="minisblack",
    )
    labels = SparseLabels((3, 80, 600), np.dtype(np.uint8), 255)
    for label, x in ((4, 20), (7, 500)):
        box = Box((1, 30, x), (2, 34, x + 40))
        full = np.full(box.shape, label, np.uint8)
        for key, packed in labels.changed(box, full == label, full).items():
            labels.put(key, packed)
    points, ids = strokes_near(labels, 1, (0, 0, 80, 600))

    image, spacing = str(tmp_path / "em.tif"), Spacing(50, 4, 4)
    found = sketch(SketchTask(image, spacing, 1, (5, 10, 75, 590), points, ids, 1))

    assert found.shape == (70, 580)
    assert (found[:, :270] == 4).mean() > 0.98
    assert (found[:, 310:] == 7).mean() > 0.98


def test_one_class_is_too_little_for_a_sketch():
    labels = SparseLabels((3, 80, 600), np.dtype(np.uint8), 255)

    with pytest.raises(ConfigError, match="two classes or more"):
        strokes_near(labels, 0, (0, 0, 10, 10))


def test_of_a_very_large_view_the_middle_is_sketched():
    assert shown_part((0, -50, 9000, 700), (8000, 600)) == (3232, 0, 4768, 600)
