import csv
import html
import json
import re
import shutil

import numpy as np
import pytest
from commands import run
from typer.testing import CliRunner

from densecell.classes import CellClass, ClassScheme
from densecell.cli.main import app
from densecell.errors import DensecellError, MissingExtraError, VolumeError
from densecell.report import result_page
from densecell.report.outcome import cells
from densecell.report.outcome.scores import open_truth
from densecell.report.result_page import write_report
from densecell.result import Result, read_measurement, read_run, save_measurement
from densecell.volume import ArrayVolume, write_tiff

SECTIONS = [
    "What to know first",
    "Slices",
    "Cells in 3D",
    "Volumes and sizes",
    "Scores",
    "Members",
    "Learning curves",
    "How it was made",
]
EVIL = "<script>alert(1)</script>"


def text_of(page):
    """The page without its scripts and pictures."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<script>.*?</script>\n?", "", text, flags=re.DOTALL)
    return re.sub(r'src="data:[^"]*"', "", text)


def headings(page):
    return re.findall("<h2>(.*?)</h2>", text_of(page))


def reported(*words):
    outcome = CliRunner().invoke(app, ["report", *map(str, words)])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def test_a_whole_result_has_every_section(made, result):
    outcome = reported(result, "--truth", made / "truth.tif", "--title", "Mine & <b>")

    page = result / "report.html"
    text = text_of(page)
    assert f"{page}: " in outcome.output
    assert headings(page) == SECTIONS
    assert "<h1>Mine &amp; &lt;b&gt;</h1>" in text
    assert "member_00" in text
    assert text.count("<img") >= 9


def test_the_same_result_gives_the_same_bytes_wherever_it_lies(made, result, tmp_path):
    shutil.copytree(result, tmp_path / "other" / "result")

    pages = [write_report(r) for r in (result, tmp_path / "other" / "result")]

    first, second = (page.read_bytes() for page in pages)
    assert first == second
    assert str(made).encode() not in first
    assert str(tmp_path).encode() not in first


def test_nothing_is_fetched(result):
    text = text_of(write_report(result))

    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)


def test_what_was_never_made_is_named_with_its_command(made, result):
    for path in ("tables", "meshes", "objects.yaml", "blocks/mesh", "blocks/measure"):
        path = result / path
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    page = write_report(result)

    text = text_of(page)
    assert headings(page) == [
        *(SECTIONS[0:2]),
        "Members",
        "Learning curves",
        "What is missing",
        "How it was made",
    ]
    assert "<code>densecell measure result</code>" in text
    assert "<code>densecell mesh result</code>, after" in text
    assert "<code>densecell evaluate result LABELS</code>" in text


def test_meshes_that_were_deleted_can_be_made_again(result):
    shutil.rmtree(result / "meshes")

    text = text_of(write_report(result))

    assert "<code>densecell mesh result --overwrite</code>." in text
    assert "Volumes and sizes" in text


def test_an_image_and_a_model_that_are_gone_are_missed(result, change_run):
    run = read_run(result)
    change_run(
        result,
        volume=run.volume.model_copy(update={"path": result / "gone.tif"}),
        model=run.model.model_copy(update={"path": result / "gone"}),
    )

    page = write_report(result)

    text = text_of(page)
    assert "Learning curves" not in headings(page)
    assert "gone.tif is not where it was" in text
    assert "the model gone is not where it was" in text
    assert "labels lie on grey" in text


def test_scores_against_several_truths_are_told_apart(made, result, tmp_path):
    shutil.copy(made / "truth.tif", tmp_path / "second.tif")
    for truth in (made / "truth.tif", tmp_path / "second.tif"):
        done = CliRunner().invoke(app, ["evaluate", str(result), str(truth)])
        assert done.exit_code == 0, done.output

    text = text_of(write_report(result))

    assert re.findall("against (truth|second)<", text) == ["second", "truth"]


def test_scores_of_a_part_say_of_which(made, result):
    truth = str(made / "truth.tif")
    for words in (("--box", "0", "0", "0", "2", "9", "9"), ("--where-labelled",), ()):
        done = CliRunner().invoke(app, ["evaluate", str(result), truth, *words])
        assert done.exit_code == 0, done.output

    text = html.unescape(text_of(write_report(result)))

    assert re.findall("against (truth.*?)</th>", text) == [
        "truth 2, only where truth > 0",
        "truth 3",
        "truth, only voxels 0, 0, 0 to 2, 9, 9",
    ]


def test_a_part_says_of_what_it_is_one(result, change_run):
    change_run(result, box=((0, 0, 0), (6, 48, 56)))

    text = text_of(write_report(result))

    assert "a part of 6 x 48 x 56 voxels, labelled by 2 networks" in text


def test_an_unfinished_segmentation_is_reported_with_a_warning(result):
    (result / "agreement.json").unlink()

    page = write_report(result)

    assert "The segmentation is not finished" in text_of(page)
    assert "Members" not in headings(page)


def test_without_plotly_there_is_a_still_picture(result, monkeypatch):
    def refuse():
        raise MissingExtraError("no plotly; pip install 'densecell[report]'")

    monkeypatch.setattr(result_page, "plotly_script", refuse)

    page = write_report(result)

    text = text_of(page)
    assert "Cells in 3D" in headings(page)
    assert "no plotly; pip install &#39;densecell[report]&#39;" in text
    assert 'class="scene"' not in text


def test_measured_labels_from_elsewhere_are_reported(made, tmp_path):
    out = tmp_path / "measured"
    run = CliRunner().invoke(
        app,
        ["measure", str(made / "truth.tif"), "-o", str(out), "--classes", "platelet"],
    )
    assert run.exit_code == 0, run.output

    page = write_report(out)

    text = text_of(page)
    assert "they came from elsewhere" in text
    assert "<code>densecell report measured --truth LABELS</code>" in text
    assert "densecell evaluate measured" not in text
    assert "No image belongs to these labels, so that they lie on grey" in text
    assert "any more" not in text
    assert "Volumes and sizes" in headings(page)


def test_no_result_is_refused(tmp_path):
    with pytest.raises(VolumeError, match=r"is no result .*neither run.yaml nor obj"):
        write_report(tmp_path)


def test_a_result_without_labels_is_refused(result):
    shutil.rmtree(result / "segmentation.zarr" / "labels" / "classes")

    with pytest.raises(
        VolumeError, match=r"no labels in segmentation.zarr/labels/classes yet; run"
    ):
        write_report(result)


def test_truth_of_another_shape_is_refused(result, tmp_path):
    other = ArrayVolume(np.zeros((2, 5, 7), np.uint8), spacing_nm=(40, 10, 10))
    write_tiff(tmp_path / "other.tif", other)

    with pytest.raises(VolumeError, match=r"has \(2, 5, 7\) voxels .*\(6, 48, 56\)"):
        open_truth(tmp_path / "other.tif", Result(result))


def test_names_from_strangers_stay_text(result, change_run):
    scheme = ClassScheme(
        classes={
            0: CellClass(name="ground", colour=(0, 0, 0), role="background"),
            1: CellClass(name=EVIL + "$\\", colour=(9, 9, 9), role="organelle"),
        }
    )
    change_run(result, classes=scheme)
    save_measurement(
        read_measurement(result).model_copy(update={"classes": scheme}), result
    )
    for table in [*(result / "tables").glob("*.csv"), result / "meshes/meshes.csv"]:
        text = table.read_text(encoding="utf-8").replace("disc", EVIL + "$\\")
        table.write_text(text, encoding="utf-8")
    shutil.rmtree(result / "meshes" / "glb")  # its nodes have the old names

    page = write_report(result, title=EVIL)

    text = page.read_text(encoding="utf-8")
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)" in text


def write_cells(result, count):
    """Write a table of small cells side by side; the last is the largest."""
    sides = [f"box_{axis}_{end}_voxels" for axis in "zyx" for end in ("start", "stop")]
    header = ["cell_id", "class", "voxels", "volume_um3", "surface_um2"]
    header += ["surface_reliable", "sphericity", "confidence", "touches_border", *sides]
    header += [f"centroid_{axis}_nm" for axis in "zyx"]
    header += ["disc_count", "disc_volume_fraction"]
    rows = (
        f"{n},cell,9,{n / 10},1.0,true,0.5,0.9,false,1,3,5,9,7,14,80,70,105,2,0.25\n"
        for n in range(1, count + 1)
    )
    path = result / "tables" / "cells.csv"
    path.write_text(",".join(header) + "\n" + "".join(rows), encoding="utf-8")


def rows_of(page):
    """The rows that the page's long table gives its script."""
    text = page.read_text(encoding="utf-8")
    data = re.search(
        r'<div class="long">.*?<script type="application/json">(.*?)</script>',
        text,
        re.DOTALL,
    )
    return json.loads(data[1])["rows"]


