"""Train one of MONAI's networks, and label slices with it by its sliding windows."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from numpy.typing import NDArray
from peer_windows import PeerWindows
from peers import Peer
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from densecell.classes import ClassScheme
from densecell.config import write_text
from densecell.evaluation import Scores, score
from densecell.inference import native_bfloat16
from densecell.patches import LabelledVolume

WEIGHTS, CHOSEN = "weights.safetensors", "chosen.json"
OVERLAP = 0.5
WINDOWS_AT_ONCE = 4
CONTEXT = (8, 0, 0)  # voxels of image to load around the slices that are labelled


def train_peer(
    peer: Peer,
    train: LabelledVolume,
    validation: LabelledVolume,
    folder: Path,
    *,
    scheme: ClassScheme,
    seed: int,
    steps: int,
    validations: int,
) -> Iterator[float | None]:
    """Yield after every step: the score where there was a validation, else None.

    The weights that score best are kept in `folder`.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = peer.make(len(scheme)).to(device)
    optimiser = peer.optimiser(network)
    validate_at = {round(steps * (n + 1) / validations) for n in range(validations)}
    best = -1.0
    for step, batch in enumerate(PeerWindows(peer, train, seed).ahead(steps)):
        for group in optimiser.param_groups:
            group["lr"] = peer.rate(step / steps)
        optimise(peer, network, optimiser, *batch, device)
        found = None
        if step + 1 in validate_at:
            found = score_peer(peer, network, validation, scheme).miou_all
            if found > best:
                best = found
                save_peer(network, folder, miou_all=best)
        yield found


def optimise(
    peer: Peer,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    intensities: NDArray[np.float32],
    channels: NDArray[np.uint8],
    device: torch.device,
) -> float:
    """Take one step; give its loss."""
    network.train()
    x = torch.from_numpy(intensities).to(device)
    labels = torch.from_numpy(channels).to(device).float()
    if peer.flat:
        x, labels = x.squeeze(2), labels.squeeze(2)  # (B, 1, Y, X)
    with autocast(device):
        outputs = peer.outputs(network, x)
    loss = peer.loss(outputs, labels)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), peer.clip)
    optimiser.step()
    return loss.item()


def save_peer(network: nn.Module, folder: Path, *, miou_all: float) -> None:
    """Write the weights, aside first, and the score at the validation."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{WEIGHTS}.partial"
    save_model(network, str(aside))  # knows of weights that have two names
    aside.replace(folder / WEIGHTS)
    write_text(folder / CHOSEN, json.dumps({"miou_all": miou_all}))


def load_peer(peer: Peer, folder: Path, classes: int) -> tuple[nn.Module, float]:
    """Read the weights that were kept; give their score at the validation too."""
    network = peer.make(classes)
    load_model(network, folder / WEIGHTS)
    chosen = json.loads((folder / CHOSEN).read_text(encoding="utf-8"))
    return network, chosen["miou_all"]


def score_peer(
    peer: Peer, network: nn.Module, volume: LabelledVolume, scheme: ClassScheme
) -> Scores:
    """Compare what a network says of the labelled slices with the labels."""
    depth, first = volume.shape[0], volume.labelled.start[0]
    start = first_slice(peer, volume)
    read = volume.intensities[start : start + max(depth, peer.window[0])]
    channels = label_slices(peer, network, read)[first - start :][:depth]
    return score(scheme.to_ids(volume.channels), scheme.to_ids(channels), scheme)


def first_slice(peer: Peer, volume: LabelledVolume) -> int:
    """Say where to begin so that the labelled slices lie amid a window's depth."""
    first, depth = volume.labelled.start[0], volume.shape[0]
    spare = max(0, peer.window[0] - depth)
    last = len(volume.intensities) - depth - spare
    return max(0, min(first - spare // 2, last))


def label_slices(
    peer: Peer, network: nn.Module, intensities: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """(Z, Y, X) channels from windows of the training's size.

    Instance norm takes its statistics from a window: of another size, it would not be
    what the network was trained for.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.to(device).eval()
    stack = torch.from_numpy(np.ascontiguousarray(intensities))
    stack = stack[:, None] if peer.flat else stack[None, None]

    def predict(windows: Tensor) -> Tensor:
        with autocast(device):
            return network(windows).float()

    with torch.inference_mode():
        logits = sliding_window_inference(
            stack,
            peer.window[1:] if peer.flat else peer.window,
            WINDOWS_AT_ONCE,
            predict,
            overlap=OVERLAP,
            mode="gaussian",
            sw_device=device,
            device="cpu",
        )
    channels = logits.argmax(1).to(torch.uint8)  # (Z, Y, X) or (1, Z, Y, X)
    return (channels if peer.flat else channels[0]).numpy()


def autocast(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where that is native, as ours does."""
    low = device.type == "cuda" or native_bfloat16()
    return torch.autocast(device.type, torch.bfloat16, enabled=low)
