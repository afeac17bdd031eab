"""Volumes that are annotated only in boxes, or only for some classes.

A voxel of an annotated class is known. Any other voxel of such a box is only known to
be none of the annotated classes. It gets a code for that, and the loss only asks that
the network gives those classes no probability there. Voxels outside all boxes are
unknown.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.config import VolumeEntry
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape

UNKNOWN = 255  # code of voxels that nobody annotated
PARTIAL = 224  # codes from here to 254: none of the classes of a set
Exclusions = tuple[tuple[int, ...], ...]  # channels of each set; set s has code 224 + s


def exclusions_of(entries: Sequence[VolumeEntry], scheme: ClassScheme) -> Exclusions:
    """Sets of channels that boxes are annotated for, each once.

    Raises
    ------
    ConfigError
        If a box names a class that the scheme lacks, or there are too many sets or
        classes.
    """
    if len(scheme) > PARTIAL:
        raise ConfigError(
            f"{len(scheme)} classes, but at most {PARTIAL} can be learned; merge some"
        )
    found: dict[tuple[int, ...], None] = {}
    for entry in entries:
        for box in entry.boxes:
            if box.classes is not None:
                found[_channels(box.classes, scheme, entry)] = None
    if len(found) > UNKNOWN - PARTIAL:
        raise ConfigError(
            f"boxes are annotated for {len(found)} different sets of classes; at most "
            f"{UNKNOWN - PARTIAL} are possible"
        )
    return tuple(found)


def annotated(
    channels: NDArray[np.uint8],
    corner: Shape,
    entry: VolumeEntry,
    scheme: ClassScheme,
    exclusions: Exclusions,
) -> NDArray[np.uint8]:
    """Mark the channels outside annotated boxes and classes as unknown.

    Parameters
    ----------
    channels
        (Z, Y, X) channels in the label file.
    corner
        First voxel of `channels` in the volume.
    entry
        Volume with its annotated boxes, in voxels of the volume.
    scheme, exclusions
        Classes of the project, and its sets of channels from `exclusions_of`.

    Returns
    -------
    (Z, Y, X) channels, `UNKNOWN`, or a code from `PARTIAL` on.

    Raises
    ------
    ConfigError
        If an annotated box holds no voxel of `channels`.
    """
    if not entry.boxes:
        return channels
    known = np.full_like(channels, UNKNOWN)
    for box in entry.boxes:
        inside = Box(*box.box).relative_to(corner).clipped(channels.shape)
        if inside.voxels == 0:
            raise ConfigError(
                f"{entry.labels}: annotated box {box.box[0]} to {box.box[1]} holds no "
                "voxel of the volume; write start and stop in voxels, z y x"
            )
        read, write = channels[inside.slices], known[inside.slices]
        if box.classes is None:
            write[:] = read
            continue
        those = _channels(box.classes, scheme, entry)
        named = np.isin(read, those)
        others = (write >= PARTIAL) & (read != UNKNOWN)
        write[others] = PARTIAL + exclusions.index(those)
        write[named] = read[named]
    return known


def _channels(
    names: Sequence[str], scheme: ClassScheme, entry: VolumeEntry
) -> tuple[int, ...]:
    if unknown := sorted(set(names) - set(scheme.names)):
        raise ConfigError(
            f"{entry.labels}: a box is annotated for {', '.join(unknown)}, which is "
            f"not among the classes {', '.join(scheme.names)}"
        )
    return tuple(sorted(scheme.names.index(name) for name in set(names)))
