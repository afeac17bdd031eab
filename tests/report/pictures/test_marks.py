import numpy as np
from matplotlib.figure import Figure

from densecell.classes import ClassScheme
from densecell.report.pictures.marks import (
    cell_colours,
    cells_overlay,
    outlined_overlay,
    overlay,
    stretched,
    write_cells,
    write_classes,
)

SCHEME = ClassScheme.platelet()


def test_background_stays_grey_and_classes_are_tinted():
    grey = np.full((1, 3), 0.5, np.float32)
    ids = np.array([[0, 4, 255]], np.uint8)

    tinted = overlay(grey, ids, SCHEME)

    np.testing.assert_allclose(tinted[0, 0], 0.5)
    np.testing.assert_allclose(tinted[0, 2], 0.5)  # ignored
    yellow = 0.45 * 0.5 + 0.55 * np.array([245, 252, 4]) / 255
    np.testing.assert_allclose(tinted[0, 1], yellow, rtol=1e-5)


def test_grey_values_are_stretched_between_half_percents():
    grey = stretched(np.linspace(10, 210, 201).reshape(3, 67))

    assert grey.min() == 0
    assert grey.max() == 1
    np.testing.assert_allclose(grey.ravel()[100], 0.5, atol=1e-6)


def test_cells_are_tinted_and_parted_by_a_white_line():
    grey = np.full((1, 7), 0.5, np.float32)
    ids = np.array([[0, 3, 3, 3, 4, 4, 0]])

    shown = cells_overlay(grey, ids)

    np.testing.assert_allclose(shown[0, [0, 6]], 0.5)
    np.testing.assert_allclose(
        shown[0, 1:4], np.tile((0.5 + cell_colours(3)) / 2, (3, 1))
    )
    np.testing.assert_allclose(shown[0, 4], 1)  # where they meet
    np.testing.assert_allclose(shown[0, 5], (0.5 + cell_colours(4)) / 2)


def test_cells_above_one_another_are_parted_too():
    shown = cells_overlay(np.zeros((3, 1), np.float32), np.array([[7], [8], [8]]))

    np.testing.assert_allclose(shown[1], 1)
    assert shown[2].max() < 1


def test_neighbouring_ids_have_colours_of_their_own():
    colours = cell_colours(np.arange(1, 12))

    assert len(np.unique(colours, axis=0)) == 11


def test_ids_are_written_inside_the_largest_cells(monkeypatch):
    monkeypatch.setattr("densecell.report.pictures.marks.NUMBERED_CELLS", 2)
    ids = np.zeros((40, 60), int)
    ids[2:38, 2:20], ids[2:30, 22:40], ids[2:20, 42:58] = 900, 7, 8
    axis = Figure().subplots()

    write_cells(axis, ids)

    found = {text.get_text(): text.get_position() for text in axis.texts}
    assert set(found) == {"900", "7"}
    for number, (x, y) in found.items():
        assert ids[y, x] == int(number)


def test_classes_are_parted_by_a_dark_line_of_one_pixel():
    grey = np.full((3, 4), 0.5, np.float32)
    ids = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [0, 0, 0, 0]])

    shown = outlined_overlay(grey, ids, SCHEME)

    tinted = overlay(grey, ids.astype(np.uint8), SCHEME)
    line = np.array([[0, 0, 1, 0], [0, 0, 1, 0], [1, 1, 1, 1]], bool)
    np.testing.assert_allclose(shown[line], 0.5 * tinted[line])
    np.testing.assert_allclose(shown[~line], tinted[~line])


def test_the_number_of_a_class_is_written_into_its_widest_regions():
    ids = np.zeros((40, 60), np.uint8)
    ids[5:35, 5:35], ids[5:9, 40:44], ids[20:38, 40:58] = 1, 1, 2  # one is too narrow
    axis = Figure().subplots()

    write_classes(axis, ids, SCHEME)

    found = {text.get_text(): text.get_position() for text in axis.texts}
    assert set(found) == {"1", "2"}
    for number, (x, y) in found.items():
        assert ids[y, x] == int(number)
