import shutil

from densecell.errors import MissingExtraError
from densecell.report.outcome import scene
from densecell.report.outcome.scene import plotly_script, scene_section
from densecell.report.page import Notes, Picture, Scene
from densecell.result import Result


def test_cells_and_organelles_are_counted_and_can_be_turned(platelets):
    section = scene_section(Result(platelets), interactive=True)

    assert section.text == "2 cells and 2 organelles, simplified to fit into this page."
    (part,) = section.parts
    assert isinstance(part, Scene)
    assert part.still.caption == "The scene from above."


def test_without_plotly_there_is_a_still_picture(platelets):
    section = scene_section(Result(platelets), interactive=False)

    assert [type(part) for part in section.parts] == [Picture]


def test_objects_that_are_left_out_are_counted(platelets, monkeypatch):
    monkeypatch.setattr("densecell.report.pictures.solids.MOST_OBJECTS", 1)

    section = scene_section(Result(platelets), interactive=False)

    assert section.text.startswith("The largest cells with what lies in them: 1 cell")
    assert section.text.endswith("3 others are left out; all are in meshes/.")


def test_what_cannot_be_read_for_want_of_a_package_is_said(platelets, monkeypatch):
    def refuse(path):
        raise MissingExtraError("no trimesh; pip install 'densecell[mesh]'")

    monkeypatch.setattr(scene, "load_solids", refuse)

    section = scene_section(Result(platelets), interactive=True)

    told = "Left out: no trimesh; pip install 'densecell[mesh]'."
    assert section.parts == [Notes([told])]


def test_without_meshes_there_is_no_section(result):
    shutil.rmtree(result / "meshes")

    assert scene_section(Result(result), interactive=True) is None


def test_the_script_is_plotly():
    assert "plotly" in plotly_script()[:200]
