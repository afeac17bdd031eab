"""A volume of a project that is open: its image, its paint, what was found in it."""

from pathlib import Path
from typing import Any

import numpy as np

from densecell.classes import IGNORE, ClassScheme
from densecell.config import write_text
from densecell.datasets.labelled import LabelledBox
from densecell.geometry import Spacing
from densecell.session.paint import LAYERS, PaintStore
from densecell.session.picture import ImageTiles
from densecell.session.sparse import SparseLabels
from densecell.volume import Volume, fingerprint


class OpenVolume:
    """A volume of a project, with its paint and its pyramid."""

    def __init__(
        self,
        folder: Path,
        name: str,
        image: Volume,
        *,
        spacing_nm: Spacing,
        scheme: ClassScheme,
    ) -> None:
        self.name, self.image, self.spacing_nm = name, image, spacing_nm
        scratch = folder / "studio" / name / "pyramid"
        self.picture = ImageTiles(image, spacing_nm, scratch)
        self.paint = PaintStore(
            folder,
            name,
            shape=image.shape,
            spacing_nm=spacing_nm,
            scheme=scheme,
        )
        self.underneath: list[LabelledBox] = []  # labels from elsewhere
        self.notes = [*image.notes, *change_of_image(folder / "studio" / name, image)]
        self.sketch = SparseLabels(image.shape, np.dtype(np.uint8), IGNORE)
        self.prediction = SparseLabels(image.shape, np.dtype(np.uint8), IGNORE)

    def layer(self, name: str) -> SparseLabels:
        """Labels of a layer by its name."""
        if name == "sketch":
            return self.sketch
        if name == "prediction":
            return self.prediction
        return self.paint.labels[next(layer for layer in LAYERS if layer == name)]

    def painted(self) -> dict[str, Any]:
        """How much is painted, and where."""
        labels = self.paint.labels["paint"]
        return {"painted": labels.painted, "painted_slices": labels.painted_slices}

    def shown(self) -> dict[str, Any]:
        """The volume as a client shows it."""
        levels = [
            {
                "level": n,
                "shape": level.shape,
                "spacing_nm": tuple(level.spacing_nm),
                "ready": level.volume is not None,
            }
            for n, level in enumerate(self.picture.levels)
        ]
        return {
            "name": self.name,
            "path": str(self.image.path),
            "shape": self.image.shape,
            "spacing_nm": tuple(self.spacing_nm),
            "spacing_certain": True,
            "levels": levels,
            "window": self.picture.window,
            "dtype": str(self.image.dtype),
            "notes": self.notes,
            **self.painted(),
            "can_undo": self.paint.can_undo,
            "can_redo": self.paint.can_redo,
        }


def change_of_image(folder: Path, image: Volume) -> list[str]:
    """What to say if an image has changed since it was opened first.

    Parameters
    ----------
    folder
        Of the volume in the project; its fingerprint is kept there.
    """
    path, found = folder / "image.txt", fingerprint(image)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, found + "\n")
        return []
    if path.read_text(encoding="utf-8").strip() == found:
        return []
    return [
        f"{image.path}: has other grey values than when it was painted; look whether "
        f"the paint still fits, then remove {path}"
    ]
