"""Offsets of the classes' logits that give the best mean IoU on labelled voxels.

So that rare classes are found at all, training shows them more often and weights their
errors more. The network then predicts them too often. Adding a constant to each class's
logit corrects this [1]_. One number per class is fitted to many thousand voxels. It
costs nothing at inference: it is added to the last layer's bias.

.. [1] Menon et al. 2021, Long-tail learning via logit adjustment, arXiv:2007.07314.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SAMPLE = 500_000  # most voxels that offsets are fitted to
STEPS = (0.8, 0.4, 0.2, 0.1, 0.05)  # of the search, coarse to fine
ROUNDS = 2  # over all classes with each step
LARGEST = 4.0  # largest offset; e^4 = 55
TINY = 1e-9


def best_offsets(
    probabilities: Sequence[NDArray[np.float32]], truth: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """Search, class by class, for the offsets that give the highest mean IoU.

    Parameters
    ----------
    probabilities
        (K, Z, Y, X) of every volume.
    truth
        (Z, Y, X) channels of every volume; K and above are unknown and do not count.

    Returns
    -------
    (K,) float32 to be added to the logits. 0 for classes without a voxel in `truth`,
    and where no offset is better than none.

    Notes
    -----
    At most 500,000 known voxels are used; where there are more, a fixed random sample.

    Examples
    --------
    >>> shares = np.array([[0.4, 0.4, 0.3], [0.6, 0.6, 0.7]], np.float32)
    >>> shares = shares[:, None, None]  # class 1 wins everywhere, and should not
    >>> truth = np.array([[[0, 0, 1]]], np.uint8)
    >>> moved = np.log(shares) + best_offsets([shares], [truth])[:, None, None, None]
    >>> moved.argmax(0)
    array([[[0, 0, 1]]])
    """
    logs, labels = _sample(probabilities, truth)
    classes = len(logs)
    there = [int(k) for k in np.unique(labels)]
    offsets = np.zeros(classes, np.float32)
    best = _mean_iou(logs, offsets, labels)
    for step in STEPS:
        for channel in there * ROUNDS:
            for change in (step, -step):
                tried = offsets.copy()
                tried[channel] += change
                if abs(tried[channel]) > LARGEST:
                    continue
                score = _mean_iou(logs, tried, labels)
                if score > best:
                    best, offsets = score, tried
    return offsets


def moved(
    probabilities: NDArray[np.float32], offsets: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """(Z, Y, X) channels with the highest logit after adding the offsets."""
    factors = np.exp(offsets)[:, None, None, None]
    return (probabilities * factors).argmax(0).astype(np.uint8)


def _sample(
    probabilities: Sequence[NDArray[np.float32]], truth: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(K, N) log probabilities and (N,) labels of known voxels."""
    classes = len(probabilities[0])
    known = [np.flatnonzero(labels < classes) for labels in truth]
    share = min(1.0, SAMPLE / max(1, sum(map(len, known))))
    rng = np.random.default_rng(0)
    drawn = [at if share == 1 else at[rng.random(len(at)) < share] for at in known]
    pairs = list(zip(probabilities, truth, drawn, strict=True))
    shares = np.concatenate([p.reshape(classes, -1)[:, at] for p, _, at in pairs], 1)
    labels = np.concatenate([t.ravel()[at] for _, t, at in pairs])
    return np.log(shares + TINY), labels


def _mean_iou(
    logs: NDArray[np.float32], offsets: NDArray[np.float32], labels: NDArray[np.uint8]
) -> float:
    """Mean IoU over the classes that are present or predicted."""
    classes = len(logs)
    predicted = (logs + offsets[:, None]).argmax(0)
    pairs = labels.astype(np.int64) * classes + predicted
    counts = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    both = np.diag(counts)
    either = counts.sum(0) + counts.sum(1) - both
    return float((both[either > 0] / either[either > 0]).mean()) if len(labels) else 0.0
