"""What the columns of every table of a result hold: declared here, and only here.

Writers refuse a column that is not declared, readers check fields by it, and
docs/tables.md shows it. A unit other than none is also the end of a column's name.
Longer than other files because it is data.
"""

import re
from collections import Counter
from functools import cached_property
from typing import Any, NamedTuple

from densecell.classes import ClassScheme

CLASS = "<class>"  # in the name of a column: the name of an organelle's class


class Column(NamedTuple):
    """One column of a table; an empty field is unknown or undefined."""

    name: str  # may begin with CLASS: one column for each class of organelles
    kind: type[int | float | bool | str]
    unit: str
    meaning: str
    needed: bool = False  # whether no row may lack it

    def value(self, text: str) -> Any:
        """Value of a field; None for an empty one.

        Raises
        ------
        ValueError
            If it is no number, or neither true nor false, and should be.
        """
        if not text:
            return None
        if self.kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return self.kind(text)


class TableSchema:
    """The columns of one table.

    Parameters
    ----------
    name
        The file without its suffix.
    made_by
        Command that writes it.
    columns
        All that it can have.
    """

    def __init__(self, name: str, made_by: str, columns: tuple[Column, ...]) -> None:
        self.name, self.made_by, self.columns = name, made_by, columns

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that no row may lack."""
        return tuple(column.name for column in self.columns if column.needed)

    def column(self, heading: str) -> Column | None:
        """Column that a heading names; None if it is not declared.

        Examples
        --------
        >>> CELLS_TABLE.column("alpha_granule_count").unit
        ''
        >>> CELLS_TABLE.column("colour")
        """
        if heading in self._by_name:
            return self._by_name[heading]
        found = self._of_classes.fullmatch(heading)
        return self._by_name[CLASS + found[1]] if found else None

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def _of_classes(self) -> re.Pattern[str]:
        ends = [name[len(CLASS) :] for name in self._by_name if name.startswith(CLASS)]
        return re.compile(rf"\w+?({'|'.join(ends) or '$.'})")


def column_name(name: str) -> str:
    """Part of a column's name that stands for a class.

    Examples
    --------
    >>> column_name("glia / extracellular")
    'glia_extracellular'
    """
    return "_".join("".join(c if c.isalnum() else " " for c in name).split())


def columns_of(scheme: ClassScheme) -> dict[str, str]:
    """Names of organelles as they stand in columns; where two are equal, with the id.

    Examples
    --------
    >>> names = {1: "DA+ vesicle", 2: "DA- vesicle", 3: "nucleus"}
    >>> grey = {"colour": (9, 9, 9), "role": "organelle"}
    >>> classes = {i: grey | {"name": name} for i, name in names.items()}
    >>> list(columns_of(ClassScheme.model_validate({"classes": classes})).values())
    ['DA_vesicle_class_1', 'DA_vesicle_class_2', 'nucleus']
    """
    names = {i: scheme.classes[i].name for i in scheme.organelle_ids}
    columns = {i: column_name(name) for i, name in names.items()}
    times = Counter(columns.values())
    return {
        names[i]: f"{column}_class_{i}" if times[column] > 1 else column
        for i, column in columns.items()
    }


def _columns(
    kind: type[int | float | bool | str],
    names: str,
    meaning: str,
    *,
    unit: str = "",
    needed: bool = False,
) -> tuple[Column, ...]:
    """Columns of one meaning, by their names with blanks between."""
    return tuple(Column(name, kind, unit, meaning, needed) for name in names.split())


def _objects(*, places_needed: bool) -> tuple[Column, ...]:
    """Columns that cells and organelles share."""
    place = places_needed
    return (
        *_columns(str, "class", "name of the class", needed=True),
        *_columns(
            int, "voxels", "size, filled holes included", unit="voxels", needed=True
        ),
        *_columns(
            float,
            "volume_um3",
            "`voxels` times the volume of a voxel",
            unit="um3",
            needed=True,
        ),
        *_columns(
            float,
            "surface_um2",
            "area of a smooth closed mesh around the object. Where the volume ends the "
            "cut counts as surface. Objects whose bounding box has more than 2 million "
            "voxels are measured on every second voxel, or fewer",
            unit="um2",
        ),
        *_columns(
            bool,
            "surface_reliable",
            "`true` if the object is thick enough for its voxels: then the area of "
            "spheres and ellipsoids at 4:1 anisotropy is within 8 %, and within 3 % "
            "from a radius of 5 slices",
            needed=place,
        ),
        *_columns(
            float,
            "sphericity",
            "surface of the sphere that holds as much as that mesh, over "
            "`surface_um2`; 1 for a sphere, less for all else",
        ),
        *_columns(
            float,
            "feret_nm",
            "largest Feret diameter: the largest distance between two points of that "
            "mesh",
            unit="nm",
        ),
        *_columns(
            float,
            "elongation",
            "longest over shortest axis of the ellipsoid with the same second moments; "
            "1 for a sphere",
        ),
        *_columns(
            float,
            "centroid_z_nm centroid_y_nm centroid_x_nm",
            "mean position of its voxels' middles",
            unit="nm",
            needed=place,
        ),
        *_columns(
            int,
            "box_z_start_voxels box_z_stop_voxels box_y_start_voxels "
            "box_y_stop_voxels box_x_start_voxels box_x_stop_voxels",
            "bounding box; `stop` is not included",
            unit="voxels",
            needed=place,
        ),
        *_columns(
            float,
            "nearest_neighbour_nm",
            "between centroids, to the nearest object of the same class in the volume",
            unit="nm",
        ),
        *_columns(
            bool,
            "touches_border",
            "reaches the volume's border, so that part of it may lie outside. In a "
            "volume of one slice only the four sides count",
            needed=True,
        ),
        *_columns(
            float,
            "confidence",
            "mean of the ensemble's highest mean probability, 0 to 1",
        ),
        *_columns(
            int,
            "edits",
            "corrections by hand that changed it (`densecell edit`). Only in results "
            "that were corrected",
        ),
    )


CELLS_TABLE = TableSchema(
    "cells",
    "densecell measure",
    (
        *_columns(int, "cell_id", "id in `labels/cells`", needed=True),
        *_objects(places_needed=True),
        *_columns(
            int,
            "<class>_count",
            "organelles of that class whose `cell_id` it is. Where two classes would "
            "have one column (`DA+`, `DA-`), it is `<class>_class_<id>_count`",
        ),
        *_columns(
            float,
            "<class>_volume_fraction",
            "volume of its organelles of that class, with what lies in them, as a "
            "share of its own, 0 to 1",
        ),
        *_columns(
            float,
            "<class>_count_min <class>_count_max <class>_volume_fraction_min "
            "<class>_volume_fraction_max",
            "where members' labels were kept (`segment --keep-members`): least and "
            "most over the members and the ensemble, each with its own organelles in "
            "the ensemble's cells",
        ),
    ),
)

ORGANELLES_TABLE = TableSchema(
    "organelles",
    "densecell measure",
    (
        *_columns(
            str,
            "layer",
            "`organelles` or `parts`, the array that the id is in",
            needed=True,
        ),
        *_columns(int, "organelle_id", "id in that array", needed=True),
        *_columns(
            int,
            "cell_id",
            "the cell that shares most voxels with the organelle (of a part: with the "
            "organelle that it lies in), 0 for none",
            needed=True,
        ),
        *_columns(
            int,
            "inside_organelle_id",
            "of a part, the organelle that it lies in; else 0",
        ),
        *_objects(places_needed=False),
        *_columns(
            float,
            "membrane_distance_nm",
            "from the middle of its nearest voxel to that of the nearest voxel outside "
            "its cell. The volume's border is no membrane. 0 where it reaches out of "
            "its cell. In cells whose bounding box has more than 16 million voxels, "
            "only as fine as every second voxel, or fewer",
            unit="nm",
        ),
        *_columns(
            float,
            "class_share",
            "share of the votes of its voxels for its class, 0 to 1: low values are "
            "doubtful. Voxels vote with their probabilities where these were kept, "
            "else with the confidence of their label; empty where neither is known",
        ),
        *_columns(
            str,
            "second_class",
            "class with the second most votes; empty if no voxel voted for another",
        ),
    ),
)

CLASSES_TABLE = TableSchema(
    "classes",
    "densecell measure",
    (
        *_columns(int, "class_id", "id of the class in the labels"),
        *_columns(str, "class role", "from the scheme", needed=True),
        *_columns(
            int,
            "voxels",
            "labelled as exactly this class, in objects or not",
            unit="voxels",
        ),
        *_columns(float, "volume_um3", "volume of these voxels", unit="um3"),
        *_columns(float, "volume_fraction", "of all voxels that have a class, 0 to 1"),
        *_columns(
            float,
            "volume_fraction_min volume_fraction_max",
            "over the members and the ensemble, where kept",
        ),
        *_columns(int, "objects", "number of objects, including those at the border"),
        *_columns(
            float,
            "objects_min objects_max",
            "over the members and the ensemble, where kept",
        ),
        *_columns(
            int,
            "whole_objects objects_left_out",
            "objects that do not, and that do touch the volume's border",
        ),
        *_columns(
            float,
            "volume_um3_mean volume_um3_sd",
            "over whole objects only, with what lies in them",
            unit="um3",
        ),
        *_columns(
            int,
            "whole_cells cells_left_out",
            "cells that the next four columns are taken over, and cells at the border "
            "that are left out",
        ),
        *_columns(
            float,
            "count_per_cell_mean count_per_cell_sd",
            "organelles of this class in a whole cell",
        ),
        *_columns(
            float,
            "volume_fraction_per_cell_mean volume_fraction_per_cell_sd",
            "of a whole cell's volume",
        ),
        *_columns(int, "dropped_too_small", "objects below `min_volume_um3`"),
        *_columns(
            int,
            "dropped_outside_parent",
            "objects in no object of the class they must lie in",
        ),
        *_columns(
            int,
            "dropped_without_own_voxel",
            "objects without a voxel of their own class, such as a core that no "
            "granule surrounds",
        ),
    ),
)

CONTACTS_TABLE = TableSchema(
    "contacts",
    "densecell measure",
    (
        *_columns(str, "class_a class_b", "two classes that meet", needed=True),
        *_columns(
            float,
            "area_um2",
            "of the surface between them, from voxel faces in patches three times as "
            "wide as a voxel is long: within 4 % for flat surfaces in any direction, "
            "thin layers too (counted on both sides), and within 3 % for balls with a "
            "radius of 5 slices; up to 16 % too small for smaller ones",
            unit="um2",
        ),
    ),
)

MESHES_TABLE = TableSchema(
    "meshes",
    "densecell mesh",
    (
        *_columns(str, "object", "`cell`, `organelle` or `part`", needed=True),
        *_columns(int, "id", "id in the array of those", needed=True),
        *_columns(str, "class", "name of the class", needed=True),
        *_columns(
            int,
            "cell",
            "id of the cell that holds most of its voxels, 0 for none; of a cell its "
            "own",
            needed=True,
        ),
        *_columns(int, "voxels", "size, filled holes included", unit="voxels"),
        *_columns(
            int,
            "level",
            "pyramid level that it was taken from: 0, or coarser where its bounding "
            "box has more voxels than `--max-voxels`",
        ),
        *_columns(int, "triangles_before", "of the whole surface"),
        *_columns(
            int,
            "triangles",
            "of what was written, which lies within `--max-error` of it",
            needed=True,
        ),
        *_columns(
            float,
            "area_um2",
            "of the whole surface. Where the volume ends the cut counts",
            unit="um2",
        ),
        *_columns(
            float,
            "volume_um3",
            "inside the whole surface; `volume_um3` of the tables above is that of the "
            "voxels",
            unit="um3",
            needed=True,
        ),
        *_columns(
            bool,
            "reliable",
            "`True` if it is thick enough for its voxels: three times volume over "
            "area, the radius of a ball, is at least 2.25 times a voxel's longest "
            "edge. Balls that are reliable keep their volume within 3 %. What is "
            "`False` is for looking at only: a small ball loses a tenth of its volume, "
            "something small and ragged may lose most of it",
        ),
    ),
)

SCHEMAS = {
    schema.name: schema
    for schema in (
        CELLS_TABLE,
        ORGANELLES_TABLE,
        CLASSES_TABLE,
        CONTACTS_TABLE,
        MESHES_TABLE,
    )
}
