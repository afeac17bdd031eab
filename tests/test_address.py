from pathlib import Path

import pytest

from densecell.address import Url, split_channel, to_address, with_channel
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
def test_a_channel_is_a_part_of_the_address(text):
    address = with_channel(to_address(text), "EM")

    assert str(address) == f"{text}#channel=EM"
    assert split_channel(address) == (to_address(text), "EM")
    assert with_channel(address, "EM") == address
    assert with_channel(address, None) == address


def test_two_channels_are_refused():
    with pytest.raises(
        VolumeError, match=r"names channel 1, but --channel says 2; give one"
    ):
        with_channel(Path("a.zarr#channel=1"), "2")
