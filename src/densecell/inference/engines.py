"""What computes a network: torch on any device, OpenVINO on processors.

An engine maps float32 windows to float32 logits. Both use the same weights; OpenVINO
folds the batch norms away and is the faster one on a CPU.
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
from densecell.networks import Network
from densecell.networks.convolutions import has_amx

EngineName = Literal["torch", "openvino"]
Precision = Literal["float32", "bfloat16"]
GPU_BATCH = 8  # windows of one call on a GPU, halved when its memory runs out


class EngineChoice(NamedTuple):
    """What a run is frozen to."""

    name: EngineName
    precision: Precision
    threads: int


class Engine(ABC):
    """Maps (B, 1, Z, Y, X) float32 windows to (B, K, Z', Y', X') probabilities.

    Attributes
    ----------
    batch
        Windows that are best computed together.
    affinities
        How many of the last of the K are no classes: how sure it is that the two voxels
        of a pair are of one cell, each for itself.
    """

    batch: int = 1
    affinities: int = 0

    @abstractmethod
    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, in float32."""

    def rest(self) -> None:  # noqa: B027  (most have nothing to give back)
        """Give back memory that only a call needs: other members' turn comes."""


class LogitsEngine(Engine):
    """Computes logits, of which the probabilities are the softmax."""

    @abstractmethod
    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, in float32."""

    def probabilities(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax of the logits over classes, in float32: bfloat16 gives ties."""
        logits = torch.from_numpy(self.logits(windows))
        if self.affinities == 0:
            return torch.softmax(logits, dim=1).numpy()
        classes, pairs = logits.tensor_split([-self.affinities], dim=1)
        said = [torch.softmax(classes, dim=1), torch.sigmoid(pairs)]
        return torch.cat(said, dim=1).numpy()


def native_bfloat16() -> bool:
    """Tell whether this processor computes in bfloat16 itself, not by emulation."""
    return bool(bfloat16_abilities())


def bfloat16_abilities() -> list[str]:
    """Name what this processor has for bfloat16."""
    avx = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    has = {"AVX-512 bf16": bool(avx()), "AMX": has_amx()}
    return [name for name, there in has.items() if there]


def choose_engine(config: InferenceConfig) -> EngineChoice:
    """Settle what the settings leave open, by what this machine has.

    Raises
    ------
    ConfigError
        If a precision is asked for that this machine has only by emulation.
    """
    gpu = torch.cuda.is_available()
    name: EngineName = "torch" if gpu else "openvino"
    if config.engine != "auto":
        name = config.engine
    low = (name == "torch" and gpu) or native_bfloat16()
    precision: Precision = "bfloat16" if low else "float32"
    if config.precision != "auto":
        precision = config.precision
    choice = EngineChoice(name, precision, config.threads or usable_cores())
    check_precision(choice)
    return choice


def check_precision(choice: EngineChoice) -> None:
    """Refuse a precision that this machine has only by slow, different emulation.

    Raises
    ------
    ConfigError
        Naming the remedy.
    """
    gpu = choice.name == "torch" and torch.cuda.is_available()
    if choice.precision == "bfloat16" and not (gpu or native_bfloat16()):
        raise ConfigError(
            "precision bfloat16 is asked for, but this processor has it only by "
            "slow emulation; use --precision float32"
        )


def make_engine(
    network: Network, choice: EngineChoice, *, window: Shape, cache: str | None = None
) -> LogitsEngine:
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
    check_precision(choice)
    network.eval()
    if choice.name == "openvino":
        return OpenVinoEngine(network, choice, window=window, cache=cache)
    return TorchEngine(network, choice)


class TorchEngine(LogitsEngine):
    """Torch, on the device where the network's weights lie."""

    def __init__(self, network: Network, choice: EngineChoice) -> None:
        check_precision(choice)
        if torch.cuda.is_available():
            network = network.cuda()
            self.batch = GPU_BATCH
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self._network = network
        self.affinities = network.affinities
        self._device = next(network.parameters()).device
        self._choice = choice

    def logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute one batch, in halves of it for good where memory runs out."""
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
    """OpenVINO on the CPU: one static shape, one request."""

    def __init__(
        self,
        network: Network,
        choice: EngineChoice,
        *,
        window: Shape,
        cache: str | None = None,
    ) -> None:
        self.affinities = network.affinities
        # Its converter would report its use to its makers: do without that part.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        # Not at the top: it takes a second. Any: its hints name nothing it exports.
        openvino: Any = importlib.import_module("openvino")
        shape = (1, 1, *window)
        with warnings.catch_warnings():
            # The window's shape is static, so that what tracing fixes is right.
            warnings.simplefilter("ignore")
            model = openvino.convert_model(
                network.float().cpu(),
                input=[(shape, openvino.Type.f32)],
                # Tracing computes the example in torch: a small one will do.
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
        """Compute one batch, window by window: the shape is static."""
        results = [self._one(window[None]) for window in windows]
        return np.concatenate(results) if len(results) > 1 else results[0]

    def rest(self) -> None:
        """Free what lies between the layers; the next call takes it again."""
        self._compiled.release_memory()

    def _one(self, window: NDArray[np.float32]) -> NDArray[np.float32]:
        result = self._request.infer([np.ascontiguousarray(window)])
        return np.array(next(iter(result.values())), np.float32)


def _smallest(network: Network) -> Shape:
    """Give the smallest window (z, y, x) that a network can compute."""
    side = (network.residue or network.step) + 2 * network.margin[1]
    return (network.least_depth, side, side)


OPENVINO_TYPE = {"float32": "f32", "bfloat16": "bf16"}
