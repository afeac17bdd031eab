"""Routes of the studio: thin calls of a session."""

import asyncio
import errno
import json
import logging
import queue
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from densecell.errors import DensecellError, MissingVolumeError, OutputError
from densecell.session import Session
from densecell.session.plane import Axis, SlicePlane
from densecell.session.requests import (
    ClassesRequest,
    LookRequest,
    OpenRequest,
    PaintRequest,
    ProjectRequest,
    TrainRequest,
    ViewRequest,
    VolumeRequest,
)
from densecell.studio.windows import OpenWindows

logger = logging.getLogger(__name__)
PAGE = Path(__file__).parent / "page"
FOREVER = "private, max-age=31536000, immutable"
BEAT_S = 10.0  # between signs of life in the stream of events
Json = dict[str, Any]
Voxel = Annotated[int, Query(ge=0, le=2**31 - 1)]


def make_app(session: Session) -> FastAPI:
    """The application of a session, without guard."""
    app = FastAPI(title="densecell studio", docs_url=None, redoc_url=None)
    windows = OpenWindows()
    _handle_errors(app)
    _add_projects(app, session)
    _add_tiles(app, session)
    _add_painting(app, session, windows)
    _add_learning(app, session)
    _add_events(app, session, windows)
    PAGE.mkdir(exist_ok=True)
    app.mount("/", _Page(directory=PAGE, html=True), name="page")
    return app


class _Page(StaticFiles):
    """Files of the page, asked for anew each time: a new version is never mixed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def _add_projects(app: FastAPI, session: Session) -> None:
    @app.get("/api/state")
    def state() -> Json:
        return session.state()

    @app.get("/api/files")
    def files(path: Annotated[str, Query(max_length=4000)] = "") -> Json:
        return session.files(path)

    @app.post("/api/look")
    def look(request: LookRequest) -> Json:
        return session.look(request.path)

    @app.post("/api/project")
    def make(request: ProjectRequest) -> Json:
        return session.make(request)

    @app.post("/api/open")
    def open_project(request: OpenRequest) -> Json:
        return session.open(request.folder)

    @app.put("/api/classes")
    def classes(request: ClassesRequest) -> Json:
        return session.set_classes(request)


def _add_tiles(app: FastAPI, session: Session) -> None:
    @app.get(
        "/api/tile/{volume}/{layer}/{axis}/{level}/{index}/{row}/{column}",
        response_class=Response,
    )
    def tile(
        volume: str,
        layer: str,
        axis: Axis,
        level: int,
        index: int,
        row: int,
        column: int,
    ) -> Response:
        if max(map(abs, (level, index, row, column))) >= 2**31:
            raise HTTPException(422, "numbers of tiles are below 2147483648")
        found = session.tile(
            volume, layer, SlicePlane(axis, index), (level, row, column)
        )
        headers = {
            "Cache-Control": FOREVER if layer == "image" else "no-store",
            "X-Version": str(found.version),
        }
        if found.voxels is None:
            return Response(status_code=204, headers=headers)
        height, width = found.voxels.shape
        headers |= {"X-Height": str(height), "X-Width": str(width)}
        data = found.voxels.astype(found.voxels.dtype.newbyteorder("<"), copy=False)
        return Response(
            data.tobytes(), headers=headers, media_type="application/octet-stream"
        )

    @app.get("/api/pick")
    def pick(volume: str, axis: Axis, index: Voxel, row: Voxel, column: Voxel) -> Json:
        return session.pick(volume, SlicePlane(axis, index), row, column)


def _add_painting(app: FastAPI, session: Session, windows: OpenWindows) -> None:
    @app.post("/api/paint")
    def paint(request: PaintRequest, http: Request) -> Json:
        windows.refuse_others(request.window or http.headers.get("x-window"))
        return session.paint(request)

    @app.post("/api/smart_fill/preview")
    def preview(request: PaintRequest) -> Json:
        return session.preview(request)

    @app.post("/api/undo")
    def undo(request: VolumeRequest, http: Request) -> Json:
        windows.refuse_others(request.window or http.headers.get("x-window"))
        return session.undo(request.volume)

    @app.post("/api/redo")
    def redo(request: VolumeRequest, http: Request) -> Json:
        windows.refuse_others(request.window or http.headers.get("x-window"))
        return session.redo(request.volume)


def _add_learning(app: FastAPI, session: Session) -> None:
    @app.post("/api/sketch")
    def sketch(request: ViewRequest) -> Json:
        return session.sketch(request)

    @app.post("/api/focus")
    def focus(request: ViewRequest) -> Json:
        return session.focus(request)

    @app.post("/api/train")
    def train(request: TrainRequest) -> Json:
        return session.train(request)

    @app.get("/api/jobs")
    def jobs() -> list[Json]:
        return session.jobs()

    @app.post("/api/jobs/{job}/cancel")
    def cancel(job: str) -> list[Json]:
        return session.cancel(job)

    @app.post("/api/jobs/{job}/resume")
    def resume(job: str) -> list[Json]:
        return session.resume(job)


def _add_events(app: FastAPI, session: Session, windows: OpenWindows) -> None:
    @app.get("/api/events", response_class=StreamingResponse)
    async def events(
        http: Request, window: Annotated[str, Query(max_length=100)] = ""
    ) -> StreamingResponse:
        replaced = windows.enter(window)
        if replaced:
            session.events.tell(
                "trouble",
                error="another window has taken over; reload here to paint again",
                window=replaced,
            )
        stream = _stream(session, http)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            stream, media_type="text/event-stream", headers=headers
        )


async def _stream(session: Session, http: Request) -> AsyncIterator[str]:
    """Events as text, with a sign of life now and then."""
    listener = session.events.listen()
    quiet = 0.0
    try:
        yield ": hello\n\n"
        while not await http.is_disconnected():
            try:
                event = listener.get_nowait()
            except queue.Empty:
                await asyncio.sleep(0.05)
                quiet += 0.05
                if quiet > BEAT_S:
                    quiet = 0.0
                    yield ": alive\n\n"
                continue
            yield f"event: {event.kind}\ndata: {json.dumps(event.values)}\n\n"
    finally:
        session.events.leave(listener)


def _handle_errors(app: FastAPI) -> None:
    """Every error becomes a sentence."""

    @app.exception_handler(DensecellError)
    def expected(_: Request, error: Exception) -> JSONResponse:
        status = 400
        if isinstance(error, MissingVolumeError):
            status = 404
        elif isinstance(error, OutputError):
            full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
            status = 507 if full else 409
        return JSONResponse({"error": str(error)}, status)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return JSONResponse({"error": f"{where or 'body'}: {first['msg']}"}, 422)

    @app.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code)

    @app.exception_handler(OSError)
    def unreadable(_: Request, error: OSError) -> JSONResponse:
        logger.warning("%s", error)
        return JSONResponse({"error": f"cannot be read or written: {error}"}, 500)

    @app.exception_handler(Exception)
    def unexpected(_: Request, error: Exception) -> JSONResponse:
        logger.error("unexpected", exc_info=error)
        text = f"this should not happen: {type(error).__name__}; please report it"
        return JSONResponse({"error": text}, 500)