def test_of_many_cells_the_largest_are_listed(result, monkeypatch):
    monkeypatch.setattr(cells, "FIELDS", 9 * 40)  # nine columns
    write_cells(result, 50)

    page = write_report(result)

    assert "There are 50 cells: the 40 largest are listed" in text_of(page)
    ids = [row[0] for row in rows_of(page)]
    assert ids == [str(n) for n in range(50, 10, -1)]
    plain = re.findall("<tr><td>([0-9]+)</td>", text_of(page))
    assert plain == ids[:20]


@pytest.mark.parametrize(
    ("affinities", "split", "told"),
    [
        (((1, 0, 0), (0, 1, 0), (0, 0, 1)), True, "are told apart by what"),
        ((), True, "are cut where they are thin"),
        ((), False, "count as one"),
    ],
)
def test_how_touching_cells_are_told_apart_is_said(result, affinities, split, told):
    write_cells(result, 2)
    measurement = read_measurement(result)
    cells = measurement.objects.cells.model_copy(update={"split": split})
    objects = measurement.objects.model_copy(update={"cells": cells})
    changed = measurement.model_copy(
        update={"affinities": affinities, "objects": objects}
    )
    save_measurement(changed, result)

    page = write_report(result)

    assert f"Cells that touch {told}" in text_of(page)


