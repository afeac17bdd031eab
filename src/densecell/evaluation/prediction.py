"""What is scored: the class labels of a result, or any volume of labels."""

from typing import NamedTuple

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.geometry import Box
from densecell.result import Result, is_result
from densecell.volume import Volume, open_volume, refuse_choice


class Prediction(NamedTuple):
    """Labels to be scored, and what is known about them."""

    labels: Volume
    box: Box  # what they cover, in voxels of the whole volume
    partial: bool  # made for a box of the whole volume
    scheme: ClassScheme | None  # None: a bare volume does not say


def open_prediction(
    path: Address, *, channel: str | None = None, time: int | None = None
) -> Prediction:
    """Open the class labels of a result, or of any volume.

    Parameters
    ----------
    channel, time
        Which of an OME-Zarr with several; a result has only one.

    Raises
    ------
    VolumeError
        If the result has no labels, or they do not fill the box it was made for.
    ConfigError
        If `run.yaml` cannot be understood.
    """
    if not is_result(path):
        labels = open_volume(path, labels=True, channel=channel, time=time)
        return Prediction(labels, Box.whole(labels.shape), False, None)
    refuse_choice(path, channel=channel, time=time)
    result = Result(path)
    partial = result.run is not None and result.run.box is not None
    return Prediction(result.classes, result.box, partial, result.scheme)
