"""Networks of every kind, and files of them, written once."""

import numpy as np
import pytest
import torch

from densecell.config import NetworkConfig
from densecell.export.network import Voting, window_sizes
from densecell.export.weights import write_onnx, write_torchscript
from densecell.geometry import FACES
from densecell.networks import build_network

KINDS = {
    "padded": NetworkConfig(name="2d3d", width=2),
    "flat": NetworkConfig(name="unet2d", width=2),
    "valid": NetworkConfig(name="unet2d", width=2, padding="valid"),
    "channel norm": NetworkConfig(name="2d3d", width=6, normalisation="channel"),
    "affinities": NetworkConfig(name="2d3d-light", width=2, affinities=FACES),
}


@pytest.fixture(scope="session")
def voting():
    """A function that makes a network of two members of a kind."""

    def make(kind):
        config = KINDS[kind]
        return Voting([build_network(config, classes=3, seed=s) for s in range(2)])

    return make


@pytest.fixture(scope="session", params=list(KINDS))
def written(request, voting, tmp_path_factory):
    """A network of each kind, its sizes, and the files of it: do not touch."""
    folder, network = tmp_path_factory.mktemp("written"), voting(request.param)
    sizes = window_sizes(network.networks[0])
    example = torch.zeros(1, 1, *sizes.least)
    outputs = ("probabilities", "affinities")[: 1 + bool(network.affinities)]
    write_onnx(
        network, example, folder / "a.onnx", outputs=outputs, metadata={"members": 2}
    )
    write_torchscript(network, example, folder / "a.pt")
    return network, sizes, folder


@pytest.fixture
def noise():
    """A function that draws windows."""

    def draw(batch, shape):
        rng = np.random.default_rng(0)
        return rng.normal(size=(batch, 1, *shape)).astype(np.float32)

    return draw
