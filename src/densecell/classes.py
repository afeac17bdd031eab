"""The classes a voxel can have: ids, names, colours, roles, parents.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from densecell.errors import ConfigError, VolumeError

if TYPE_CHECKING:  # `densecell train --help` must not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["background", "cell", "organelle", "other"]
Layer = Literal["cells", "organelles", "parts"]  # one array of object ids each
IGNORE = 255  # label of voxels that are not annotated


class CellClass(BaseModel, frozen=True, extra="forbid"):
    """One class of a scheme."""

    name: str = Field(min_length=1, description="Name that biologists use.")
    colour: tuple[int, int, int] = Field(
        description="Red, green and blue, each 0 to 255."
    )
    role: Role = Field(
        "other", description="What the class is: background, cell, organelle or other."
    )
    parent: str | None = Field(None, description="Name of the class that it lies in.")

    @field_validator("colour")
    @classmethod
    def _colour_is_rgb(cls, colour: tuple[int, int, int]) -> tuple[int, int, int]:
        if not all(0 <= c <= 255 for c in colour):
            raise ValueError(f"colour parts must be 0 to 255, got {colour}")
        return colour


class ClassScheme(BaseModel, frozen=True, extra="forbid"):
    """All classes of a project. Ids may have gaps; the channels of networks have none.

    A label equal to `ignore` means "not annotated". It is used neither in training nor
    in scores.

    Examples
    --------
    >>> scheme = ClassScheme.platelet()
    >>> scheme.names[3], scheme.organelle_ids
    ('alpha granule', (2, 3, 4, 5, 6))
    """

    classes: dict[int, CellClass] = Field(description="Classes by id, 0 to 254.")
    ignore: int = Field(
        IGNORE, ge=0, le=255, description="Label of voxels that are not annotated."
    )

    @model_validator(mode="after")
    def _scheme_is_consistent(self) -> Self:
        if len(self.classes) < 2:
            raise ValueError(
                f"a scheme needs two classes or more, got {len(self.classes)}"
            )
        if wrong := [i for i in self.classes if not 0 <= i <= 254]:
            raise ValueError(f"class ids must be 0 to 254, got {wrong}")
        if self.ignore in self.classes:
            raise ValueError(f"ignore id {self.ignore} is also a class; choose another")
        names = [c.name for c in self.classes.values()]
        if twice := {n for n in names if names.count(n) > 1}:
            raise ValueError(f"class names must differ, found twice: {sorted(twice)}")
        for c in self.classes.values():
            if c.parent is not None and (c.parent not in names or c.parent == c.name):
                near = difflib.get_close_matches(c.parent, names, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; names: {names}"
                raise ValueError(f"{c.name!r} lies in unknown class {c.parent!r}{hint}")
        return self

    @classmethod
    def platelet(cls) -> Self:
        """Scheme of the seven classes of human platelets [1]_."""
        return cls(classes=_platelet())

    @classmethod
    def drosophila_vnc(cls) -> Self:
        """Scheme of the five classes of a fly nerve cord.

        From doi:10.6084/m9.figshare.856713.
        """
        return cls(classes=_drosophila_vnc())

    @classmethod
    def named(cls, name: str) -> Self:
        """Built-in scheme of a name."""
        if name not in BUILT_IN:
            raise ConfigError(
                f"no class scheme {name!r}; built in: {', '.join(BUILT_IN)}"
            )
        return cls(classes=BUILT_IN[name]())

    @classmethod
    def from_ids(cls, ids: Iterable[int], *, ignore: int = IGNORE) -> Self:
        """Scheme that names classes after their ids, for labels without a scheme."""
        classes = {}
        for n, i in enumerate(sorted(ids)):
            role: Role = "background" if i == 0 else "other"
            name = "background" if i == 0 else f"class {i}"
            colour = PALETTE[(n - 1) % len(PALETTE)] if i else (0, 0, 0)
            classes[i] = CellClass(name=name, colour=colour, role=role)
        return cls(classes=classes, ignore=ignore)

    @property
    def ids(self) -> tuple[int, ...]:
        """Class ids, ascending: channel k of a network is class `ids[k]`."""
        return tuple(sorted(self.classes))

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of `ids`."""
        return tuple(self.classes[i].name for i in self.ids)

    @property
    def organelle_ids(self) -> tuple[int, ...]:
        """Ids of the classes whose role is organelle."""
        return self.with_role("organelle")

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def with_role(self, role: Role) -> tuple[int, ...]:
        """Ids of the classes of a role."""
        return tuple(i for i in self.ids if self.classes[i].role == role)

    def ancestors(self, class_id: int) -> tuple[int, ...]:
        """Ids of the classes that a class lies in, innermost first."""
        by_name = {c.name: i for i, c in self.classes.items()}
        found: list[int] = []
        parent = self.classes[class_id].parent
        while parent is not None and by_name[parent] not in (class_id, *found):
            found.append(by_name[parent])
            parent = self.classes[found[-1]].parent
        return tuple(found)

    def family(self, class_id: int) -> tuple[int, ...]:
        """Ids of a class and of all classes that lie in it, the class itself first."""
        return (class_id, *(i for i in self.ids if class_id in self.ancestors(i)))

    def layer_of(self, class_id: int) -> Layer | None:
        """Layer in which the objects of a class are; None if it has none of its own.

        Organelles inside organelles are `parts`. A cell inside a cell, or an organelle
        three deep, belongs to the object around it.
        """
        role = self.classes[class_id].role
        above = [self.classes[i].role for i in self.ancestors(class_id)]
        if role == "cell":
            return None if "cell" in above else "cells"
        if role == "organelle" and above.count("organelle") < 2:
            return "parts" if "organelle" in above else "organelles"
        return None

    def heads(self, layer: Layer) -> dict[int, int]:
        """Class of the object that a voxel belongs to in a layer, by class id.

        Examples
        --------
        >>> ClassScheme.platelet().heads("organelles")  # a core is of its granule
        {2: 2, 3: 3, 4: 4, 5: 5, 6: 5}
        """
        chains = {i: (i, *self.ancestors(i)) for i in self.ids}
        found = {i: [c for c in chains[i] if self.layer_of(c) == layer] for i in chains}
        return {i: heads[0] for i, heads in found.items() if heads}

    def to_channels(self, labels: "NDArray[np.integer]") -> "NDArray[np.uint8]":
        """Channel numbers 0..K-1 of class ids; 255 for the ignore id.

        Raises
        ------
        VolumeError
            If a label is neither a class of the scheme nor the ignore id.
        """
        import numpy as np

        self.check(labels)
        table = np.full(256, 255, np.uint8)
        table[list(self.ids)] = np.arange(len(self), dtype=np.uint8)
        return table[labels.astype(np.uint8, copy=False)]

    def to_ids(self, channels: "NDArray[np.integer]") -> "NDArray[np.uint8]":
        """Class ids of channel numbers; 255 becomes the ignore id."""
        import numpy as np

        table = np.full(256, self.ignore, np.uint8)
        table[: len(self)] = self.ids
        return table[channels]

    def check(self, labels: "NDArray[np.integer]", *, where: str = "labels") -> None:
        """Refuse labels that are not in the scheme.

        Raises
        ------
        VolumeError
            If a label is neither a class of the scheme nor the ignore id.
        """
        if labels.dtype.kind not in "iub":
            raise VolumeError(
                f"{where}: labels must be whole numbers, got {labels.dtype}; "
                "save the class ids as uint8"
            )
        import numpy as np

        found = np.unique(labels)
        unknown = [int(i) for i in found if i not in self.classes and i != self.ignore]
        if unknown:
            raise VolumeError(
                f"{where}: label ids {unknown[:10]} are not in the class scheme "
                f"{list(self.ids)} (ignored: {self.ignore}); "
                "add them to `classes` or correct the labels"
            )

    def colour_table(self) -> "NDArray[np.uint8]":
        """Colours by class id, (256, 3); ids without a class are black."""
        import numpy as np

        table = np.zeros((256, 3), np.uint8)
        for i, c in self.classes.items():
            table[i] = c.colour
        return table

    def as_settings(self) -> dict[str, Any]:
        """Plain values, for YAML or JSON."""
        return self.model_dump(mode="json")


