"""Pages that mkdocs makes from the code, so that they are never stale.

Commands and settings come from `densecell` itself, notebooks and examples from the
folders beside `docs/`. Links that lead out of `docs/` are pointed at those pages.
"""

import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from notebook_page import notebook_page  # noqa: E402  (beside this file)
from reference import commands_page, settings_page  # noqa: E402

CODE = re.compile(r"<code>[^<]*</code>")  # plain blocks too, where lines never break
WORD = re.compile(r"(?<=\w)_(?=\w)")  # where one ends in a long name
OPTION = re.compile(r"(?<![\w-])(--[a-z][\w-]*)")
MOVED = {
    "](../examples/": "](examples/",
    "](../notebooks/01_use_an_ensemble.py)": "](notebooks/01_use_an_ensemble.md)",
    "](../src/densecell/cli/main.py)": "](commands.md)",
    "](../src/densecell/config/project.py)": "](settings.md)",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that have no file in `docs/`."""
    made = {"commands.md": commands_page(), "settings.md": settings_page()}
    for source in sorted((ROOT / "notebooks").glob("0*.py")):
        made[f"notebooks/{source.stem}.md"] = notebook_page(source)
    for example in sorted((ROOT / "examples").glob("*.md")):
        made[f"examples/{example.name}"] = example.read_text(encoding="utf-8")
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point links out of `docs/` at the generated pages."""
    for old, new in MOVED.items():
        markdown = markdown.replace(old, new)
    return markdown


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Mark what may break at the end of a line, and what may not.

    Options in running text may not, within their hyphens; long names may, where their
    words end; messages on the page of errors are sentences.
    """
    html = CODE.sub(_code, html)
    if page.file.src_uri == "errors.md":
        return f'<div class="messages">{html}</div>'
    return html


def _code(match: re.Match[str]) -> str:
    marked = OPTION.sub(r'<span class="option">\1</span>', match[0])
    return WORD.sub("_<wbr>", marked)
