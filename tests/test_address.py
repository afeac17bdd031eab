from pathlib import Path

import pytest

from densecell.address import Url, split_choice, to_address, with_choice
from densecell.errors import VolumeError


@pytest.mark.parametrize("text", ["https://h/a.zarr", "http://h/a.zarr", "s3://b/a"])
def test_places_on_the_web_keep_their_slashes(text):
    address = to_address(f"{text}/")

    assert address == Url(text)
    assert str(address / "0") == f"{text}/0"
    assert Path("project") / address == address
    assert address.absolute() == address


def test_names_of_places_are_those_of_paths():
    address = Url("https://host/folder/a.zarr#channel=1")

    assert address.name == "a.zarr#channel=1"
    assert address.stem == "a"


def test_anything_else_is_a_path():
    assert to_address("C:/a.zarr") == Path("C:/a.zarr")
    assert to_address(Path("a.zarr")) == Path("a.zarr")


@pytest.mark.parametrize("text", ["s3://b/a.zarr", "folder/a.zarr"])
@pytest.mark.parametrize(
    ("channel", "time", "end"),
    [
        ("EM", None, "#channel=EM"),
        (None, 0, "#time=0"),
        ("", 3, "#channel=#time=3"),
        ("EM", 3, "#channel=EM#time=3"),
    ],
)
def test_channel_and_time_are_parts_of_the_address(text, channel, time, end):
    address = with_choice(to_address(text), channel=channel, time=time)

    assert str(address) == f"{text}{end}"
    at = None if time is None else str(time)
    assert split_choice(address) == (to_address(text), channel, at)
    assert with_choice(address, channel=channel, time=time) == address
    assert with_choice(address) == address


def test_what_an_address_lacks_is_added_in_one_order():
    assert with_choice(Path("a#time=3"), channel="1") == Path("a#channel=1#time=3")
    assert with_choice(Path("a#channel=1"), time=3) == Path("a#channel=1#time=3")
    assert split_choice(Path("a#time=3#channel=1")) == (Path("a"), "1", "3")


def test_two_channels_or_times_are_refused():
    with pytest.raises(
        VolumeError, match=r"names channel 1, but --channel says 2; give one"
    ):
        with_choice(Path("a.zarr#channel=1"), channel="2")
    with pytest.raises(VolumeError, match=r"names time 1, but --time says 0; give one"):
        with_choice(Path("a.zarr#channel=1#time=1"), time=0)


def test_of_two_times_in_an_address_none_is_passed_over():
    assert split_choice(Path("a#time=1#time=2")) == (Path("a#time=1"), None, "2")
