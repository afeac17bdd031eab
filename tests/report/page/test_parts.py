import pytest

from densecell.report.page.parts import LongTable, Picture, split_commands


@pytest.mark.parametrize(
    ("file", "source"),
    [
        (b"\x89PNG", "data:image/png;base64,iVBORw=="),
        (b"\xff\xd8\xff", "data:image/jpeg;base64,/9j/"),
    ],
)
def test_a_picture_is_its_own_address(file, source):
    assert Picture(file, "A slice.").source == source


def test_rows_for_the_script_are_plain_values():
    rows = [["1", ""], ["2", Picture(b"\x89PNG", "cell 2")]]

    assert LongTable(["cell", "slice"], rows, page_rows=20).data == {
        "size": 20,
        "rows": [["1", ""], ["2", ["data:image/png;base64,iVBORw==", "cell 2"]]],
    }


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", [("plain", False)]),
        ("`a` or `b`", [("a", True), (" or ", False), ("b", True)]),
        ("a ` alone", [("a ` alone", False)]),
        ("", []),
    ],
)
def test_what_stands_in_backticks_is_a_command(text, pieces):
    assert split_commands(text) == pieces
