"""What a browser makes of a report: sorting, the 3D scene, phone and print."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from densecell.report.page import LongTable, Section, write_page
from densecell.report.result_page import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DRAWN = """() => {
    window.drawnAgain = false;
    const then = () => requestAnimationFrame(() => window.drawnAgain = true);
    document.querySelector(".plot").once("plotly_afterplot", then);
}"""
COLOURS = """() => document.querySelector(".plot").data.map(
    (trace) => new Set(trace.colorscale.map((part) => part[1])).size)"""
PATIENCE_MS = 120_000  # a busy machine draws in software
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def address(platelets):
    """Address of the report of a result with cells."""
    return write_report(platelets).absolute().as_uri()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=PATIENCE_MS
        )
        yield opened
        opened.close()


@pytest.fixture
def show(browser, address):
    """A function that opens the report so wide; all must be silent and local."""
    said, asked, opened = [], [], []

    def open_page(width, at=address):
        page = browser.new_page(viewport={"width": width, "height": 500})
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else 0)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        opened.append((page, at))
        page.goto(at)
        return page

    yield open_page
    for page, _ in opened:
        page.close()
    assert said == []
    fetched = [url for url in asked if not url.startswith(("data:", "blob:"))]
    assert fetched == [at for _, at in opened]


def test_a_click_on_a_heading_sorts_and_a_second_turns_round(show):
    page = show(700)
    column = "#cells tbody td:first-child"
    volumes = page.locator("#cells th button", has_text="volume")
    before = page.locator(column).all_text_contents()

    volumes.click()
    up = page.locator(column).all_text_contents()
    volumes.click()
    down = page.locator(column).all_text_contents()

    assert before == down == ["1", "2"]  # the largest first
    assert up == ["2", "1"]


def test_a_cell_among_thousands_is_found_by_its_number(show, tmp_path):
    rows = [[str(n), f"{n % 7}", "-"] for n in range(1, 20_001)]
    part = LongTable(["cell", "rest", "nothing"], rows, page_rows=20)
    write_page(tmp_path / "long.html", "T", "L", [Section("S", parts=[part])])
    page = show(1200, (tmp_path / "long.html").as_uri())
    column = page.locator("tbody td:first-child")
    told = page.locator(".pages span")
    assert told.text_content() == "1 to 20 of 20,000"

    page.locator("th button", has_text="rest").click()
    page.locator(".pages button", has_text="Next").click()
    sorted_ids = column.all_text_contents()
    page.locator("input[type=search]").fill("1999")

    assert sorted_ids[:3] == ["147", "154", "161"]
    assert told.text_content() == "1 to 11 of 11"
    assert column.all_text_contents()[:3] == ["1999", "19992", "19999"]
    page.locator("input[type=search]").fill("x")
    assert told.text_content() == "none"


def test_classes_and_cells_of_the_scene_are_switched(show):
    page = show(700)
    page.locator("#cells-in-3d").scroll_into_view_if_needed()
    page.wait_for_selector(".scene.drawn .plot canvas")
    data = "document.querySelector('.plot').data"
    everything = page.evaluate(f"{data}.map((t) => t.i.length)")

    page.locator(".switches input").first.uncheck()
    hidden = page.evaluate(f"{data}.map((t) => t.visible)")
    page.locator(".switches select").first.select_option("2")
    of_one = page.evaluate(f"{data}.map((t) => t.i.length)")

    assert min(everything) > 0
    assert hidden[0] is False
    assert False not in hidden[1:]
    assert 0 < sum(of_one) < sum(everything)


def test_cells_of_the_scene_are_coloured_by_class_or_each_for_itself(show):
    page = show(700)
    page.locator("#cells-in-3d").scroll_into_view_if_needed()
    page.wait_for_selector(".scene.drawn .plot canvas")
    pictures, colours = [page.locator(".plot").screenshot()], []
    for choice in ("cell", ""):
        page.evaluate(DRAWN)
        page.locator(".switches select").nth(1).select_option(choice)
        page.wait_for_function("window.drawnAgain")
        pictures.append(page.locator(".plot").screenshot())
        colours.append(page.evaluate(COLOURS))

    assert colours == [[1, 1, 11], [1, 1, 1]]  # organelles keep theirs
    assert len(strong_colours(pictures[0])) >= 2  # of two kinds of organelles
    assert pictures[1] != pictures[0]
    assert pictures[2] == pictures[0]


def strong_colours(picture):
    """Say which of red, green and blue prevail anywhere."""
    drawn = Image.open(io.BytesIO(picture)).convert("RGB")
    pixels = np.asarray(drawn).reshape(-1, 3).astype(int)
    strong = pixels[np.ptp(pixels, axis=1) > 40]
    return set(strong.argmax(axis=1).tolist())


def test_nothing_is_wider_than_a_phone(show):
    page = show(390)

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_print_shows_the_still_picture_instead_of_the_scene(show):
    page = show(700)
    page.locator("#cells-in-3d").scroll_into_view_if_needed()
    page.wait_for_selector(".scene.drawn")
    assert not page.locator(".still").is_visible()

    page.emulate_media(media="print")

    assert page.locator(".still").is_visible()
    assert not page.locator(".scene").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
