"""Packages of the extra `mesh`, asked for only when they are needed."""

import importlib
from typing import Any

from densecell.errors import MissingExtraError


def imported(name: str) -> Any:
    """Import a package of the extra `mesh`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError(
            f"meshes need {name.partition('.')[0]}, which is not installed; "
            "pip install 'densecell[mesh]'"
        ) from None
