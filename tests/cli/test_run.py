"""One command for the whole road: it leaves what the four commands leave."""

import shutil

import pytest
from commands import run

from densecell.errors import ConfigError
from densecell.volume import ArrayVolume, write_tiff

pytest.importorskip("trimesh", reason="needs trimesh")
PAGE = "report.html"  # names its folder


@pytest.fixture(scope="module")
def made(tmp_path_factory, trained, discs):
    """Folder with a volume, and a result of `run`: do not touch."""
    folder = tmp_path_factory.mktemp("run")
    write_tiff(folder / "image.tif", ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    run("run", folder / "image.tif", "-m", model(trained), "-o", folder / "ran")
    return folder


def model(trained):
    return trained / "models" / "tiny"


def contents(result):
    return {
        path.relative_to(result).as_posix(): path.read_bytes()
        for path in result.rglob("*")
        if path.is_file() and path.name != PAGE
    }


def test_it_leaves_what_the_four_commands_leave(made, trained):
    apart = made / "apart"
    run(
        *("segment", made / "image.tif", "-m", model(trained), "-o", apart),
        "--keep-members",
    )
    for command in ("measure", "mesh", "report"):
        run(command, apart)

    one, four = contents(made / "ran"), contents(apart)

    assert {"run.yaml", "tables/organelles.csv"} <= set(one)
    assert one == four
    assert (made / "ran" / PAGE).is_file()


def test_classes_without_roles_are_refused_before_anything_is_made(
    made, trained, tmp_path
):
    scheme = tmp_path / "bare.yaml"
    colour = "colour: [0, 0, 0]"
    scheme.write_text(f"0: {{name: a, {colour}}}\n1: {{name: b, {colour}}}\n")
    out = tmp_path / "result"
    road = ("run", made / "image.tif", "-m", model(trained), "-o", out)

    with pytest.raises(
        ConfigError, match=r"\['a', 'b'\] has the role cell or organelle"
    ):
        run(*road, "--classes", scheme)

    assert not out.exists()


def test_given_again_it_goes_on_with_what_is_missing(made, trained, tmp_path):
    result = shutil.copytree(made / "ran", tmp_path / "ran")
    before = contents(result)
    (result / PAGE).unlink()

    told = run("run", made / "image.tif", "-m", model(trained), "-o", result).stdout

    assert [line.partition(": was ")[2] for line in told.splitlines()[:3]] == [
        "finished already; --overwrite segments it again",
        "measured already; --overwrite measures it again",
        "meshed already; --overwrite meshes it again",
    ]
    assert (result / PAGE).is_file()
    assert contents(result) == before
