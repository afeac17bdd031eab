"""The metadata of OME-Zarr images, read and written.

.. [1] OME-NGFF specification, version 0.5, https://ngff.openmicroscopy.org/0.5/
.. [2] OME-NGFF specification, version 0.4, https://ngff.openmicroscopy.org/0.4/
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from densecell.address import Address
from densecell.classes import IGNORE, CellClass, ClassScheme
from densecell.errors import VolumeError
from densecell.geometry import Spacing, per_axis
from densecell.volume.choice import AXES
from densecell.volume.spacing import nm_per

Kind = Literal["image", "label"]
Version = Literal["0.4", "0.5"]
VERSION: Version = "0.5"
READABLE = ("0.4", "0.5")
ZARR_FORMATS: dict[Version, Literal[2, 3]] = {"0.4": 2, "0.5": 3}
OF_OBJECT = "class"  # property that an object has, and a class has not
LABELS_IMAGE = {"image": "../../"}  # where the image of `labels/NAME` lies
NAMES_BY_TYPE = {"channel": "c", "time": "t"}


class ImageMetadata(NamedTuple):
    """What a group says about its image.

    Parameters
    ----------
    version
        Version of OME-Zarr.
    axes
        Name of each axis of its arrays.
    units_nm
        Nanometres per unit of the (z, y, x) axes, None where none is stated.
    odd_units
        Units of space axes that are no lengths.
    paths
        Name of each level's array, finest first.
    scales
        Voxel size (z, y, x) of each level in those units, None where not stated.
    """

    version: str
    axes: tuple[str, ...]
    units_nm: tuple[float | None, ...]
    odd_units: tuple[str, ...]
    paths: tuple[str, ...]
    scales: tuple[tuple[float, ...] | None, ...]

    def spacing_nm(self, level: int) -> tuple[float, ...] | None:
        """Voxel size of a level; None when any part is not stated."""
        scale = self.scales[level]
        if scale is None:
            return None
        pairs = zip(scale, self.units_nm, strict=True)
        spacing = tuple(s * unit for s, unit in pairs if unit is not None)
        return spacing if len(spacing) == 3 else None

    def without_unit(self, level: int) -> str | None:
        """Voxel size that is stated without a unit of length, in words, if one is."""
        scale = self.scales[level]
        if scale is None or None not in self.units_nm:
            return None
        return f"states {' x '.join(f'{s:.6g}' for s in scale)} (z y x) without a unit"

    def coarser(
        self, spacing_nm: tuple[float, float, float], level: int
    ) -> tuple[float, float, float]:
        """Voxel size of a level, computed from that of the finest."""
        finest, scale = self.scales[0], self.scales[level]
        if finest is None or scale is None or 0 in finest:  # as good as not stated
            return spacing_nm
        return per_axis(
            lambda length, a, b: length * (b / a), spacing_nm, finest, scale
        )


def image_attributes(
    *,
    name: str,
    kind: Kind,
    spacings_nm: Sequence[Spacing],
    label: Mapping[str, Any],
    version: Version = VERSION,
) -> dict[str, Any]:
    """Group attributes of an image, with one entry per level.

    Of a label image, `label` is its `image-label`.

    Coordinates are those of voxel centres. So coarser levels are shifted by half a
    voxel of their own less half a voxel of the finest.
    """
    datasets = []
    for level, spacing in enumerate(spacings_nm):
        shift = per_axis(
            lambda coarse, fine: (coarse - fine) / 2, spacing, spacings_nm[0]
        )
        transforms: list[dict[str, Any]] = [{"type": "scale", "scale": list(spacing)}]
        if any(shift):
            transforms.append({"type": "translation", "translation": list(shift)})
        datasets.append({"path": str(level), "coordinateTransformations": transforms})
    multiscale: dict[str, Any] = {
        "name": name,
        "axes": [{"name": a, "type": "space", "unit": "nanometer"} for a in AXES],
        "datasets": datasets,
        "type": "mean" if kind == "image" else "majority",
    }
    ome: dict[str, Any] = {"multiscales": [multiscale]}
    if kind == "label":
        ome["image-label"] = dict(label)
    if version == "0.5":
        return {"ome": {"version": version} | ome}
    for part in (multiscale, ome.get("image-label", {})):  # in 0.4 each has its own
        part["version"] = version
    return ome


def label_attributes(scheme: ClassScheme | None, *, inside: bool) -> dict[str, Any]:
    """`image-label` of class labels: colours and names by id.

    Parameters
    ----------
    scheme
        Classes of the labels; None: not known.
    inside
        Whether the labels lie in the group `labels` of an image.
    """
    found: dict[str, Any] = {"source": LABELS_IMAGE} if inside else {}
    if scheme is None:
        return found
    colours, properties = [], []
    for number in scheme.ids:
        row = scheme.classes[number]
        alpha = 0 if row.role == "background" else 255
        colours.append({"label-value": number, "rgba": [*row.colour, alpha]})
        entry = {"label-value": number, "name": row.name, "role": row.role}
        properties.append(entry | ({"parent": row.parent} if row.parent else {}))
    return found | {"colors": colours, "properties": properties}


def image_metadata(attributes: Mapping[str, Any], path: Address) -> ImageMetadata:
    """Read the OME attributes of an image group, of version 0.5 or 0.4.

    Raises
    ------
    VolumeError
        If there is no `multiscales`, or it has another version, or it is damaged.
    """
    try:
        image = attributes["multiscales"][0]
        version = str(attributes.get("version", image.get("version", "0.4")))
    except (KeyError, IndexError, TypeError, AttributeError):
        raise VolumeError(
            f"{path}: its `multiscales` metadata is empty; save it again as OME-Zarr"
        ) from None
    if version not in READABLE:
        raise VolumeError(
            f"{path}: is OME-Zarr {version}; expected {' or '.join(READABLE)}: "
            "convert it with the program that wrote it"
        )
    try:
        return _parsed(version, image)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VolumeError(
            f"{path}: its `multiscales` metadata lacks or misspells {error}; "
            "save it again as OME-Zarr 0.5"
        ) from None


def scheme_of(attributes: Mapping[str, Any]) -> ClassScheme | None:
    """Read the classes back that `image_attributes` wrote, or None without names."""
    label = attributes.get("image-label") or {}
    named = [p for p in label.get("properties", []) if p.get("name")]
    rows = {p["label-value"]: p for p in named if OF_OBJECT not in p}
    colours = {c["label-value"]: c.get("rgba") for c in label.get("colors", [])}
    if len(rows) < 2:
        return None
    classes = {
        number: CellClass(
            name=row["name"],
            colour=tuple((colours.get(number) or (128, 128, 128))[:3]),
            role=row.get("role", "other"),
            parent=row.get("parent"),
        )
        for number, row in rows.items()
    }
    return ClassScheme(classes=classes, ignore=IGNORE)


def channel_names(attributes: Mapping[str, Any]) -> list[str]:
    """Name of each channel; none where they are not listed."""
    try:
        return [str(c.get("label", "")) for c in attributes["omero"]["channels"]]
    except (KeyError, TypeError, AttributeError):
        return []


def _parsed(version: str, image: Mapping[str, Any]) -> ImageMetadata:
    names = tuple(
        NAMES_BY_TYPE.get(axis.get("type"), str(axis["name"]).lower())
        for axis in image["axes"]
    )
    units = {
        name: axis.get("unit") for name, axis in zip(names, image["axes"], strict=True)
    }
    space = [units.get(axis) for axis in AXES]
    factors = [None if unit is None else nm_per(str(unit)) for unit in space]
    whole = _scale(image, names) or (1.0, 1.0, 1.0)
    levels = [(str(d["path"]), _scale(d, names)) for d in image["datasets"]]
    if not levels:
        raise KeyError("datasets")
    return ImageMetadata(
        version=version,
        axes=names,
        units_nm=tuple(factors),
        odd_units=tuple(
            str(unit)
            for unit, factor in zip(space, factors, strict=True)
            if unit is not None and factor is None
        ),
        paths=tuple(path for path, _ in levels),
        scales=tuple(
            s and tuple(a * b for a, b in zip(s, whole, strict=True)) for _, s in levels
        ),
    )


def _scale(entry: Mapping[str, Any], axes: tuple[str, ...]) -> tuple[float, ...] | None:
    """Read the scale (z, y, x) of an image or a level; axes it lacks count 1."""
    for transform in entry.get("coordinateTransformations") or ():
        if transform.get("type") == "scale":
            sizes = dict(zip(axes, transform["scale"], strict=True))
            return tuple(float(sizes.get(axis, 1.0)) for axis in AXES)
    return None
