"""What it matters to labels on which voxels grey values are normalised."""

import numpy as np
import torch
from numpy.typing import NDArray

from densecell.ensemble import Ensemble
from densecell.export.network import Voting, window_sizes
from densecell.geometry import Box, Shape, per_axis
from densecell.phantom import make_phantom
from densecell.volume import (
    ArrayVolume,
    Statistics,
    Volume,
    intensity_statistics,
    normalise,
)

WHOLE: Shape = (8, 512, 512)  # voxels of synthetic tissue, where no volume is given


def grey_note(
    network: Voting,
    ensemble: Ensemble,
    volume: Volume | None,
    grey: Statistics | None,
) -> str:
    """Part of the model card on grey values, with a figure measured here.

    Parameters
    ----------
    network
        The members that vote.
    ensemble
        Where they come from: its voxel size.
    volume
        Volume whose statistics are fixed; None: they are not.
    grey
        Its statistics.
    """
    if volume is None or grey is None:
        tissue = make_phantom(WHOLE, seed=0, spacing_nm=ensemble.spacing_nm).intensities
        volume = ArrayVolume(tissue, spacing_nm=ensemble.spacing_nm)
        rule = (
            "Grey values are normalised by mean and deviation of the whole volume. A "
            "program that sees a crop takes those of the crop."
        )
        where, whole = "synthetic tissue", intensity_statistics(volume)
        remedy = " `densecell export --grey-of VOLUME` fixes both numbers."
    else:
        rule = (
            f"Grey values are normalised by a mean of {grey.mean:.4g} and a deviation "
            f"of {grey.std:.4g}, those of one volume, whatever is labelled. Export "
            "again for a volume of other contrast."
        )
        where, whole, remedy = "that volume", grey, ""
    box = middle(volume.shape, window_sizes(ensemble.networks[0]).least)
    share = share_changed(network, volume.read(box), whole)
    size = " x ".join(map(str, box.shape))
    return (
        f"\n## Grey values\n\n{rule} Of the middle {size} voxels of {where}, "
        f"{share:.2%} get another label if they are normalised by themselves.{remedy}\n"
    )


def middle(shape: Shape, size: Shape) -> Box:
    """Box of a size in the middle of a volume, cut to it."""
    cut = per_axis(min, size, shape)
    return Box.at(per_axis(lambda n, c: (n - c) // 2, shape, cut), cut)


def share_changed(
    network: Voting, crop: NDArray[np.number], whole: Statistics
) -> float:
    """Share of voxels that get another label by statistics of the crop alone.

    Parameters
    ----------
    network
        Maps normalised windows to probabilities.
    crop
        (Z, Y, X) grey values.
    whole
        Statistics of the volume that the crop lies in.
    """
    own = intensity_statistics(ArrayVolume(crop))
    a, b = (_labels(network, normalise(crop, grey)) for grey in (whole, own))
    return float((a != b).mean())


def _labels(network: Voting, seen: NDArray[np.float32]) -> NDArray[np.int64]:
    with torch.inference_mode():
        said = network(torch.from_numpy(seen)[None, None])
    probabilities = said if isinstance(said, torch.Tensor) else said[0]
    return probabilities[0].argmax(0).numpy()  # (Z, Y, X)
