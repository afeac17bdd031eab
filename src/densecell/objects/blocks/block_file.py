"""Arrays in one file, written aside and renamed; nothing pickled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from densecell.disk import written_aside


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays, all at once; what is there is replaced."""
    with written_aside(path, overwrite=True) as aside, aside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write one array as `.npy`, all at once; what is there is replaced."""
    with written_aside(path, overwrite=True) as aside, aside.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def load_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read arrays by name, those that are there; all of them if none is named."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in names or file.files if name in file.files}
