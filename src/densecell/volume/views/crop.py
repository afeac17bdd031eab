"""A box of a volume as a volume of its own."""

from typing import Any

from numpy.typing import NDArray

from densecell.errors import VolumeError
from densecell.geometry import Box
from densecell.volume.interface import Volume


class CroppedVolume(Volume):
    """A box of another volume, as a volume; nothing is read until asked for.

    Parameters
    ----------
    volume
        The volume that the box lies in.
    box
        The part of it that becomes the whole of this volume.

    Raises
    ------
    VolumeError
        If the box is empty or does not lie inside the volume.
    """

    def __init__(self, volume: Volume, box: Box) -> None:
        if box.voxels == 0 or not Box.whole(volume.shape).contains(box):
            raise VolumeError(
                f"{volume.path}: box {box.start} to {box.stop} is empty or not inside "
                f"the volume of shape {volume.shape}; give Z0 Y0 X0 Z1 Y1 X1 inside it"
            )
        super().__init__(
            volume.path,
            shape=box.shape,
            dtype=volume.dtype,
            spacing_nm=volume.spacing_nm,
            format=volume.format,
            chunk=volume.chunk,
            notes=volume.notes,
        )
        self.volume = volume
        self.box = box

    def _read(self, box: Box) -> NDArray[Any]:
        return self.volume.read(box.shifted(self.box.start))

    def _write(self, box: Box, array: NDArray[Any]) -> None:
        self.volume.write(box.shifted(self.box.start), array)
