"""Serve neuroglancer, and the files of a view, to browsers on this machine alone.

::

    http://127.0.0.1:PORT/v/SECRET/              neuroglancer's client, from its wheel
    http://127.0.0.1:PORT/files/SECRET/3/...     a folder that was given an address
    http://127.0.0.1:PORT/names/SECRET/2/info    names of classes or objects

Every path holds the secret. A page of another site cannot guess it, and a host name of
another site that points here is refused, so that such a page is never of our origin.
"""

import errno
import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from densecell.address import Address
from densecell.errors import MissingExtraError, ServerError
from densecell.surfaces import precomputed
from densecell.viewer.addresses import Place, zarr_driver
from densecell.viewer.layers import Json, dimensions_of
from densecell.viewer.lazy import LazyArray
from densecell.volume import AXES, Kind, Volume, require_spacing

try:
    import neuroglancer
    import neuroglancer.server
    from tornado.web import HTTPError, RequestHandler, StaticFileHandler
except ImportError:
    raise MissingExtraError(
        "`densecell view` needs neuroglancer, which is not installed; "
        "pip install 'densecell[view]'"
    ) from None

LOOPBACK = "127.0.0.1"
ELSEWHERE = r"(?!(?:127\.0\.0\.1|localhost)$).*"  # host names that are not ours
ANYWHERE = r".*"


class Server:
    """neuroglancer on loopback; a context manager that closes it.

    There can be one at a time: neuroglancer keeps its server for the whole process.

    Parameters
    ----------
    port
        To listen on; 0 takes a free one.

    Raises
    ------
    ServerError
        If the port is in use or may not be used.
    """

    def __init__(self, port: int = 0) -> None:
        _check_port(port)
        neuroglancer.set_server_bind_address(LOOPBACK, port)
        self._viewer = neuroglancer.Viewer(allow_credentials=False)
        self._base = f"http://{LOOPBACK}:{neuroglancer.server.global_server.port}"
        self._addresses = 0
        self._route(ELSEWHERE, r".*", _Refused, {})  # the first route of all
        self._route(ANYWHERE, r"/favicon\.ico", _Nothing, {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        neuroglancer.stop()

    @property
    def address(self) -> str:
        """What to open in a browser; holds the secret."""
        return str(self._viewer.get_viewer_url())

    def show(self, state: Json) -> None:
        """Show a state in every browser that has the address open."""
        self._viewer.set_state(state)

    def volume(self, volume: Volume, kind: Kind) -> Place:
        """Serve an OME-Zarr as its files, which the browser reads; else its voxels."""
        if driver := zarr_driver(volume):
            return Place(f"{driver}://{self._folder(volume.path)}", centred=True)
        dimensions = dimensions_of(require_spacing(volume))
        local = neuroglancer.LocalVolume(
            LazyArray(volume),
            dimensions=neuroglancer.CoordinateSpace({a: dimensions[a] for a in AXES}),
            volume_type="image" if kind == "image" else "segmentation",
        )
        url = self._viewer.volume_manager.register_volume(local)
        return Place(str(url), centred=False)

    def meshes(self, folder: Path) -> str:
        """Serve a folder of neuroglancer meshes."""
        return f"precomputed://{self._folder(folder)}"

    def names(self, document: Json) -> str:
        """Serve names of classes or objects."""
        path = self._new_path("names")
        body = {"content": json.dumps(document).encode()}
        self._route(ANYWHERE, f"{path}/info", _Document, body)
        return f"precomputed://{self._base}{path}"

    def _folder(self, folder: Address) -> str:
        path = self._new_path("files")
        root = {"path": str(Path(str(folder)).resolve())}
        self._route(ANYWHERE, f"{path}/(.+)", _File, root)
        return f"{self._base}{path}"

    def _new_path(self, what: str) -> str:
        self._addresses += 1
        return f"/{what}/{self._viewer.token}/{self._addresses}"

    def _route(
        self, host: str, path: str, handler: type[RequestHandler], given: Json
    ) -> None:
        app = neuroglancer.server.global_server.app
        app.add_handlers(host, [(path, handler, given)])


class _File(StaticFileHandler):
    """Files inside one folder, wherever links lead."""

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        try:
            found = Path(root, path.replace(":", precomputed.COLON)).resolve()
        except ValueError:  # a zero byte
            raise HTTPError(404) from None
        if not found.is_relative_to(root):
            raise HTTPError(404)
        return str(found)

    def compute_etag(self) -> None:
        """None: to compute one would read whole shards."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")


class _Document(RequestHandler):
    """One JSON document."""

    def initialize(self, content: bytes) -> None:
        self._content = content

    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(self._content)


class _Nothing(RequestHandler):
    """The icon that browsers ask for by themselves: there is none."""

    def get(self) -> None:
        self.set_status(204)


class _Refused(RequestHandler):
    """Requests under another host name than this machine's."""

    def prepare(self) -> None:
        raise HTTPError(403)


def _check_port(port: int) -> None:
    """Refuse a port that cannot be listened on, before neuroglancer half starts."""
    with socket.socket() as trial:
        if os.name != "nt":  # as the server does: there it would allow a port in use
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError as error:
            used = error.errno == errno.EADDRINUSE
            reason = "is in use" if used else f"cannot be used ({error.strerror})"
            raise ServerError(
                f"port {port} {reason}; choose another --port, or leave it out for a "
                "free one"
            ) from None
