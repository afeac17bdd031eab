"""The voxel size that a file states: its units, and what is taken for it."""

import numpy as np

from densecell.address import Address
from densecell.errors import ConfigError, SpacingError
from densecell.geometry import Spacing, format_spacing
from densecell.volume.interface import UNSTATED

USUAL_NM = (0.5, 1000.0)  # of a voxel in volume EM; others are questioned
ROUNDING = 1e-3  # relative; files round their voxel size

NM_PER_UNIT = {
    "angstrom": 0.1,
    "centimeter": 1e7,
    "decimeter": 1e8,
    "inch": 2.54e7,
    "meter": 1e9,
    "micrometer": 1e3,
    "millimeter": 1e6,
    "nanometer": 1.0,
    "picometer": 1e-3,
}
SHORT = {
    "å": "angstrom",
    "ångström": "angstrom",
    "a": "angstrom",
    "cm": "centimeter",
    "dm": "decimeter",
    "in": "inch",
    "inches": "inch",
    "m": "meter",
    "um": "micrometer",
    "micron": "micrometer",
    "microns": "micrometer",
    "mm": "millimeter",
    "nm": "nanometer",
    "pm": "picometer",
}


def settle_spacing(
    path: Address,
    *,
    stated: tuple[float, ...] | None,
    given: tuple[float, float, float] | None,
    found: str | None = None,
) -> tuple[Spacing | None, tuple[str, ...]]:
    """Voxel size to use, and notes for the user.

    The size that the user gave wins; if the file states another, a note says so. A
    stated size that is unusual is questioned. If there is none at all, a note says what
    was `found` instead.
    """
    if given is not None:
        spacing = Spacing.checked(given)
        if stated is None or np.allclose(stated, spacing, rtol=ROUNDING):
            return spacing, ()
        note = (
            f"{path}: states a voxel size of {format_spacing(stated)}; "
            f"{format_spacing(spacing)} is used, as given"
        )
        return spacing, (note,)
    if stated is None:
        return None, (f"{path}: {UNSTATED}, {found}",) if found else ()
    try:
        spacing = Spacing.checked(stated)
    except ConfigError as error:
        raise SpacingError(
            f"{path}: its voxel size is wrong: {error}; pass --spacing Z Y X (nm)"
        ) from None
    if USUAL_NM[0] <= min(spacing) and max(spacing) <= USUAL_NM[1]:
        return spacing, ()
    note = (
        f"{path}: states a voxel size of {format_spacing(spacing)}, unusual for volume "
        "EM; many programs write 1 for unknown: if so, pass --spacing Z Y X (nm)"
    )
    return spacing, (note,)


def nm_per(unit: str) -> float | None:
    """Nanometres in a unit of length; None when it is not one.

    Examples
    --------
    >>> nm_per("µm"), nm_per("nanometre"), nm_per("pixel")
    (1000.0, 1.0, None)
    """
    word = unit.strip().replace("\\u00B5", "u").lower()
    word = word.replace("\u00b5", "u").replace("\u03bc", "u")  # both signs for micro
    word = SHORT.get(word, word)
    if word.endswith("metre"):
        word = word.removesuffix("metre") + "meter"
    return NM_PER_UNIT.get(word)


def rounded(length: float) -> float:
    """Round away the digits that a number of four bytes does not have.

    Examples
    --------
    >>> import numpy as np
    >>> rounded(np.float32(4.6))
    4.6
    """
    return float(f"{length:.7g}")
