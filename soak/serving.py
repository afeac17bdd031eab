"""One file over http on this machine, as slowly and as badly as told."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 14  # bytes sent at once, when it is slow


class OneFileServer(ThreadingHTTPServer):
    """Serves `content` on 127.0.0.1 and misbehaves as told."""

    content = b""
    etag = '"one"'
    status = 200
    stop_after = None  # bytes, after which an answer breaks off
    ranges = True
    state_length = True
    redirect = None
    bytes_per_s = None  # as fast as it can

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []  # headers of the requests

    def handle_error(self, request, client_address):
        pass  # the client went away in the middle: that is what some tests do

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/data.zip"


@contextmanager
def serving() -> Iterator[OneFileServer]:
    """Serve in a thread of its own."""
    with OneFileServer() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        server.asked.append(dict(self.headers))
        if server.redirect:
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.end_headers()
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        start = self._first_byte()
        if start and start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(start)

    def _first_byte(self):
        asked = self.headers.get("Range", "")
        same = self.headers.get("If-Range", self.server.etag) == self.server.etag
        if not (self.server.ranges and asked and same):
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def _send(self, start):
        server = self.server
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            last = len(server.content) - 1
            total = len(server.content)
            self.send_header("Content-Range", f"bytes {start}-{last}/{total}")
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.state_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._write(body[: server.stop_after])
        self.close_connection = True

    def _write(self, body):
        rate = self.server.bytes_per_s
        for start in range(0, len(body), PIECE if rate else max(1, len(body))):
            piece = body[start : start + PIECE] if rate else body
            self.wfile.write(piece)
            if rate:
                time.sleep(len(piece) / rate)
