import pytest
import torch

from densecell.config import TrainingConfig
from densecell.errors import ConfigError
from densecell.training import loop, precision
from densecell.training.loop import in_bfloat16
from densecell.training.precision import settle_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("faster", "expected"), [(True, "bfloat16"), (False, "float32")]
)
def test_what_is_left_open_is_the_faster_way(monkeypatch, faster, expected):
    monkeypatch.setattr(precision, "faster_in_bfloat16", lambda _: faster)

    assert settle_precision("auto", CPU) == expected


def test_a_named_precision_is_not_timed(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16", lambda _: True)
    monkeypatch.delattr(precision, "faster_in_bfloat16")

    assert settle_precision("float32", CPU) == "float32"
    assert settle_precision("bfloat16", CPU) == "bfloat16"


def test_bfloat16_is_refused_where_it_would_be_emulated(monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16", lambda _: False)

    with pytest.raises(ConfigError, match=r"Set training\.precision to float32, or"):
        settle_precision("bfloat16", CPU)


def test_older_trainings_go_on_as_they_began(monkeypatch):
    monkeypatch.setattr(loop, "has_bfloat16", lambda _: True)

    assert in_bfloat16(TrainingConfig(), CPU)
    assert not in_bfloat16(TrainingConfig(precision="float32"), CPU)
    assert in_bfloat16(TrainingConfig(precision="bfloat16"), CPU)
