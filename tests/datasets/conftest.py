import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class OneFileServer(ThreadingHTTPServer):
    """Serves `content` on 127.0.0.1 and misbehaves as told."""

    content = b""
    etag = '"one"'
    status = 200
    stop_after = None  # bytes, after which an answer breaks off
    ranges = True
    state_length = True
    redirect = None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []  # headers of the requests

    def handle_error(self, request, client_address):
        pass  # the client went away in the middle: that is what some tests do

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/data.zip"


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
        self.wfile.write(body[: server.stop_after])
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = OneFileServer()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()
