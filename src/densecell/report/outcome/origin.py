"""How a result was made: command, settings, seeds, versions, fingerprints."""

import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from densecell import __version__
from densecell.errors import DensecellError
from densecell.geometry import format_spacing
from densecell.report.page import Section, Table
from densecell.report.words import format_axes, format_settings
from densecell.result import Result, Run, layout, read_mesh_settings
from densecell.training import MemberSettings, load_member_settings


def origin_section(result: Result) -> Section:
    """List everything that is needed to make the same again."""
    tables = [
        Table(["", title], rows, prose=True)
        for title, rows in (
            ("segmentation", _segmentation(result)),
            ("training", _training(result)),
            ("objects", _objects(result)),
            ("surfaces", _surfaces(result)),
            ("this page", [["densecell", __version__]]),
        )
        if rows
    ]
    words = (
        "`densecell verify` tells whether files, volume and model are still those. "
        "Folders are left out of all names."
    )
    return Section("How it was made", words, tables)


def without_folders(command: str) -> str:
    """Write a command without the folders of its machine.

    Examples
    --------
    >>> without_folders("densecell segment /data/a.zarr --out=/tmp/b -m models/c")
    'densecell segment a.zarr --out=b -m models/c'
    """
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that never ends
        words = command.split()
    return " ".join(map(_short, words))


def _short(word: str) -> str:
    option, equals, value = word.rpartition("=")
    if value.startswith(("/", "~")):
        return option + equals + PurePosixPath(value).name
    if PureWindowsPath(value).is_absolute():
        return option + equals + PureWindowsPath(value).name
    return word


def _segmentation(result: Result) -> list[list[str]]:
    run = result.run
    if run is None:
        return []
    volume, frozen = run.volume, run.inference
    mean, std, low, high = volume.statistics
    voxels = f"{format_axes(volume.shape)} voxels of {volume.dtype}"
    box = "all of it" if run.box is None else " to ".join(map(format_axes, run.box))
    return [
        ["command", without_folders(run.command)],
        ["volume", f"{volume.path.name}: {voxels}"],
        ["voxel size", format_spacing(volume.spacing_nm)],
        [
            "grey values",
            f"mean {mean:.4g}, deviation {std:.4g}, from {low:g} to {high:g}",
        ],
        ["samples of it, SHA-256", volume.fingerprint or "not kept"],
        ["box", box],
        ["model", run.model.path.name],
        *([f"{name}, SHA-256", digest] for name, digest in run.model.members.items()),
        [
            "tile, margin, block",
            "; ".join(map(format_axes, (frozen.tile, frozen.margin, frozen.block))),
        ],
        [
            "engine",
            f"{frozen.engine}, {frozen.precision}, threads a call: {frozen.threads}",
        ],
        ["options", _options(run)],
        ["versions", _versions(run.versions)],
    ]


def _options(run: Run) -> str:
    """Name what was switched on."""
    frozen = run.inference
    wanted = {
        "--exact": frozen.exact,
        "--tta": frozen.tta,
        "--adapt": frozen.change is not None,
        "--skip-flat": frozen.skip_flat is not None,
        "--no-resample": not frozen.resample,
        "--keep-members": run.keep_members,
        "--probabilities": run.probabilities,
    }
    return ", ".join(name for name, on in wanted.items() if on) or "none"


def _training(result: Result) -> list[list[str]]:
    """List how the members were trained, if the model is still there."""
    if result.run is None:
        return []
    settings: dict[str, MemberSettings] = {}
    for name in result.run.model.members:
        try:
            settings[name] = load_member_settings(result.run.model.path / name)
        except (DensecellError, OSError):
            continue
    if not settings:
        return []
    first = next(iter(settings.values()))
    seeds = ", ".join(f"{name}: {s.seed}" for name, s in settings.items())
    return [
        ["seeds", seeds],
        ["network", format_settings(first.network.model_dump(mode="json"))],
        ["training", format_settings(first.training.model_dump(mode="json"))],
        ["voxel size", format_spacing(first.spacing_nm)],
        ["grey values", f"mean {first.mean:.4g}, deviation {first.std:.4g}"],
    ]


def _objects(result: Result) -> list[list[str]]:
    record = result.measurement
    if record is None:
        return []
    return [
        ["settings", format_settings(record.objects.model_dump(mode="json"))],
        ["block", format_axes(record.block)],
        ["labels, SHA-256 of samples", record.fingerprint],
        ["versions", _versions(record.versions)],
    ]


def _surfaces(result: Result) -> list[list[str]]:
    if not (result.path / layout.MESH_SETTINGS).is_file():
        return []
    settings = read_mesh_settings(result.path)
    return [
        ["largest error", f"{settings.max_error_nm:g} nm"],
        ["formats", ", ".join(settings.formats)],
        ["objects, SHA-256", settings.objects],
    ]


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
