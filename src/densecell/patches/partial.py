"""Volumes of which only boxes, or only some classes in them, were annotated.

A voxel of an annotated class is known. Any other voxel of such a box is known to be
none of those classes, but nothing more: it is coded as such, and the loss asks only
that the network gives those classes no probability there. What lies outside all boxes
is unknown.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.config import VolumeEntry
from densecell.errors import ConfigError
from densecell.geometry import Box, Shape

UNKNOWN = 255  # the channel of voxels that nobody annotated
PARTIAL = 224  # from here to 254: none of the classes of a set
Exclusions = tuple[tuple[int, ...], ...]  # channels of each set; set s has code 224 + s


def exclusions_of(entries: Sequence[VolumeEntry], scheme: ClassScheme) -> Exclusions:
    """List the sets of channels that boxes were annotated for, each once.

    Raises
    ------
    ConfigError
        If a box names a class that the scheme lacks, or there are too many sets or
        classes.
    """
    if len(scheme) > PARTIAL:
        raise ConfigError(
            f"{len(scheme)} classes, but at most {PARTIAL} can be learned; join some"
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
    """Give the channels that are known, with codes where only part is known.

    Parameters
    ----------
    channels
        (Z, Y, X) of the label file.
    corner
        Where they begin in the volume.
    entry
        Names the boxes, in voxels of the volume.
    scheme, exclusions
        Of the project.

    Raises
    ------
    ConfigError
        If a box holds no voxel of the part that is read.
    """
    if not entry.boxes:
        return channels
    known = np.full_like(channels, UNKNOWN)
    for box in entry.boxes:
        inside = Box(*box.box).relative_to(corner).clipped(channels.shape)
        if inside.voxels == 0:
            raise ConfigError(
                f"{entry.labels}: annotated box {box.box[0]} to {box.box[1]} holds no "
                "voxel of the volume; give start and stop in voxels, z y x"
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
            f"no class of {', '.join(scheme.names)}"
        )
    return tuple(sorted(scheme.names.index(name) for name in set(names)))
