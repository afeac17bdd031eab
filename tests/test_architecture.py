"""The package shows the data flow: a module imports only from those above its own."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import densecell

ROOT = Path(densecell.__file__).parent
REPOSITORY = Path(__file__).parents[1]
MAP = re.compile(r"```\n(errors .*?)```", re.DOTALL)


def read_map():
    """Names of the parts, top to bottom, from the map in CONTRIBUTING.md."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (drawn,) = MAP.findall(text)
    return tuple(line.split()[0] for line in drawn.splitlines())


ORDER = read_map()
HEAVY = {"torch", "zarr", "dask", "openvino", "numpy", "scipy", "rich", "tifffile"}
FILES = sorted(ROOT.rglob("*.py"))
WITHOUT_TORCH = ("result", "evaluation", "objects", "surfaces")


def part_of(name):
    """Part of the package that a dotted name belongs to."""
    return name.split(".")[1] if "." in name else ""


def imports_of(tree):
    """Every module that a tree imports, with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def ours(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {part_of(n) for n in imports_of(tree) if n.startswith("densecell.")}


def test_every_part_has_its_place_in_the_order():
    parts = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES}

    assert len(parts) > 10
    assert parts - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_above(path):
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if part == "__init__":  # imports for type checkers only, see tests/test_api.py
        return

    above = set(ORDER[: ORDER.index(part) + 1])
    assert ours(path) <= above


def test_nobody_imports_the_command_line():
    outside = [p for p in FILES if "cli" not in p.relative_to(ROOT).parts]

    assert len(outside) > 10
    assert not [p for p in outside if "cli" in ours(p)]


@pytest.mark.parametrize("part", [p for p in WITHOUT_TORCH if (ROOT / p).exists()])
def test_parts_without_torch_do_not_load_it(part):
    modules = [
        ".".join(p.relative_to(ROOT.parent).with_suffix("").parts)
        for p in sorted((ROOT / part).rglob("*.py"))
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        "assert 'torch' not in sys.modules, 'torch was loaded'"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_function_has_more_than_nine_parameters():
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for every in [[*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        if len([a for a in every if a.arg not in ("self", "cls")]) > 9
    ]

    assert long == []


def test_the_help_of_every_command_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from densecell.cli.main import COMMANDS, load_command\n"
        "assert all(map(load_command, COMMANDS))\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert outcome.stdout.strip() == "[]"
