"""One channel of one time point: which part of a stored image is a volume."""

from collections.abc import Mapping
from typing import Any

from densecell.address import CHANNEL, Address
from densecell.errors import VolumeError

SPACE = ("z", "y", "x")
ORDERS = (SPACE, SPACE[1:])  # a flat image has no z


def choose_channel(
    path: Address,
    sizes: Mapping[str, int],
    attributes: Mapping[str, Any],
    channel: str | None,
) -> int:
    """Check that the axes of an image are those of one volume; find its channel.

    Parameters
    ----------
    path
        For messages.
    sizes
        Length of each axis by its name.
    attributes
        Of the OME-Zarr; may name the channels.
    channel
        Number or name; None where there is only one.

    Returns
    -------
    Place along c, 0 where there is no such axis.

    Raises
    ------
    VolumeError
        If space is not z, y, x, there are several time points, or several channels of
        which none was chosen, or the channel is not there.
    """
    found = ", ".join(f"{axis}={size}" for axis, size in sizes.items())
    if tuple(axis for axis in sizes if axis in SPACE) not in ORDERS:
        raise VolumeError(f"{path}: has axes {found}; expected z, y, x in this order")
    if any(size > 1 for axis, size in sizes.items() if axis not in (*SPACE, "c")):
        raise VolumeError(
            f"{path}: has axes {found}; expected one time point: save one of them alone"
        )
    if "c" not in sizes:
        refuse_channel(path, channel)
        return 0
    names = _channel_names(attributes, sizes["c"])
    listed = ", ".join(f"{n} {name}".strip() for n, name in enumerate(names))
    if channel is None:
        if len(names) > 1:
            raise VolumeError(
                f"{path}: has axes {found}; expected one channel: choose one of "
                f"{listed} with --channel, or as {path}{CHANNEL}0"
            )
        return 0
    if channel.isdecimal() and int(channel) < len(names):
        return int(channel)
    if names.count(channel) != 1:
        raise VolumeError(f"{path}: has no channel {channel!r}; there are {listed}")
    return names.index(channel)


def refuse_channel(path: Address, channel: str | None) -> None:
    """Refuse the choice of a channel where there are none.

    Raises
    ------
    VolumeError
        If one was chosen.
    """
    if channel is not None:
        raise VolumeError(
            f"{path}: has no channels to choose from, but channel {channel} was asked "
            f"for; leave --channel out, or write {CHANNEL}{channel} behind the volume "
            "that it is meant for"
        )


def _channel_names(attributes: Mapping[str, Any], channels: int) -> list[str]:
    """Read the name of each channel; all are empty where they cannot be told."""
    try:
        listed = [str(c.get("label", "")) for c in attributes["omero"]["channels"]]
    except (KeyError, TypeError, AttributeError):
        listed = []
    return listed if len(listed) == channels else [""] * channels
