"""Random actions in the studio's page, its server killed at random: no paint is lost.

python -m soak.studio --actions 2000 --kills 20

After each kill the page sends again what was not saved. Then the voxels of each class
that the page shows must be those that lie on disk, as the command line reads them.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from densecell.geometry import Box
from densecell.volume import open_ome_zarr
from soak.studio_process import chromium, running, stroke, wait_saved

SHAPE = (8, 512, 512)
# A server that was killed answers nothing, and the browser says so by itself. Answers
# that refuse are listed with their request; slices without paint cannot be joined.
EXPECTED = ("Failed to load resource", "Failed to fetch", "interpolate")
KEYS = (
    *"123[]pkofvcn",
    *("PageUp", "PageDown", "+", "-", "0", "ArrowLeft", "ArrowRight"),
    *("ArrowUp", "ArrowDown", "Control+z", "Control+y", "?", "Escape", "Enter"),
)
TOOLS = "beglsim"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--actions", type=int, default=2000)
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--seed", type=int, default=0)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(soaked(Path(folder), given.actions, given.kills, given.seed))


def soaked(root: Path, actions: int, kills: int, seed: int) -> str:
    """One sentence of what was done; an assertion fails where paint is lost."""
    rng = random.Random(seed)
    noise = np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)
    tifffile.imwrite(root / "stack.tif", noise)
    due = set(rng.sample(range(1, actions), kills))
    project = root / "stack-project"
    checks = 0
    with running(root) as studio, chromium() as (page, complaints):
        page.goto(studio.address)
        page.click("text=stack.tif")
        for axis in "zyx":
            page.fill(f'[aria-label="Voxel size along {axis} in nanometres"]', "8")
        page.click("text=Make the project")
        page.wait_for_selector(".workspace")
        studio.words = (str(project),)
        for n in range(actions):
            act(page, rng)
            if n in due:
                studio.kill()
                for _ in range(rng.randrange(4)):
                    act(page, rng)
                studio.start()
                check(page, studio.address, project)
                checks += 1
        check(page, studio.address, project)
        bad = [c for c in complaints if not any(e in c for e in EXPECTED)]
        assert not bad, bad
    return f"{actions} actions, {kills} kills, {checks + 1} checks: nothing was lost"


def act(page: Any, rng: random.Random) -> None:
    """One random thing that a person does."""
    what = rng.random()
    if what < 0.4:
        count = rng.randrange(2, 5)
        places = [(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)) for _ in range(count)]
        stroke(page, places, steps=rng.randrange(1, 6))
    elif what < 0.75:
        page.keyboard.press(rng.choice(KEYS))
    elif what < 0.9:
        page.keyboard.press(rng.choice(TOOLS))
    else:
        if rng.random() < 0.3:
            page.keyboard.down("Control")
        page.mouse.wheel(0, rng.choice((-120, 120)))
        page.keyboard.up("Control")


def check(page: Any, address: str, project: Path) -> None:
    """What the page shows of the paint is what lies on disk, once all is saved."""
    page.keyboard.press("Escape")
    end = time.monotonic() + 60
    wait_saved(page, 60)
    while (shown := amounts(page)) != (stored := on_disk(project)):
        assert time.monotonic() < end, f"the page shows {shown}, on disk is {stored}"
        page.wait_for_timeout(300)


def amounts(page: Any) -> dict[int, int]:
    """Voxels of each class that the list shows."""
    titles = page.locator('.classes [role="radio"]').evaluate_all(
        "all => all.map(each => each.title)"
    )
    words = [title.split(" voxels")[0].rsplit(" ", 1)[-1] for title in titles]
    found = {n: int(word.replace(",", "")) for n, word in enumerate(words)}
    return {n: count for n, count in found.items() if count}


def on_disk(project: Path) -> dict[int, int]:
    """Voxels of each class in the labels that the command line reads."""
    path = project / "labels" / "stack_studio.zarr"
    if not path.exists():
        return {}
    labels = open_ome_zarr(path)
    ids, counts = np.unique(labels.read(Box.whole(labels.shape)), return_counts=True)
    return {int(i): int(n) for i, n in zip(ids, counts, strict=True) if i != 255}


if __name__ == "__main__":
    main()
