"""Packages of extras, asked for only when they are needed."""

import importlib
from typing import Any

from densecell.errors import MissingExtraError


def imported(name: str, *, what: str, extra: str = "formats") -> Any:
    """Import a package that not everybody needs.

    Parameters
    ----------
    what
        What needs it, such as volumes of some format; for the message.
    extra
        Which extra of densecell brings it.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError(
            f"{what} need {name.partition('.')[0]}, which is not installed; "
            f"pip install 'densecell[{extra}]'"
        ) from None
