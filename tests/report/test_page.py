from densecell.report.page import Picture, Section, Table, write_page


def test_a_page_is_one_file_that_fetches_nothing(tmp_path):
    table = Table(["class", "IoU"], [["cell <a>", "0.9"]])
    sections = [Section("Scores", "In words.", [table, Picture(b"png", "A slice.")])]

    write_page(tmp_path / "page.html", "Title", "Lead & more", sections)

    text = (tmp_path / "page.html").read_text()
    assert "cell &lt;a&gt;" in text
    assert "Lead &amp; more" in text
    assert "data:image/png;base64,cG5n" in text
    assert "http" not in text
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
