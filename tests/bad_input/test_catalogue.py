"""Every case of bad input: its whole message, and that nothing was changed.

`DENSECELL_WRITE_ERRORS=1 pytest tests/bad_input` writes `docs/errors.md` anew, to be
read before it is kept; with `-k`, only the sections of some.
"""

import hashlib
import os
import re
from pathlib import Path

import of_labelling  # noqa: F401  (they fill the catalogue)
import of_models  # noqa: F401
import of_pages  # noqa: F401
import of_projects  # noqa: F401
import of_sharing  # noqa: F401
import of_students  # noqa: F401
import of_volume_formats  # noqa: F401
import of_volumes  # noqa: F401
import pytest
from case import CASES, Case, Place
from typer.testing import CliRunner

from densecell.cli.main import app
from densecell.errors import DensecellError
from densecell.volume import ArrayVolume, write_tiff

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
WRITING = "DENSECELL_WRITE_ERRORS" in os.environ
HEAD = """\
# What goes wrong, and what densecell says

Every case below is run by a test, which compares the whole message and sees that
nothing on disk was changed. Paths count from the folder of the command. Exit codes: 1
for these, 2 for options that cannot be understood, 130 for an interrupt.
"""
# What depends on this machine, and how busy it is.
DEPENDS = (
    (r"need [\d.]+[GM];", "need 800M;"),
    (r"port [1-6]\d{4}\b", "port 8800"),
    (r"take \d+ s here and a step [\d.]+ s", "take 1 s here and a step 0.10 s"),
)
QUICK = ("--engine", "torch", "--precision", "float32", "--threads", "1")


@pytest.fixture(scope="module")
def result(tmp_path_factory, trained, discs):
    """Folder of a finished and measured result: do not touch."""
    folder = tmp_path_factory.mktemp("good")
    image, out = folder / "image.tif", folder / "result"
    write_tiff(image, ArrayVolume(discs[0], spacing_nm=(40, 10, 10)))
    model = trained / "models" / "tiny"
    for words in (["segment", image, "-m", model, "-o", out, *QUICK], ["measure", out]):
        assert CliRunner().invoke(app, [str(w) for w in words]).exit_code == 0
    return out


@pytest.fixture(scope="module")
def pages():
    """Sections of the page by name, and collect new ones."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    kept = dict(re.findall(r"^\*\*(.+?)\*\*\n\n(```\n.*?^```)$", text, re.M | re.S))
    new = {}
    yield kept, new
    if WRITING:
        PAGE.write_text(page_of(kept | new), encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_mistake_costs_a_sentence_and_nothing_else(
    case, tmp_path, trained, result, pages, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    place = Place(tmp_path, trained, result)
    words = [str(w) for w in case.prepare(place)]
    before = contents(tmp_path)

    code, message = outcome(words)

    place.close()
    assert code in (1, 2)
    assert "Traceback" not in message
    left = {n: h for n, h in contents(tmp_path).items() if n not in case.leaves}
    assert left == before
    kept, new = pages
    new[case.name] = section(words, message, [tmp_path, result.parent, trained])
    if not WRITING:
        assert new[case.name] == kept.get(case.name)


def test_the_page_holds_nothing_else(pages):
    assert WRITING or set(pages[0]) == {case.name for case in CASES}
    assert len(CASES) == len({case.name for case in CASES}) >= 80


def outcome(words: list[str]) -> tuple[int, str]:
    """Run a command as `main` does."""
    done = CliRunner().invoke(app, words)
    if isinstance(done.exception, DensecellError):
        return 1, f"densecell: {done.exception}"
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output.strip()


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def section(words: list[str], message: str, roots: list[Path]) -> str:
    """Show a command and what was said, without the folders they ran in."""
    text = f"$ densecell {' '.join(words)}\n{message}"
    for found, written in DEPENDS:
        text = re.sub(found, written, text)
    for root in roots:
        text = text.replace(f"{root}/", "").replace(str(root), ".")
    return f"```\n{text}\n```"


def page_of(sections: dict[str, str]) -> str:
    """Put all sections below each other, by command."""
    by_command: dict[str, list[Case]] = {}
    for case in CASES:
        command = sections[case.name].split()[3]
        by_command.setdefault(command, []).append(case)
    parts = [HEAD]
    for command, cases in by_command.items():
        parts.append(f"## densecell {command}\n")
        parts += [f"**{c.name}**\n\n{sections[c.name]}\n" for c in cases]
    return "\n".join(parts)
