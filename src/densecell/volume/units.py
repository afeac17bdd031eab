"""Units of length as files spell them."""

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


def nm_per(unit: str) -> float | None:
    """Give the nanometres in a unit of length, or None when it is not one.

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
    """Drop the digits that a number of four bytes does not have.

    Examples
    --------
    >>> import numpy as np
    >>> rounded(np.float32(4.6))
    4.6
    """
    return float(f"{length:.7g}")
