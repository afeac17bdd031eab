import pytest

from densecell.phantom import Phantom, make_phantom


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """A phantom with all its structures: do not change it."""
    return make_phantom((16, 320, 320), seed=5)


@pytest.fixture(scope="session")
def small_phantom() -> Phantom:
    """A phantom of a few slices: do not change it."""
    return make_phantom((3, 64, 80), seed=5)
