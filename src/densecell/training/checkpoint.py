"""A member on disk: weights as safetensors, settings as YAML, nothing that runs code.

`weights.safetensors` holds the best weights so far; `last.safetensors` the current and
the averaged weights, optimiser state and step, so that a killed training goes on
exactly.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from densecell.disk import written_aside
from densecell.errors import CheckpointError
from densecell.networks import Network

WEIGHTS = "weights.safetensors"
LAST = "last.safetensors"
Facts = dict[str, Any]


def save_weights(network: Network, path: Path, facts: Facts) -> None:
    """Write the weights of a network, with a few facts in the file's header."""
    _write(path, {k: v.contiguous() for k, v in network.state_dict().items()}, facts)


def load_weights(network: Network, path: Path) -> Facts:
    """Read weights into a network of the same settings; give the facts.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another network.
    """
    tensors, facts = _read(path)
    _check_names(network, tensors, path)
    _check_finite(tensors, path)
    network.load_state_dict(tensors)
    return facts


def save_last(
    network: Network,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    path: Path,
    facts: Facts,
) -> None:
    """Write all that is needed to go on from here."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in averaged.state_dict().items()}
    for number, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimiser.{number}.{name}"] = torch.as_tensor(value)
    _write(path, {k: v.contiguous() for k, v in tensors.items()}, facts)


def load_last(
    network: Network,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    path: Path,
) -> Facts:
    """Put network, average and optimiser back where `save_last` left them.

    Raises
    ------
    CheckpointError
        As `load_weights`.
    """
    tensors, facts = _read(path)
    for module, prefix in ((network, "network."), (averaged, "average.")):
        weights = _with_prefix(tensors, prefix)
        _check_names(module, weights, path)
        module.load_state_dict(weights)
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in _with_prefix(tensors, "optimiser.").items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    return facts


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def _write(path: Path, tensors: dict[str, Tensor], facts: Facts) -> None:
    """Write aside, flush, rename: the old file survives anything."""
    data = to_bytes(tensors, metadata={"facts": json.dumps(facts, sort_keys=True)})
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(data)


def _read(path: Path) -> tuple[dict[str, Tensor], Facts]:
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {}).get("facts", "{}"))
            names = file.keys()  # not a dict: it cannot be iterated over itself
            return {key: file.get_tensor(key) for key in names}, facts
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: no such file; the member was not trained to its first "
            "validation, or the file was removed"
        ) from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: not readable as safetensors weights ({error}); restore the file "
            "or train the member again"
        ) from None


def _check_names(network: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    expected = {k: tuple(v.shape) for k, v in network.state_dict().items()}
    found = {k: tuple(v.shape) for k, v in tensors.items()}
    if expected == found:
        return
    wrong = sorted(set(expected.items()) ^ set(found.items()))[0][0]
    raise CheckpointError(
        f"{path}: these weights belong to another network: {wrong!r} is "
        f"{found.get(wrong, 'missing')} here, expected "
        f"{expected.get(wrong, 'nothing')}; check settings.yaml beside it"
    )


def _check_finite(tensors: dict[str, Tensor], path: Path) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(
                f"{path}: is damaged: {name!r} holds numbers that are not finite; "
                "restore the file or train the member again"
            )
