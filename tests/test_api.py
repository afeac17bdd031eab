"""The stable interface: a script that uses nothing else, and what it promises."""

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import densecell
from densecell.compute import Progress
from densecell.errors import OutputError
from densecell.volume import write_tiff

SCRIPT = Path(densecell.__file__).parents[2] / "examples" / "script.py"
PACKAGES = [p.name for p in Path(densecell.__file__).parent.iterdir() if p.is_dir()]
CALLS = ["evaluate", "measure", "mesh", "segment", "train", "write_report"]


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory):
    """A finished project under the name that `train` gives its model."""
    folder = shutil.copytree(trained, tmp_path_factory.mktemp("api") / "project")
    (folder / "models" / "tiny").rename(folder / "models" / "2d3d-2")
    return folder


def test_a_script_of_twenty_lines_goes_the_whole_road(project, tmp_path):
    out = tmp_path / "result"
    image = densecell.open_volume(project / "eval.npy", spacing_nm=(40, 10, 10))
    write_tiff(tmp_path / "image.tif", image)
    words = [project, tmp_path / "image.tif", project / "eval_labels.npy", out]

    done = subprocess.run(
        [sys.executable, SCRIPT, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert len(SCRIPT.read_text().splitlines()) <= 25
    assert "mean IoU 0." in done.stdout
    assert "segment: " in done.stdout
    assert (out / "report.html").is_file()
    assert done.stdout.strip().endswith("report.html")


def test_everything_on_the_face_is_there_and_documented():
    assert set(CALLS) < set(densecell.__all__)
    for name in densecell.__all__:
        assert inspect.getdoc(getattr(densecell, name)), name
    assert set(densecell.__all__) <= set(dir(densecell))


def test_no_call_has_the_name_of_a_package():
    assert PACKAGES
    assert not set(densecell.__all__) & set(PACKAGES)


@pytest.mark.parametrize("name", CALLS)
def test_every_parameter_of_a_call_is_typed(name):
    signature = inspect.signature(getattr(densecell, name))

    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="'densecell' has no attribute 'sgment'"):
        _ = densecell.sgment


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, densecell\n"
        "print(sorted({'torch', 'numpy', 'zarr', 'pydantic'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"


def test_calls_continue_report_and_refuse_other_settings(project, tmp_path):
    volume = np.load(project / "eval.npy")
    np.save(tmp_path / "image.npy", volume)
    image = densecell.open_volume(tmp_path / "image.npy", spacing_nm=(40, 10, 10))
    model, out = project / "models" / "2d3d-2", tmp_path / "result"
    seen = []

    result = densecell.segment(image, model, out, progress=seen.append)
    again = densecell.segment(image, model, str(out))

    total = volume.size
    assert seen[0] == Progress("segment", 0, total)
    assert seen[-1] == Progress("segment", total, total)
    assert again.is_segmented
    kept = densecell.SegmentRequest(keep_members=True)
    with pytest.raises(OutputError, match="--keep-members"):
        densecell.segment(image, model, out, request=kept)
    anew = densecell.segment(image, model, out, request=kept, overwrite=True)
    assert list(anew.members) == ["member_00", "member_01"]
    assert result.shape == volume.shape


def test_labels_from_elsewhere_are_measured_into_a_folder(tmp_path):
    labels = np.zeros((4, 12, 12), np.uint8)
    labels[:, 3:9, 3:9] = 2
    np.save(tmp_path / "labels.npy", labels)
    scheme = tmp_path / "classes.yaml"
    scheme.write_text(
        "classes:\n"
        "  0: {name: ground, colour: [0, 0, 0], role: background}\n"
        "  2: {name: disc, colour: [200, 0, 0], role: organelle}\n"
    )
    result = densecell.measure(
        tmp_path / "labels.npy",
        out=tmp_path / "objects",
        classes=str(scheme),
        spacing_nm=(40, 10, 10),
    )

    rows = result.table("organelles")
    assert [row["voxels"] for row in rows] == ["144"]
    assert list(result.objects) == ["organelles"]
