import pytest
import torch
from torch import nn

from densecell.networks import convolutions
from densecell.networks.convolutions import Conv3d, Kind, UpConv3d, strips

LAST = torch.channels_last_3d
LAYERS = {  # and what they get
    "3x3 in plane": (lambda: Conv3d(16, 16, (1, 3, 3), padding=(0, 1, 1)), 16),
    "valid": (lambda: Conv3d(8, 16, (3, 3, 3), padding=(1, 0, 0)), 8),
    "across": (lambda: Conv3d(24, 24, (3, 1, 1), padding=(1, 0, 0)), 24),
    "far across": (
        lambda: Conv3d(16, 16, (3, 1, 1), padding=(2, 0, 0), dilation=2),
        16,
    ),
    "logits": (lambda: Conv3d(16, 5), 16),
    "no bias": (lambda: Conv3d(1, 16, (1, 3, 3), padding=(0, 1, 1), bias=False), 1),
    "up": (lambda: UpConv3d(32, 16), 32),
}


@pytest.fixture
def amx(monkeypatch):
    """Go the way of a processor with AMX."""
    monkeypatch.setattr(convolutions, "has_amx", lambda: True)


def gradients(layer, x, wanted, *, low):
    x = x.clone().to(memory_format=LAST).requires_grad_()
    layer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=low):
        y = layer(x)
    (y.float() * wanted).sum().backward()
    found = {name: p.grad.clone() for name, p in layer.named_parameters()}
    return found | {"x": x.grad, "y": y.detach().float()}


def made(name, batch, *voxels):
    """Make a layer, and something that it takes."""
    torch.manual_seed(0)
    make, channels = LAYERS[name]
    return make().to(memory_format=LAST), torch.randn(batch, channels, *voxels)


def differences(layer, x):
    """Compare all gradients, and the result, with those of float32."""
    wanted = torch.randn_like(layer(x))
    found = gradients(layer, x, wanted, low=True)
    exact = gradients(layer, x, wanted, low=False)
    assert all(found[key].dtype == torch.float32 for key in exact)
    return {
        key: float((found[key] - exact[key]).norm() / exact[key].norm())
        for key in exact
    }


@pytest.mark.usefixtures("amx")
@pytest.mark.parametrize("name", LAYERS)
def test_in_strips_all_gradients_are_those_of_torch(name):
    assert max(differences(*made(name, 2, 3, 100, 97)).values()) < 0.01


@pytest.mark.parametrize("name", LAYERS)
def test_this_machine_computes_gradients_of_large_images_right(name):
    """As it is: on a processor with AMX, oneDNN alone fails here or kills."""
    assert max(differences(*made(name, 1, 3, 160, 160)).values()) < 0.01


@pytest.mark.parametrize(
    ("inputs", "outputs", "rows", "columns"),
    [(16, 16, 900, 4), (64, 64, 128, 8), (256, 256, 32, 8), (512, 16, 18, 7)],
)
def test_narrow_images_are_filled_up_and_right_too(inputs, outputs, rows, columns):
    torch.manual_seed(0)
    layer = Conv3d(inputs, outputs, (1, 3, 3), padding=(0, 1, 1)).to(memory_format=LAST)
    x = torch.randn(1, inputs, 1, rows, columns)
    assert max(differences(layer, x).values()) < 0.01


def test_strips_cover_all_rows_once_and_are_small():
    x, gradient = torch.empty(1, 16, 1, 100, 130), torch.empty(1, 32, 1, 100, 130)
    kind = Kind((0, 1, 1), 1, transposed=False)

    found = list(strips(gradient, x, torch.empty(32, 16, 1, 3, 3), kind))

    assert [row for rows, _, _ in found for row in range(100)[rows]] == list(range(100))
    for rows, sources, (before, behind) in found:
        image = range(sources.start - before, sources.stop + behind)
        assert image == range(rows.start - 1, rows.stop + 1)
        assert len(image) * 32 * 144 <= convolutions.MOST_VALUES  # 130 columns, filled
    zeros = [beyond for *_, beyond in found]
    assert zeros == [(1, 0), *[(0, 0)] * (len(found) - 2), (0, 1)]


def test_strips_of_a_wide_image_are_at_least_a_row():
    x = torch.empty(1, 16, 1, 4, 9000)
    kind = Kind((0, 0, 0), 1, transposed=False)

    found = [rows for rows, *_ in strips(x, x, torch.empty(16, 16, 1, 1, 1), kind)]

    assert found == [slice(n, n + 1) for n in range(4)]


@pytest.mark.usefixtures("amx")
def test_without_need_it_is_torchs_own(monkeypatch):
    """In float32, without gradients and on other devices nothing is in strips."""

    def never(*_):
        raise AssertionError("in strips")

    monkeypatch.setattr(convolutions, "_apply", never)
    layer, x = Conv3d(1, 2, (1, 3, 3)), torch.zeros(1, 1, 1, 8, 8)

    layer(x)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        layer(x)
    with torch.autocast("cpu", torch.float16):
        layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        layer.to("meta")(x.to("meta"))
        with pytest.raises(AssertionError, match="in strips"):
            Conv3d(1, 2, (1, 3, 3))(x)


def test_they_keep_the_names_of_weights():
    assert (
        Conv3d(1, 2, (3, 3, 3)).state_dict().keys()
        == nn.Conv3d(1, 2, (3, 3, 3)).state_dict().keys()
    )
    assert (
        UpConv3d(4, 2).state_dict().keys()
        == nn.Conv3d(1, 2, (3, 3, 3)).state_dict().keys()
    )
