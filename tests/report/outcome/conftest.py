"""Results drawn by hand: only what a section looks at."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from densecell.classes import ClassScheme
from densecell.geometry import Box


@pytest.fixture
def drawn():
    """A function that draws a result with these parts, and with nothing else."""

    def draw(*, tables=None, **parts):
        nothing = {
            "run": None,
            "measurement": None,
            "agreement": None,
            "scores": {},
            "members": {},
            "scheme": ClassScheme.platelet(),
            "shape": (4, 20, 30),
            "box": Box.whole((4, 20, 30)),
            "image": None,
            "is_segmented": True,
            "is_measured": True,
            "has_meshes": False,
            "table": lambda name: (tables or {}).get(name, []),
            "layer": lambda name: None,
        }
        return SimpleNamespace(**{"path": Path("no-journal-here")} | nothing | parts)

    return draw
