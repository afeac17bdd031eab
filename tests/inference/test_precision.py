import pytest
import torch

from densecell.inference import faster_in_bfloat16, has_bfloat16, precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("native", "amx", "gain", "expected"),
    [
        (False, False, 9.0, False),
        (True, False, 0.6, False),
        (True, False, 1.1, False),
        (True, False, 1.7, True),
        (True, True, 0.6, True),
    ],
)
def test_bfloat16_is_chosen_where_it_is_clearly_faster(
    monkeypatch, native, amx, gain, expected
):
    monkeypatch.setattr(precision, "native_bfloat16", lambda: native)
    monkeypatch.setattr(precision, "has_amx", lambda: amx)
    monkeypatch.setattr(precision, "_gain", lambda: gain)

    assert faster_in_bfloat16(CPU) is expected


def test_apple_gpus_compute_in_float32(monkeypatch):
    monkeypatch.setattr(precision, "native_bfloat16", lambda: True)

    assert has_bfloat16(CPU)
    assert not has_bfloat16(torch.device("mps"))


def test_the_trial_measures_a_ratio():
    precision._gain.cache_clear()

    assert 0.01 < precision._gain() < 100
