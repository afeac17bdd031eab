import numpy as np
import pytest
import torch

from densecell.ensemble import load_ensemble
from densecell.export.grey import grey_note, middle, share_changed
from densecell.export.network import Voting
from densecell.geometry import Box
from densecell.volume import ArrayVolume, Statistics, intensity_statistics

DEEP = (40, 10, 10)


class Bright(torch.nn.Module):
    """Class 1 where a normalised grey value is above 0.5."""

    def forward(self, window):
        return torch.cat([torch.full_like(window, 0.5), window], dim=1)


def test_a_crop_normalised_by_itself_gets_other_labels():
    crop = np.array([[[0, 1, 2, 3]]], np.uint8)

    assert share_changed(Bright(), crop, Statistics(1.5, 1, 0, 3)) == 0
    assert share_changed(Bright(), crop, Statistics(0, 1, 0, 3)) == 0.5


def test_the_middle_is_cut_to_the_volume():
    assert middle((5, 20, 30), (9, 10, 10)) == Box((0, 5, 10), (5, 15, 20))


@pytest.fixture(scope="module")
def ensemble(trained):
    return load_ensemble(trained / "models" / "tiny")


def test_the_card_says_how_much_a_crop_matters(ensemble, monkeypatch):
    monkeypatch.setattr("densecell.export.grey.WHOLE", (4, 128, 128))

    note = grey_note(Voting(ensemble.networks), ensemble, None, None)

    assert "## Grey values" in note
    assert "% get another label if they are normalised by themselves" in note
    assert "`densecell export --grey-of VOLUME` fixes both numbers" in note


def test_the_card_names_fixed_statistics(ensemble):
    grey = np.random.default_rng(0).integers(0, 99, (4, 100, 110)).astype(np.uint8)
    volume = ArrayVolume(grey, spacing_nm=DEEP)
    fixed = intensity_statistics(volume)

    note = grey_note(Voting(ensemble.networks), ensemble, volume, fixed)

    assert f"a mean of {fixed.mean:.4g} and a deviation of {fixed.std:.4g}" in note
    assert "Of the middle 4 x 96 x 96 voxels of that volume" in note
