import pickle

import h5py
import numpy as np
import pytest
import tensorstore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from densecell.errors import MissingVolumeError, SpacingError, VolumeError
from densecell.geometry import Box
from densecell.volume import open_volume, require_spacing

ARRAY = np.random.default_rng(0).integers(0, 2**16, (5, 7, 9)).astype(np.uint16)
WHOLE, INNER = Box.whole((5, 7, 9)), Box((1, 2, 3), (4, 6, 8))
PLAIN = "4 0 0 10 0 5 0 20 0 0 50 30"  # scale and shift, by rows


def put_xml(
    folder, data, *, setups=("em",), times=1, unit="nm", affine=PLAIN, base="."
):
    kind = "hdf5" if data.endswith("h5") else "n5"
    views = "".join(
        f"<ViewSetup><id>{n}</id><name>{name}</name><size>9 7 5</size><voxelSize>"
        f"<unit>{unit}</unit><size>4 5 50</size></voxelSize></ViewSetup>"
        for n, name in enumerate(setups)
    )
    (folder / "a.xml").write_text(
        f'<SpimData version="0.2"><BasePath type="relative">{base}</BasePath>'
        f'<SequenceDescription><ImageLoader format="bdv.{kind}">'
        f'<{kind} type="relative">{data}</{kind}></ImageLoader>'
        f'<ViewSetups>{views}</ViewSetups><Timepoints type="range"><first>0</first>'
        f"<last>{times - 1}</last></Timepoints></SequenceDescription>"
        '<ViewRegistrations><ViewRegistration timepoint="0" setup="0">'
        f"<ViewTransform><affine>{affine}</affine></ViewTransform>"
        "</ViewRegistration></ViewRegistrations></SpimData>"
    )
    return folder / "a.xml"


def put_h5(folder, *, setups=1, times=1, dtype="uint16"):
    with h5py.File(folder / "a.h5", "w") as new:
        for t in range(times):
            for s in range(setups):
                place = f"t{t:05d}/s{s:02d}"
                new[f"{place}/0/cells"] = (ARRAY + 10 * t + s).view(dtype)
                new[f"{place}/1/cells"] = (ARRAY[:, ::2, ::2]).view(dtype)
    return "a.h5"


def put_n5(folder):
    spec = {
        "driver": "n5",
        "kvstore": {"driver": "file", "path": f"{folder}/a.n5/setup0/timepoint0/s0/"},
        "metadata": {
            "dimensions": [9, 7, 5],
            "blockSize": [4, 4, 4],
            "dataType": "uint16",
            "compression": {"type": "gzip"},
        },
    }
    tensorstore.open(spec, create=True).result().write(ARRAY.T).result()
    return "a.n5"


@pytest.mark.parametrize("put", [put_h5, put_n5])
def test_voxels_and_their_size_are_read(tmp_path, put):
    volume = open_volume(put_xml(tmp_path, put(tmp_path)))

    assert volume.dtype == "uint16"
    assert volume.spacing_nm == (50, 5, 4)
    assert volume.format.startswith("BigDataViewer, setup 0 'em' of 1, ")
    assert volume.notes == ()
    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY)
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read(INNER), ARRAY[INNER.slices])


def test_signed_numbers_are_the_unsigned_ones_that_were_meant(tmp_path):
    volume = open_volume(put_xml(tmp_path, put_h5(tmp_path, dtype="int16")))

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY)
    assert "keeps int16, read as uint16" in volume.notes[0]


def test_setup_and_time_point_are_chosen(tmp_path):
    data = put_h5(tmp_path, setups=2, times=3)
    path = put_xml(tmp_path, data, setups=("em", "gfp"), times=3)

    volume = open_volume(path, channel="gfp", time=2)

    np.testing.assert_array_equal(volume.read(WHOLE), ARRAY + 21)
    with pytest.raises(
        VolumeError, match="expected one channel: choose one of 0 em, 1"
    ):
        open_volume(path)


@pytest.mark.parametrize("unit", ["", "pixel"])
def test_a_size_without_a_unit_is_asked_for(tmp_path, unit):
    volume = open_volume(put_xml(tmp_path, put_h5(tmp_path), unit=unit))
    with pytest.raises(
        SpacingError, match=r"states 50 x 5 x 4 \(z y x\) .*; pass --sp"
    ):
        require_spacing(volume)


def test_a_registration_that_turns_is_said_to_be_passed_over(tmp_path):
    affine = "0 1 0 0 -1 0 0 0 0 0 1 0"

    volume = open_volume(put_xml(tmp_path, put_h5(tmp_path), affine=affine))

    assert "turns or shears its views" in volume.notes[0]


@pytest.mark.parametrize(
    ("data", "base"),
    [("../a.h5", "."), ("a.h5", ".."), ("/etc/a.h5", "."), ("..\\a.h5", ".")],
)
def test_data_outside_the_folder_are_refused(tmp_path, data, base):
    inner = tmp_path / "inner"
    inner.mkdir()
    put_h5(tmp_path)
    with pytest.raises(
        VolumeError, match=r"a\.xml: names its data as .*, outside its o"
    ):
        open_volume(put_xml(inner, data, base=base))


def test_data_that_are_not_there_are_named(tmp_path):
    with pytest.raises(MissingVolumeError, match=r"describes .*a\.h5, which does not"):
        open_volume(put_xml(tmp_path, "a.h5"))


def test_a_setup_that_is_not_there_is_named(tmp_path):
    path = put_xml(tmp_path, put_n5(tmp_path), setups=("em", "gfp"))
    with pytest.raises(
        MissingVolumeError, match=r"describes .*setup1/timepoint0, which"
    ):
        open_volume(path, channel="1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a>", "cannot be read as XML"),
        ("<OME/>", "is an XML, but not of BigDataViewer"),
        (
            "<SpimData><SequenceDescription><ImageLoader format='bdv.imaris'/>"
            "</SequenceDescription></SpimData>",
            "describes data of bdv.imaris, which densecell does not read",
        ),
    ],
)
def test_other_xml_is_refused(tmp_path, text, message):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(VolumeError, match=message):
        open_volume(tmp_path / "a.xml")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.integers(0, 700), value=st.integers(0, 255), cut=st.booleans())
def test_a_changed_byte_costs_a_sentence_at_most(tmp_path, place, value, cut):
    path = tmp_path / "a.xml"
    if not path.exists():
        put_xml(tmp_path, put_h5(tmp_path))
    sound = path.read_bytes()
    raw = bytearray(sound)
    place %= len(raw)
    raw[place] = value
    path.write_bytes(raw[:place] if cut else raw)

    try:
        volume = open_volume(path)
        volume.read(Box.whole(volume.shape))
    except VolumeError:
        pass
    finally:
        path.write_bytes(sound)
