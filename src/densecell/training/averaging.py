"""Weights averaged over recent steps: more stable than those of any one step.

.. [1] Polyak, Juditsky 1992, Acceleration of stochastic approximation by averaging,
       doi:10.1137/0330046.
.. [2] Tarvainen, Valpola 2017, Mean teachers are better role models,
       arXiv:1703.01780: the exponential mean.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from densecell.networks import Network


def averaged_copy(network: Network, share: float) -> AveragedModel:
    """Copy of a network that holds the exponential mean of its weights.

    Call `update_parameters(network)` after each step. Running statistics of batch norms
    are averaged too.

    Parameters
    ----------
    network
        Network that will be trained.
    share
        Share of the old mean in the new one, 0 to 1; with 0 the copy follows the
        network. Smaller in the first steps, so that initial weights are forgotten.
    """
    return AveragedModel(network, avg_fn=_mean(share), use_buffers=True)


def _mean(share: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    def mean(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        if not averaged.is_floating_point():  # how many batches a norm has seen
            return current
        kept = torch.clamp(torch.as_tensor((1 + count) / (10 + count)), max=share)
        return averaged.lerp(current, (1 - kept).to(averaged))  # no wait for a GPU

    return mean
