"""Files with damage: bytes changed, cut, put in; values of metadata replaced."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

HEAD = 512  # bytes at the beginning, where most headers are
STRUCTURED = (".json", ".yaml", ".zattrs", ".zarray", ".zgroup")
Damage = Callable[[bytes], bytes]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.sampled_from([2**31, 2**63, -(2**63), 10**30]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["..", "/", "../../x", "float64", "nanometer", "0", "gzip", "|O"]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def damages(name: str) -> st.SearchStrategy[Damage]:
    """Draw damage to a file of this name."""
    of_bytes = st.lists(_edits(), min_size=1, max_size=5).map(Several)
    if not name.endswith(STRUCTURED):
        return of_bytes
    replaced = st.builds(Replaced, st.integers(0, 10**6), values, st.booleans())
    of_values = st.lists(replaced, min_size=1, max_size=3).map(Several)
    return of_bytes | of_values


class Edit:
    """Bytes put over, put in, or everything behind cut off."""

    def __init__(self, place: int, how: str, data: bytes) -> None:
        self.place, self.how, self.data = place, how, data

    def __call__(self, content: bytes) -> bytes:
        at = self.place % (len(content) + 1)
        if self.how == "cut":
            return content[:at]
        skipped = len(self.data) if self.how == "over" else 0
        return content[:at] + self.data + content[at + skipped :]

    def __repr__(self) -> str:
        return f"Edit({self.place}, {self.how!r}, {self.data!r})"


class Replaced:
    """One of the values of a JSON or YAML file replaced, or left out."""

    def __init__(self, number: int, value: object, left_out: bool) -> None:
        self.number, self.value, self.left_out = number, value, left_out

    def __call__(self, content: bytes) -> bytes:
        try:
            tree = yaml.safe_load(content)
        except (yaml.YAMLError, UnicodeDecodeError, ValueError):
            return content
        places = [*_places(tree)]
        if not places:
            return json.dumps(self.value).encode()
        holder, key = places[self.number % len(places)]
        if self.left_out:
            del holder[key]
        else:
            holder[key] = self.value
        return json.dumps(tree, default=str).encode()  # YAML reads it too

    def __repr__(self) -> str:
        return f"Replaced({self.number}, {self.value!r}, {self.left_out})"


def _edits() -> st.SearchStrategy[Edit]:
    place = st.integers(0, HEAD) | st.integers(0, 10**7)
    data = st.binary(min_size=1, max_size=8) | st.sampled_from(
        [b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0" * 8, b"\xff" * 8]
    )
    return st.builds(Edit, place, st.sampled_from(["over", "over", "in", "cut"]), data)


class Several:
    """Damage upon damage."""

    def __init__(self, steps: list[Damage]) -> None:
        self.steps = steps

    def __call__(self, content: bytes) -> bytes:
        for step in self.steps:
            content = step(content)
        return content

    def __repr__(self) -> str:
        return f"Several({self.steps!r})"


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every dict or list inside with each of its keys."""
    keys: list[Any] = []
    if isinstance(tree, dict):
        keys = list(tree)
    elif isinstance(tree, list):
        keys = list(range(len(tree)))
    for key in keys:
        yield tree, key
        yield from _places(tree[key])
