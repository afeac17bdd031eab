"""The page's modules are checked by TypeScript, from the types in their comments."""

import shutil
import subprocess
from pathlib import Path

import pytest

import densecell

TSC = shutil.which("tsc")
LIST = Path(__file__).with_name("jsconfig.json")


@pytest.mark.skipif(TSC is None, reason="needs tsc: npm install --global typescript")
def test_the_types_of_the_page_hold():
    assert TSC is not None
    found = subprocess.run([TSC, "-p", str(LIST)], capture_output=True, text=True)

    assert found.stdout == ""


def test_all_modules_are_asked_for_at_once():
    page = Path(densecell.__file__).parent / "studio" / "page"
    modules = {path.name for path in (page / "js").glob("*.js")} - {"types.js"}

    text = (page / "index.html").read_text(encoding="utf-8")

    assert {name for name in modules if f'"js/{name}"' in text} == modules
