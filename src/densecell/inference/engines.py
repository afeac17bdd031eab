"""What computes a network: torch on any device, OpenVINO on processors.

An engine maps float32 windows to float32 logits. Both use the same weights; OpenVINO
folds the batch norms away and is the faster one on a CPU.
"""

import importlib
import warnings
from abc import ABC, abstractmethod
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from densecell.compute import usable_cores
from densecell.config import InferenceConfig
from densecell.errors import ConfigError
from densecell.geometry import Shape
from densecell.networks import Network

EngineName = Literal["torch", "openvino"]
Precision = Literal["float32", "bfloat16"]


class EngineChoice(NamedTuple):
    """What a run is frozen to."""

    name: EngineName
    precision: Precision
    threads: int


class Engine(ABC):
    """Maps (B, 1, Z, Y, X) float32 windows to (B, K, Z', Y', X') float32 logits."""

    @abstractmethod
    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch."""

    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax of the logits over classes, in float32: bfloat16 gives ties."""
        logits = torch.from_numpy(self.logits(windows))
        return torch.softmax(logits, dim=1).numpy()


def native_bfloat16() -> bool:
    """Tell whether this processor computes in bfloat16 itself, not by emulation."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in probes)


def choose_engine(config: InferenceConfig) -> EngineChoice:
    """Settle what the settings leave open, by what this machine has.

    Raises
    ------
    ConfigError
        If a precision or engine is asked for that this machine cannot run.
    """
    gpu = torch.cuda.is_available()
    name: EngineName = "torch" if gpu else "openvino"
    if config.engine != "auto":
        name = config.engine
    native = torch.cuda.is_bf16_supported() if gpu else native_bfloat16()
    precision: Precision = "bfloat16" if native else "float32"
    if config.precision != "auto":
        precision = config.precision
    return EngineChoice(name, precision, config.threads or usable_cores())


def make_engine(
    network: Network, choice: EngineChoice, *, window: Shape, cache: str | None = None
) -> Engine:
    """Make the engine that runs `network` on windows of one static shape.

    Parameters
    ----------
    network
        Trained; is put into evaluation mode.
    choice
        Name, precision and threads.
    window
        Voxels (z, y, x) that every call reads.
    cache
        Folder in which OpenVINO keeps compiled networks.
    """
    network.eval()
    if choice.name == "openvino":
        return OpenVinoEngine(network, choice, window=window, cache=cache)
    return TorchEngine(network, choice)


class TorchEngine(Engine):
    """Torch, on the device where the network's weights lie."""

    def __init__(self, network: Network, choice: EngineChoice) -> None:
        if choice.precision == "bfloat16" and not (
            native_bfloat16() or torch.cuda.is_available()
        ):
            raise ConfigError(
                "precision bfloat16 is asked for, but this processor has it only by "
                "slow emulation; use --precision float32"
            )
        if torch.cuda.is_available():
            network = network.cuda()
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self._network = network
        self._device = next(network.parameters()).device
        self._choice = choice

    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch."""
        was_training = self._network.training
        self._network.eval()
        if self._device.type == "cpu":
            torch.set_num_threads(self._choice.threads)
        x = torch.from_numpy(windows).to(self._device)
        x = x.to(memory_format=torch.channels_last_3d)
        low = self._choice.precision == "bfloat16"
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=low),
        ):
            result = self._network(x).float().cpu().contiguous().numpy()
        self._network.train(was_training)
        return result


class OpenVinoEngine(Engine):
    """OpenVINO on the CPU: one static shape, one request."""

    def __init__(
        self,
        network: Network,
        choice: EngineChoice,
        *,
        window: Shape,
        cache: str | None = None,
    ) -> None:
        # Not at the top: it takes a second. Any: its hints name nothing it exports.
        openvino: Any = importlib.import_module("openvino")
        shape = (1, 1, *window)
        with warnings.catch_warnings():
            # The window's shape is static, so that what tracing fixes is right.
            warnings.simplefilter("ignore")
            model = openvino.convert_model(
                network.float().cpu(),
                input=[(shape, openvino.Type.f32)],
                example_input=torch.zeros(shape),
            )
        core = openvino.Core()
        settings = {
            "INFERENCE_PRECISION_HINT": OPENVINO_TYPE[choice.precision],
            "INFERENCE_NUM_THREADS": str(choice.threads),
            "NUM_STREAMS": "1",
            "ENABLE_CPU_PINNING": "NO",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if cache is not None:
            settings["CACHE_DIR"] = cache
        compiled = core.compile_model(model, "CPU", settings)
        self._request = compiled.create_infer_request()

    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, window by window: the shape is static."""
        results = [self._one(window[None]) for window in windows]
        return np.concatenate(results) if len(results) > 1 else results[0]

    def _one(self, window: NDArray[np.float32]) -> NDArray[np.float32]:
        result = self._request.infer([np.ascontiguousarray(window)])
        return np.array(next(iter(result.values())), np.float32)


OPENVINO_TYPE = {"float32": "f32", "bfloat16": "bf16"}
