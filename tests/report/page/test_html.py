import base64
import hashlib
import json
import re
from importlib.resources import files
from unittest.mock import ANY

import pytest

from densecell.classes import CellClass, ClassScheme
from densecell.report.page import (
    Legend,
    LongTable,
    Notes,
    Picture,
    Scene,
    Section,
    Table,
    html,
    write_page,
)


def test_a_page_is_one_file_that_fetches_nothing(tmp_path):
    table = Table(["class", "IoU"], [["cell <a>", "0.9"]])
    sections = [
        Section("Scores", "In words.", [table, Picture(b"\x89PNG", "A slice.")])
    ]

    write_page(tmp_path / "page.html", "Title", "Lead & more", sections)

    text = (tmp_path / "page.html").read_text()
    assert "cell &lt;a&gt;" in text
    assert "Lead &amp; more" in text
    assert "data:image/png;base64,iVBORw==" in text
    assert "://" not in text
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_backticks_make_a_command_and_nothing_else_is_markup(tmp_path):
    notes = Notes(["Run `densecell <x>` & <b>look</b>."], warn=True)

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[notes])])

    text = (tmp_path / "page.html").read_text()
    assert "<code>densecell &lt;x&gt;</code> &amp; &lt;b&gt;look&lt;/b&gt;." in text
    assert 'class="warn"' in text


def test_only_the_scripts_of_the_page_may_run(tmp_path):
    table = LongTable(["a"], [["1"]], page_rows=20)

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[table])])

    text = (tmp_path / "page.html").read_text()
    (script,) = re.findall("<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in text


def test_scene_data_cannot_end_their_element(tmp_path):
    scene = Scene({"name": "</script><b>"}, Picture(b"\x89PNG", "Still."))

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[scene])])

    assert "</script><b>" not in (tmp_path / "page.html").read_text()


def test_names_stay_text_in_headings_links_captions_and_cells(tmp_path):
    evil = "\"'><script>alert(1)</script>"
    picture = Picture(b"\xff\xd8\xff", evil)
    parts = [picture, Table([evil], [[evil, picture]], evil), LongTable([evil], [], 1)]

    write_page(tmp_path / "page.html", evil, evil, [Section(evil, evil, parts)])

    text = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in text
    assert "\"'>" not in text
    assert text.count("&#34;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;") == 13


def test_pictures_that_follow_each_other_stand_side_by_side(tmp_path):
    picture = Picture(b"\x89PNG", "A slice.")
    parts = [picture, picture, Notes(["Then."]), picture._replace(wide=True)]

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=parts)])

    text = (tmp_path / "page.html").read_text()
    order = re.findall(r'<div class="pictures">|<figure[^>]*>|<ul', text)
    assert order == [
        '<div class="pictures">',
        "<figure>",
        "<figure>",
        "<ul",
        '<div class="pictures">',
        '<figure class="broad">',
    ]


def test_the_first_page_of_a_long_table_needs_no_script(tmp_path):
    rows = [[str(n), Picture(b"\x89PNG", f"cell {n}")] for n in range(30)]
    table = LongTable(["cell", "slice"], rows, page_rows=20)

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[table])])

    text = (tmp_path / "page.html").read_text()
    assert re.findall("<tr><td>([0-9]+)</td>", text) == [str(n) for n in range(20)]
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', text)
    picture = ["data:image/png;base64,iVBORw==", "cell 29"]
    assert json.loads(data) == {"size": 20, "rows": ANY}
    assert json.loads(data)["rows"][29] == ["29", picture]
    assert len(json.loads(data)["rows"]) == 30


def test_cells_of_a_wide_table_of_prose_say_what_they_are_on_a_phone(tmp_path):
    wide = Table(["volume", "for", 'a "b"'], [["x.tif", "scores", "<9>"]], prose=True)
    narrow = Table(["", "title"], [["x", "y"]], prose=True)

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[wide, narrow])])

    text = (tmp_path / "page.html").read_text()
    assert '<td data-label="a &#34;b&#34;">&lt;9&gt;</td>' in text
    assert "<td>y</td>" in text


def test_a_legend_names_all_classes_but_the_background(tmp_path):
    scheme = ClassScheme(
        classes={
            0: CellClass(name="ground", colour=(0, 0, 0), role="background"),
            7: CellClass(name="a < b", colour=(1, 20, 255), role="organelle"),
        }
    )

    write_page(tmp_path / "page.html", "T", "L", [Section("S", parts=[Legend(scheme)])])

    text = (tmp_path / "page.html").read_text()
    (legend,) = re.findall(r'<p class="legend">(.*?)</p>', text, flags=re.DOTALL)
    assert legend.strip() == (
        '<span><i style="background:rgb(1, 20, 255)"></i>7 a &lt; b</span>'
    )


def test_sections_are_linked_by_their_titles(tmp_path):
    write_page(tmp_path / "page.html", "T", "L", [Section("Cells in 3D: all")])

    text = (tmp_path / "page.html").read_text()
    assert '<a href="#cells-in-3d-all">Cells in 3D: all</a>' in text
    assert '<section id="cells-in-3d-all">' in text


@pytest.mark.parametrize("name", ["page.html", "parts.html"])
def test_templates_are_installed_with_the_package(name):
    assert html._environment().get_template(name).filename.endswith(name)


@pytest.mark.parametrize("name", ["page.css", "table.js", "scene.js"])
def test_scripts_and_style_are_installed_with_the_package(name):
    template = files("densecell.report.page") / "templates" / name

    assert template.read_text(encoding="utf-8").strip()
