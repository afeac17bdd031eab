"""Weights that make rare classes and borders between classes count more in training.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from densecell.classes import ClassScheme
from densecell.config import ErrorWeights
from densecell.errors import VolumeError

DEFAULTS = ErrorWeights()


def error_weights(
    labels: NDArray[np.uint8],
    scheme: ClassScheme,
    *,
    config: ErrorWeights = DEFAULTS,
    counts: NDArray[np.integer] | None = None,
) -> NDArray[np.float32]:
    """Weight of every voxel: a floor, plus rarity of its class, plus nearby borders.

    Parameters
    ----------
    labels
        (Z, Y, X) class ids. Voxels equal to `scheme.ignore` get weight 0 and have no
        borders.
    scheme
        Classes; their roles decide which borders count (see Notes).
    config
        Floor, height, reach and threshold; default: the paper's [1]_.
    counts
        (K,) voxels per class in the order of `scheme.ids`, to balance classes over
        more than `labels`, such as all training volumes. Default: those of `labels`.

    Returns
    -------
    (Z, Y, X) float32: `floor + class balance + border`, at most
    `floor + 1 + peak`.

    Raises
    ------
    VolumeError
        If `labels` is not (Z, Y, X), or has ids that the scheme lacks.

    Notes
    -----
    Borders lie between groups of classes. If a scheme has all three roles background,
    cell and organelle, each of them is a group. Then borders between background and
    cell count, and those between cell and organelle. Each class of role "other" is a
    group with borders to all. In any other scheme every class is such a group.

    Slices are blurred in plane, one by one: about 0.1 us per voxel and group, 4 bytes
    per voxel and a few slices. The border term is scaled to keep its maximum, so
    weights of a block differ from those of the whole: use whole volumes.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 0, 1]]], np.uint8)
    >>> weights = error_weights(labels, ClassScheme.from_ids([0, 1]))
    >>> weights.shape, bool(weights[0, 0, 3] > 1)
    ((1, 1, 4), True)
    """
    if labels.ndim != 3:
        raise VolumeError(
            f"labels must be (Z, Y, X), got shape {labels.shape}; "
            "a single slice is labels[None]"
        )
    channels = scheme.to_channels(labels)
    if counts is None:
        counts = np.bincount(channels.ravel(), minlength=256)[: len(scheme)]

    weights = _border_weights(channels, _borders(scheme), config)
    table = np.zeros(256, np.float32)  # channel 255 is ignored and stays 0
    table[: len(scheme)] = config.floor + class_balance(counts)
    weights += table[channels]
    return weights


def class_balance(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weights of classes in proportion to 1 / voxels; the rarest present has weight 1.

    Parameters
    ----------
    counts
        (K,) voxels per class over all training volumes. A class without voxels gets 0.

    Returns
    -------
    (K,) float64, 0 to 1.

    Examples
    --------
    >>> class_balance(np.array([40, 10, 0])).tolist()
    [0.25, 1.0, 0.0]
    """
    there = counts > 0
    balance = np.zeros(len(counts))
    if there.any():
        balance[there] = counts[there].min() / counts[there]
    return balance


def power_balance(counts: NDArray[np.integer], power: float) -> NDArray[np.float32]:
    """Weights of classes in proportion to voxels ** -power, with mean 1 over voxels.

    With power 0 a short training never finds very rare classes; with power 1 it paints
    them everywhere.

    Parameters
    ----------
    counts
        (K,) voxels per class over all training volumes.
    power
        0 to 1.

    Returns
    -------
    (K,) float32; 0 for a class without voxels.

    Examples
    --------
    >>> [f"{weight:.2f}" for weight in power_balance(np.array([16, 4, 0]), 0.5)]
    ['0.83', '1.67', '0.00']
    """
    there = counts > 0
    weights = np.zeros(len(counts))
    weights[there] = counts[there].astype(float) ** -power
    mean = (weights * counts).sum() / max(1, counts.sum())
    return (weights / max(mean, np.finfo(float).tiny)).astype(np.float32)


class _Borders(NamedTuple):
    """Group of each class, and which pairs of groups have borders that count."""

    group_of_channel: NDArray[np.intp]  # (K,)
    matters: NDArray[np.bool_]  # (groups, groups), symmetric, false on the diagonal


def _borders(scheme: ClassScheme) -> _Borders:
    roles = [scheme.classes[i].role for i in scheme.ids]
    main = ["background", "cell", "organelle"]
    if not set(main) <= set(roles):
        return _Borders(np.arange(len(roles)), ~np.eye(len(roles), dtype=bool))
    others = [k for k, role in enumerate(roles) if role == "other"]
    group = [
        len(main) + others.index(k) if role == "other" else main.index(role)
        for k, role in enumerate(roles)
    ]
    matters = ~np.eye(len(main) + len(others), dtype=bool)
    matters[0, 2] = matters[2, 0] = False  # background and organelle: no such border
    return _Borders(np.array(group), matters)


def _border_weights(
    channels: NDArray[np.uint8], borders: _Borders, config: ErrorWeights
) -> NDArray[np.float32]:
    """Blur each group into the groups it borders on, then threshold the sum."""
    group_of = np.full(256, 255, np.uint8)
    group_of[: len(borders.group_of_channel)] = borders.group_of_channel
    weights = np.zeros(channels.shape, np.float32)
    for out, slice_channels in zip(weights, channels, strict=True):
        groups = group_of[slice_channels]  # (Y, X)
        present = [int(g) for g in np.unique(groups) if g != 255]
        for source in present:
            targets = np.flatnonzero(borders.matters[source])
            reached = np.isin(groups, targets)
            if not reached.any():
                continue
            indicator = (groups == source).astype(np.float32)
            blurred = gaussian_filter(indicator, config.sigma_px, mode="reflect")
            out += config.peak * blurred * reached
    return _stretched(weights, config.threshold)


def _stretched(weights: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """Subtract the threshold and scale the rest so that the maximum stays."""
    top = float(weights.max(initial=0.0))
    if top <= threshold:
        return np.zeros_like(weights)
    np.maximum(weights - threshold, 0, out=weights)
    weights *= top / (top - threshold)
    return weights
