"""One channel of one time point: which part of a stored image is a volume."""

from collections.abc import Mapping
from typing import Any

from densecell.address import CHANNEL, TIME, Address
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
        If space is not z, y, x, there are further axes, or several channels of which
        none was chosen, or the channel is not there.
    """
    found = ", ".join(f"{axis}={size}" for axis, size in sizes.items())
    if tuple(axis for axis in sizes if axis in SPACE) not in ORDERS:
        raise VolumeError(f"{path}: has axes {found}; expected z, y, x in this order")
    if any(size > 1 for axis, size in sizes.items() if axis not in (*SPACE, *"ct")):
        raise VolumeError(
            f"{path}: has axes {found}; expected no others than t, c, z, y, x: save "
            "one part of them alone"
        )
    if "c" not in sizes:
        refuse_choice(path, channel=channel)
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


def choose_time(path: Address, sizes: Mapping[str, int], time: str | None) -> int:
    """Find a time point: its place along t, 0 where there is no such axis.

    Parameters
    ----------
    path, sizes
        As for `choose_channel`.
    time
        Number from 0; None where there is only one.

    Raises
    ------
    VolumeError
        If there are several and none was chosen, or that one is not there.
    """
    if "t" not in sizes:
        refuse_choice(path, time=time)
        return 0
    count = sizes["t"]
    if time is None and count > 1:
        found = ", ".join(f"{axis}={size}" for axis, size in sizes.items())
        raise VolumeError(
            f"{path}: has axes {found}; expected one time point: choose one of 0 to "
            f"{count - 1} with --time, or as {path}{TIME}0"
        )
    if time is None:
        return 0
    if not (time.isdecimal() and int(time) < count):
        raise VolumeError(
            f"{path}: has no time point {time!r}; there are 0 to {count - 1}"
        )
    return int(time)


def refuse_choice(
    path: Address, *, channel: str | None = None, time: str | int | None = None
) -> None:
    """Refuse the choice of a channel or a time point where there are none.

    Raises
    ------
    VolumeError
        If one was chosen.
    """
    for word, several, sign, chosen in (
        ("channel", "channels", CHANNEL, channel),
        ("time", "time points", TIME, time),
    ):
        if chosen is not None:
            raise VolumeError(
                f"{path}: has no {several} to choose from, but {word} {chosen} was "
                f"asked for; leave --{word} out, or write {sign}{chosen} behind the "
                "volume that it is meant for"
            )


def _channel_names(attributes: Mapping[str, Any], channels: int) -> list[str]:
    """Read the name of each channel; all are empty where they cannot be told."""
    try:
        listed = [str(c.get("label", "")) for c in attributes["omero"]["channels"]]
    except (KeyError, TypeError, AttributeError):
        listed = []
    return listed if len(listed) == channels else [""] * channels
