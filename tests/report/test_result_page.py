import csv
import html
import re
import shutil

import numpy as np
import pytest
from commands import run

from densecell.classes import CellClass, ClassScheme
from densecell.errors import ConfigError, MissingExtraError, VolumeError
from densecell.report import result_page
from densecell.report.result_page import write_report
from densecell.result import read_measurement, save_measurement
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


def test_a_whole_result_has_every_section_and_fetches_nothing(made, result):
    truth = ("--truth", made / "truth.tif")

    outcome = run("report", result, *truth, "--title", "Mine & <b>")

    page = result / "report.html"
    text = text_of(page)
    assert f"{page}: " in outcome.output
    assert headings(page) == SECTIONS
    assert "<h1>Mine &amp; &lt;b&gt;</h1>" in text
    assert "member_00" in text
    assert text.count("<img") >= 9
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)


def test_the_same_result_gives_the_same_bytes_wherever_it_lies(made, result, tmp_path):
    shutil.copytree(result, tmp_path / "other" / "result")

    pages = [write_report(r) for r in (result, tmp_path / "other" / "result")]

    first, second = (page.read_bytes() for page in pages)
    assert first == second
    assert str(made).encode() not in first
    assert str(tmp_path).encode() not in first


def test_what_was_never_made_is_named_with_its_command(result):
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


def test_sections_are_counted_as_they_are_drawn(platelets, tmp_path):
    shutil.copytree(platelets, tmp_path / "result")
    shutil.rmtree(tmp_path / "result" / "meshes")
    counts = []

    write_report(tmp_path / "result", progress=lambda *count: counts.append(count))

    assert counts == [(number, 8) for number in range(1, 9)]


def test_a_part_says_of_what_it_is_one(result, change_run):
    change_run(result, box=((0, 0, 0), (6, 48, 56)))

    text = text_of(write_report(result))

    assert "a part of 6 x 48 x 56 voxels, labelled by 2 networks" in text


def test_without_plotly_there_is_a_still_picture(result, monkeypatch):
    def refuse():
        raise MissingExtraError("no plotly; pip install 'densecell[report]'")

    monkeypatch.setattr(result_page, "plotly_script", refuse)

    page = write_report(result)

    text = text_of(page)
    assert "Cells in 3D" in headings(page)
    assert "no plotly; pip install &#39;densecell[report]&#39;" in text
    assert 'class="scene"' not in text


def test_measured_labels_from_elsewhere_are_reported(platelets, tmp_path):
    shutil.copytree(platelets, tmp_path / "measured")

    page = write_report(tmp_path / "measured")

    text = text_of(page)
    assert "they came from elsewhere" in text
    assert "<code>densecell report measured --truth LABELS</code>" in text
    assert "<code>densecell evaluate measured LABELS</code>" in text
    assert "No image belongs to these labels, so that they lie on grey" in text
    assert "any more" not in text
    assert "Cells, with a white line between two that touch" in text
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
    ("spoil", "told"),
    [
        (lambda text: text[:-9], "not readable as JSON"),
        (lambda text: "[]", "holds no object of JSON; `dense"),
        (lambda text: "{}", "voxels.*`densecell segment --overwrite` makes it again"),
    ],
)
def test_a_damaged_agreement_is_named(result, spoil, told):
    path = result / "agreement.json"
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(ConfigError, match=f"agreement.json: .*{told}"):
        write_report(result)


def test_one_slice_by_one_network_is_reported(made, tmp_path):
    image = tmp_path / "slice.tif"
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 200, (1, 48, 56)).astype(np.uint8)
    write_tiff(image, ArrayVolume(noise, spacing_nm=(40, 10, 10)))
    out = tmp_path / "result"
    words = ("-m", made / "model", "-o", out, "--engine", "torch", "--members", 1)
    run("segment", image, *words)
    run("measure", out)

    page = write_report(out)

    assert "The volume is a single slice, z = 0" in text_of(page)
    assert "labelled by one network" in text_of(page)
    assert "the network's highest probability" in html.unescape(text_of(page))
    assert "Disagreement" not in text_of(page)
    assert "over members" not in text_of(page)
    assert "Members" not in headings(page)
