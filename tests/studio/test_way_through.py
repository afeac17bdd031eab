"""By mouse and keyboard in a Chromium: from a stack to paint, and open again."""

import numpy as np
import pytest
import tifffile

pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytest.importorskip("uvicorn", reason="needs the extra studio")
from densecell.geometry import Box
from densecell.volume import open_ome_zarr
from soak.studio_process import CHROMIUM, chromium, running, stroke, wait_saved

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
SHAPE = (6, 300, 340)


@pytest.fixture
def root(tmp_path):
    """Folder with a stack of round cells on a dark ground; no voxel size in it."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    cells = np.hypot((y % 100) - 50, (x % 100) - 50) < 38
    noise = rng.normal(0, 12, SHAPE)
    stack = np.where(cells, 170, 70) + noise
    tifffile.imwrite(tmp_path / "stack.tif", stack.clip(0, 255).astype(np.uint8))
    return tmp_path


def make_project(page, address):
    """Choose the stack, type its voxel size, name three classes."""
    page.goto(address)
    page.click("text=stack.tif")
    for axis, size in zip("zyx", (40, 8, 8), strict=True):
        page.fill(f'[aria-label="Voxel size along {axis} in nanometres"]', str(size))
    page.fill('[aria-label="Name of class 2"]', "platelet")
    page.fill('[aria-label="Name of class 3"]', "granule")
    page.select_option('[aria-label="What class 3 is"]', "organelle")
    page.click("text=Make the project")
    page.wait_for_selector(".workspace")
    page.wait_for_timeout(300)


def paint(project):
    labels = open_ome_zarr(project / "labels" / "stack_studio.zarr")
    return labels.read(Box.whole(labels.shape))


def test_from_a_stack_to_paint_that_is_there_again(root):
    with running(root) as studio, chromium() as (page, complaints):
        make_project(page, studio.address)
        page.keyboard.press("2")
        stroke(page, [(0.4, 0.5), (0.5, 0.55), (0.45, 0.6)])
        page.keyboard.press("1")
        stroke(page, [(0.3, 0.3), (0.32, 0.4)])
        page.keyboard.press("3")
        stroke(page, [(0.6, 0.4), (0.62, 0.42)])
        page.keyboard.press("Control+z")
        wait_saved(page)
        project = root / "stack-project"
        found = paint(project)
        slices = np.unique(np.nonzero(found != 255)[0])
        assert slices.tolist() == [3]
        assert set(np.unique(found).tolist()) == {0, 1, 255}

        page.close()
        assert complaints == []

    with running(root, str(project)) as studio, chromium() as (page, complaints):
        page.goto(studio.address)
        page.wait_for_selector(".workspace")
        label = page.locator('.classes [role="radio"]').nth(1).get_attribute("title")
        amount = f"{int((found == 1).sum()):,}"
        assert label == f"platelet, cell, {amount} voxels painted, key 2"
        page.keyboard.press("Control+z")
        wait_saved(page)
        assert not (paint(project) == 0).any()
        page.keyboard.press("Control+y")
        wait_saved(page)
        page.close()
        assert complaints == []
    np.testing.assert_array_equal(paint(project), found)
    settings = (project / "project.yaml").read_text(encoding="utf-8")
    assert "platelet" in settings
    assert "granule" in settings


def test_strokes_are_kept_while_the_server_is_away(root):
    with running(root) as studio, chromium() as (page, _):
        make_project(page, studio.address)
        studio.kill()
        page.keyboard.press("2")
        stroke(page, [(0.4, 0.5), (0.5, 0.55)])
        page.wait_for_selector('.saved[data-state="kept"]')
        page.wait_for_selector("text=What you paint is kept in this window.")

        studio.words = (str(root / "stack-project"),)
        studio.start()

        wait_saved(page)
        assert (paint(root / "stack-project") == 1).sum() > 100


def test_the_second_window_takes_over_and_the_first_is_read_only(root):
    with running(root) as studio, chromium() as (page, _):
        make_project(page, studio.address)
        other = page.context.new_page()
        other.goto(studio.address)
        other.wait_for_selector(".workspace")

        page.wait_for_selector("text=Read only: another window paints this project.")
        page.keyboard.press("2")
        stroke(page, [(0.4, 0.5), (0.5, 0.55)])
        assert not (root / "stack-project" / "labels" / "stack_studio.zarr").exists()
        page.click("text=Paint here")
        other.wait_for_selector("text=Read only: another window paints this project.")
        stroke(page, [(0.4, 0.5), (0.5, 0.55)])
        wait_saved(page)
        assert (paint(root / "stack-project") == 1).any()


def test_all_works_by_keys(root):
    with running(root) as studio, chromium(size=(1024, 600)) as (page, complaints):
        make_project(page, studio.address)
        page.keyboard.press("?")
        page.wait_for_selector("text=Keys and mouse")
        page.keyboard.press("Escape")
        page.locator(".pane.first canvas").first.focus()
        for key in ("PageDown", "2", "]", "]", "Enter", "ArrowLeft", "Enter"):
            page.keyboard.press(key)
        page.keyboard.press("j")
        page.keyboard.type("2, 100, 120")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")

        wait_saved(page)
        found = paint(root / "stack-project")
        assert found[2, 100, 120] == 1
        assert found[4, 150, 170] == 1
        assert complaints == []


def test_a_sketch_follows_the_first_strokes(root):
    with running(root) as studio, chromium() as (page, complaints):
        make_project(page, studio.address)
        for key, places in (("2", [(0.5, 0.5), (0.52, 0.5)]), ("1", [(0.3, 0.3)] * 2)):
            page.keyboard.press(key)
            stroke(page, places)

        page.wait_for_selector("text=It took", timeout=60_000)
        assert complaints == []
