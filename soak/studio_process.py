"""The studio as a process, and its page in a Chromium: for tests, soak and pictures."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

KEY = "only-for-this-soak"
START_S = 60.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu"]


class Studio:
    """`densecell studio` on a port of its own; it can be killed and started again."""

    def __init__(self, root: Path, *words: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.root, self.words = root, words
        self.address = f"http://127.0.0.1:{self.port}/?key={KEY}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        code = "from densecell.cli.main import main; main()"
        options = ["--no-browser", "--port", str(self.port), "--key", KEY]
        command = [sys.executable, "-c", code, "studio", *self.words, *options]
        self.process = subprocess.Popen(
            [*command, "--root", str(self.root)],
            stdout=subprocess.DEVNULL,
            cwd=self.root,
        )
        end = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, "the studio ended at once"
            assert time.monotonic() < end, f"no answer within {START_S} s"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urlopen(self.address):
                return True
        except URLError as error:
            return getattr(error, "code", None) is not None
        except OSError:
            return False

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running(root: Path, *words: str) -> Iterator[Studio]:
    """A studio that is ended with the block."""
    studio = Studio(root, *words)
    studio.start()
    try:
        yield studio
    finally:
        studio.kill()


@contextmanager
def chromium(
    size: tuple[int, int] = (1400, 900), scheme: str = "dark"
) -> Iterator[tuple[Any, list[str]]]:
    """A page, and what its console complained of."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.on("response", lambda r: r.status >= 400 and complaints.append(said(r)))
        yield page, complaints
        browser.close()


def said(response: Any) -> str:
    """An answer that refuses, with what was asked."""
    asked = response.request.post_data or ""
    try:
        text = response.text()
    except Exception:  # of a page that is gone
        text = ""
    return f"{response.status} {response.url} {asked[:300]}: {text[:300]}"


def stroke(page: Any, places: list[tuple[float, float]], *, steps: int = 8) -> None:
    """Draw through places of the large pane, each a share of its width and height."""
    box = page.locator(".pane.first canvas").first.bounding_box()
    whole = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places
    ]
    page.mouse.move(*whole[0])
    page.mouse.down()
    for place in whole[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


def wait_saved(page: Any, timeout_s: float = 20.0) -> None:
    """Wait until the page says that all is saved."""
    page.wait_for_selector('.saved[data-state="saved"]', timeout=1000 * timeout_s)
