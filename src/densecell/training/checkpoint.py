"""Files of a member: weights as safetensors, the rest as JSON; nothing runs code.

`weights.safetensors` holds the best weights so far. `last.safetensors` holds the
current and the averaged weights, the optimiser's state and the step, so that a killed
training continues exactly.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import BaseModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from densecell.config import parse_settings
from densecell.disk import written_aside
from densecell.errors import CheckpointError, ConfigError
from densecell.networks import Network
from densecell.settings import read_json

WEIGHTS = "weights.safetensors"
LAST = "last.safetensors"
Header = dict[str, Any]
Content = TypeVar("Content", bound=BaseModel)


def load_json(path: Path, kind: type[Content]) -> Content:
    """Read a JSON file of a model.

    Raises
    ------
    CheckpointError
        If the file is not readable as JSON.
    ConfigError
        If its content is not what `kind` says.
    FileNotFoundError, NotADirectoryError
        If there is no such file.
    """
    try:
        values = read_json(path)
    except ConfigError as error:
        if not path.exists():
            raise FileNotFoundError(path) from None
        raise CheckpointError(
            f"{error}; copy it again, or run the command of the training again"
        ) from None
    return parse_settings(values, kind, where=str(path))


def save_weights(network: Network, path: Path, header: Header) -> None:
    """Write the weights of a network, with a few values in the file's header."""
    tensors = {k: v.contiguous() for k, v in network.state_dict().items()}
    write_tensors(path, tensors, header)


def load_weights(network: Network, path: Path) -> Header:
    """Read weights into a network of the same settings; return the header.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another network.
    """
    tensors, header = read_tensors(path)
    _check_names(network, tensors, path)
    check_weights(tensors, path)
    network.load_state_dict(tensors)
    return header


def save_last(
    network: Network,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    path: Path,
    header: Header,
) -> None:
    """Write all that is needed to continue from here."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in averaged.state_dict().items()}
    for number, state in optimiser.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimiser.{number}.{name}"] = torch.as_tensor(value)
    write_tensors(path, {k: v.contiguous() for k, v in tensors.items()}, header)


def load_last(
    network: Network,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    path: Path,
) -> Header:
    """Restore network, average and optimiser as `save_last` wrote them.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another network.
    """
    tensors, header = read_tensors(path)
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
    return header


def load_average(network: Network, path: Path) -> Header:
    """Read the averaged weights of a training that is not finished; its header.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another network.
    """
    tensors, header = read_tensors(path)
    weights = _with_prefix(tensors, "average.module.")
    _check_names(network, weights, path)
    network.load_state_dict(weights)
    return header


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def write_tensors(path: Path, tensors: dict[str, Tensor], header: Header) -> None:
    """Write tensors and a header; a kill leaves the old file intact."""
    data = to_bytes(tensors, metadata={"facts": json.dumps(header, sort_keys=True)})
    with written_aside(path, overwrite=True) as aside:
        aside.write_bytes(data)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], Header]:
    """Read all tensors of a file, and its header.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            header = json.loads((file.metadata() or {}).get("facts", "{}"))
            names = file.keys()  # the file itself cannot be iterated over
            return {key: file.get_tensor(key) for key in names}, header
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: no such file; the member's training stopped before its first "
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


def check_weights(tensors: dict[str, Tensor], path: Path) -> None:
    """Refuse weights that are not numbers.

    Raises
    ------
    CheckpointError
        Names the first such tensor.
    """
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CheckpointError(
                f"{path}: is damaged: {name!r} holds numbers that are not finite; "
                "restore the file or train the member again"
            )