def test_a_page_of_20_000_cells_lists_them_all_and_stays_small(result):
    write_cells(result, 20_000)

    page = write_report(result)

    assert page.stat().st_size < 15e6
    assert len(rows_of(page)) == 20_000


def test_where_no_cell_is_left_it_is_said(platelets, tmp_path):
    shutil.copytree(platelets, tmp_path / "result")
    shutil.rmtree(tmp_path / "result" / "meshes")
    for name in ("cells", "organelles"):
        table = tmp_path / "result" / "tables" / f"{name}.csv"
        table.write_text(table.read_text(encoding="utf-8").splitlines(True)[0])
    table = tmp_path / "result" / "tables" / "classes.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            row | {"objects": row["objects"] and "0"} for row in csv.DictReader(file)
        ]
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    page = write_report(tmp_path / "result")

    assert "No cell was found, or all were dropped" in text_of(page)
    assert "Cells" not in headings(page)
    assert page.stat().st_size < 4e6  # without a scene, without what draws it


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("tables/cells.csv", lambda text: text[:-9], "line 4: has not as many fields"),
        ("tables/cells.csv", lambda text: text.replace("0.3", "x"), "is 'x', not a nu"),
        ("agreement.json", lambda text: text[:-9], "is no JSON"),
        ("agreement.json", lambda text: "[]", "settings: input should be a valid dict"),
    ],
)
def test_what_is_damaged_is_named(result, name, spoil, told):
    write_cells(result, 3)
    path = result / name
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(DensecellError, match=f"{path.name}: .*{told}"):
        write_report(result)


def test_one_slice_by_one_network_is_reported(made, tmp_path):
    image = tmp_path / "slice.tif"
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 200, (1, 48, 56)).astype(np.uint8)
    write_tiff(image, ArrayVolume(noise, spacing_nm=(40, 10, 10)))
    out = tmp_path / "result"
    words = ["segment", image, "-m", made / "model", "-o", out, "--engine", "torch"]
    outcome = CliRunner().invoke(app, [*map(str, words), "--members", "1"])
    assert outcome.exit_code == 0, outcome.output
    run("measure", out)

    page = write_report(out)

    assert "The volume is a single slice, z = 0" in text_of(page)
    assert "labelled by one network" in text_of(page)
    assert "the network's highest probability" in html.unescape(text_of(page))
    assert "Disagreement" not in text_of(page)
    assert "over members" not in text_of(page)
    assert "Members" not in headings(page)


def test_a_cell_is_shown_where_most_of_it_is(tmp_path):
    labels = np.zeros((10, 40, 40), np.uint8)
    for z, plane in enumerate(labels):  # a cone
        plane[2 : 12 + 3 * z, 2 : 12 + 3 * z] = 1
    np.save(tmp_path / "cone.npy", labels)
    out = tmp_path / "result"
    spacing = ("--spacing", 40, 10, 10)
    run("measure", tmp_path / "cone.npy", "-o", out, "--classes", "platelet", *spacing)

    page = write_report(out)

    assert "cell 1, slice z = 9" in text_of(page)
    assert "Cells, with a white line between two that touch" in text_of(page)
