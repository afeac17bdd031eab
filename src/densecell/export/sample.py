"""The sample that a package is tested with: synthetic tissue, and its labels.

The tissue comes from `densecell.phantom`, at the model's voxel size.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.export.description import RAW, PackageFacts
from densecell.export.network import Voting
from densecell.geometry import Shape, Spacing, per_axis
from densecell.phantom import make_phantom
from densecell.report.pictures import slice_picture
from densecell.volume import ArrayVolume, intensity_statistics, normalise

MORE = 1  # steps that the sample is larger than the smallest window
Tensors = Mapping[str, NDArray[Any]]


def sample_tensors(network: Voting, facts: PackageFacts) -> Tensors:
    """Input and outputs by name, all (1, C, Z, Y, X).

    Returns
    -------
    `raw` as uint8, as on disk; the outputs as float32, as `segment` computes them.
    """
    shape = per_axis(
        lambda least, step: least + MORE * step, facts.sizes.least, facts.sizes.step
    )
    raw = _tissue(shape, facts.spacing_nm)
    seen = normalise(raw, facts.grey or intensity_statistics(ArrayVolume(raw)))
    with torch.inference_mode():
        said = network(torch.from_numpy(seen)[None, None])
    outputs = (said,) if isinstance(said, torch.Tensor) else said
    named = zip(facts.outputs, outputs, strict=True)
    return {RAW: raw[None, None], **{name: tensor.numpy() for name, tensor in named}}


@lru_cache(maxsize=1)  # the packages of a model have the same sample
def _tissue(shape: Shape, spacing_nm: Spacing) -> NDArray[np.uint8]:
    return make_phantom(shape, seed=0, spacing_nm=spacing_nm).intensities


def cover(
    raw: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
) -> bytes:
    """Middle slice of a sample beside its labels, as a PNG file."""
    labels = scheme.to_ids(probabilities[0].argmax(0).astype(np.uint8))  # (Z, Y, X)
    _, y, x = per_axis(
        lambda whole, kept: (whole - kept) // 2, raw.shape[2:], labels.shape
    )
    seen = raw[0, 0, :, y : raw.shape[3] - y, x : raw.shape[4] - x]
    middle = len(labels) // 2
    return slice_picture(
        seen[middle], {"labels": labels[middle]}, scheme=scheme, spacing_nm=spacing_nm
    )
