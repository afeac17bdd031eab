"""One channel of one time point: which part of a stored array is a volume."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from densecell.address import CHANNEL, TIME, Address
from densecell.errors import VolumeError
from densecell.geometry import Box, Shape

AXES = ("z", "y", "x")


class Selection(NamedTuple):
    """Where z, y and x lie in a stored array, and what to read of its other axes.

    Parameters
    ----------
    axes
        Name of each axis of the array: y, x, and perhaps z, in any order; c, t. Others
        have one element.
    channel, time
        Place along c and t.

    Examples
    --------
    >>> selection = Selection(("c", "x", "y", "z"), channel=1)
    >>> selection.zyx((2, 9, 7, 5))
    (5, 7, 9)
    >>> selection.read(np.zeros((2, 9, 7, 5)), Box((0, 0, 0), (1, 2, 3))).shape
    (1, 2, 3)
    """

    axes: tuple[str, ...]
    channel: int = 0
    time: int = 0

    def zyx(self, sizes: Sequence[int]) -> Shape:
        """Sizes along (z, y, x), of those along all axes; a flat image is one slice."""
        named = dict(zip(self.axes, sizes, strict=True))
        return (named.get("z", 1), named["y"], named["x"])

    def place(self, box: Box) -> tuple[slice | int, ...]:
        """Index of a box in the stored array."""
        where: dict[str, slice | int] = {"c": self.channel, "t": self.time}
        where |= zip(AXES, box.slices, strict=True)
        return tuple(where.get(axis, 0) for axis in self.axes)

    def read(self, array: Any, box: Box) -> NDArray[Any]:
        """Voxels of a box as a (Z, Y, X) array, from an array or a store of one."""
        return self.turned(np.asarray(array[self.place(box)]), box)

    def turned(self, found: NDArray[Any], box: Box) -> NDArray[Any]:
        """What was found at the place of a box, as a (Z, Y, X) array."""
        stored = [axis for axis in self.axes if axis in AXES]
        turned = found.transpose([stored.index(a) for a in AXES if a in stored])
        return turned.reshape(box.shape)


def select(
    path: Address,
    sizes: Sequence[tuple[str, int]],
    *,
    channel: str | None,
    time: str | None,
    names: Sequence[str] = (),
    hint: str = "",
) -> Selection:
    """Check that the axes of an array are those of one volume; find channel and time.

    Parameters
    ----------
    path
        Name for messages.
    sizes
        Name and length of each axis of the array.
    channel
        Number or name; None where there is only one.
    time
        Number from 0; None where there is only one.
    names
        Name of each channel, where they are known.
    hint
        What else may be done when a choice is missing, for the message.

    Raises
    ------
    VolumeError
        If there are further axes, or several channels or time points of which none was
        chosen, or what was chosen is not there.
    """
    if any(size > 1 for axis, size in sizes if axis not in (*AXES, *"ct")):
        raise VolumeError(
            f"{path}: has axes {format_sizes(sizes)}; expected no others than t, c, z, "
            "y, x: save one part of them alone"
        )
    return Selection(
        tuple(axis for axis, _ in sizes),
        _channel(path, sizes, names, channel, hint),
        _time(path, sizes, time, hint),
    )


def format_sizes(sizes: Sequence[tuple[str, int]]) -> str:
    """Axes and their lengths for people to read.

    Examples
    --------
    >>> format_sizes([("z", 5), ("y", 7)])
    'z=5, y=7'
    """
    return ", ".join(f"{axis}={size}" for axis, size in sizes)


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


def _channel(
    path: Address,
    sizes: Sequence[tuple[str, int]],
    names: Sequence[str],
    channel: str | None,
    hint: str,
) -> int:
    """Place along c; 0 where there is no such axis."""
    count = dict(sizes).get("c")
    if count is None:
        refuse_choice(path, channel=channel)
        return 0
    if len(names) != count:
        names = [""] * count
    listed = ", ".join(f"{n} {name}".strip() for n, name in enumerate(names))
    if channel is None:
        if count > 1:
            raise VolumeError(
                f"{path}: has axes {format_sizes(sizes)}; expected one channel: choose "
                f"one of {listed} with --channel, or as {path}{CHANNEL}0{hint}"
            )
        return 0
    if channel.isdecimal() and int(channel) < count:
        return int(channel)
    if names.count(channel) != 1:
        raise VolumeError(f"{path}: has no channel {channel!r}; there are {listed}")
    return names.index(channel)


def _time(
    path: Address, sizes: Sequence[tuple[str, int]], time: str | None, hint: str
) -> int:
    """Place along t; 0 where there is no such axis."""
    count = dict(sizes).get("t")
    if count is None:
        refuse_choice(path, time=time)
        return 0
    if time is None:
        if count > 1:
            raise VolumeError(
                f"{path}: has axes {format_sizes(sizes)}; expected one time point: "
                f"choose one of 0 to {count - 1} with --time, or as {path}{TIME}0{hint}"
            )
        return 0
    if not (time.isdecimal() and int(time) < count):
        raise VolumeError(
            f"{path}: has no time point {time!r}; there are 0 to {count - 1}"
        )
    return int(time)
