"""Serve the studio on this machine until Ctrl-C."""

import contextlib
import errno
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.errors import ConfigError, MissingExtraError, ServerError
from densecell.session import Session

try:
    import uvicorn

    from densecell.studio.app import make_app
    from densecell.studio.guard import Guard
except ImportError:
    raise MissingExtraError(
        "`densecell studio` needs fastapi and uvicorn, which are not installed; "
        "pip install 'densecell[studio]'"
    ) from None

HOST = "127.0.0.1"


class ServedAt(NamedTuple):
    """Where the page is served."""

    port: int = 0  # 0: one that is free
    prefix: str = "/"
    hosts: tuple[str, ...] = ()
    key: str = ""  # in the address; empty: a new one


class Opened(NamedTuple):
    """What may be opened, and what is opened at once."""

    roots: Sequence[Path]
    addresses: Sequence[str] = ()  # of volumes on the web
    project: Path | None = None


def serve(shown: Opened, *, place: ServedAt, ready: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    shown
        Folders and addresses that may be opened.
    place
        Port, path prefix and names of hosts.
    ready
        Called with the address once the server listens.

    Raises
    ------
    ServerError
        If the port is in use.
    """
    base = checked_base(place.prefix)
    session = Session(shown.roots, shown.addresses)
    secret = place.key or secrets.token_urlsafe(24)
    with listening(place.port) as found:
        if shown.project is not None:
            session.open(str(shown.project.absolute()))
        guarded = Guard(make_app(session), secret=secret, base=base, hosts=place.hosts)
        config = uvicorn.Config(
            guarded,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            lifespan="off",
            server_header=False,
        )
        port = found.getsockname()[1]
        ready(f"http://{HOST}:{port}{base}?key={secret}")
        try:
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[found])
        finally:
            session.close()


def checked_base(prefix: str) -> str:
    """A prefix with slashes around it.

    Examples
    --------
    >>> checked_base("user/anna/proxy/8000")
    '/user/anna/proxy/8000/'
    """
    base = f"/{prefix.strip('/')}/".replace("//", "/")
    if not all(c.isalnum() or c in "/-_.~@%" for c in base):
        raise ConfigError(f"--prefix {prefix}: expected a path such as /studio/")
    return base


@contextlib.contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket that listens on loopback.

    Raises
    ------
    ServerError
        If the port is taken or may not be used.
    """
    # The protocol is named, or asyncio sends small answers 40 ms late.
    kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with socket.socket(*kind) as found:
        if os.name != "nt":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, port))
            found.listen(128)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is in use" if taken else f"cannot be used ({error.strerror})"
            raise ServerError(
                f"port {port} {why}; choose another with --port, or --port 0 for a "
                "free one"
            ) from None
        yield found
