"""Where the ensemble is not sure."""

import numpy as np

from densecell.geometry import Box
from densecell.report.found import Found
from densecell.volume import sampled_boxes

UNSURE = (
    128  # confidence in bytes; below, no class is likelier than all others together
)
NOTICED = 0.05  # share of unsure voxels of a region that is worth a sentence
NAMED = 3  # regions


def unsure_remarks(found: Found) -> list[str]:
    """Name the regions with the largest share of unsure voxels.

    Notes
    -----
    Reads all of volumes up to 64 million voxels, and 64 boxes of larger ones.
    """
    confidence = found.layer("confidence")
    if confidence is None or not found.is_segmented:
        return []
    boxes = list(sampled_boxes(found.shape))
    shares = [float(np.mean(confidence.read(box) < UNSURE)) for box in boxes]
    worst = np.argsort(-np.array(shares), kind="stable")[:NAMED]
    noticed = [n for n in worst if shares[n] >= NOTICED]
    if not noticed:
        return []
    regions = "; ".join(
        f"{_words(boxes[n].shifted(found.origin))} ({100 * shares[n]:.0f} %)"
        for n in noticed
    )
    voxels = [box.voxels for box in boxes]
    return [
        "Regions of low confidence, with the share of voxels for which no class is "
        f"likelier than all others together: {regions}; "
        f"{100 * np.average(shares, weights=voxels):.1f} % of all. Look there first."
    ]


def _words(box: Box) -> str:
    sides = zip("zyx", box.start, box.stop, strict=True)
    return ", ".join(f"{axis} {start} to {stop}" for axis, start, stop in sides)
