import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from densecell.errors import VolumeError
from densecell.volume.formats.pictures import picture_kind, read_picture

GREY = np.random.default_rng(0).integers(0, 256, (37, 50)).astype(np.uint8)
SUFFIXES = (".png", ".jpg", ".bmp")


@pytest.fixture
def saved(tmp_path):
    def save(suffix, picture=None, **options):
        picture = Image.fromarray(GREY) if picture is None else picture
        picture.save(tmp_path / f"a{suffix}", **options)
        return tmp_path / f"a{suffix}"

    return save


@pytest.mark.parametrize(
    ("suffix", "options"),
    [(".png", {}), (".jpg", {}), (".jpg", {"progressive": True}), (".bmp", {})],
)
def test_pictures_are_read_as_pillow_reads_them(saved, suffix, options):
    path = saved(suffix, **options)

    assert picture_kind(path).shape == (37, 50)
    assert picture_kind(path).dtype == np.uint8
    np.testing.assert_array_equal(read_picture(path), np.asarray(Image.open(path)))


def test_a_bmp_from_top_to_bottom_is_not_turned(saved):
    path = saved(".bmp")
    raw = bytearray(path.read_bytes())
    raw[22:26] = struct.pack("<i", -37)
    path.write_bytes(raw)

    np.testing.assert_array_equal(read_picture(path), GREY[::-1])


def test_grey_values_of_a_bmp_are_those_of_its_palette(saved):
    picture = Image.fromarray(GREY).convert("L")
    path = saved(".bmp", picture)
    raw = bytearray(path.read_bytes())
    raw[54 : 54 + 1024] = np.repeat(np.arange(255, -1, -1, dtype=np.uint8), 4).tobytes()
    path.write_bytes(raw)

    np.testing.assert_array_equal(read_picture(path), 255 - GREY)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colour_is_refused(saved, suffix):
    path = saved(suffix, Image.new("RGB", (5, 7)))
    with pytest.raises(VolumeError, match=r"colour.*; expected 8- or 16-bit greyscale"):
        picture_kind(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_picture_is_refused(saved, suffix, share):
    path = saved(suffix)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])

    with pytest.raises(VolumeError, match=r"cannot be read as .*copy or save it again"):
        picture_kind(path), read_picture(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 120), value=st.integers(0, 255))
def test_a_changed_byte_costs_a_sentence_at_most(saved, suffix, place, value):
    path = saved(suffix)
    raw = bytearray(path.read_bytes())
    raw[place] = value
    path.write_bytes(raw)

    try:
        kind = picture_kind(path)
        if np.prod(kind.shape) < 10**7:
            read_picture(path)
    except VolumeError:
        pass
