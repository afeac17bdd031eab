"""Weights to begin with: of a network that has learned from synthetic tissue.

All layers but the last are taken, so that it fits any class list. It fits networks of
the same kind and width; others begin with random weights.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from densecell.config import NetworkConfig
from densecell.disk import written_aside
from densecell.errors import CheckpointError
from densecell.networks import Network
from densecell.training.checkpoint import (
    WEIGHTS,
    check_weights,
    read_tensors,
    write_tensors,
)

STARTER = "starter.safetensors"  # the copy in the folder of a member
PACKAGED = Path(__file__).with_name("starter.safetensors")
LAST_LAYERS = ("predictor", "pairs")


def pack_starter(
    member: Path, path: Path, *, network: NetworkConfig, about: Mapping[str, str]
) -> None:
    """Write the weights of a trained member as a starter, in half precision.

    Parameters
    ----------
    member
        Folder of the member.
    path
        File to write, replaced if it is there.
    network
        Its settings.
    about
        What it learned from, and its licence: the header of the file.
    """
    tensors, _ = read_tensors(member / WEIGHTS)
    kept = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
        if not name.startswith(LAST_LAYERS)
    }
    header = dict(about) | {"network": network.name, "width": network.width}
    write_tensors(path, kept, header)


def fitting_starter(network: NetworkConfig, path: Path | None = None) -> Path | None:
    """The starter of this package, if it fits a network; else none.

    Raises
    ------
    CheckpointError
        If the file is damaged.
    """
    path = path or PACKAGED
    if not path.is_file():
        return None
    tensors, header = read_tensors(path)
    check_weights(tensors, path)
    fits = (header.get("network"), header.get("width")) == (network.name, network.width)
    return path if fits else None


def take_starter(path: Path, member: Path) -> str:
    """Copy a starter into the folder of a member; return its SHA-256.

    With the copy, a training can be resumed after the package was updated.
    """
    with written_aside(member / STARTER, overwrite=True) as aside:
        shutil.copyfile(path, aside)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_starter(network: Network, path: Path) -> None:
    """Let a network begin with the weights of a starter; its last layers stay.

    Raises
    ------
    CheckpointError
        If the file is damaged, or of another network.
    """
    tensors, _ = read_tensors(path)
    own = network.state_dict()
    wrong = [
        name
        for name, tensor in tensors.items()
        if name not in own or own[name].shape != tensor.shape
    ]
    if wrong:
        raise CheckpointError(
            f"{path}: is of another network ({wrong[0]} does not fit); train with "
            "--no-starter"
        )
    own |= {name: tensor.to(own[name].dtype) for name, tensor in tensors.items()}
    network.load_state_dict(own)
