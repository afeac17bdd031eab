"""A notebook as a page: its prose, its code, and its outputs where it was run."""

from pathlib import Path
from typing import Any

import jupytext
import nbformat

ROOT = Path(__file__).parents[2]
EXECUTED = ROOT / "build" / "notebooks"  # of `make notebooks-run`


def notebook_page(source: Path) -> str:
    """Render a percent script, or its executed notebook if that is newer."""
    executed = EXECUTED / f"{source.stem}.ipynb"
    if executed.exists() and executed.stat().st_mtime >= source.stat().st_mtime:
        notebook = nbformat.read(executed, as_version=4)
    else:
        notebook = jupytext.read(source)
    parts = [_cell(cell) for cell in notebook.cells]
    parts.insert(1, f"The notebook is `notebooks/{source.name}`: `make notebooks`.\n")
    return "\n".join(parts)


def _cell(cell: Any) -> str:
    if cell.cell_type == "markdown":
        return f"{cell.source}\n"
    shown = [f"```python\n{cell.source}\n```\n"]
    shown += [text for text in map(_output, cell.get("outputs", ())) if text]
    return "\n".join(shown)


def _output(output: Any) -> str:
    if output.output_type == "stream":
        return "" if output.name == "stderr" else _text(output.text)
    data = output.get("data", {})
    if "image/png" in data:
        content = data["image/png"].replace("\n", "")
        return f'<img alt="output" src="data:image/png;base64,{content}">\n'
    return _text(data["text/plain"]) if "text/plain" in data else ""


def _text(text: str) -> str:
    return f'<div class="output" markdown>\n\n```text\n{text.rstrip()}\n```\n\n</div>\n'
