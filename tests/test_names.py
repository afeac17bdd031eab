"""Each public name has one home, and each module one test file of its name."""

import ast
from collections import defaultdict
from pathlib import Path

import densecell

ROOT = Path(densecell.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.py")
    if not path.name.startswith("__")
)

# Public names with more than one home, and why.
SHARED_NAMES = {"write_report": "the package's face passes it on to the page's"}

# Modules without a test file of their name, and the tests that cover them.
TESTED_ELSEWHERE = {
    "cli/add_labels.py": "cli/test_suggest.py",
    "cli/convert.py": "volume/test_commands.py",
    "cli/info.py": "volume/test_commands.py",
    "cli/mesh.py": "surfaces/test_command.py",
    "cli/objects_table.py": "cli/test_evaluate.py",
    "cli/options.py": "cli/test_expand.py",
    "cli/phantom.py": "cli/test_demo.py",
    "cli/report.py": "cli/test_run.py",
    "cli/scores_table.py": "cli/test_evaluate.py",
    "cli/studio.py": "studio/test_serve.py",
    "cli/view.py": "viewer/test_command.py",
    "config/frozen.py": "test_config.py",
    "config/inference.py": "test_config.py",
    "config/network.py": "test_config.py",
    "config/objects.py": "test_config.py",
    "config/project.py": "test_config.py",
    "config/training.py": "test_config.py",
    "cli/edit.py": "edits/test_command.py",
    "edits/correction.py": "edits/test_apply.py",
    "edits/derived.py": "edits/test_apply.py",
    "edits/stores.py": "edits/test_apply.py",
    "edits/touched_rows.py": "edits/test_apply.py",
    "edits/voxels.py": "edits/test_apply.py",
    "ensemble/request.py": "ensemble/test_resume.py",
    "session/events.py": "session/test_session.py",
    "session/files.py": "session/test_session.py",
    "session/opened.py": "session/test_session.py",
    "session/painting.py": "session/test_session.py",
    "session/picture.py": "session/test_session.py",
    "session/plane.py": "session/test_session.py",
    "session/project.py": "session/test_session.py",
    "session/regions.py": "session/test_session.py",
    "session/requests.py": "session/test_session.py",
    "session/tiles.py": "session/test_session.py",
    "studio/guard.py": "studio/test_app.py",
    "studio/windows.py": "studio/test_app.py",
    "session/curve.py": "session/test_learning.py",
    "session/filters.py": "session/test_sketching.py",
    "session/foresight.py": "session/test_learning.py",
    "session/running_job.py": "session/test_jobs.py",
    "session/underneath.py": "session/test_session.py",
    "session/volumes.py": "session/test_session.py",
    "settings.py": "test_config.py",
    "surfaces/extra.py": "test_core_alone.py",
    "volume/choice.py": "volume/test_cases.py",
    "volume/extra.py": "test_core_alone.py",
    "volume/formats/axistags.py": "volume/formats/test_hdf5.py",
    "volume/formats/chunked.py": "volume/formats/test_n5.py",
    "volume/formats/n5_spacing.py": "volume/formats/test_n5.py",
    "volume/formats/tiff_layout.py": "volume/formats/test_tiff.py",
}


def public_names(path):
    """Functions and classes at the top of a module, without the command of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = [node.name for node in tree.body if isinstance(node, kinds)]
    command = path.stem if path.parts[0] == "cli" else None
    return [n for n in names if not n.startswith("_") and n != command]


def test_a_public_name_has_one_home():
    homes = defaultdict(list)
    for path in MODULES:
        for name in public_names(path):
            homes[name].append(path.as_posix())

    several = {name: places for name, places in homes.items() if len(places) > 1}
    assert len(homes) > 500
    assert {n: p for n, p in several.items() if n not in SHARED_NAMES} == {}
    assert SHARED_NAMES.keys() <= several.keys()  # none is listed in vain


def test_a_module_has_a_test_file_of_its_name():
    missing = {
        path.as_posix()
        for path in MODULES
        if not (TESTS / path.parent / f"test_{path.name}").is_file()
    }

    assert len(MODULES) > 100
    assert missing - TESTED_ELSEWHERE.keys() == set()


def test_what_is_tested_elsewhere_has_its_tests_there():
    assert [t for t in TESTED_ELSEWHERE.values() if not (TESTS / t).is_file()] == []
