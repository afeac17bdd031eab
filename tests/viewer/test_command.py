import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.errors import MissingExtraError, OutputError, VolumeError

pytest.importorskip("neuroglancer", reason="needs neuroglancer")


def run(*words):
    words = ["view", *map(str, words)]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def test_the_state_alone_is_written_and_nothing_overwritten(finished, tmp_path):
    path = tmp_path / "view.json"

    result = run(finished / "result", "--state", path, "--port", 8123)

    assert result.exit_code == 0
    state = json.loads(path.read_text(encoding="utf-8"))
    assert state["layers"][0]["source"]["url"] == (
        "zarr3://http://127.0.0.1:8123/image.zarr"
    )
    with pytest.raises(OutputError, match="is there already"):
        run(finished / "result", "--state", path)


def test_a_folder_that_is_no_result_is_refused(tmp_path):
    with pytest.raises(VolumeError, match="is no result of densecell"):
        run(tmp_path)


def test_a_missing_extra_is_one_line(finished, monkeypatch):
    monkeypatch.delitem(sys.modules, "densecell.viewer.server", raising=False)
    monkeypatch.setitem(sys.modules, "neuroglancer", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'densecell\[view\]'"):
        run(finished / "result")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--no-browser"], ""),
        ([], "no browser was found: open the address in one\n"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="a browser is found elsewhere")
def test_the_address_is_printed_and_ctrl_c_ends_it(finished, options, told):
    code = (  # a shell's background jobs, which tests may be of, ignore Ctrl+C
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from densecell.cli.main import main; main()"
    )
    unknown = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    without = {n: v for n, v in os.environ.items() if n not in unknown}
    with subprocess.Popen(
        [sys.executable, "-c", code, "view", str(finished / "result"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**without, "PATH": str(finished)},  # without any browser
    ) as process:
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert b"<html" in answer.read().lower()
        opened = process.stdout.readline()
        complaint = process.stderr.readline() if told else ""
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=60)

    assert process.returncode == 0
    assert opened == "Press Ctrl-C to stop.\n"
    assert rest == "Stopped.\n"
    assert complaint + complaints == told
