import io

from matplotlib.image import imread

from densecell.geometry import Box
from densecell.suggestions import open_material
from densecell.suggestions.picture import Shown, draw_boxes


def test_the_picture_shows_every_box(segmented):
    material = open_material(segmented / "result")
    boxes = [Shown(f"crop_0{n}", Box.at((0, 7 * n, 0), (1, 20, 24))) for n in range(5)]

    few, many = (
        imread(io.BytesIO(draw_boxes(material, shown))).shape
        for shown in (boxes[:2], boxes)
    )

    assert many[1] == few[1]  # as wide
    assert many[0] > 2 * few[0]  # three rows
