import numpy as np
import pytest
from commands import run

from densecell.errors import VolumeError
from densecell.evaluation import measured_objects
from densecell.evaluation.measured_objects import open_ids, score_objects
from densecell.evaluation.object_scores import ObjectScores
from densecell.geometry import Box
from densecell.phantom import make_phantom
from densecell.result import Result
from densecell.volume import ArrayVolume, open_volume

SHAPE = (10, 128, 144)


@pytest.fixture(scope="module")
def tissue():
    return make_phantom(SHAPE, seed=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tissue):
    """True labels as files, and measured without cutting, as `result`."""
    folder = tmp_path_factory.mktemp("objects")
    for name in ("classes", "cells", "organelles"):
        np.save(folder / f"{name}.npy", getattr(tissue, name))
    options = ("--classes", "platelet", "--spacing", *tissue.spacing_nm)
    out = folder / "result"
    run("measure", folder / "classes.npy", "-o", out, "--no-split", *options)
    return folder


@pytest.fixture
def result(folder):
    return Result(folder / "result")


@pytest.fixture
def truth(folder):
    return open_volume(folder / "classes.npy", labels=True)


def of(result, truth, given=None, box=None, **options):
    ids = open_ids(result, truth, given or {})
    return score_objects(result, truth, ids, box=box or result.box, **options)


def test_components_of_the_truth_are_what_is_measured_of_it(result, truth):
    scores = of(result, truth)

    assert list(scores.layers) == ["cells", "organelles", "parts"]
    seen = 0
    for layer in scores.layers.values():
        for of_class in layer.classes.values():
            if of_class.every.true:
                assert of_class.at["0.75"].f1 == pytest.approx(1)
                assert of_class.panoptic_quality > 0.95  # holes were filled
                assert of_class.every.count_bias == 0
                seen += of_class.every.true
    assert seen > 10
    assert scores.about == (
        "True cells, organelles, parts: connected components of the true classes "
        "(touching ones are one)"
    )
    assert ObjectScores.model_validate(scores.as_json()) == scores


def test_true_ids_take_the_place_of_components(result, truth, folder, tissue):
    given = {n: folder / f"{n}.npy" for n in ("cells", "organelles")}

    scores = of(result, truth, given)

    cells, organelles, parts = scores.layers.values()
    assert (cells.components, organelles.components, parts.components) == (0, 0, 1)
    assert cells.classes["cell"].every.true == tissue.cells.max()
    true = sum(c.every.true for c in organelles.classes.values())
    assert true == tissue.organelles.max()
    assert scores.about == (
        "True cells: cells.npy; organelles: organelles.npy; parts: connected "
        "components of the true classes (touching ones are one)"
    )
    assert not scores.notes


def test_a_box_is_scored_alone(result, truth):
    box = Box((1, 20, 30), (9, 100, 120))
    seen = []

    scores = of(result, truth, box=box, progress=lambda *step: seen.append(step))

    assert seen[-1] == (box.voxels, box.voxels)
    cells = scores.layers["cells"].classes["cell"]
    everywhere = of(result, truth).layers["cells"].classes["cell"]
    assert cells.every.true_volume_um3 < everywhere.every.true_volume_um3


def test_ids_of_other_voxels_are_refused(result, truth, tmp_path):
    np.save(tmp_path / "ids.npy", np.zeros((9, 128, 144), np.uint16))
    sentence = (
        r"ids.npy: has shape \(9, 128, 144\), but the true classes .*classes.npy have "
        r"\(10, 128, 144\). Give ids of the same voxels"
    )
    with pytest.raises(VolumeError, match=sentence):
        open_ids(result, truth, {"cells": tmp_path / "ids.npy"})


def test_ids_of_the_box_that_was_segmented_lie_there(result, tissue):
    large = np.zeros((12, 150, 150), np.uint8)
    large[:10, :128, :144] = tissue.classes
    classes = ArrayVolume(large)
    path = result.path.parent / "cells.npy"

    ids = open_ids(result, classes, {"cells": path})
    scores = score_objects(result, classes, ids, box=result.box)

    assert scores.layers["cells"].classes["cell"].every.true == tissue.cells.max()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fractions_are_no_ids(result, truth, tmp_path, dtype):
    np.save(tmp_path / "ids.npy", np.full(SHAPE, 0.5, dtype))
    ids = open_ids(result, truth, {"cells": tmp_path / "ids.npy"})
    sentence = (
        r"ids.npy: voxel .* is 0\.5; labels must be whole numbers from 0 to .*: save"
    )
    with pytest.raises(VolumeError, match=sentence):
        score_objects(result, truth, ids, box=result.box)


def test_negative_ids_are_refused(result, truth, tmp_path):
    np.save(tmp_path / "ids.npy", np.full(SHAPE, -3, np.int16))
    ids = open_ids(result, truth, {"cells": tmp_path / "ids.npy"})
    with pytest.raises(VolumeError, match=r"ids.npy: holds the id -3. Ids must be 0"):
        score_objects(result, truth, ids, box=result.box)


def test_ids_of_a_layer_that_the_scheme_lacks_are_refused(folder, truth, tmp_path):
    (tmp_path / "classes.yaml").write_text(
        "0: {name: resin, colour: [0, 0, 0], role: background}\n"
        + "".join(
            f"{i}: {{name: c{i}, colour: [9, 9, 9], role: {role}}}\n"
            for i, role in enumerate(["cell"] + ["other"] * 5, 1)
        )
    )
    options = ("--classes", tmp_path / "classes.yaml", "--spacing", 40, 10, 10)
    run("measure", folder / "classes.npy", "-o", tmp_path / "out", *options)
    result = Result(tmp_path / "out")
    sentence = r"organelles.npy: .*out has no organelles to compare with. None of its "
    with pytest.raises(VolumeError, match=sentence):
        open_ids(result, truth, {"organelles": folder / "organelles.npy"})


def test_what_is_not_measured_is_refused(result, truth, tmp_path):
    (tmp_path / "objects.yaml").write_bytes((result.path / "objects.yaml").read_bytes())
    with pytest.raises(VolumeError, match="is not measured to its end; run `densecell"):
        open_ids(Result(tmp_path), truth, {})


def test_too_many_voxels_for_components_are_left_out_with_the_way_out(
    result, truth, folder, monkeypatch
):
    monkeypatch.setattr(measured_objects, "COMPONENT_VOXELS", 1000)

    scores = of(result, truth, {"cells": folder / "cells.npy"})

    assert list(scores.layers) == ["cells"]
    organelles, parts = scores.notes
    assert organelles == (
        "organelles: not scored. Without true ids connected components stand in, for "
        "at most 1,000 voxels; here are 184,320. Make ids first: densecell measure "
        f"{folder / 'classes.npy'} --out FOLDER --no-split, then add --organelles "
        "FOLDER/segmentation.zarr/labels/organelles"
    )
    assert parts.endswith("here are 184,320. Score a part with --box")
    assert of(result, truth).about == "No true objects"
