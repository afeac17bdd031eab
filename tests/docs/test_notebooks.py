"""Notebooks with `REAL = True`, over a small stand-in for the published platelets."""

from pathlib import Path

import matplotlib
import pytest

from densecell import presets
from densecell.datasets import platelet
from densecell.datasets.fetch import fetch_dataset
from densecell.phantom import write_phantom
from densecell.volume import open_volume, write_tiff

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SHORT = {"window": (3, 64, 64), "steps": 6, "validations": 2, "abandon_below": 0.0}


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Folder with `platelet` in it, laid out by the code that fetches it."""
    source = tmp_path / "source"
    for seed, role in enumerate(platelet.ROLES):
        tissue = source / f"{role}.zarr"
        write_phantom(tissue, shape=(4, 96, 112), seed=seed)
        for path, kind in ((tissue, "images"), (tissue / "labels/classes", "labels")):
            volume = open_volume(path, labels=kind == "labels")
            write_tiff(source / f"{role}-{kind}.tif", volume)
    monkeypatch.setattr(platelet, "check_files", lambda *_, **__: None)
    fetch_dataset(platelet.PLATELET, tmp_path / "platelet", source=source)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_real(name, cuts):
    """Run a notebook's code with the switch on, and with cheaper settings."""
    text = (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")
    for old, new in {"\nREAL = False\n": "\nREAL = True\n", **cuts}.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    exec(compile(text, name, "exec"), {"__name__": "__main__"})


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_switch_to_the_real_data_works_from_the_training_to_the_tables(
    fetched, monkeypatch
):
    matplotlib.use("agg")
    paper = presets.PRESETS["paper"]
    short = {
        "network": {**paper["network"], "width": 2},
        "training": {**paper["training"], **SHORT},
        "ensemble": {"members": 2, "best": 2},
    }
    monkeypatch.setitem(presets.PRESETS, "paper", short)

    run_real("02_train_a_2d3d_ensemble", {})
    run_real("01_use_an_ensemble", {})
    run_real("04_cells_to_tables", {})
    run_real(
        "03_train_a_unet",
        {
            '"width": 64': '"width": 4',
            '"window": (1, 256, 256)': '"window": (1, 64, 64)',
            '"steps": 10_000': '"steps": 6',
            '"validations": 20': '"validations": 2',
        },
    )

    assert (fetched / "work/01/result/tables/cells.csv").is_file()
    assert (fetched / "work/03/model/ensemble.json").is_file()
