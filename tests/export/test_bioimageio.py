"""The tested set of versions can read models of bioimage.io."""

from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def pinned(name):
    lines = CONSTRAINTS.read_text(encoding="utf-8").split()
    (version,) = (
        line.partition("==")[2] for line in lines if line.startswith(f"{name}==")
    )
    return tuple(int(part) for part in version.split("."))


def test_pydantic_is_one_that_the_format_can_be_read_with():
    assert pinned("pydantic") < (2, 14) or pinned("bioimageio-spec") >= (0, 5, 14, 3)
