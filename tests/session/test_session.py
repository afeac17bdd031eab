import numpy as np
import pytest
import tifffile

from densecell.datasets.project import read_project
from densecell.errors import ConfigError, MissingVolumeError, OutputError, VolumeError
from densecell.session import Session
from densecell.session.plane import SlicePlane
from densecell.session.requests import ClassesRequest, PaintRequest, ProjectRequest

CLASSES = [
    {"id": 0, "name": "outside", "color": "#000000", "role": "background"},
    {"id": 1, "name": "cell", "color": "#e69f00", "role": "cell"},
    {"id": 4, "name": "dot", "color": "#56b4e9", "role": "organelle", "parent": "cell"},
]


@pytest.fixture
def session(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 80, (7, 90, 300)).astype(np.uint8)
    image[:, 20:60, 30:200] += 120
    tifffile.imwrite(tmp_path / "em.tif", image)
    session = Session([tmp_path])
    yield session
    session.close()


@pytest.fixture
def project(session, tmp_path):
    values = {"folder": str(tmp_path / "p"), "path": str(tmp_path / "em.tif")}
    return session.make(
        ProjectRequest(**values, spacing_nm=(50, 4, 4), classes=CLASSES)
    )


def painted(session, tool, **values):
    asked = {"volume": "em", "axis": "z", "index": 3, "class": 1, "tool": tool}
    return session.paint(PaintRequest(**{**asked, **values}))


def test_a_stack_without_voxel_size_is_said_to_have_none(session, tmp_path):
    found = session.look(str(tmp_path / "em.tif"))

    assert found["shape"] == (7, 90, 300)
    assert found["spacing_nm"] is None


def test_a_new_project_is_one_that_the_command_line_reads(session, project, tmp_path):
    settings = read_project(tmp_path / "p")

    assert settings.classes.names == ("outside", "cell", "dot")
    assert str(settings.volumes[0].image).endswith("em.tif")
    assert [v["name"] for v in project["volumes"]] == ["em"]


@pytest.mark.parametrize("path", ["/etc", "..", "../../x", "link"])
def test_paths_outside_the_roots_are_refused(session, tmp_path, path):
    (tmp_path / "link").symlink_to("/etc")

    with pytest.raises(ConfigError, match="start the studio with --root"):
        session.files(path)


@pytest.mark.parametrize(
    ("axis", "index", "shape"),
    [("z", 3, (90, 256)), ("y", 30, (7, 256)), ("x", 31, (90, 7))],
)
def test_tiles_show_the_image_along_every_axis(
    session, project, tmp_path, axis, index, shape
):
    image = tifffile.imread(tmp_path / "em.tif")
    low, high = project["volumes"][0]["window"]

    found = session.tile("em", "image", SlicePlane(axis, index), (0, 0, 0)).voxels

    flat = {"z": image[3], "y": image[:, 30], "x": image[:, :, 31].T}[axis]
    grey = np.clip(np.rint((flat - low) * (255 / (high - low))), 0, 255)
    assert found.shape == shape
    assert np.abs(found.astype(int) - grey[: shape[0], : shape[1]]).max() <= 1


def test_a_stroke_across_slices_is_seen_in_them(session, project):
    painted(
        session,
        "brush",
        axis="y",
        index=40,
        points=[[1.5, 50.5], [5.5, 50.5]],
        radius=0.5,
    )

    tile = session.tile("em", "paint", SlicePlane("z", 4), (0, 0, 0)).voxels

    assert np.argwhere(tile != 255).tolist() == [[40, 50]]


def test_smart_fill_takes_the_cell_and_leaves_what_is_outside(session, project):
    done = painted(session, "smart_fill", point=[40, 100], extent=0.9)
    preview = session.preview(
        PaintRequest(
            **{
                "volume": "em",
                "axis": "z",
                "index": 3,
                "tool": "smart_fill",
                "point": (40, 100),
                "extent": 0.9,
            }
        )
    )

    inside = sum(sum(row[1::2]) for row in preview["rows"])
    assert done["painted"] == {1: inside}
    assert 4000 < inside < 8500


