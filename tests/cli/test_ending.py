import os
import signal
import subprocess
import sys
import time

import pytest

from densecell.cli.ending import interrupted_by_signals, unexpected

WAITING = """
import signal, sys, time
import typer

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
signal.signal(signal.SIGINT, signal.default_int_handler)  # and in the background
from densecell.cli import main as module

app = typer.Typer()

@app.command()
def wait():
    print("ready", flush=True)
    time.sleep(60)

module.app = app
sys.argv = ["densecell"]
module.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_with_a_sentence_and_its_code(number):
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert said == ("densecell: Interrupted. Run the same command again to continue.\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_an_ignored_signal_stays_ignored(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        with interrupted_by_signals() as received:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert received == []


def test_an_unexpected_error_is_one_line_and_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    try:
        raise ZeroDivisionError("division\nby zero")
    except ZeroDivisionError as error:
        line = unexpected(error, ["info", "a.tif"])

    (log,) = tmp_path.iterdir()
    assert line == (
        "unexpected ZeroDivisionError: division by zero. This is a fault of densecell: "
        f"please report it with the command (details: {log})"
    )
    text = log.read_text()
    assert text.startswith("densecell info a.tif\n")
    assert "raise ZeroDivisionError" in text


def test_what_the_system_says_is_no_fault_of_the_program(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = "x" * 300
    with pytest.raises(OSError, match="too long") as caught:
        (tmp_path / name).open()

    line = unexpected(caught.value, [])

    assert "File name too long" in line
    assert "fault" not in line
    assert len(line) < 350


def test_without_a_place_for_the_file_the_option_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    assert unexpected(MemoryError(), []).endswith(
        "; `densecell --debug ...` shows where"
    )
