"""Losses: weighted cross entropy, soft Dice, the auxiliary term, L2.

.. [1] Guay et al. 2021, doi:10.1038/s41598-021-81590-0: weighted cross entropy of the
       3D head plus 0.33 of the same of the 2D head, plus L2.
.. [2] Milletari et al. 2016, V-Net, arXiv:1606.04797: the soft Dice loss.
.. [3] Wolf et al. 2020, doi:10.1109/TPAMI.2020.2980827: Dice loss of affinities.
.. [4] Wang et al. 2023, Dice semimetric losses: optimizing the Dice score with soft
       labels, arXiv:2303.16296.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from densecell.config import LossConfig
from densecell.networks import Heads, Network
from densecell.patches import PARTIAL, Exclusions


class Targets(NamedTuple):
    """Targets of a batch.

    Parameters
    ----------
    channels
        (B, Z, Y, X) int64. 255 is unknown and costs nothing. 224 + s is none of the
        classes of set s, and costs - log(1 - probability of those classes).
    weights
        (B, Z, Y, X) cost of an error per voxel; none: 1 everywhere.
    shares
        (B, K, Z, Y, X) soft labels in place of known channels; none: hard labels.
    exclusions
        Channels of every set.
    affinities
        (B, A, Z, Y, X) 1 for pairs of voxels of one cell, 0 for others, 255 for those
        that cost nothing; none: A is 0.
    """

    channels: Tensor
    weights: Tensor | None = None
    shares: Tensor | None = None
    exclusions: Exclusions = ()
    affinities: Tensor | None = None


def window_loss(heads: Heads, targets: Targets, config: LossConfig) -> Tensor:
    """Loss of one batch, in float32.

    Parameters
    ----------
    heads
        (B, K + A, Z, Y, X) logits of classes, then of affinities.
    targets
        Labels of the batch.
    config
        Shares of the terms.

    Notes
    -----
    Cross entropy is the mean over the known voxels, as the paper writes it. (The
    paper's code sums over the window, so that L2 counts less by the number of voxels.)
    """
    loss = _one_head(heads.logits, targets, config)
    if heads.auxiliary is not None and config.auxiliary > 0:
        loss = loss + config.auxiliary * _one_head(heads.auxiliary, targets, config)
    return loss


def l2_penalty(network: Network, config: LossConfig) -> Tensor | None:
    """Sum of squared kernels, weighted by module; none if all weights are 0."""
    shares = {
        "2d": config.l2_2d,
        "3d": config.l2_3d,
        "predictors": config.l2_predictors,
    }
    terms = [
        share * weight.square().sum()
        for name, share in shares.items()
        if share > 0
        for weight in network.groups()[name]
    ]
    return torch.stack(terms).sum() if terms else None


def soft_dice(probabilities: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """1 - mean soft Dice over the classes that occur in the batch [2]_.

    With soft labels it is smallest where probabilities equal them [4]_. With hard
    labels it is the usual soft Dice.

    Parameters
    ----------
    probabilities
        (B, K, Z, Y, X) output of the network.
    truth
        (B, K, Z, Y, X) 1 for the true class, else 0; or soft labels.
    known
        (B, Z, Y, X) 1 where a label is known, else 0.
    """
    axes = (0, 2, 3, 4)
    truth = truth * known[:, None]  # (B, K, Z, Y, X)
    inside = probabilities * known[:, None]
    both = torch.minimum(inside, truth).sum(axes)
    either = inside.sum(axes) + truth.sum(axes)
    present = truth.sum(axes) > 0
    dice = (2 * both + 1) / (either + 1)
    return 1 - dice[present].mean() if present.any() else inside.sum() * 0


def affinity_loss(logits: Tensor, pairs: Tensor) -> Tensor:
    """Cross entropy + soft Dice of pairs of two cells, as a mean over offsets.

    Most pairs lie within one cell, so the Dice of the others is what counts [3]_.
    Offsets without a known pair in the batch cost nothing.

    Parameters
    ----------
    logits
        (B, A, Z, Y, X), high for pairs within one cell.
    pairs
        (B, A, Z, Y, X) 1 for one cell, 0 for two cells, 255 for unknown.
    """
    axes = (0, 2, 3, 4)
    known = (pairs < 2).float()
    apart = (pairs == 0).float()
    entropy = functional.binary_cross_entropy_with_logits(
        -logits, apart, weight=known, reduction="none"
    )
    counts = known.sum(axes)
    inside = torch.sigmoid(-logits) * known
    both, either = (inside * apart).sum(axes), inside.sum(axes) + apart.sum(axes)
    dice = 1 - (2 * both + 1) / (either + 1)
    each = entropy.sum(axes) / counts.clamp(min=1) + dice
    labelled = counts > 0
    return each[labelled].mean() if labelled.any() else logits.sum() * 0


def _one_head(logits: Tensor, targets: Targets, config: LossConfig) -> Tensor:
    logits, channels = logits.float(), targets.channels
    if targets.affinities is not None:
        number = targets.affinities.shape[1]
        logits, others = logits[:, :-number], logits[:, -number:]
        of_pairs = config.affinities * affinity_loss(others, targets.affinities)
        targets = targets._replace(affinities=None)
        return of_pairs + _one_head(logits, targets, config)
    known = (channels < PARTIAL).float()
    filled = channels.masked_fill(channels >= PARTIAL, 0)
    soft = filled if targets.shares is None else targets.shares
    entropy = functional.cross_entropy(logits, soft, reduction="none") * known
    if targets.weights is not None:
        entropy = entropy * targets.weights
    count = known.sum()
    for number, excluded in enumerate(targets.exclusions):
        partly = (channels == PARTIAL + number).float()
        if not partly.any():
            continue
        entropy = entropy + _none_of(logits, excluded) * partly
        count = count + partly.sum()
    loss = entropy.sum() / count.clamp(min=1)
    if config.dice > 0:
        truth = targets.shares
        if truth is None:
            truth = functional.one_hot(filled, logits.shape[1]).movedim(-1, 1).float()
        probabilities = functional.softmax(logits, dim=1)
        loss = loss + config.dice * soft_dice(probabilities, truth, known)
    return loss


def _none_of(logits: Tensor, excluded: tuple[int, ...]) -> Tensor:
    """(B, Z, Y, X) - log of the probability that a voxel is none of these channels."""
    allowed = [k for k in range(logits.shape[1]) if k not in excluded]
    whole = torch.logsumexp(logits, dim=1)
    return whole - torch.logsumexp(logits[:, allowed], dim=1)
