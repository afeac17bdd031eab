"""Recognise a volume without reading it whole."""

import hashlib

import numpy as np

from densecell.geometry import Shape, tile
from densecell.volume.interface import Volume

SAMPLES = 64  # pieces that are read
PIECE: Shape = (1, 256, 256)


def fingerprint(volume: Volume) -> str:
    """Hash of the shape, the dtype and up to 64 pieces spread over a volume.

    Returns
    -------
    SHA-256, hexadecimal. Volumes of up to 64 pieces of 1 x 256 x 256 voxels are read
    whole; in larger ones a change between the pieces goes unseen.
    """
    digest = hashlib.sha256(repr((volume.shape, str(volume.dtype))).encode())
    pieces = list(tile(volume.shape, PIECE))
    chosen = np.unique(np.linspace(0, len(pieces) - 1, SAMPLES).round().astype(int))
    for n in chosen.tolist():
        digest.update(volume.read(pieces[n]).tobytes())
    return digest.hexdigest()
