import base64
import hashlib
import re

from densecell.report.page import (
    LongTable,
    Notes,
    Picture,
    Scene,
    Section,
    Table,
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
