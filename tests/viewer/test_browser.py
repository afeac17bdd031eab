"""In a real browser: every layer shows, meshes appear, the console stays clean."""

import io
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from densecell.geometry import Box
from densecell.result import Result
from densecell.viewer import open_contents, viewer_state

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytest.importorskip("neuroglancer", reason="needs neuroglancer")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
LIMIT_S = 60.0
LAYER = "viewer.layerManager.getLayerByName('{}')"


@pytest.fixture(scope="module")
def opened(finished):
    """Page that shows the result, and what its console complained of."""
    from densecell.viewer.server import Server

    complaints = []
    with Server() as server, sync_api.sync_playwright() as play:
        contents = open_contents(finished / "result")
        server.show(viewer_state([contents], None, server))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 480, "height": 360})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.goto(server.address)
        page.wait_for_function(
            "window.viewer && viewer.layerManager.managedLayers.length && "
            "viewer.isReady()",
            timeout=1000 * LIMIT_S,
        )
        for name in ("showDefaultAnnotations", "showAxisLines", "showScaleBar"):
            page.evaluate(f"viewer.{name}.value = false")
        page.evaluate("viewer.selectedLayer.visible = false")
        yield page, complaints
        browser.close()


def pixels(page):
    """Middle of the panel: no buttons, no names of layers."""
    shot = Image.open(io.BytesIO(page.screenshot()))
    return np.asarray(shot.convert("RGB"))[120:-40, 60:-60].astype(int)


def wait_until(page, fulfilled):
    """Poll until what is shown fulfils something; give what is shown."""
    end = time.monotonic() + LIMIT_S
    while not fulfilled(found := pixels(page)):
        assert time.monotonic() < end, f"nothing changed in {LIMIT_S} s"
    return found


def show_only(page, *names):
    page.evaluate(
        "names => viewer.layerManager.managedLayers.forEach("
        "layer => layer.setVisible(names.includes(layer.name)))",
        list(names),
    )


def is_even(found):
    return (np.ptp(found, axis=(0, 1)) < 5).all()


def differs_from(other):
    return lambda found: (abs(found - other).max(axis=2) > 20).sum() > 100


def equals(other):
    return lambda found: not differs_from(other)(found)


@pytest.mark.parametrize(
    "name",
    [
        "image",
        "classes",
        "cells",
        "organelles",
        "parts",
        "confidence",
        "disagreement",
    ],
)
def test_a_layer_changes_what_is_seen(opened, name):
    page, complaints = opened
    page.evaluate("viewer.layout.restoreState('xy')")
    show_only(page)
    dark = wait_until(page, is_even)

    show_only(page, name)

    wait_until(page, differs_from(dark))
    show_only(page)
    wait_until(page, equals(dark))
    assert complaints == []


@pytest.mark.parametrize("name", ["cells", "organelles", "parts"])
def test_meshes_appear_in_3d(opened, name):
    page, complaints = opened
    segments = f"{LAYER.format(name)}.layer.displayState.segmentationGroupState.value"
    page.evaluate("viewer.layout.restoreState('3d')")
    show_only(page)
    dark = wait_until(page, is_even)

    show_only(page, name)

    wait_until(page, differs_from(dark))
    page.evaluate(f"{segments}.visibleSegments.clear()")
    wait_until(page, equals(dark))  # it was the meshes
    assert complaints == []


@pytest.mark.parametrize("name", ["classes", "cells"])
def test_labels_lie_where_they_were_segmented(opened, finished, name):
    page, _ = opened
    result = Result(finished / "result")
    store = result.classes if name == "classes" else result.objects[name]
    row = store.read(Box((6, 25, 20), (7, 26, 80))).ravel()
    z, y, x = np.add(result.box.start, (6, 25, 20)).tolist()
    assert len(np.unique(row)) > 1
    page.evaluate("viewer.layout.restoreState('xy')")
    show_only(page, name)

    for inside in (0.1, 0.9):  # of a voxel: half a voxel of shift would show
        found = page.wait_for_function(
            "([layer, x, y, z]) => { const got = [...Array(60).keys()].map(i => "
            "layer.getValueAt(new Float32Array([x + i, y, z]), {})); "
            "return got.includes(undefined) || got.includes(null) ? null : "
            "got.map(v => Number(v.key ?? v.value ?? v)); }",
            arg=[
                page.evaluate_handle(f"{LAYER.format(name)}.layer"),
                x + inside,
                y + 0.5,
                z + 0.5,
            ],
            timeout=1000 * LIMIT_S,
        ).json_value()

        np.testing.assert_array_equal(found, row)
