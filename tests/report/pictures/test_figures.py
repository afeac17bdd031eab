import io

import pytest
from matplotlib.figure import Figure
from PIL import Image

from densecell.classes import CellClass, ClassScheme
from densecell.report.pictures.figures import (
    class_legend,
    escape_math,
    format_length,
    jpeg,
    nice_length_nm,
    png,
    scale_bar,
)

SCHEME = ClassScheme(
    classes={
        0: CellClass(name="ground", colour=(0, 0, 0), role="background"),
        3: CellClass(name="a$b$", colour=(255, 0, 51), role="organelle"),
    }
)


def test_a_scale_bar_is_about_a_fifth_as_long_as_the_picture_is_wide():
    axis = Figure().subplots()
    axis.set_xlim(-0.5, 199.5)

    scale_bar(axis, 10)

    (bar,) = axis.artists
    assert bar.txt_label.get_text() == "500 nm"
    (size,) = bar.size_bar.get_children()
    assert size.get_width() == 50
    assert size.get_facecolor()[:3] == (1, 1, 1)


@pytest.mark.parametrize(
    ("wanted", "length", "words"),
    [
        (1, 10, "10 nm"),
        (430, 500, "500 nm"),
        (1800, 2000, "2 µm"),
        (1e9, 5_000_000, "5000 µm"),
    ],
)
def test_lengths_are_round(wanted, length, words):
    assert nice_length_nm(wanted) == length
    assert format_length(length) == words


@pytest.mark.parametrize(
    ("background", "labels"),
    [(False, ["3 a\\$b\\$"]), (True, ["0 ground", "3 a\\$b\\$"])],
)
def test_a_legend_names_classes_with_their_numbers(background, labels):
    figure = Figure()

    class_legend(figure, SCHEME, background=background)

    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == labels
    assert legend.get_patches()[-1].get_facecolor()[:3] == (1, 0, 0.2)


def test_nothing_in_a_name_is_mathematics():
    assert escape_math("a$b$") == "a\\$b\\$"


def test_equal_figures_give_equal_files_that_say_what_they_are_about():
    first, second = png(Figure(), about="a and b"), png(Figure(), about="a and b")

    assert first == second
    assert Image.open(io.BytesIO(first)).info["Description"] == "a and b"
    assert "Software" not in Image.open(io.BytesIO(png(Figure()))).info
    assert jpeg(Figure()) == jpeg(Figure())
    assert jpeg(Figure()).startswith(b"\xff\xd8\xff")
