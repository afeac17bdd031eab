"""What a piece of tissue is made of: sizes in pixels, numbers per million pixels."""

from typing import NamedTuple

import numpy as np

Range = tuple[float, float]


class Ranges(NamedTuple):
    """What a kind of tissue varies within."""

    cell_px: Range  # width of a cell
    wall_px: Range  # half the width of a membrane or wall
    gap_px: Range  # half the width of what lies between cells
    mitochondria: Range  # in a million voxels
    mitochondrion_px: Range  # its radius
    granules: Range
    granule_px: Range
    bodies: Range  # nuclei, lipid, chloroplasts
    body_px: Range
    synapses: Range


KINDS = {
    "neuropil": Ranges(
        (25, 70), (0.7, 1.6), (0, 0), (100, 400), (6, 13), (0, 1500), (2, 4), (0, 0),
        (1, 1), (20, 60),
    ),
    "large cells": Ranges(
        (150, 300), (0.8, 2.5), (0, 6), (50, 150), (8, 18), (50, 500), (3, 8), (2, 6),
        (25, 60), (0, 5),
    ),
    "walled cells": Ranges(
        (120, 250), (2.0, 6.0), (0, 3), (10, 50), (6, 12), (0, 100), (2, 5), (6, 16),
        (20, 45), (0, 0),
    ),
    "muscle and gland": Ranges(
        (80, 200), (0.8, 2.0), (0, 6), (60, 140), (7, 16), (100, 600), (4, 10), (0, 3),
        (20, 40), (0, 5),
    ),
}  # fmt: skip


class TissueKind(NamedTuple):
    """One piece of tissue: every range drawn once."""

    name: str
    cell_px: float
    wall_px: float
    gap_px: float
    mitochondria: float
    mitochondrion_px: float
    granules: float
    granule_px: float
    bodies: float
    body_px: float
    synapses: float
    anisotropy: float  # depth of a slice in pixels


def draw_kind(rng: np.random.Generator, name: str | None = None) -> TissueKind:
    """A kind of tissue with sizes and numbers of its own."""
    name = name or str(rng.choice(list(KINDS)))
    ranges = KINDS[name]._asdict().items()
    values = {what: float(rng.uniform(*ends)) for what, ends in ranges}
    return TissueKind(
        name=name, **values, anisotropy=float(np.exp(rng.uniform(0, np.log(12))))
    )
