"""The best rate of a machine: two 4096 x 4096 matrices multiplied, over and over.

What a network's arithmetic is compared with. On a CPU torch and OpenVINO differ by
more than a third, so that both are asked.
"""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import torch

from densecell.inference import EngineChoice

SIDE = 4096
GFLOP = 2 * SIDE**3 / 1e9  # of one product
OPENVINO_TYPE = {"float32": "f32", "bfloat16": "bf16"}


def products(choice: EngineChoice) -> dict[str, Callable[[], object]]:
    """Products of matrices on this machine, by library."""
    if torch.cuda.is_available():
        return {"torch": torch_product(choice, "cuda")}
    return {"torch": torch_product(choice), "openvino": openvino_product(choice)}


def torch_product(choice: EngineChoice, device: str = "cpu") -> Callable[[], object]:
    dtype = {"bfloat16": torch.bfloat16, "float32": torch.float32}[choice.precision]
    a, b = torch.randn(2, SIDE, SIDE).to(device, dtype)

    def multiply() -> object:
        product = a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        return product

    return multiply


def openvino_product(choice: EngineChoice) -> Callable[[], object]:
    """Multiply by a constant matrix, which is laid out beforehand as weights are."""
    openvino: Any = import_module("openvino")
    ops: Any = import_module("openvino.opset13")
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((SIDE, SIDE), dtype=np.float32)
    a = ops.parameter(matrix.shape, openvino.Type.f32)
    model = openvino.Model([ops.matmul(a, ops.constant(matrix), False, False)], [a])
    settings = {
        "INFERENCE_PRECISION_HINT": OPENVINO_TYPE[choice.precision],
        "INFERENCE_NUM_THREADS": str(choice.threads),
        "NUM_STREAMS": "1",
        "ENABLE_CPU_PINNING": "NO",
    }
    request = openvino.Core().compile_model(model, "CPU", settings)
    request = request.create_infer_request()
    request.input_tensors[0].data[:] = matrix
    return request.infer


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
