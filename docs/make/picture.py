"""Draw truth, ensemble and disagreement from what `densecell demo` left in a folder.

python docs/make/picture.py demo docs/demo.png
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.report.pictures import slice_picture
from densecell.volume import open_volume


def main() -> None:
    """Draw the middle slice of the unseen phantom: truth, ensemble, disagreement."""
    demo, out = Path(sys.argv[1]), Path(sys.argv[2])
    store = demo / "result" / "segmentation.zarr"
    image = open_volume(demo / "unseen.zarr")
    depth, height, width = image.shape
    box = Box((depth // 2, 0, 0), (depth // 2 + 1, height, width))

    def middle_slice(path: Path) -> NDArray[np.uint8]:
        return open_volume(path, labels="labels" in path.parts).read(box)[0]

    picture = slice_picture(
        image.read(box)[0],
        {
            "truth": middle_slice(demo / "unseen.zarr" / "labels" / "classes"),
            "ensemble of 3": middle_slice(store / "labels" / "classes"),
        },
        scheme=ClassScheme.platelet(),
        spacing_nm=image.spacing_nm,
        maps={"disagreement": middle_slice(store / "disagreement")},
    )
    out.write_bytes(picture)


if __name__ == "__main__":
    main()
