"""Count which class was predicted where which was true."""

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.errors import VolumeError

_AT_ONCE = 1 << 20  # voxels per bincount, which needs 8 bytes for each


def confusion_matrix(
    truth: NDArray[np.integer],
    predicted: NDArray[np.integer],
    scheme: ClassScheme,
    *,
    where_labelled: bool = False,
    names: tuple[str, str] = ("truth", "prediction"),
) -> NDArray[np.int64]:
    """Count voxels by true and predicted class.

    Additive: the matrices of the blocks of a volume sum up to the volume's matrix.

    Parameters
    ----------
    truth
        Class ids, any shape. Voxels equal to `scheme.ignore` do not count.
    predicted
        Class ids, the shape of `truth`. Voxels equal to `scheme.ignore` do not count
        either: a place without a prediction is neither right nor wrong.
    scheme
        The classes; rows and columns follow `scheme.ids`.
    where_labelled
        Count only voxels with truth > 0, for labels that show one cell of many and
        leave all else at 0.
    names
        What messages call truth and prediction.

    Returns
    -------
    (K, K) int64; rows are true classes, columns predicted ones.

    Raises
    ------
    VolumeError
        If the shapes differ, or a label is not in the scheme.

    Notes
    -----
    About 10 ns per voxel; the extra memory is 16 MB whatever the size.

    Examples
    --------
    >>> truth = np.array([0, 0, 1, 1, 255])
    >>> predicted = np.array([0, 1, 1, 1, 0])
    >>> confusion_matrix(truth, predicted, ClassScheme.from_ids([0, 1]))
    array([[1, 1],
           [0, 2]])
    """
    if truth.shape != predicted.shape:
        raise VolumeError(
            f"truth has shape {truth.shape} and the prediction {predicted.shape}; "
            "they must be equal: crop the larger one, or score a box that both cover"
        )
    joint = _count_pairs(
        _as_uint8(truth, scheme, names[0]), _as_uint8(predicted, scheme, names[1])
    )
    scheme.check(np.flatnonzero(joint.any(axis=1)), where=names[0])
    scheme.check(np.flatnonzero(joint.any(axis=0)), where=names[1])
    if where_labelled:
        joint[0] = 0
    return joint[np.ix_(scheme.ids, scheme.ids)]


def _as_uint8(
    labels: NDArray[np.integer], scheme: ClassScheme, where: str
) -> NDArray[np.uint8]:
    """Narrow labels once it is known that no id is lost."""
    if labels.dtype != np.uint8:
        scheme.check(labels, where=where)
    return labels.astype(np.uint8, copy=False).ravel()


def _count_pairs(
    truth: NDArray[np.uint8], predicted: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Count pairs of ids in two flat arrays, as a (256, 256) table."""
    joint = np.zeros(256 * 256, np.int64)
    for start in range(0, truth.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        pairs = truth[part].astype(np.uint16) * 256 + predicted[part]
        joint += np.bincount(pairs, minlength=joint.size)
    return joint.reshape(256, 256)