def test_interpolation_and_copy_fill_slices(session, project):
    for index in (1, 4):
        painted(
            session,
            "lasso",
            index=index,
            points=[[10, 10], [10, 30], [30, 30], [30, 10]],
        )
    done = painted(session, "interpolate", **{"from": 1, "to": 4})
    assert done["painted_slices"] == [1, 2, 3, 4]
    assert done["painted"] == {1: 4 * 400}

    done = painted(session, "copy", index=5, **{"from": 4})
    assert done["painted"] == {1: 5 * 400}


def test_a_deleted_class_comes_back_with_its_paint(session, project, tmp_path):
    done = painted(session, "brush", points=[[10, 10]], radius=3, **{"class": 4})
    session.set_classes(ClassesRequest(classes=CLASSES[:2]))
    assert session.state()["project"]["volumes"][0]["painted"] == {}
    assert read_project(tmp_path / "p").classes.ids == (0, 1)

    assert session.undo("em")["painted"] == done["painted"]
    assert read_project(tmp_path / "p").classes.ids == (0, 1, 4)


def test_a_class_that_is_not_there_cannot_be_painted(session, project):
    with pytest.raises(
        ConfigError, match="there is no class 2; the project has 0, 1, 4"
    ):
        painted(session, "brush", points=[[1, 1]], **{"class": 2})


def test_a_second_session_is_refused_and_later_finds_the_paint(
    session, project, tmp_path
):
    done = painted(session, "brush", points=[[10, 10]], radius=3)
    other = Session([tmp_path])
    with pytest.raises(OutputError, match="another densecell works on it"):
        other.open(str(tmp_path / "p"))

    session.close()
    found = other.open(str(tmp_path / "p"))
    other.close()

    assert found["volumes"][0]["painted"] == done["painted"]
    assert found["volumes"][0]["can_undo"]


def test_labels_from_elsewhere_are_seen_under_the_paint(session, project, tmp_path):
    labels = np.full((7, 90, 300), 255, np.uint8)
    labels[2:5, 10:20, 40:60] = 4
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    session.close()
    file = tmp_path / "p" / "project.yaml"
    more = (
        "- image: ../em.tif\n  labels: ../labels.tif\n  spacing_nm: [50, 4, 4]\n"
        "  role: eval\n\n# A network"
    )
    file.write_text(file.read_text().replace("\n# A network", more))
    session.open(str(tmp_path / "p"))
    painted(session, "brush", points=[[15.5, 45.5]], radius=0.5)

    tile = session.tile("em", "paint", SlicePlane("z", 3), (0, 0, 0)).voxels

    expected = labels[3, :, :256].copy()
    expected[15, 45] = 1
    assert (tile == expected).all()


def test_an_image_that_changed_is_noticed(session, project, tmp_path):
    session.close()
    tifffile.imwrite(tmp_path / "em.tif", np.eye(90, dtype=np.uint8)[None].repeat(7, 0))
    (volume,) = session.open(str(tmp_path / "p"))["volumes"]
    assert "has other grey values than when it was painted" in volume["notes"][-1]

    painted(session, "brush", points=[[15.5, 45.5]])
    session.close()
    tifffile.imwrite(tmp_path / "em.tif", np.eye(80, dtype=np.uint8)[None].repeat(7, 0))
    with pytest.raises(VolumeError, match="put the old image back"):
        session.open(str(tmp_path / "p"))

    (tmp_path / "em.tif").unlink()
    with pytest.raises(MissingVolumeError, match=r"em\.tif: does not exist"):
        session.open(str(tmp_path / "p"))


def test_a_project_of_a_newer_version_is_refused(session, project, tmp_path):
    session.close()
    file = tmp_path / "p" / "project.yaml"
    file.write_text(file.read_text().replace("format: 1", "format: 2"))

    with pytest.raises(ConfigError, match="format"):
        session.open(str(tmp_path / "p"))


def test_addresses_on_the_web_are_only_those_given_at_start(session):
    with pytest.raises(
        ConfigError, match="start the studio with --address https://a/b"
    ):
        session.look("https://a/b")
