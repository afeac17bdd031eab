import re
import shutil

import pytest

from densecell.errors import CheckpointError, ConfigError, OutputError
from densecell.report.model.card import Terms, card_text, write_card

PICTURE = b"\x89PNG not really"


@pytest.fixture
def model(trained, tmp_path):
    """A copy of the model that may be touched."""
    shutil.copytree(trained / "models" / "tiny", tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_card_lies_in_the_model_and_says_what_it_is(model):
    card = write_card(model, Terms("MIT", ("Jane Doe",), ("10.1000/x",)))

    text = card.read_text(encoding="utf-8")
    assert card == model / "model-card.md"
    assert text.startswith(
        "# Model card: tiny\n\n2 networks that vote (2d3d, width 2), for volume "
        "electron microscopy with voxels of 40 x 10 x 10 nm (z, y, x). Labels every "
        "voxel as one of 2 classes.\n\n## Limits\n\n- It expects"
    )
    assert "- `densecell segment volume.zarr -m tiny -o result` labels" in text
    assert "- Licence: MIT.\n- Authors: Jane Doe.\n- Cite: Guay et al. 2021, " in text
    assert text.endswith("- Cite: https://doi.org/10.1000/x\n")


def test_a_card_lists_data_and_scores_by_class(model):
    text = card_text(model, Terms())

    row = r"\| (train|eval)\.npy \| (learning|scores) \| 6 x 48 x 56 \| 16,128 \| "
    assert len(re.findall(row + r"[\d.]+, [\d.]+ \| [0-9a-f]{64} \|", text)) == 2
    assert re.search(r"\| disc \| 1 \| organelle \|  \| [\d,]+ \| [\d,]+ \|", text)
    scores = re.search(r"\| disc \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", text)
    mean, *members = map(float, scores.groups())
    assert mean == pytest.approx(sum(members) / 2, abs=2e-3)
    assert "seeds | member_00: 0, member_01: 1 |" in text


def test_a_card_of_one_member_is_of_that_one(model):
    text = card_text(model, Terms(), only="member_01")

    assert text.startswith("# Model card: tiny, member_01 alone\n\nOne network (2d3d,")
    assert "member_00" not in text


def test_pictures_are_named_in_markdown_and_held_in_html(model):
    (model / "scores.png").write_bytes(PICTURE)

    markdown = write_card(model, Terms()).read_text(encoding="utf-8")
    elsewhere = write_card(model, Terms(), out=model.parent / "card.md")
    page = write_card(model, Terms(), out=model.parent / "card.html")

    assert "![The score of every member on the eval volumes.](<scores.png>)" in markdown
    assert "![" not in elsewhere.read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in page.read_text(encoding="utf-8")


def test_equal_models_have_equal_cards(model):
    assert card_text(model, Terms()) == card_text(model, Terms())
    assert str(model.parent) not in card_text(model, Terms())


def test_a_card_that_is_there_is_kept(model):
    write_card(model, Terms())
    with pytest.raises(OutputError, match=r"model-card\.md: exists; choose another"):
        write_card(model, Terms())

    write_card(model, Terms("MIT"), overwrite=True)

    assert "Licence: MIT" in (model / "model-card.md").read_text(encoding="utf-8")


def test_another_ending_is_refused(model):
    with pytest.raises(ConfigError, match=r"card.pdf: a model card is written as \.md"):
        write_card(model, Terms(), out=model / "card.pdf")


def test_a_damaged_record_is_told_of(model):
    (model / "data.json").write_text("{")

    with pytest.raises(CheckpointError, match=r"data\.json: not readable as JSON: .* "):
        card_text(model, Terms())
