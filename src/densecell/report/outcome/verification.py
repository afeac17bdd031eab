"""Whether a result is still what was made, of what it was made."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from densecell import __version__
from densecell.address import to_address
from densecell.checksums import checksums_path, count_files, find_changes
from densecell.compute import ReportProgress
from densecell.edits import edits_in_words, read_journal
from densecell.ensemble import member_fingerprint
from densecell.errors import DensecellError, MissingVolumeError
from densecell.result import Measurement, Result, Run, layout, read_mesh_settings
from densecell.surfaces import objects_fingerprint
from densecell.volume import fingerprint, open_volume

SHOWN = 5  # changed files that a sentence names


class Finding(NamedTuple):
    """What became of one part of a result.

    `note` is worth knowing and no fault; `changed` and `missing` are faults.
    """

    part: str
    state: Literal["same", "note", "changed", "missing"]
    detail: str

    @property
    def is_fault(self) -> bool:
        """Whether the part is not what it was."""
        return self.state in ("changed", "missing")


def verify_result(
    path: Path, *, full: bool = False, progress: ReportProgress | None = None
) -> Iterator[Finding]:
    """Check a result, part by part, against what was written down when it was made.

    Parameters
    ----------
    path
        Folder that `densecell segment` or `measure` wrote.
    full
        Read every file of the result. Otherwise the sizes of all, and the contents of
        64 of each step. Of the volume that was segmented 64 samples are read either
        way: nobody read it whole to hash it.
    progress
        Called with the files looked at, and those of all, of each step.

    Raises
    ------
    VolumeError, ConfigError
        If the folder is no result, or what describes it cannot be read.
    """
    result = Result(path)
    files = partial(_files, path, full=full, progress=progress)
    if result.run is not None:
        yield _input(result.run)
        yield from _model(result.run)
        yield from _versions("segment", result.run.versions)
        yield from files("segment", done=result.is_segmented)
    if result.measurement is not None:
        yield _measured_labels(path, result.measurement)
        yield from _versions("measure", result.measurement.versions)
        yield from files("measure", done=result.is_measured)
    corrected = edits_in_words(read_journal(path))
    if corrected:
        yield Finding("corrections", "note", corrected)
    if corrected and (path / layout.MESHES).exists() and not result.has_meshes:
        yield Finding("mesh", "note", "meshes are from before the last correction")
    elif (path / layout.MESHES).exists():
        yield _meshed_objects(result)
        yield from files("mesh", done=result.has_meshes)


def _input(run: Run) -> Finding:
    """Hold the volume that was segmented against what was segmented."""
    part, then = "volume", run.volume
    try:
        now = open_volume(then.path, spacing_nm=then.spacing_nm)
        if then.fingerprint is None:
            return Finding(part, "note", f"{then.path}: is there; no samples were kept")
        if now.shape != then.shape or fingerprint(now) != then.fingerprint:
            return Finding(part, "changed", f"{then.path}: holds other voxels")
    except MissingVolumeError:
        return Finding(part, "missing", f"{then.path}: is not there any more")
    except DensecellError as error:
        return Finding(part, "changed", str(error))
    return Finding(part, "same", f"{then.path}: shape and samples")


def _model(run: Run) -> Iterator[Finding]:
    """Hold each member's weights against those that segmented."""
    for name, then in run.model.members.items():
        part, member = f"model, {name}", run.model.path / name
        try:
            now = member_fingerprint(member)
        except OSError:
            yield Finding(part, "missing", f"{member}: cannot be read any more")
            continue
        if now == then:
            yield Finding(part, "same", f"{member}: SHA-256 of its weights")
        else:
            yield Finding(part, "changed", f"{member}: has other weights")


def _versions(step: str, then: Mapping[str, str]) -> Iterator[Finding]:
    """Say which packages are of other versions here."""
    differ = [
        f"{name} {version} then, {_installed(name)} here"
        for name, version in then.items()
        if version != _installed(name)
    ]
    if differ:
        detail = f"made with other versions: {'; '.join(differ)}"
        yield Finding(f"{step}, versions", "note", detail)
    else:
        yield Finding(f"{step}, versions", "same", "the same packages are installed")


def _installed(package: str) -> str:
    if package == "densecell":
        return __version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _measured_labels(result: Path, measurement: Measurement) -> Finding:
    """Hold the labels that were measured against those that are there."""
    part, path = "measure, labels", result / to_address(measurement.labels)
    try:
        labels = open_volume(path, labels=True, spacing_nm=measurement.spacing_nm)
        if fingerprint(labels) != measurement.fingerprint:
            detail = f"{path}: holds other labels than were measured"
            return Finding(part, "changed", detail)
    except DensecellError as error:
        return Finding(part, "missing", str(error))
    return Finding(part, "same", "shape and samples of what was measured")


def _meshed_objects(result: Result) -> Finding:
    """Hold the objects that were meshed against those that are there."""
    part = "mesh, objects"
    try:
        now = objects_fingerprint(result)
        if now != read_mesh_settings(result.path).objects:
            detail = (
                f"{result.path / layout.MESHES}: was made of other objects than these"
            )
            return Finding(part, "changed", detail)
    except DensecellError as error:
        return Finding(part, "missing", str(error))
    return Finding(part, "same", "the objects that were meshed")


def _files(
    result: Path, step: str, *, done: bool, full: bool, progress: ReportProgress | None
) -> Iterator[Finding]:
    """Hold the files that a step wrote against their checksums."""
    part = f"{step}, files"
    if not done:
        yield Finding(part, "note", f"not finished; `densecell {step}` goes on")
        return
    if not checksums_path(result, step).exists():
        yield Finding(part, "note", "no checksums were kept when it was made")
        return
    total, changed = count_files(result, step), []
    for number, change in enumerate(find_changes(result, step, full=full), 1):
        if change is not None:
            changed.append(f"{change.name} {change.what}")
        if progress is not None:
            progress(number, total)
    if changed:
        more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        sentence = f"{len(changed)} of {total}: {'; '.join(changed[:SHOWN])}{more}"
        yield Finding(part, "changed", sentence)
    else:
        read = "contents of all" if full else "all sizes, contents of samples"
        yield Finding(part, "same", f"{total} files: {read}")
