import pytest
import torch

from densecell.config import TrainingConfig
from densecell.errors import ConfigError
from densecell.training import precision
from densecell.training.loop import in_bfloat16
from densecell.training.precision import low_precision, settle_precision

CPU = torch.device("cpu")


@pytest.fixture
def processor(monkeypatch):
    def make(*, native: bool, amx: bool, gain: float) -> None:
        monkeypatch.setattr(precision, "native_bfloat16", lambda: native)
        monkeypatch.setattr(precision, "has_amx", lambda: amx)
        monkeypatch.setattr(precision, "_gain", lambda: gain)

    return make


@pytest.mark.parametrize(
    ("native", "amx", "gain", "expected"),
    [
        (False, False, 9.0, "float32"),
        (True, False, 0.6, "float32"),
        (True, False, 1.1, "float32"),
        (True, False, 1.7, "bfloat16"),
        (True, True, 0.6, "bfloat16"),
    ],
)
def test_bfloat16_is_chosen_where_it_is_clearly_faster(
    processor, native, amx, gain, expected
):
    processor(native=native, amx=amx, gain=gain)

    assert settle_precision("auto", CPU) == expected


def test_a_named_precision_is_not_timed(processor, monkeypatch):
    processor(native=True, amx=False, gain=0.6)
    monkeypatch.delattr(precision, "_gain")

    assert settle_precision("float32", CPU) == "float32"
    assert settle_precision("bfloat16", CPU) == "bfloat16"


def test_bfloat16_is_refused_where_it_would_be_emulated(processor):
    processor(native=False, amx=False, gain=1.0)

    with pytest.raises(ConfigError, match=r"Set training\.precision to float32, or"):
        settle_precision("bfloat16", CPU)


def test_older_trainings_go_on_as_they_began(processor):
    processor(native=True, amx=False, gain=0.6)

    assert in_bfloat16(TrainingConfig(), CPU)
    assert not in_bfloat16(TrainingConfig(precision="float32"), CPU)
    assert in_bfloat16(TrainingConfig(precision="bfloat16"), CPU)


def test_the_trial_measures_a_ratio():
    precision._gain.cache_clear()

    assert 0.01 < precision._gain() < 100
    assert low_precision(CPU) in (True, False)
