"""Who may ask the server: one browser with the secret, on this machine.

Refused are requests without the cookie, from pages of other sites, to other host names,
with bodies of another type or of more than 8 MB.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

COOKIE = "densecell-studio"
MOST_BYTES = 8_000_000
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; "
        b"img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; "
        b"form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Guard:
    """Lets requests with the secret pass, and takes the prefix off their paths.

    Parameters
    ----------
    app
        What is guarded.
    secret
        In the address that is opened first.
    base
        Path of the page, with slashes around it.
    hosts
        Names besides those of this machine that the page is reached by.
    """

    def __init__(
        self, app: App, *, secret: str, base: str = "/", hosts: Iterable[str] = ()
    ) -> None:
        self._app, self._secret, self._base = app, secret, base
        self._hosts = {*LOOPBACK, *hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {
            k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]
        }
        problem = self._problem(scope, headers)
        if problem is not None:
            await _refuse(send, *problem)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if "key" in query:
            await self._enter(send, query["key"][-1])
            return
        if not self._has_cookie(headers):
            text = "open the address with its key that `densecell studio` printed"
            await _refuse(send, 403, text)
            return
        path = "/" + scope["path"].removeprefix(self._base)
        inner = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(inner, _bounded(receive), _with_headers(send))

    def _problem(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in self._hosts:
            return 403, f"the host {name[:80]!r} is not ours; start with --host-name"
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "the request comes from another site"
        if headers.get("sec-fetch-site", "same-origin") == "cross-site" and (
            scope["method"] != "GET" or "/api/" in scope["path"]
        ):
            return 403, "the request comes from another site"
        if not scope["path"].startswith(self._base):
            if scope["path"] + "/" == self._base:
                return None
            return 404, f"there is nothing at this path; the page is at {self._base}"
        if scope["method"] in ("POST", "PUT"):
            kind = headers.get("content-type", "").partition(";")[0].strip()
            length = headers.get("content-length", "0")
            if int(length) if length.isdecimal() else 0:
                if kind != "application/json":
                    return 415, "expected a body of type application/json"
                if int(length) > MOST_BYTES:
                    return 413, "the body is larger than 8 MB; send less at once"
        return None

    def _has_cookie(self, headers: dict[str, str]) -> bool:
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE and _same(value, self._secret):
                return True
        return False

    async def _enter(self, send: Send, key: str) -> None:
        """Set the cookie for a visitor with the key; redirect to the plain address."""
        if not _same(key, self._secret):
            await _refuse(send, 403, "this key is not right; copy the address again")
            return
        cookie = (
            f"{COOKIE}={self._secret}; HttpOnly; SameSite=Strict; Path={self._base}"
        )
        headers = [
            (b"location", self._base.encode()),
            (b"set-cookie", cookie.encode()),
            (b"cache-control", b"no-store"),
            *HEADERS,
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _bounded(receive: Receive) -> Receive:
    """Bodies without a stated length end with an error once they are too long."""
    seen = 0

    async def limited() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BYTES:
            return {"type": "http.disconnect"}
        return message

    return limited


def _with_headers(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *HEADERS]}
        await send(message)

    return sent


async def _refuse(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text}).encode()
    headers = [(b"content-type", b"application/json"), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
