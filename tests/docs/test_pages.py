"""The commands that the documentation shows, and pages made from the code."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from densecell import config
from densecell.cli.main import COMMANDS, main

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"(<!-- not run: ([^\n]+) -->\n)?```bash\n(.*?)```", re.DOTALL)
PAGES = ("start.md", "own-data.md", "labelling.md")


def blocks_of(text):
    """Reason not to run it, or none, and lines of every shell block."""
    return [(m[2] or None, m[3].splitlines()) for m in BLOCK.finditer(text)]


@pytest.fixture(scope="module")
def reference():
    """The module that renders commands and settings."""
    sys.path.insert(0, str(DOCS / "make"))
    try:
        import reference

        yield reference
    finally:
        sys.path.remove(str(DOCS / "make"))


def test_blocks_are_found_with_the_reason_not_to_run_them():
    plain, slow = "```bash\na 1\nb\n```\n", "<!-- not run: slow -->\n```bash\nc\n```\n"

    found = blocks_of(slow + plain + slow)

    assert found == [("slow", ["c"]), (None, ["a 1", "b"]), ("slow", ["c"])]


@pytest.mark.filterwarnings("ignore:no voxel of role")
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_one_after_another(page, tmp_path, monkeypatch):
    blocks = blocks_of((DOCS / page).read_text(encoding="utf-8"))
    lines = [line for reason, shown in blocks if reason is None for line in shown]
    assert lines
    monkeypatch.chdir(tmp_path)

    for line in lines:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, line


def test_the_settings_of_measuring_are_all_shown_with_their_defaults():
    text = (DOCS / "tables.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(cells:.*?)```", text, re.DOTALL)

    expected = config.ObjectsConfig().model_dump(mode="json")

    assert yaml.safe_load(shown) == expected


def test_links_between_files_lead_somewhere():
    link = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")
    for page in (*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")):
        for target in link.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_shell_block_says_densecell_first():
    for page in DOCS.glob("*.md"):
        for _, lines in blocks_of(page.read_text(encoding="utf-8")):
            assert all(line.startswith("densecell ") for line in lines), page


def test_the_reference_has_every_command_with_its_options(reference):
    page = reference.commands_page()

    for command in COMMANDS:
        assert f"\n## {command}\n" in page
    assert (
        "| `--shape Z Y X` | Size of the volume, in voxels. | `24, 384, 384` |" in page
    )


def test_the_reference_has_every_setting_with_its_default(reference):
    page = reference.settings_page()

    shown = {m for models in reference.SETTINGS.values() for m in models}
    every = {
        value
        for name, value in vars(config).items()
        if name.endswith("Config") and name in config.__all__
    }
    assert every <= shown
    assert "first scale. | int, at least 1, at most 256 | `16` |" in page
    assert "[LossConfig](#lossconfig)" in page
    assert "affinities. | Path or URL or None | `none` |" in page
    assert " at 0x" not in page  # where an object lay in memory
