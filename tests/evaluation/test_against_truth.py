from contextlib import contextmanager

import numpy as np
import pytest
from results import write_layer, write_run

from densecell.classes import ClassScheme
from densecell.evaluation import evaluate_labels, score
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume

SCHEME = ClassScheme.platelet()
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
PREDICTED = RNG.integers(0, 4, (6, 7, 9)).astype(np.uint8)
PART = Box((2, 1, 3), (5, 6, 9))


@pytest.fixture
def truth(tmp_path):
    np.save(tmp_path / "truth.npy", TRUTH)
    return open_volume(tmp_path / "truth.npy", labels=True)


@pytest.fixture
def result(tmp_path):
    """A result for a part of the volume."""
    result = tmp_path / "result"
    write_run(result, SCHEME, TRUTH.shape, (40, 10, 10), box=PART)
    write_layer(result, "labels/classes", PREDICTED[PART.slices], (40, 10, 10))
    return result


def test_a_result_of_a_box_is_scored_there_and_keeps_its_scores(result, truth):
    found = evaluate_labels(result, truth)

    assert found.scores == score(TRUTH[PART.slices], PREDICTED[PART.slices], SCHEME)
    assert (found.box, found.objects) == (PART, None)
    assert found.kept == result / "scores" / "truth.json"
    assert found.kept.is_file()


def test_a_smaller_box_is_scored_alone(result, truth):
    box = Box((2, 2, 3), (4, 6, 8))

    found = evaluate_labels(result, truth, box=box)

    assert found.box == box
    assert found.scores == score(TRUTH[box.slices], PREDICTED[box.slices], SCHEME)


def test_scores_of_a_bare_volume_are_not_kept(tmp_path, truth):
    np.save(tmp_path / "labels.npy", PREDICTED)

    found = evaluate_labels(tmp_path / "labels.npy", truth, classes="platelet")

    assert found.scores == score(TRUTH, PREDICTED, SCHEME)
    assert found.kept is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.npy", "truth.npy"]


def test_progress_goes_from_none_to_all_voxels(result, truth):
    seen = []

    @contextmanager
    def show(what):
        yield lambda *step: seen.append((what, *step))

    evaluate_labels(result, truth, show=show)

    assert seen[0] == ("scoring", 0, PART.voxels)
    assert seen[-1] == ("scoring", PART.voxels, PART.voxels)


def test_truth_of_the_box_alone_is_enough(result):
    truth = ArrayVolume(TRUTH[PART.slices], spacing_nm=(40, 10, 10))

    assert evaluate_labels(result, truth).box == PART
