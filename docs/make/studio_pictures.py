"""Take the pictures of docs/studio.md in a Chromium, on synthetic tissue.

python docs/make/studio_pictures.py docs --train
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parents[2]))

from densecell.geometry import Spacing
from densecell.phantom import write_phantom
from soak.studio_process import chromium, running, stroke, wait_saved

SHAPE = (16, 512, 512)
SKETCH_S = 60
TRAIN_S = 240


def main() -> None:
    """Walk through the page, and keep a picture of each step."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tissue"
        root.mkdir()
        made = write_phantom(
            root / "platelets.zarr",
            shape=SHAPE,
            seed=3,
            spacing_nm=Spacing(40.0, 10.0, 10.0),
        )
        with running(root) as studio, chromium((1280, 800)) as (page, _):
            page.goto(studio.address)
            page.click("text=platelets.zarr")
            name_classes(page)
            keep(page, out / "studio-classes.jpg")
            page.click("text=Make the project")
            page.wait_for_selector(".workspace")
            page.wait_for_timeout(1500)
            paint(page, made.classes[SHAPE[0] // 2])
            keep(page, out / "studio-sketch.jpg")
            if "--train" in sys.argv:
                train(page)
                keep(page, out / "studio-training.jpg")


def name_classes(page: Any) -> None:
    """Name the three classes that are painted."""
    page.fill('[aria-label="Name of class 2"]', "platelet")
    page.fill('[aria-label="Name of class 3"]', "granule")


def paint(page: Any, truth: NDArray[np.uint8]) -> None:
    """Some short strokes of each class, where the truth has it; wait for the sketch."""
    page.keyboard.press("[")
    page.keyboard.press("[")
    for key, ids in (("1", (0,)), ("2", (1,)), ("3", (2, 3, 5))):
        page.keyboard.press(key)
        for row, column in inside(np.isin(truth, ids), 5):
            reach = [(row, column - 4), (row + 1, column + 4)]
            stroke(page, [shares(page, r, c) for r, c in reach])
    wait_saved(page)
    page.wait_for_selector("text=It took", timeout=1000 * SKETCH_S)
    page.wait_for_timeout(2500)


def inside(mask: NDArray[np.bool_], count: int) -> list[tuple[int, int]]:
    """Places deep inside a region, far from each other."""
    found = []
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    for _ in range(count):
        row, column = np.unravel_index(depth.argmax(), depth.shape)
        found.append((int(row), int(column)))
        depth[max(row - 60, 0) : row + 60, max(column - 60, 0) : column + 60] = 0
    return found


def shares(page: Any, row: float, column: float) -> tuple[float, float]:
    """Place in the large pane, as shares of its width and height."""
    code = """async ([row, column]) => {
      const { view } = await import("./js/view.js");
      const { x, y } = view.panes[0].place(row, column);
      return [x / view.panes[0].width, y / view.panes[0].height];
    }"""
    x, y = page.evaluate(code, [row + 0.5, column + 0.5])
    return x, y


def train(page: Any) -> None:
    """Start a training, and wait until its curve has a few points."""
    page.click('role=tab[name="Train"]')
    page.fill('label:has-text("Minutes") input', "3")
    page.click('role=button[name="Train"]')
    page.wait_for_selector(".curve", timeout=1000 * TRAIN_S)
    page.wait_for_timeout(40_000)


def keep(page: Any, path: Path) -> None:
    """One picture."""
    page.screenshot(path=path, type="jpeg", quality=82)


if __name__ == "__main__":
    main()