def _scheme(rows: Mapping[int, tuple[Any, ...]]) -> dict[int, CellClass]:
    return {
        i: CellClass(name=name, colour=colour, role=role, parent=parent)
        for i, (name, colour, role, parent) in rows.items()
    }


def _platelet() -> dict[int, CellClass]:
    return _scheme(
        {
            0: ("background", (0, 0, 0), "background", None),
            1: ("cell", (16, 94, 21), "cell", None),
            2: ("mitochondrion", (231, 76, 232), "organelle", "cell"),
            3: ("alpha granule", (76, 115, 233), "organelle", "cell"),
            4: ("canalicular channel", (245, 252, 4), "organelle", "cell"),
            5: ("dense granule", (255, 70, 0), "organelle", "cell"),
            6: ("dense granule core", (99, 4, 4), "organelle", "dense granule"),
        }
    )


def _drosophila_vnc() -> dict[int, CellClass]:
    return _scheme(
        {
            0: ("intracellular", (0, 114, 178), "cell", None),
            1: ("membrane", (240, 228, 66), "other", None),
            2: ("glia / extracellular", (150, 150, 150), "background", None),
            3: ("mitochondrion", (213, 94, 0), "organelle", "intracellular"),
            4: ("synapse", (204, 121, 167), "organelle", None),
        }
    )


BUILT_IN = {"platelet": _platelet, "drosophila-vnc": _drosophila_vnc}

# Okabe and Ito's colours, which colour-blind readers can distinguish.
PALETTE = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
