"""What a package is tested with: synthetic tissue, and what a network makes of it.

Nobody's data: tissue of `densecell.phantom`, in voxels of the model's size.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.export.description import RAW, Subject
from densecell.export.network import Voting
from densecell.geometry import Shape, Spacing
from densecell.phantom import make_phantom
from densecell.report.pictures import slice_picture
from densecell.volume import ArrayVolume, intensity_statistics, normalise

MORE = 2  # steps by which the sample is larger than the least window
Tensors = Mapping[str, NDArray[Any]]


def sample_tensors(network: Voting, subject: Subject) -> Tensors:
    """Give input and outputs by name, all (1, C, Z, Y, X).

    Returns
    -------
    `raw` as uint8, as read from disk; the outputs as float32, as `segment` computes
    them.
    """
    sizes = zip(subject.sizes.least, subject.sizes.step, strict=True)
    z, y, x = (least + MORE * step for least, step in sizes)
    raw = make_phantom((z, y, x), seed=0, spacing_nm=subject.spacing_nm).intensities
    seen = normalise(raw, intensity_statistics(ArrayVolume(raw)))
    with torch.inference_mode():
        said = network(torch.from_numpy(seen)[None, None])
    outputs = (said,) if isinstance(said, torch.Tensor) else said
    named = zip(subject.outputs, outputs, strict=True)
    return {RAW: raw[None, None], **{name: tensor.numpy() for name, tensor in named}}


def cover(
    raw: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    *,
    scheme: ClassScheme,
    spacing_nm: Spacing,
) -> bytes:
    """Draw the middle slice of a sample beside its labels, as a PNG file."""
    labels = scheme.to_ids(probabilities[0].argmax(0).astype(np.uint8))  # (Z, Y, X)
    _, y, x = _lost(raw.shape, probabilities.shape)
    seen = raw[0, 0, :, y : raw.shape[3] - y, x : raw.shape[4] - x]
    middle = len(labels) // 2
    return slice_picture(
        seen[middle], {"labels": labels[middle]}, scheme=scheme, spacing_nm=spacing_nm
    )


def _lost(whole: tuple[int, ...], kept: tuple[int, ...]) -> Shape:
    """Give the voxels that one shape is smaller than another, on every side."""
    z, y, x = ((w - k) // 2 for w, k in zip(whole[2:], kept[2:], strict=True))
    return (z, y, x)
