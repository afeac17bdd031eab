"""Join basins that are one object: those whose common face is no neck.

The product of three ratios decides whether a face is a neck:

- how deep: its deepest point over that of the deeper basin. It falls where both sides
  are thicker than what joins them [1]_;
- how wide: three times its mean depth over the deepest point of the shallower basin. A
  face across a round rod has 1; one that is deep at a single spot has less;
- how full: what both together fill of the ellipsoid of equal second moments, over what
  each fills of its own, weighted by volume. Two round bodies side by side have less
  than 1, two halves of one have more. It does not depend on the voxel size.

None of them is a length, so that one setting serves large and small objects. No weight
is fitted to any tissue.

.. [1] Najman and Schmitt 1996, Geodesic saliency of watershed contours and hierarchical
       segmentation, IEEE TPAMI 18:1163, doi:10.1109/34.546254.
"""

import heapq
import math
from collections import defaultdict

from densecell.objects.cut.basins import Basin, BasinFace, BasinFaces

ROD = 3  # the depth of a round rod's middle over the mean depth of its section
WIDTH = 1 / 12  # second moment of a voxel about its own middle


def joined(
    basins: dict[int, Basin], faces: BasinFaces, *, neck: float
) -> dict[int, int]:
    """Join basins, the widest faces first, while these are no necks.

    Parameters
    ----------
    basins, faces
        By id, and by two ids of which the first is lower.
    neck
        Two are joined while their face has at least this `openness`; what they become
        is judged anew.

    Returns
    -------
    For every basin the lowest id of those it was joined with.
    """
    parts = dict(basins)
    around: dict[int, dict[int, BasinFace]] = defaultdict(dict)
    for (a, b), face in faces.items():
        around[a][b] = around[b][a] = face
    queue = [
        (-openness(parts[a], parts[b], face), a, b) for (a, b), face in faces.items()
    ]
    queue = [entry for entry in queue if -entry[0] >= neck]
    heapq.heapify(queue)
    into = {number: number for number in basins}
    while queue:
        known, a, b = heapq.heappop(queue)
        if b not in around[a] or -known != openness(parts[a], parts[b], around[a][b]):
            continue  # one of the two has grown since
        into[b] = a
        parts[a] = parts[a].joined(parts.pop(b))
        _move(around, b, a)
        for other, face in around[a].items():
            now = openness(parts[a], parts[other], face)
            if now >= neck:
                heapq.heappush(queue, (-now, min(a, other), max(a, other)))
    for number in sorted(into):  # a basin is joined with a lower one only
        into[number] = into[into[number]]
    return into


def openness(a: Basin, b: Basin, face: BasinFace) -> float:
    """How little of a neck a face is: 1 across a round rod, 0 at a single point.

    What has no depth is no part of its own: it belongs to what it touches, if to
    several, to any.
    """
    shallower, deeper = sorted((a.peak, b.peak))
    if not shallower:
        return 1.0
    if not face.pairs:
        return 0.0
    deep = face.saddle / deeper
    wide = ROD * face.depths / face.pairs / shallower
    apart = a.voxels * filled(a) + b.voxels * filled(b)
    full = (a.voxels + b.voxels) * filled(a.joined(b)) / apart
    return deep * wide * full


def filled(basin: Basin) -> float:
    """Share that a basin fills of the ellipsoid of its moments, times a constant.

    The constant is the same for all basins, so that ratios are right.
    """
    n, (z, y, x) = basin.voxels, basin.position
    zz, yy, xx, zy, zx, yx = basin.square
    own = n * n * WIDTH  # whole numbers up to here: where the basin lies does not count
    a, b, c = n * zz - z * z + own, n * yy - y * y + own, n * xx - x * x + own
    d, e, f = n * zy - z * y, n * zx - z * x, n * yx - y * x
    determinant = a * b * c + 2 * d * e * f - a * f * f - b * e * e - c * d * d
    return float(n) ** 4 / math.sqrt(determinant)


def _move(around: dict[int, dict[int, BasinFace]], gone: int, into: int) -> None:
    """Move the faces of a basin to the one that it was joined with."""
    for other, face in around.pop(gone).items():
        del around[other][gone]
        if other != into:
            known = around[into].get(other)
            both = face if known is None else known.joined(face)
            around[into][other] = around[other][into] = both
