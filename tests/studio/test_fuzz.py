"""Whatever is sent: a sentence comes back, and never an unexpected error."""

import asyncio
import json
from urllib.parse import quote

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

import httpx
import numpy as np
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.session import Session
from densecell.session.requests import ProjectRequest
from densecell.studio.app import make_app

CLASSES = [
    {"id": 0, "name": "outside", "color": "#000000"},
    {"id": 1, "name": "cell", "color": "#e69f00"},
]
NUMBERS = st.one_of(
    st.integers(-2, 70), st.sampled_from([2**31, -(2**40), 1e300, 0.5, -0.0])
)
WORDS = st.one_of(
    st.sampled_from(["em", "z", "y", "x", "paint", "cells", "image", "sketch", "next"]),
    st.text(max_size=8),
)
TOOLS = ("brush", "fill", "lasso", "smart_fill", "interpolate", "copy", "accept_sketch")
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=6,
)
POINT = st.lists(NUMBERS, min_size=2, max_size=2)
PAINT = st.fixed_dictionaries(
    {
        "volume": st.just("em"),
        "axis": st.sampled_from("zyx"),
        "index": st.integers(0, 70),
        "tool": st.sampled_from(TOOLS),
        "class": st.sampled_from([0, 1, 255, 7, "next"]),
    },
    optional={
        "layer": st.sampled_from(["paint", "cells", "organelles"]),
        "points": st.lists(POINT, max_size=4),
        "point": POINT,
        "radius": NUMBERS,
        "extent": st.floats(0, 1),
        "slices": st.integers(1, 9),
        "from": st.integers(0, 70),
        "to": st.integers(0, 70),
        "locked": st.lists(st.integers(0, 255), max_size=3),
    },
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    image = np.random.default_rng(0).integers(0, 255, (5, 60, 70)).astype(np.uint8)
    tifffile.imwrite(folder / "em.tif", image)
    session = Session([folder])
    paths = {"folder": str(folder / "p"), "path": str(folder / "em.tif")}
    session.make(ProjectRequest(**paths, spacing_nm=(50, 4, 4), classes=CLASSES))
    transport = httpx.ASGITransport(app=make_app(session), raise_app_exceptions=True)

    async def sent(method, path, body):
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1"
        ) as client:
            kind = {"content-type": "application/json"}
            return await client.request(method, path, content=body, headers=kind)

    def asked(method, path, body=b""):
        answer = asyncio.run(sent(method, path, body))
        assert answer.status_code < 500, (method, path, body, answer.text)
        if answer.status_code >= 400:
            assert len(answer.json()["error"]) > 5
        return answer

    yield asked
    session.close()


def quick(examples):
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=checks,
        derandomize=True,
    )


@quick(120)
@given(body=PAINT)
def test_any_tool_with_any_numbers(ask, body):
    ask("POST", "/api/paint", json.dumps(body).encode())


@quick(80)
@given(
    path=st.sampled_from(
        ["paint", "look", "open", "undo", "redo", "sketch", "focus", "project"]
    ),
    body=JUNK,
)
def test_any_body(ask, path, body):
    ask("POST", f"/api/{path}", json.dumps(body).encode())


@quick(80)
@given(parts=st.lists(st.one_of(WORDS, NUMBERS.map(str)), min_size=7, max_size=7))
def test_any_tile(ask, parts):
    ask("GET", "/api/tile/" + "/".join(quote(part, safe="") for part in parts))


@quick(40)
@given(path=st.text(max_size=12), row=NUMBERS)
def test_any_file_and_voxel(ask, path, row):
    ask("GET", f"/api/files?path={quote(path, safe='')}")
    ask("GET", f"/api/pick?volume=em&axis=z&index=1&row={row}&column=3")
