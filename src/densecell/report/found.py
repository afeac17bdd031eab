"""What a result folder holds, opened once: whatever is there, and no more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from densecell.classes import ClassScheme
from densecell.ensemble import Run, read_run
from densecell.ensemble.segment import is_finished as is_segmented
from densecell.errors import ConfigError, DensecellError, VolumeError
from densecell.geometry import Box, Shape, Spacing
from densecell.objects import is_finished as is_measured
from densecell.objects.record import RECORD, Record, read_record
from densecell.result import is_segmentation
from densecell.result.tables import Row, read_table
from densecell.volume import CroppedVolume, Volume, open_volume

STORE = "segmentation.zarr"
TABLES = ("cells", "organelles", "classes")
AGREEMENT_PARTS = ("voxels", "members")
SCORES_PARTS = (
    "classes",
    "iou",
    "miou_all",
    "miou_org",
    "accuracy",
    "adjusted_rand",
    "confusion",
    "spurious",
)


@dataclass(frozen=True)
class Found:
    """A result as far as it goes.

    Parameters
    ----------
    path
        Its folder.
    run
        How it was segmented; none: labels from elsewhere were measured.
    record
        How it was measured; none: not yet.
    classes
        Class ids.
    scheme, spacing_nm
        Of the labels.
    truth
        True class ids of the same voxels, where they were given.
    """

    path: Path
    run: Run | None
    record: Record | None
    classes: Volume
    scheme: ClassScheme
    spacing_nm: Spacing
    truth: Volume | None = None

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x) of the labels."""
        return self.classes.shape

    @property
    def origin(self) -> Shape:
        """Where the labels begin in the volume that was segmented."""
        return (0, 0, 0) if self.run is None else self.run.extent.start

    @property
    def is_segmented(self) -> bool:
        """Whether every voxel has got its class."""
        return self.run is None or is_segmented(self.path)

    @property
    def is_measured(self) -> bool:
        """Whether objects and tables are there."""
        return self.record is not None and is_measured(self.path)

    @property
    def is_of_one(self) -> bool:
        """Whether a single network labelled it, which nobody can disagree with."""
        return self.run is not None and len(self.run.model.members) == 1

    @cached_property
    def image(self) -> Volume | None:
        """Intensities of the same voxels; none where they are not there any more."""
        if self.run is None:
            return None
        then = self.run.volume
        try:
            volume = open_volume(then.path, spacing_nm=then.spacing_nm)
            return CroppedVolume(volume, self.run.extent)
        except (DensecellError, OSError):
            return None

    @cached_property
    def members(self) -> dict[str, Volume]:
        """Labels of each member that kept them."""
        if self.run is None or not self.run.keep_members:
            return {}
        opened = {n: self.layer(f"labels/{n}") for n in self.run.model.members}
        return {name: volume for name, volume in opened.items() if volume is not None}

    @cached_property
    def agreement(self) -> dict[str, Any] | None:
        """Voxels of each class, and how far each member agrees with the ensemble."""
        return _json(
            self.path / "agreement.json",
            AGREEMENT_PARTS,
            again="`densecell segment --overwrite` makes it again",
        )

    @cached_property
    def scores(self) -> dict[str, dict[str, Any]]:
        """What `evaluate` found, by the name of the truth."""
        files = sorted((self.path / "scores").glob("*.json"))
        again = "`densecell evaluate` makes it again, or remove it"
        found = {p.stem: _json(p, SCORES_PARTS, again=again) for p in files}
        return {name: scores for name, scores in found.items() if scores is not None}

    def layer(self, name: str) -> Volume | None:
        """Open an array of the result, such as `confidence`, if it is there."""
        path = self.path / STORE / name
        if not path.is_dir():
            return None
        try:
            volume = open_volume(path, labels=name.startswith("labels/"))
        except DensecellError:
            return None
        return volume if volume.shape == self.shape else None

    def table(self, name: str) -> Sequence[Row]:
        """Read a table of `TABLES`; empty if it is not there."""
        return self._tables[name]

    @cached_property
    def _tables(self) -> dict[str, Sequence[Row]]:
        folder = self.path / "tables"
        return {name: read_table(folder, name) for name in TABLES}


def open_found(result: Path, *, truth: Path | None = None) -> Found:
    """Open a result folder, however far it has got.

    Parameters
    ----------
    result
        Folder that `densecell segment` or `measure` wrote into.
    truth
        True class ids of the whole volume that was segmented.

    Raises
    ------
    VolumeError
        If it is no result, has no labels yet, or the truth is of another shape.
    """
    run = read_run(result) if is_segmentation(result) else None
    record = read_record(result) if (result / RECORD).is_file() else None
    if run is not None:
        path = result / STORE / "labels" / "classes"
        scheme, spacing = run.classes, run.spacing_nm
    elif record is not None:
        path = result / record.labels
        scheme, spacing = record.classes, record.spacing
    else:
        raise VolumeError(
            f"{result}: is no result of densecell (neither run.yaml nor {RECORD} in "
            "it); give the folder that `densecell segment` or `measure` wrote"
        )
    if not path.exists():
        raise VolumeError(
            f"{result}: its class labels {path} are not there; run `densecell segment` "
            "to its end"
        )
    classes = open_volume(path, labels=True, spacing_nm=spacing)
    true = None if truth is None else _truth(truth, run, classes.shape)
    return Found(result, run, record, classes, scheme, spacing, true)


def _truth(truth: Path, run: Run | None, shape: Shape) -> Volume:
    """Give the part of the truth that lies under the labels."""
    labels = open_volume(truth, labels=True)
    if labels.shape == shape:
        return labels
    extent = Box.whole(shape) if run is None else run.extent
    if run is None or labels.shape != run.volume.shape:
        raise VolumeError(
            f"{truth}: has {labels.shape} voxels (z, y, x), the result {shape}; give "
            "the true labels of the volume that was segmented"
        )
    return CroppedVolume(labels, extent)


def _json(path: Path, parts: Sequence[str], *, again: str) -> dict[str, Any] | None:
    """Read a file, if it is there, and see that all its parts are."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: is no JSON ({error}); {again}") from None
    missing = [p for p in parts if not isinstance(found, dict) or p not in found]
    if missing:
        raise ConfigError(f"{path}: lacks {', '.join(missing)}; {again}")
    return dict(found)
