"""The studio's page: loading, frames while one paints, time to saved, tiles.

python -m benchmarks.studio_page [STACK]
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from soak.studio_process import chromium, running, wait_saved

SECONDS = 5.0
FRAMES = """() => {
  window.frames_ = []; let last = performance.now();
  const next = (now) => { window.frames_.push(now - last); last = now;
    window.counting_ = requestAnimationFrame(next); };
  requestAnimationFrame(next);
}"""


def main() -> None:
    """Measure on a stack of 1024 x 1024 slices, and print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rng = np.random.default_rng(0)
        stack = (
            tifffile.imread(sys.argv[1])
            if len(sys.argv) > 1
            else rng.integers(0, 256, (16, 1024, 1024), np.uint8)
        )
        tifffile.imwrite(root / "stack.tif", stack)
        with running(root) as studio, chromium((1400, 1100)) as (page, complaints):
            found = measured(page, studio.address)
        print(json.dumps(found | {"console errors": complaints}, indent=2))


def measured(page, address):
    begin = time.monotonic()
    page.goto(address)
    page.wait_for_selector(".files li")
    found = {"first page, s": round(time.monotonic() - begin, 2)}
    page.click("text=stack.tif")
    for axis in "zyx":
        page.fill(f'[aria-label="Voxel size along {axis} in nanometres"]', "8")
    page.click("text=Make the project")
    page.wait_for_selector(".workspace")
    page.wait_for_timeout(1500)
    begin = time.monotonic()
    page.reload()
    page.wait_for_selector(".workspace")
    found["project opened again, s"] = round(time.monotonic() - begin, 2)
    page.keyboard.press("f")
    page.evaluate("""() => {
      const pane = document.querySelector('.panes');
      Object.assign(pane.style, {width: '1024px', height: '1024px'});
    }""")
    page.wait_for_timeout(1500)
    return found | stroke_of(page)


def stroke_of(page):
    """One stroke of five seconds, in circles; then how long until it is saved."""
    box = page.locator(".pane.first canvas").first.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    size = f"{box['width']:.0f} x {box['height']:.0f}"
    page.mouse.move(middle[0] + 50, middle[1])
    page.mouse.down()
    page.evaluate(FRAMES)
    begin, turn = time.monotonic(), 0
    while time.monotonic() - begin < SECONDS:
        turn += 1
        radius = 50 + turn * 0.5 % 350
        angle = turn / 12
        page.mouse.move(
            middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)
        )
    frames = page.evaluate("() => { cancelAnimationFrame(counting_); return frames_; }")
    page.mouse.up()
    begin = time.monotonic()
    wait_saved(page)
    median = statistics.median(frames[1:])
    return {
        "view": size,
        "moves of the pointer": turn,
        "frames": len(frames),
        "frames per second, median": round(1000 / median, 1),
        "frames per second, slowest twentieth": round(
            1000 / float(np.percentile(frames[1:], 95)), 1
        ),
        "saved after the stroke, s": round(time.monotonic() - begin, 2),
    }


if __name__ == "__main__":
    main()
