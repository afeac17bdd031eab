import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.errors import DensecellError
from densecell.report import outcome
from densecell.report.outcome import Finding

SAME = Finding("volume", "same", "image.tif: shape and samples")
NOTE = Finding("segment, versions", "note", "made with other versions: numpy 1")
CHANGED = Finding("measure, files", "changed", "1 of 3: tables/classes.csv has")


def verify(monkeypatch, findings, *words):
    """Outcome of the command where this was found, and how it was asked for."""
    asked = []

    def found(path, **how):
        asked.append((path.name, how["full"]))
        return iter(findings)

    monkeypatch.setattr(outcome, "verify_result", found)
    return CliRunner().invoke(app, ["verify", *words]), asked


@pytest.mark.parametrize("options", [(), ("--full",)])
def test_what_is_the_same_or_worth_a_note_is_no_fault(monkeypatch, options):
    outcome, asked = verify(monkeypatch, [SAME, NOTE], "result", *options)

    assert outcome.exit_code == 0
    assert asked == [("result", bool(options))]
    assert outcome.stdout.splitlines()[-1] == "result: is unchanged"
    assert "numpy 1" in outcome.stdout


def test_a_fault_costs_the_exit_code(monkeypatch):
    outcome, _ = verify(monkeypatch, [SAME, CHANGED, NOTE], "result")

    assert outcome.exit_code == 1
    last = outcome.stdout.splitlines()[-1]
    assert last == "result: 1 of 3 parts have changed or are missing"


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    outcome = CliRunner().invoke(app, ["verify", str(tmp_path)])

    assert isinstance(outcome.exception, DensecellError)
    assert "is no result of densecell" in str(outcome.exception)
