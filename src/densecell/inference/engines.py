"""Engines that compute a network: torch on any device, OpenVINO on processors.

An engine maps float32 windows to float32 logits. Both use the same weights. OpenVINO
folds batch norms into convolutions and is faster on a CPU.
"""

import importlib
import sys
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
from densecell.inference.precision import faster_in_bfloat16, has_bfloat16
from densecell.networks import Network, best_device

EngineName = Literal["torch", "openvino"]
Precision = Literal["float32", "bfloat16"]
GPU_BATCH = 8  # windows per call on a GPU, halved when its memory runs out


class EngineChoice(NamedTuple):
    """Engine, precision and threads of a run."""

    name: EngineName
    precision: Precision
    threads: int


class Engine(ABC):
    """Map (B, 1, Z, Y, X) float32 windows to (B, K, Z', Y', X') probabilities.

    Attributes
    ----------
    batch
        Number of windows that are best computed together.
    affinities
        Number of the last of the K channels that are affinities instead of classes:
        each is the probability that the two voxels of a pair belong to one cell.
    """

    batch: int = 1
    affinities: int = 0

    @abstractmethod
    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, in float32."""

    def rest(self) -> None:  # noqa: B027  (most have nothing to free)
        """Free memory that only a call needs, before another member computes."""


class LogitsEngine(Engine):
    """Compute logits; the probabilities are their softmax."""

    @abstractmethod
    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, in float32."""

    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax over classes, in float32: in bfloat16 classes often tie."""
        logits = torch.from_numpy(self.logits(windows))
        if self.affinities == 0:
            return torch.softmax(logits, dim=1).numpy()
        classes, pairs = logits.tensor_split([-self.affinities], dim=1)
        both = [torch.softmax(classes, dim=1), torch.sigmoid(pairs)]
        return torch.cat(both, dim=1).numpy()


def choose_engine(config: InferenceConfig) -> EngineChoice:
    """Choose what the settings leave open, by the hardware of this machine.

    Precision is bfloat16 where a short trial shows that it is faster.

    Raises
    ------
    ConfigError
        If this machine can only emulate the precision of the settings.
    """
    name: EngineName = "openvino" if best_device().type == "cpu" else "torch"
    if config.engine != "auto":
        name = config.engine
    low = faster_in_bfloat16(_device(name))
    precision: Precision = "bfloat16" if low else "float32"
    if config.precision != "auto":
        precision = config.precision
    choice = EngineChoice(name, precision, config.threads or usable_cores())
    check_precision(choice)
    return choice


def check_precision(choice: EngineChoice) -> None:
    """Refuse bfloat16 on a processor that emulates it: slow, and other values.

    Raises
    ------
    ConfigError
        Says how to continue in float32.
    """
    if choice.precision == "bfloat16" and not has_bfloat16(_device(choice.name)):
        raise ConfigError(
            "precision bfloat16: this processor has no bfloat16 instructions and would "
            "emulate them slowly; use --precision float32"
        )


def _device(name: EngineName) -> torch.device:
    """Device that an engine runs on."""
    return best_device() if name == "torch" else torch.device("cpu")


def make_engine(
    network: Network, choice: EngineChoice, *, window: Shape, cache: str | None = None
) -> LogitsEngine:
    """Make the engine that runs `network` on windows of one fixed shape.

    Parameters
    ----------
    network
        Trained network. It is put into evaluation mode.
    choice
        Name, precision and threads.
    window
        Voxels (z, y, x) that every call reads.
    cache
        Folder in which OpenVINO keeps compiled networks.
    """
    check_precision(choice)
    network.eval()
    if choice.name == "openvino":
        return OpenVinoEngine(network, choice, window=window, cache=cache)
    return TorchEngine(network, choice)


class TorchEngine(LogitsEngine):
    """Torch, on the device that holds the network's weights."""

    def __init__(self, network: Network, choice: EngineChoice) -> None:
        check_precision(choice)
        network = network.to(best_device())
        if torch.cuda.is_available():
            self.batch = GPU_BATCH
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self._network = network
        self.affinities = network.affinities
        self._device = next(network.parameters()).device
        self._choice = choice

    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch; where memory runs out, halve it and all later ones."""
        was_training = self._network.training
        self._network.eval()
        if self._device.type == "cpu":
            torch.set_num_threads(self._choice.threads)
        results: list[NDArray[np.float32]] = []
        done = 0
        while done < len(windows):
            try:
                results.append(self._call(windows[done : done + self.batch]))
                done += self.batch
            except torch.cuda.OutOfMemoryError:
                if self.batch == 1:
                    raise ConfigError(
                        f"a tile of {windows.shape[2:]} voxels does not fit into the "
                        "GPU's memory; choose a smaller --tile"
                    ) from None
                self.batch = max(1, min(self.batch, len(windows)) // 2)
                torch.cuda.empty_cache()
        self._network.train(was_training)
        return np.concatenate(results) if len(results) > 1 else results[0]

    def _call(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        x = torch.from_numpy(windows).to(self._device)
        x = x.to(memory_format=torch.channels_last_3d)
        low = self._choice.precision == "bfloat16"
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=low),
        ):
            result: NDArray[np.float32] = self._network(x).float().cpu().numpy()
        return np.ascontiguousarray(result)


class OpenVinoEngine(LogitsEngine):
    """OpenVINO on the CPU: one fixed shape, one request at a time."""

    def __init__(
        self,
        network: Network,
        choice: EngineChoice,
        *,
        window: Shape,
        cache: str | None = None,
    ) -> None:
        self.affinities = network.affinities
        # The converter would report its use to its makers: switch that off.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        # Not at the top: it takes a second. Any: its hints name nothing it exports.
        openvino: Any = importlib.import_module("openvino")
        shape = (1, 1, *window)
        with warnings.catch_warnings():
            # Tracing fixes the window's shape, which is fixed anyway.
            warnings.simplefilter("ignore")
            model = openvino.convert_model(
                network.float().cpu(),
                input=[(shape, openvino.Type.f32)],
                # Tracing computes the example in torch: a small one is enough.
                example_input=torch.zeros(1, 1, *_smallest(network)),
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
        self._compiled = core.compile_model(model, "CPU", settings)
        self._request = self._compiled.create_infer_request()

    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, window by window."""
        results = [self._one(window[None]) for window in windows]
        return np.concatenate(results) if len(results) > 1 else results[0]

    def rest(self) -> None:
        """Free intermediate results; the next call allocates them again."""
        self._compiled.release_memory()

    def _one(self, window: NDArray[np.float32]) -> NDArray[np.float32]:
        result = self._request.infer([np.ascontiguousarray(window)])
        return np.array(next(iter(result.values())), np.float32)


def _smallest(network: Network) -> Shape:
    """Smallest window (z, y, x) that a network can compute."""
    side = (network.residue or network.step) + 2 * network.margin[1]
    return (network.least_depth, side, side)


OPENVINO_TYPE = {"float32": "f32", "bfloat16": "bf16"}
