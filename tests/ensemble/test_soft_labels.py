import shutil

import numpy as np
import pytest
import yaml

from densecell.classes import ClassScheme
from densecell.config import ProjectConfig, load_settings
from densecell.ensemble import (
    begin_soft_labels,
    choose_parts,
    make_soft_labels,
    read_soft_labels,
)
from densecell.ensemble import soft_labels as module
from densecell.ensemble.soft_labels import check_teacher, with_truth
from densecell.errors import ConfigError, OutputError
from densecell.geometry import Box
from densecell.inference import EngineChoice
from densecell.patches import PARTIAL, UNKNOWN
from densecell.training import load_data
from densecell.volume import ArrayVolume, write_tiff

WHOLE = (6, 48, 56)


@pytest.fixture(autouse=True)
def _torch(monkeypatch):
    """Label by torch: it begins at once, OpenVINO compiles for seconds."""
    engine = EngineChoice("torch", "float32", 1)
    monkeypatch.setattr("densecell.ensemble.resolve.choose_engine", lambda _: engine)


@pytest.fixture
def project(write_project, tmp_path):
    """Slices 0 to 2 are labelled, 3 to 4 are to choose on, 5 is neither."""
    settings = write_project(tmp_path).model_dump(mode="json")
    first, _ = settings["volumes"]
    settings["volumes"] = [
        first | {"z": [0, 3]},
        first | {"z": [3, 5], "role": "eval"},
    ]
    path = tmp_path / "project.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return load_settings(path, ProjectConfig)


@pytest.fixture
def other(tmp_path, discs):
    """A volume without labels, of voxels half as wide as the project's."""
    path = tmp_path / "other.tif"
    write_tiff(path, ArrayVolume(discs[0], spacing_nm=(40, 5, 5)))
    return ArrayVolume(discs[0], spacing_nm=(40, 5, 5), path=path)


def listed(project, root, others=(), most_voxels=10**9):
    labelled = load_data(project, root).train
    return choose_parts(project, root, labelled, others, most_voxels=most_voxels)


def test_truth_has_half_of_the_say_where_it_is_known(labelled):
    channels = np.array([[[0, 1, 1, UNKNOWN, PARTIAL]]])
    ones = np.array([[[55, 55, 255, 200, 100]]], np.uint8)
    shares = np.stack([255 - ones, ones])

    mixed = with_truth(labelled(np.zeros((1, 1, 5)), channels), shares)

    np.testing.assert_array_equal(mixed.shares[1], [[[28, 155, 255, 200, 100]]])
    np.testing.assert_array_equal(mixed.channels, [[[0, 1, 1, 1, 0]]])
    assert mixed.exclusions == ()
    assert shares[1, 0, 0, 0] == 55  # the input is untouched


def test_labelled_parts_come_first_and_those_to_choose_on_stay_hidden(
    project, tmp_path
):
    known, rest = listed(project, tmp_path)

    assert known.part == Box((0, 0, 0), (3, 48, 56))
    assert known.truth.shape == (3, 48, 56)
    assert rest.truth is None
    assert rest.part == Box.whole(WHOLE)
    hidden = {box.start[0]: box.stop[0] for box in rest.hidden}
    assert hidden == {0: 3, 3: 5}


def test_an_image_that_is_labelled_throughout_has_no_rest(trained):
    project = load_settings(trained / "project.yaml", ProjectConfig)

    (only,) = listed(project, trained)

    assert only.truth is not None


def test_parts_are_drawn_as_long_as_they_fit(project, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PART", (1, 24, 56))

    def parts(most_voxels):
        found = listed(project, tmp_path, most_voxels=most_voxels)
        return [part.part for part in found if part.truth is None]

    everything, one = parts(10**9), parts(24 * 56)
    assert everything == [
        Box((5, 0, 0), (6, 24, 56)),
        Box((5, 24, 0), (6, 48, 56)),
    ]
    assert len(one) == 1
    assert one[0] in everything
    assert one == parts(24 * 56)
    assert parts(0) == []


def test_other_volumes_are_seen_on_the_grid_of_the_project(project, tmp_path, other):
    *_, last = listed(project, tmp_path, [other])

    assert last.image.path == other.path
    assert last.image.shape == last.part.shape == (6, 24, 28)
    assert last.hidden == ()


def test_an_image_of_the_project_that_is_named_again_stays_hidden_in_part(
    project, tmp_path
):
    image = listed(project, tmp_path)[0].image

    assert len(listed(project, tmp_path, [image])) == 2


def test_what_the_ensemble_says_is_learned(project, tmp_path, ensemble, other):
    parts = listed(project, tmp_path, [other])

    steps = list(make_soft_labels(parts, ensemble, tmp_path / "model"))
    known, rest, far = read_soft_labels(parts, tmp_path / "model", project)

    total = sum(part.part.voxels for part in parts)
    assert steps[-1].done == steps[-1].total == total
    assert known.shares.shape == (2, 3, 48, 56)
    assert far.shares.shape == (2, 6, 24, 28)
    assert far.spacing_nm == (40, 10, 10)
    for volume in (known, rest, far):
        assert abs(volume.shares.sum(0, dtype=int) - 255).max() <= 1
    unseen = rest.channels == UNKNOWN
    assert unseen[:5].all()
    np.testing.assert_array_equal(rest.channels[5], rest.shares[:, 5].argmax(0))
    window = rest.intensities[rest.labelled.slices]
    np.testing.assert_allclose(window[:3], known.intensities, rtol=1e-6)
    again = list(make_soft_labels(parts, ensemble, tmp_path / "model"))
    assert len(again) == len(parts)  # nothing but what was found finished


def test_the_papers_weights_are_given_to_all(project, tmp_path, ensemble):
    loss = project.training.loss.model_copy(update={"weighting": "paper"})
    training = project.training.model_copy(update={"loss": loss})
    project = project.model_copy(update={"training": training})
    parts = listed(project, tmp_path)
    for _ in make_soft_labels(parts, ensemble, tmp_path / "model"):
        pass

    known, rest = read_soft_labels(parts, tmp_path / "model", project)

    assert known.weights.shape == known.channels.shape
    assert (rest.weights[rest.channels == UNKNOWN] == 0).all()


def test_a_model_goes_on_with_the_same_parts_only(project, tmp_path, ensemble):
    parts, model = listed(project, tmp_path), tmp_path / "model"
    begin_soft_labels(parts, ensemble, model)
    before = (model / "lessons.yaml").read_bytes()

    begin_soft_labels(parts, ensemble, model)
    with pytest.raises(OutputError, match=r"was begun with other parts"):
        begin_soft_labels(parts[:1], ensemble, model)
    with pytest.raises(OutputError, match=r"was begun with other members"):
        begin_soft_labels(parts, ensemble._replace(fingerprints=("a", "b")), model)

    assert (model / "lessons.yaml").read_bytes() == before


def test_another_model_is_left_alone(trained, tmp_path, ensemble):
    model = shutil.copytree(trained / "models" / "tiny", tmp_path / "model")

    with pytest.raises(OutputError, match=r"is not a model from"):
        begin_soft_labels([], ensemble, model)


def test_teachers_of_other_things_are_refused(trained, ensemble):
    project = load_settings(trained / "project.yaml", ProjectConfig)
    check_teacher(ensemble, project)

    with pytest.raises(ConfigError, match="was trained with --cells"):
        check_teacher(ensemble._replace(affinities=((0, 0, -1),)), project)
    other = ensemble._replace(scheme=ClassScheme.from_ids([0, 5]))
    with pytest.raises(ConfigError, match="the project is for ground, disc"):
        check_teacher(other, project)
