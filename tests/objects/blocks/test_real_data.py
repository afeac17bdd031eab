"""Objects of real organelles do not depend on blocks either."""

from pathlib import Path

import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.volume import open_volume

LABELS = Path(__file__).parents[4] / "shared/data/urocell-labels/labels.tif"


@pytest.mark.skipif(not LABELS.exists(), reason=f"needs the real labels {LABELS}")
def test_components_and_sums_of_real_organelles(resolved, plain, tmp_path):
    volume = open_volume(LABELS, labels=True)
    urocell = volume.read(Box((100, 40, 30), (148, 200, 206)))
    scheme = ClassScheme(
        classes={
            i: {
                "name": name,
                "colour": (0, 0, 0),
                "role": "background" if i == 0 else "organelle",
            }
            for i, name in enumerate(("else", "mito", "lysosome", "vesicle", "golgi"))
        }
    )
    how = {"scheme": scheme, "spacing": (15, 16, 16)}

    one, ids = resolved(urocell, plain(), tmp_path / "one", **how)
    many, same = resolved(urocell, plain(block=(31, 70, 99)), tmp_path / "many", **how)

    assert len(one["organelles"]) > 20
    np.testing.assert_array_equal(ids["organelles"], same["organelles"])
    for field, value in one["organelles"].sums._asdict().items():
        np.testing.assert_array_equal(value, getattr(many["organelles"].sums, field))
