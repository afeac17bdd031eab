"""Show what this machine offers and what is missing."""

import json
from typing import Annotated, Any, Literal

import typer

from densecell.cli.options import AsJson

PROBE_DEPTH, PROBE_WIDTH = 5, 16
PRECISIONS: tuple[Literal["auto", "float32"], ...] = ("auto", "float32")
SPEED = "million_voxels_per_s"
NOT_FOR_USERS = {"all", "dev", "docs"}  # extras that bring others, or serve development


def doctor(
    as_json: AsJson = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Skip measuring the engines: saves 10 s.")
    ] = False,
) -> None:
    """Show device, precision, engines, memory and missing extras of this machine."""
    # Imported here, not at the top: `densecell --help` must not wait for rich.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = findings()
    if not quick:
        found[SPEED] = engine_speeds()
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table(show_header=False, title="densecell doctor", title_justify="left")
    for name, value in found.items():
        if name not in ("missing_extras", SPEED):
            table.add_row(name.replace("_", " "), Text(_worded(value)))
    for name, speed in found.get(SPEED, {}).items():
        table.add_row(f"speed, {name}", f"{speed:.3f} Mvoxels/s")
    for extra, packages in found["missing_extras"].items():
        command = f"pip install 'densecell[{extra}]'"
        table.add_row(f"{extra} lacks", Text(f"{', '.join(packages)}: {command}"))
    Console().print(table)


def findings() -> dict[str, Any]:
    """Facts about this machine, as plain values."""
    import platform

    import psutil
    import torch

    from densecell.compute import processor_name, usable_cores, usable_memory

    gpus = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
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
        "torch_threads": torch.get_num_threads(),
        "torch": _version("torch"),
        "openvino": _version("openvino"),
        "missing_extras": missing_extras(),
    }


def engine_speeds() -> dict[str, float]:
    """Speed of the 2D-3D network of width 16 on every engine, the fastest first.

    `--engine auto` measures in the same way, with the network to run.
    """
    from densecell.config import InferenceConfig, NetworkConfig
    from densecell.inference import fastest_engine
    from densecell.networks import build_network

    network = build_network(NetworkConfig(name="2d3d", width=PROBE_WIDTH), classes=7)
    measured = {
        f"{m.choice.name}, {m.choice.precision}, {m.choice.threads} threads": (
            round(m.voxels_per_s / 1e6, 3)
        )
        for precision in PRECISIONS
        for m in fastest_engine(
            network, InferenceConfig(precision=precision), depth=PROBE_DEPTH
        )
    }
    return dict(sorted(measured.items(), key=lambda item: -item[1]))


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
