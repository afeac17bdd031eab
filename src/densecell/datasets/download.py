"""Download a file over https; continue where an earlier try stopped."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from densecell.datasets.public import Digest, check_file
from densecell.disk import writing
from densecell.errors import DatasetError

BY_HAND = "download it by hand, unpack it and pass its folder with --from FOLDER"
AGAIN = "run the same command again to continue"

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_PIECE = 1 << 18  # bytes read at once
_TIMEOUT_S = 30.0

ReportBytes = Callable[[int, int | None], None]  # so far, and in all if known


def download(
    url: str,
    path: Path,
    *,
    digest: Digest | None = None,
    allow_loopback_http: bool = False,
    on_bytes: ReportBytes | None = None,
) -> None:
    """Download to `path`, which exists only once it is complete and checked.

    What arrived so far is in `<path>.part`. A Range request continues it, unless the
    file of the server has changed since.

    Parameters
    ----------
    url
        Address; https only, redirections included.
    path
        Where the file will be. If it exists, nothing is done.
    digest
        Expected checksum. None: only the length is checked.
    allow_loopback_http
        Allow http from this machine, for tests.
    on_bytes
        Called now and then with the bytes so far, and in all (None: unknown).

    Raises
    ------
    DatasetError
        If the server cannot be reached, stops early, or sends another file.
    OutputError
        If the file cannot be written.
    """
    if path.exists():
        return
    part = path.with_name(f"{path.name}.part")
    tag = path.with_name(f"{path.name}.etag")
    opener = urllib.request.build_opener(_CheckedRedirects(allow_loopback_http))
    _check_url(url, allow_loopback_http)
    with writing(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        _continue(_Job(url, part, tag, opener, on_bytes), trusted=digest is not None)
        if digest is not None:
            try:
                check_file(part, digest, remedy=f"run again, or {BY_HAND}")
            except DatasetError:
                part.unlink()  # else every later try would continue a wrong file
                raise
        part.replace(path)
        tag.unlink(missing_ok=True)


class _Job(NamedTuple):
    url: str
    part: Path
    tag: Path  # holds the server's mark of the file that `part` is the start of
    opener: urllib.request.OpenerDirector
    on_bytes: ReportBytes | None


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirections, to https only."""

    def __init__(self, allow_loopback_http: bool) -> None:
        self.allow_loopback_http = allow_loopback_http

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_url(newurl, self.allow_loopback_http)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_url(url: str, allow_loopback_http: bool) -> None:
    parts = urlsplit(url)
    loopback = allow_loopback_http and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise DatasetError(f"{url}: only https is downloaded; {BY_HAND}")


def _continue(job: _Job, *, trusted: bool) -> None:
    """Append what is missing; without a mark or checksum, start again."""
    have = job.part.stat().st_size if job.part.exists() else 0
    mark = job.tag.read_text(encoding="utf-8") if job.tag.exists() else ""
    request = urllib.request.Request(job.url, headers={"User-Agent": "densecell"})
    if have and (mark or trusted):
        request.add_header("Range", f"bytes={have}-")
        if mark:
            request.add_header("If-Range", mark)
    try:
        response = job.opener.open(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # the part reaches the end of the file
            if _total(error.headers.get("Content-Range", "")) != have:
                job.part.unlink()
                _continue(job, trusted=trusted)
            return
        raise DatasetError(
            f"{job.url}: the server answers {error.code} {error.reason}; {BY_HAND}"
        ) from None
    except DatasetError:  # a redirection that is not followed
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(job.url, error) from None
    with response:
        resumed = response.status == 206 and _first(response) == have
        _append(job, response, have if resumed else 0)


def _append(job: _Job, response: http.client.HTTPResponse, have: int) -> None:
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    mark = response.headers.get("ETag", "")
    job.tag.write_text("" if mark.startswith("W/") else mark, encoding="utf-8")
    with job.part.open("r+b" if have else "wb") as file:
        file.seek(have)
        while piece := _next_piece(job.url, response, have):
            file.write(piece)
            have += len(piece)
            if job.on_bytes is not None:
                job.on_bytes(have, total)
        file.truncate()
    if total is not None and have != total:
        raise DatasetError(
            f"{job.url}: stopped after {have:,} of {total:,} bytes; {AGAIN}"
        )


def _next_piece(url: str, response: http.client.HTTPResponse, have: int) -> bytes:
    try:
        return response.read(_PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise DatasetError(
            f"{url}: broke off after {have:,} bytes ({_reason(error)}); {AGAIN}"
        ) from None


def _unreachable(url: str, error: Exception) -> DatasetError:
    return DatasetError(f"{url}: cannot be reached ({_reason(error)}); {BY_HAND}")


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__


def _first(response: http.client.HTTPResponse) -> int | None:
    """First byte that the answer to a Range request holds."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _total(content_range: str) -> int | None:
    """Length of the whole file, as the refusal of a Range request states it."""
    found = re.match(r"bytes \*/(\d+)", content_range)
    return int(found[1]) if found else None
