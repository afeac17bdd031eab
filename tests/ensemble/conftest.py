from pathlib import Path

import pytest

from densecell.ensemble import load_ensemble
from densecell.volume import ArrayVolume


@pytest.fixture(scope="module")
def ensemble(trained):
    return load_ensemble(trained / "models" / "tiny")


@pytest.fixture
def volume(discs):
    return ArrayVolume(discs[0], spacing_nm=(40, 10, 10), path=Path("/data/a.tif"))
