"""The server, asked without a browser."""

import numpy as np
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

import httpx
import tifffile

from densecell.session import Session
from densecell.studio.app import make_app
from densecell.studio.guard import COOKIE, Guard

CLASSES = [
    {"id": 0, "name": "outside", "color": "#000000", "role": "background"},
    {"id": 1, "name": "cell", "color": "#e69f00", "role": "cell"},
]


@pytest.fixture
def session(tmp_path):
    image = np.arange(5 * 60 * 70, dtype=np.uint16).reshape(5, 60, 70)
    tifffile.imwrite(tmp_path / "em.tif", image)
    session = Session([tmp_path])
    yield session
    session.close()


@pytest.fixture
def ask(session):
    """A function that asks the guarded server."""
    import asyncio

    app = Guard(make_app(session), secret="s3cret", base="/pre/", hosts=["proxy"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def asked(method, path, *, cookie="s3cret", headers=None, **values):
        async def sent():
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:80/pre/"
            ) as client:
                if cookie:
                    client.cookies.set(COOKIE, cookie)
                return await client.request(method, path, headers=headers, **values)

        return asyncio.run(sent())

    return asked


@pytest.fixture
def project(ask, tmp_path):
    values = {"folder": "p", "path": "em.tif", "spacing_nm": [50, 4, 4]}
    made = ask("POST", "api/project", json={**values, "classes": CLASSES})
    assert made.status_code == 200
    return made.json()


def test_the_key_becomes_a_cookie_and_leaves_the_address(ask):
    answer = ask("GET", "?key=s3cret", cookie=None)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/pre/"
    assert "HttpOnly; SameSite=Strict; Path=/pre/" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("how", "status", "sentence"),
    [
        ({"cookie": None}, 403, "open the address with its key"),
        ({"cookie": "guess"}, 403, "open the address with its key"),
        ({"headers": {"host": "evil.example"}}, 403, "is not ours"),
        ({"headers": {"origin": "http://evil.example"}}, 403, "from another site"),
        ({"headers": {"host": "proxy", "origin": "https://proxy"}}, 200, ""),
    ],
)
def test_requests_of_others_are_refused(ask, how, status, sentence):
    answer = ask("GET", "api/state", **how)

    assert answer.status_code == status
    assert sentence in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("{}", "text/plain", 415),
        ("[1, 2]", "application/json", 422),
        ("{", "application/json", 422),
        ('{"volume": "em"}', "application/json", 422),
        (" " * 9_000_000, "application/json", 413),
    ],
)
def test_bodies_of_a_wrong_type_or_size_are_refused(ask, content, kind, status):
    answer = ask("POST", "api/paint", content=content, headers={"content-type": kind})

    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_stroke_is_answered_and_shown_in_its_tile(ask, project):
    stroke = {"volume": "em", "axis": "z", "index": 2, "tool": "brush"}
    stroke |= {"class": 1, "points": [[10.5, 20.5]], "radius": 0.5}
    done = ask("POST", "api/paint", json=stroke).json()

    tile = ask("GET", "api/tile/em/paint/z/0/2/0/0")

    assert done["painted"] == {"1": 1}
    assert (tile.headers["x-height"], tile.headers["x-width"]) == ("60", "70")
    assert tile.content[10 * 70 + 20] == 1
    assert ask("GET", "api/tile/em/paint/z/0/3/0/0").status_code == 204
    assert ask("POST", "api/undo", json={"volume": "em"}).json()["painted"] == {}


def test_errors_are_sentences(ask, project):
    for path, sentence in {
        "api/tile/em/image/z/0/9/0/0": "slice 9 along z does not exist",
        "api/tile/em/image/z/9/0/0/0": "level 9 does not exist",
        "api/tile/xx/image/z/0/0/0/0": "has no volume 'xx'",
        "api/tile/em/colour/z/0/0/0/0": "there is no layer 'colour'",
        "api/files?path=/etc": "--root",
    }.items():
        answer = ask("GET", path)
        assert answer.status_code == 400
        assert sentence in answer.json()["error"]
