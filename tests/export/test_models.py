import json
import shutil
import zipfile

import numpy as np
import pydantic
import pytest
import yaml
from packaging.version import Version

from densecell.errors import (
    CheckpointError,
    ConfigError,
    MissingExtraError,
    OutputError,
)
from densecell.export import Terms, export_model
from densecell.export.bioimageio import check_package

onnx = pytest.importorskip("onnx")
TERMS = Terms("CC-BY-4.0", ("Jane Doe",), ("10.1000/xyz123",))
runs_models = pytest.mark.skipif(
    Version(pydantic.VERSION) >= Version("2.14"),
    reason=f"pydantic {pydantic.VERSION} is not that of constraints.txt; with it "
    "bioimageio.spec 0.5.12 reads no model",
)


@pytest.fixture(scope="module")
def model(trained):
    return trained / "models" / "tiny"


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """Folder of an export of two members: do not touch."""
    out = tmp_path_factory.mktemp("exported") / "out"
    assert [p.stage for p in export_model(model, out, TERMS)] == [
        "ensemble.zip",
        "member_00.zip",
        "member_01.zip",
    ]
    return out


def described(package):
    with zipfile.ZipFile(package) as packed:
        return yaml.safe_load(packed.read("bioimageio.yaml"))


@runs_models
@pytest.mark.filterwarnings("ignore")  # others' warnings would fail others' test
def test_packages_pass_the_test_of_bioimageio(exported):
    import bioimageio.core

    summary = bioimageio.core.test_model(exported / "ensemble.zip")

    tested = [detail.name for detail in summary.details]
    assert summary.status == "passed"
    assert sum("Reproduce test outputs" in name for name in tested) == 2
    assert sum("batch_size: 2 and size parameter n: 2" in name for name in tested) == 2


@runs_models
def test_a_folder_holds_packages_and_onnx_and_nothing_else(exported):
    names = ["ensemble.onnx", "ensemble.zip", "member_00.zip", "member_01.zip"]

    assert sorted(p.name for p in exported.iterdir()) == names
    facts = {p.key: p.value for p in onnx.load(exported / names[0]).metadata_props}
    assert json.loads(facts["spacing_nm"]) == [40, 10, 10]


@runs_models
def test_a_package_says_whose_it_is(exported):
    whole, member = (
        described(exported / f"{name}.zip") for name in ("ensemble", "member_00")
    )

    assert (whole["name"], member["name"]) == (
        "tiny densecell",
        "tiny densecell member_00",
    )
    assert whole["license"] == "CC-BY-4.0"
    assert whole["authors"] == [{"name": "Jane Doe"}]
    assert [entry["doi"] for entry in whole["cite"]] == [
        "10.1038/s41598-021-81590-0",
        "10.1000/xyz123",
    ]


@runs_models
def test_the_card_is_the_documentation(exported):
    with zipfile.ZipFile(exported / "member_00.zip") as packed:
        card = packed.read("README.md").decode()

    assert card.startswith("# Model card: tiny, member_00 alone\n\nOne network (2d3d,")
    assert "## Validation" in card
    assert "![" not in card  # pictures show the data that it learned from


@runs_models
def test_a_spoiled_package_fails(exported, tmp_path):
    with zipfile.ZipFile(exported / "member_00.zip") as packed:
        packed.extractall(tmp_path / "spoiled")
    path = tmp_path / "spoiled" / "test_probabilities.npy"
    np.save(path, np.load(path)[..., ::-1])
    description = tmp_path / "spoiled" / "bioimageio.yaml"
    values = yaml.safe_load(description.read_text())
    del values["outputs"][0]["test_tensor"]["sha256"]
    description.write_text(yaml.safe_dump(values))
    shutil.make_archive(tmp_path / "spoiled", "zip", tmp_path / "spoiled")

    with pytest.raises(CheckpointError) as caught:
        check_package(tmp_path / "spoiled.zip")
    message = str(caught.value)
    assert message.startswith(
        "spoiled.zip: fails the test of bioimageio.core (weights."
    )
    assert "disagree with expected values" in message


def test_a_folder_that_is_taken_is_left_alone(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("precious")

    with pytest.raises(OutputError, match="out: exists; choose another --out, or remo"):
        next(export_model(model, tmp_path / "out", TERMS))
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "notes.txt"]


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        (
            TERMS._replace(licence="CC-BY-4"),
            r"--licence CC-BY-4: is not an SPDX identifier; did you mean CC-BY-4\.0 ",
        ),
        (
            TERMS._replace(authors=("a/b",)),
            "--author 'a/b': expected the name of a person, without slashes",
        ),
        (
            TERMS._replace(cite=("doi:10.1/2",)),
            "--cite doi:10.1/2: expected a DOI such as 10.1038/s41598-021-81590-0",
        ),
    ],
)
def test_terms_that_bioimageio_would_refuse(model, tmp_path, terms, sentence):
    with pytest.raises(ConfigError, match=sentence):
        next(export_model(model, tmp_path / "out", terms))
    assert not list(tmp_path.iterdir())


def test_a_name_that_bioimageio_would_refuse(model, tmp_path):
    with pytest.raises(
        ConfigError, match=r"--name 'a: b c': expected 5 to 128 letters"
    ):
        next(export_model(model, tmp_path / "out", TERMS, name="a: b c"))


def test_the_extra_that_is_missing_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)

    with pytest.raises(MissingExtraError) as caught:
        next(export_model(model, tmp_path / "out", TERMS))
    assert str(caught.value) == (
        "models to share need onnxruntime, which is not installed; "
        "pip install 'densecell[export]'"
    )
