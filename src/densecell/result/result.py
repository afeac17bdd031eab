"""A result folder, opened as far as it has got: labels, objects, tables, state."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from densecell.address import to_address
from densecell.classes import ClassScheme
from densecell.config import parse_settings
from densecell.errors import (
    ConfigError,
    DensecellError,
    MissingVolumeError,
    VolumeError,
)
from densecell.geometry import Box, Shape, Spacing
from densecell.result import layout
from densecell.result.measurement import Measurement, read_measurement
from densecell.result.run import Run, read_run
from densecell.result.tables import Row, read_table
from densecell.settings import read_json
from densecell.volume import (
    CroppedVolume,
    OmeZarrVolume,
    Volume,
    fingerprint,
    open_ome_zarr,
    open_volume,
)

Checked = TypeVar("Checked", bound=BaseModel)


class MemberAgreement(BaseModel, frozen=True, extra="ignore"):
    """How far one network agrees with the ensemble."""

    agreement: float  # share of voxels that get the ensemble's class
    iou: dict[str, float | None]  # by class


class Agreement(BaseModel, frozen=True, extra="ignore"):
    """`agreement.json`: voxels of each class, and how far networks agree."""

    voxels: dict[str, int]
    members: dict[str, MemberAgreement]


class _Scores(BaseModel, frozen=True, extra="allow"):
    """What every file of scores holds; see `evaluation.Scores`."""

    classes: Any
    iou: Any
    miou_all: Any
    miou_org: Any
    accuracy: Any
    adjusted_rand: Any
    confusion: Any
    spurious: Any


class Result:
    """A folder that `densecell segment` or `densecell measure` wrote.

    Opens quickly: every part is read when it is first asked for, and kept.

    Parameters
    ----------
    path
        The folder. It may hold a segmentation, a measurement of labels from elsewhere,
        or both; either may be unfinished.

    Raises
    ------
    VolumeError
        If it holds neither.
    """

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        if not layout.is_result(path):
            raise VolumeError(
                f"{path}: is no result of densecell (neither {layout.RUN} nor "
                f"{layout.OBJECTS} in it). Give the folder that `densecell segment` or "
                "`densecell measure` wrote"
            )
        self.path = path
        self._tables: dict[str, Sequence[Row]] = {}  # as far as they were asked for

    def __repr__(self) -> str:
        return f"Result({str(self.path)!r})"

    # What was asked for

    @cached_property
    def run(self) -> Run | None:
        """How it was segmented; none: labels from elsewhere were measured."""
        return read_run(self.path) if layout.is_segmentation(self.path) else None

    @cached_property
    def measurement(self) -> Measurement | None:
        """How it was measured; none: it was not, yet."""
        there = (self.path / layout.OBJECTS).is_file()
        return read_measurement(self.path) if there else None

    @property
    def scheme(self) -> ClassScheme:
        """Classes of the labels."""
        return self._about.classes

    @property
    def spacing_nm(self) -> Spacing:
        """Voxel size (z, y, x) of labels and objects."""
        if self.run is not None:
            return self.run.spacing_nm
        assert self.measurement is not None  # or it would be no result
        return self.measurement.spacing

    @property
    def box(self) -> Box:
        """What the labels cover, in voxels of the volume that was segmented."""
        return Box.whole(self.shape) if self.run is None else self.run.extent

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x) of labels and objects."""
        if self.run is not None:
            return self.run.extent.shape
        return self.classes.shape

    # How far it is

    @property
    def is_segmented(self) -> bool:
        """Whether every voxel has its class."""
        return self.run is None or layout.is_segmented(self.path)

    @property
    def is_measured(self) -> bool:
        """Whether all objects and tables are there."""
        return layout.is_measured(self.path)

    @property
    def has_meshes(self) -> bool:
        """Whether all meshes are there."""
        return layout.has_meshes(self.path)

    def require_run(self) -> Run:
        """How it was segmented.

        Raises
        ------
        VolumeError
            If labels from elsewhere were measured.
        """
        if self.run is None:
            raise VolumeError(
                f"{self.path}: holds labels from elsewhere, without an image; give a "
                "folder that `densecell segment` wrote"
            )
        return self.run

    def require_segmented(self) -> None:
        """Refuse a segmentation that is not finished.

        Raises
        ------
        VolumeError
            If blocks are missing.
        """
        if not self.is_segmented:
            raise VolumeError(
                f"{self.path}: is not segmented to its end; run `densecell segment` "
                "again with the same options"
            )

    def require_measured(self) -> None:
        """Refuse objects that are missing or not complete.

        Raises
        ------
        VolumeError
            If `densecell measure` was not run, or did not finish.
        """
        if self.measurement is not None and not self.is_measured:
            raise VolumeError(
                f"{self.path}: is not measured to its end; run `densecell measure` "
                "again with the same options"
            )
        if self.measurement is None or not self.objects:
            raise VolumeError(
                f"{self.path}: is not measured yet; `densecell measure {self.path}` "
                "finds its objects and writes their tables"
            )

    # Voxels

    @cached_property
    def classes(self) -> Volume:
        """Class ids.

        Raises
        ------
        VolumeError
            If nothing was segmented yet, or the labels do not fill the box that
            `run.yaml` names.
        """
        if self.run is None:
            assert self.measurement is not None  # or it would be no result
            path = self.path / to_address(self.measurement.labels)
            return open_volume(path, labels=True, spacing_nm=self.spacing_nm)
        store = self.path / layout.CLASSES
        if not (store / "zarr.json").is_file():
            raise VolumeError(
                f"{self.path}: no labels in {layout.CLASSES} yet; run `densecell "
                "segment` to its end"
            )
        labels = open_volume(store, labels=True, spacing_nm=self.spacing_nm)
        if labels.shape != self.run.extent.shape:
            raise VolumeError(
                f"{self.path}: {layout.RUN} says the labels cover "
                f"{self.run.extent.shape} voxels, but they have shape {labels.shape}; "
                "segment again with --overwrite"
            )
        return labels

    def layer(self, name: str) -> OmeZarrVolume | None:
        """Array of the store by name, such as `confidence` or `labels/cells`.

        None if it is not there, cannot be read, or is of another shape.
        """
        path = self.path / layout.STORE / name
        if not (path / "zarr.json").is_file():
            return None
        try:
            volume = open_ome_zarr(path, labels=name.startswith("labels/"))
        except DensecellError:
            return None
        return volume if volume.shape == self.shape else None

    @cached_property
    def objects(self) -> dict[str, OmeZarrVolume]:
        """Ids of cells, organelles and parts, as far as they are there.

        Raises
        ------
        VolumeError
            If they have another shape than the class labels.
        """
        found = {}
        for name in layout.LAYERS:
            path = layout.layer_path(self.path, name)
            if not (path / "zarr.json").is_file():
                continue
            found[name] = open_ome_zarr(path, labels=True)
            if found[name].shape != self.shape:
                raise VolumeError(
                    f"{path}: has shape {found[name].shape}, but the class labels "
                    f"that it was made of have {self.shape}; measure again with "
                    "--overwrite"
                )
        return found

    @cached_property
    def members(self) -> dict[str, Volume]:
        """Labels of each network that kept them."""
        if self.run is None or not self.run.keep_members:
            return {}
        found = {name: self.layer(f"labels/{name}") for name in self.run.model.members}
        return {name: volume for name, volume in found.items() if volume is not None}

    @cached_property
    def image(self) -> Volume | None:
        """Intensities of the same voxels; none if they cannot be read any more."""
        try:
            return CroppedVolume(self.open_source(), self.box)
        except (DensecellError, OSError):
            return None

    def open_source(self, *, same_voxels: bool = False) -> Volume:
        """Open the whole volume that was segmented.

        Parameters
        ----------
        same_voxels
            Also compare samples of its voxels with those of then.

        Raises
        ------
        MissingVolumeError
            If it is not where it was.
        VolumeError
            If labels from elsewhere were measured, or the volume has changed.
        """
        then = self.require_run().volume
        try:
            volume = open_volume(then.path, spacing_nm=then.spacing_nm)
        except MissingVolumeError:
            raise MissingVolumeError(
                f"{self.path}: was segmented from {then.path}, which is not there any "
                "more; put it back"
            ) from None
        if volume.shape != then.shape:
            raise VolumeError(
                f"{then.path}: has shape {volume.shape}, but {then.shape} when it was "
                f"segmented into {self.path}; put the old volume back, or segment this "
                "one"
            )
        if same_voxels and then.fingerprint not in (None, fingerprint(volume)):
            raise VolumeError(
                f"{self.path}: {then.path} holds other voxels than when it was "
                "segmented; put the old volume back, or segment this one"
            )
        return volume

    # Tables and scores

    def table(self, name: str) -> Sequence[Row]:
        """Rows of a table: cells, organelles, classes or contacts; empty without it."""
        if name not in self._tables:
            self._tables[name] = read_table(self.path / layout.TABLES, name)
        return self._tables[name]

    def rows(self, layer: str) -> dict[int, Row]:
        """Table rows of the objects of a layer, by their ids."""
        if layer == layout.CELLS:
            return {int(row["cell_id"]): row for row in self.table("cells")}
        return {
            int(row["organelle_id"]): row
            for row in self.table("organelles")
            if row["layer"] == layer
        }

    @cached_property
    def agreement(self) -> Agreement | None:
        """Voxels of each class, and how far networks agree with the ensemble."""
        return _read_json(
            self.path / layout.AGREEMENT,
            Agreement,
            again="`densecell segment --overwrite` makes it again",
        )

    @cached_property
    def scores(self) -> dict[str, Mapping[str, Any]]:
        """What `densecell evaluate` found, by the name of the truth."""
        found: dict[str, Mapping[str, Any]] = {}
        for path in sorted((self.path / layout.SCORES).glob("*.json")):
            again = "`densecell evaluate` makes it again, or remove it"
            scores = _read_json(path, _Scores, again=again)
            if scores is not None:
                found[path.stem] = scores.model_dump()
        return found

    @property
    def _about(self) -> Run | Measurement:
        """What names the classes of the labels: the segmentation, if there was one."""
        about = self.run or self.measurement
        assert about is not None  # or it would be no result
        return about


def _read_json(path: Path, kind: type[Checked], *, again: str) -> Checked | None:
    """Read and check a JSON file, if it is there."""
    if not path.is_file():
        return None
    try:
        values = read_json(path)
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: holds no object of JSON")
        return parse_settings(values, kind, where=str(path))
    except ConfigError as error:
        raise ConfigError(f"{error}; {again}") from None
