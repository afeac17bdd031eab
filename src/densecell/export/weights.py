"""A network as files that run without densecell: ONNX and TorchScript.

Both are written by tracing. TorchScript is the only torch format of bioimage.io that
holds the network itself, and torch's newer exporter to ONNX fails on networks that lose
their border.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from densecell.export.bioimageio import imported

OPSET = 17  # version of ONNX: programs of the last years can read it
FREE = {0: "batch", 2: "z", 3: "y", 4: "x"}  # axes of any length


def write_onnx(
    network: nn.Module,
    example: Tensor,
    path: Path,
    *,
    outputs: Sequence[str],
    metadata: Mapping[str, Any],
) -> None:
    """Write a network as ONNX; the lengths of batch, z, y and x stay free.

    Parameters
    ----------
    network
        Network in evaluation mode. Its input is named `raw`.
    example
        (B, 1, Z, Y, X) window to trace with.
    path
        File to write.
    outputs
        Names of the outputs.
    metadata
        Values by name for the file's metadata, each written as JSON.
    """
    onnx = imported("onnx")
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # about sizes, which decide nothing; see `networks`
        torch.onnx.export(
            network,
            (example,),
            data,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["raw"],
            output_names=list(outputs),
            dynamic_axes={name: FREE for name in ("raw", *outputs)},
        )
    model = onnx.load_from_string(data.getvalue())
    onnx.helper.set_model_props(model, {k: json.dumps(v) for k, v in metadata.items()})
    path.write_bytes(model.SerializeToString(deterministic=True))


def write_torchscript(network: nn.Module, example: Tensor, path: Path) -> None:
    """Write a network as TorchScript, without paths of this machine."""
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(network, example, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, data)
    with zipfile.ZipFile(data) as whole, zipfile.ZipFile(path, "w") as kept:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                kept.writestr(entry, whole.read(entry))
