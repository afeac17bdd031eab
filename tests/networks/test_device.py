import pytest
import torch

from densecell.networks import best_device, device


@pytest.mark.parametrize(
    ("cuda", "mps", "learns", "expected"),
    [
        (True, False, False, "cuda"),
        (False, True, True, "mps"),
        (False, True, False, "cpu"),
        (False, False, False, "cpu"),
    ],
)
def test_the_fastest_device_that_can_learn_is_chosen(
    monkeypatch, cuda, mps, learns, expected
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(device, "_learns_on_apple", lambda: learns)

    assert best_device().type == expected


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="has an Apple GPU")
def test_a_torch_without_apple_gpu_does_not_learn_there():
    device._learns_on_apple.cache_clear()

    assert not device._learns_on_apple()
