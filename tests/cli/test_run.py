"""One command for the whole road: it leaves what the four commands leave."""

import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.volume import ArrayVolume, write_tiff

pytest.importorskip("trimesh", reason="needs trimesh")
TOLD = {"report.html"}  # names its folder


def run(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


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
        if path.is_file() and path.name not in TOLD
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

    assert "tables/organelles.csv" in one
    assert one == four
    assert all((made / "ran" / name).is_file() for name in ("run.yaml", "report.html"))


def test_given_again_it_goes_on_with_what_is_missing(made, trained):
    result = made / "ran"
    before = contents(result)
    (result / "report.html").unlink()

    told = run("run", made / "image.tif", "-m", model(trained), "-o", result)

    assert [line.partition(": was ")[2] for line in told.splitlines()[:3]] == [
        "finished already; --overwrite segments it again",
        "measured already; --overwrite measures it again",
        "meshed already; --overwrite meshes it again",
    ]
    assert (result / "report.html").is_file()
    assert contents(result) == before
