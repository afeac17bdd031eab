import pytest
import torch

from densecell.networks.blocks import (
    DEEP,
    FLAT,
    convolution,
    crop_to,
    pool,
    predictor,
    softmax32,
    up,
)

WINDOW = torch.zeros(2, 3, 5, 8, 12)


def kinds(module):
    return [type(layer).__name__ for layer in module]


@pytest.mark.parametrize(
    ("same", "kernel", "shape"),
    [
        (True, FLAT, (2, 4, 5, 8, 12)),
        (True, DEEP, (2, 4, 5, 8, 12)),
        (False, FLAT, (2, 4, 5, 6, 10)),
        (False, DEEP, (2, 4, 5, 6, 10)),  # depth is kept
    ],
)
def test_convolutions_keep_depth_and_lose_a_border_if_valid(same, kernel, shape):
    conv = convolution(same=same)

    assert conv(3, 4, kernel)(WINDOW).shape == shape


def test_a_norm_takes_the_place_of_the_bias():
    plain = convolution()(3, 4, FLAT)
    normed = convolution(norm="batch")(3, 4, FLAT)

    assert kinds(plain) == ["Conv3d", "ReLU"]
    assert kinds(normed) == ["Conv3d", "BatchNorm3d", "ReLU"]
    assert plain[0].bias is not None
    assert normed[0].bias is None


def test_scales_change_in_plane_only():
    assert pool()(WINDOW).shape == (2, 3, 5, 4, 6)
    assert up(3, 2)(WINDOW).shape == (2, 2, 5, 16, 24)


def test_logits_are_cut_at_zero_only_if_asked():
    torch.manual_seed(0)
    window = torch.randn(1, 3, 2, 4, 5)

    plain, cut = predictor(3, 2, relu=False), predictor(3, 2, relu=True)

    assert plain(window).min() < 0
    assert cut(window).min() == 0


def test_the_centre_is_cropped():
    row = torch.arange(7.0).reshape(1, 1, 1, 1, 7)

    cropped = crop_to(row.expand(1, 1, 1, 5, 7), torch.zeros(1, 1, 1, 3, 3))

    assert cropped.shape == (1, 1, 1, 3, 3)
    assert cropped[0, 0, 0, 0].tolist() == [2, 3, 4]
    assert crop_to(row, row) is row


def test_softmax_is_taken_in_float32():
    logits = torch.tensor([[8.0, 8.03]], dtype=torch.bfloat16).reshape(1, 2, 1, 1, 1)

    shares = softmax32(logits)

    assert shares.dtype == torch.float32
    assert shares.sum() == pytest.approx(1, abs=1e-6)
