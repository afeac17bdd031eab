"""Packages of the extra `formats`, asked for only when they are needed."""

import importlib
from typing import Any

from densecell.errors import MissingExtraError


def imported(name: str, *, what: str) -> Any:
    """Import a package that volumes of some format need.

    Parameters
    ----------
    what
        Which volumes, for the message.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError(
            f"{what} need {name}, which is not installed; "
            "pip install 'densecell[formats]'"
        ) from None
