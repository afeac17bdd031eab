"""Show what this machine offers and what is missing."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from densecell.cli.options import AsJson

PROBE_DEPTH, PROBE_WIDTH = 5, 16
NAMES_WIDE = 30
SPEED = "million_voxels_per_s"
NOT_FOR_USERS = {"all", "dev", "docs"}  # extras that bring others, or serve development


def doctor(
    as_json: AsJson = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Skip measuring the engines: saves 10 s.")
    ] = False,
) -> None:
    """Show device, precision, engines, memory and missing extras of this machine."""
    if as_json:
        found = findings()
        if not quick:
            found[SPEED] = dict(engine_speeds())
        typer.echo(json.dumps(found))
        return
    typer.echo("Looking at this machine.")
    found = findings()
    missing = found.pop("missing_extras")
    for name, value in found.items():
        _show(name.replace("_", " "), _worded(value))
    for extra, packages in missing.items():
        command = f"pip install 'densecell[{extra}]'"
        _show(f"{extra} lacks", f"{', '.join(packages)}: {command}")
    if not quick:
        typer.echo("Measuring the engines: about 10 s.")
        for name, speed in engine_speeds():
            _show(f"speed, {name}", f"{speed:.3f} Mvoxels/s")


def _show(name: str, value: str) -> None:
    """One line at once, so that nobody waits before a silent screen."""
    typer.echo(f"  {name:<{NAMES_WIDE}}  {value}")


def findings() -> dict[str, Any]:
    """Facts about this machine, as plain values."""
    import platform

    import psutil
    import torch

    from densecell.compute import processor_name, usable_cores, usable_memory
    from densecell.inference import faster_in_bfloat16
    from densecell.networks import best_device

    gpus = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    if best_device().type == "mps":
        gpus.append("Apple")
    return {
        "densecell": _version("densecell"),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "processor": processor_name(),
        "usable_cores": usable_cores(),
        "usable_memory_gb": round(usable_memory() / 1e9, 1),
        "machine_memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpu": gpus,
        "native_bfloat16": bfloat16_units(),
        "faster_precision": "bfloat16"
        if faster_in_bfloat16(best_device())
        else "float32",
        "torch_threads": torch.get_num_threads(),
        "torch": _version("torch"),
        "openvino": _version("openvino"),
        "missing_extras": missing_extras(),
    }


def engine_speeds() -> Iterator[tuple[str, float]]:
    """Name and million voxels a second of the engines that run a network here.

    Each computes the 2D-3D network of width 16: torch on a GPU, else OpenVINO.
    """
    from densecell.config import InferenceConfig, NetworkConfig
    from densecell.inference import choose_engine, engine_speed, has_bfloat16
    from densecell.networks import best_device, build_network

    network = build_network(NetworkConfig(name="2d3d", width=PROBE_WIDTH), classes=7)
    device = best_device()
    usual = choose_engine(InferenceConfig())
    precisions: list[Literal["float32", "bfloat16"]] = ["float32"]
    if has_bfloat16(device):
        precisions.append("bfloat16")
    for precision in precisions:
        choice = usual._replace(precision=precision)
        where = device.type if choice.name == "torch" else f"{choice.threads} threads"
        speed = engine_speed(network, choice, PROBE_DEPTH)
        name = f"{choice.name}, {precision}, {where}"
        yield name, round(speed.voxels_per_s / 1e6, 3)


def bfloat16_units() -> list[str]:
    """What computes bfloat16 natively here; elsewhere it is emulated and slow."""
    import torch

    from densecell.inference import bfloat16_abilities

    found = bfloat16_abilities()
    if torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        found.append("GPU")
    return found


def missing_extras() -> dict[str, list[str]]:
    """Packages that each extra would add, without those that are installed."""
    import re
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("densecell") or []
    except PackageNotFoundError:  # run from a clone that was not installed
        lines = []
    missing: dict[str, list[str]] = {}
    for line in lines:
        found = re.match(r"([\w.-]+).*;.*\bextra == ['\"]([\w-]+)['\"]", line)
        if not found or found[1] == "densecell" or found[2] in NOT_FOR_USERS:
            continue
        if _version(found[1]) is None:
            missing.setdefault(found[2], []).append(found[1])
    return missing


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _worded(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "not installed" if value is None else str(value)
