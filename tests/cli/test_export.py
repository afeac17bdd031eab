import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.export import models

pytest.importorskip("onnx")


@pytest.fixture
def unchecked(monkeypatch):
    """Leave out the test of bioimageio.core, which `tests/export` is about."""
    checked = []
    monkeypatch.setattr(models, "check_package", checked.append)
    return checked


def test_every_file_is_told_of(trained, tmp_path, unchecked):
    model, out = trained / "models" / "tiny", tmp_path / "shared"

    words = ["export", str(model), "-o", str(out), "--licence", "MIT", "--author", "A"]
    outcome = CliRunner().invoke(app, words)

    assert outcome.exit_code == 0, outcome.output
    told = [line for line in outcome.stdout.splitlines() if line.startswith(f"{out}/")]
    names = ["ensemble.onnx", "ensemble.zip", "member_00.zip", "member_01.zip"]
    assert [line.split(": ")[0] for line in told] == [f"{out}/{n}" for n in names]
    assert [path.name for path in unchecked] == names[1:]


def test_a_licence_and_an_author_have_to_be_named(trained, tmp_path):
    words = ["export", str(trained / "models" / "tiny"), "-o", str(tmp_path / "out")]

    outcome = CliRunner().invoke(app, words)

    assert outcome.exit_code == 2
    assert "Missing option '--licence'" in outcome.output
