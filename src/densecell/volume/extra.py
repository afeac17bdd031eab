"""Optional packages, imported only when they are needed."""

import importlib
from typing import Any

from densecell.errors import MissingExtraError


def imported(name: str, *, what: str, extra: str = "formats") -> Any:
    """Import an optional package.

    Parameters
    ----------
    what
        What needs it, in the plural, for the message: "MRC files".
    extra
        The extra of densecell that installs it.

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
