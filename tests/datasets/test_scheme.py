import numpy as np
import pytest

from densecell.classes import ClassScheme
from densecell.config import yaml_text
from densecell.datasets.scheme import (
    choose_scheme,
    label_ids,
    load_scheme,
    scheme_from_labels,
)
from densecell.errors import ConfigError, VolumeError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, create_ome_zarr

VNC = ClassScheme.drosophila_vnc()


def volume(*ids, dtype=np.uint8):
    return ArrayVolume(np.array([[ids]], dtype))


def test_ids_are_found_over_all_blocks():
    labels = np.zeros((40, 2, 3), np.uint16)
    labels[0, 0, 0], labels[39, 1, 2], labels[20, 1, 1] = 7, 255, 3

    assert label_ids(ArrayVolume(labels)) == (0, 3, 7, 255)


@pytest.mark.parametrize(
    ("dtype", "wrong"), [(np.uint16, 300), (np.int16, -1), (np.uint32, 256)]
)
def test_ids_of_objects_are_no_classes(dtype, wrong):
    sentence = (
        rf"class ids must be 0 to 254 \(or 255 .*\), found \[{wrong}\]; are these"
    )
    with pytest.raises(VolumeError, match=sentence):
        label_ids(volume(0, wrong, dtype=dtype))


def test_grey_values_are_no_labels():
    with pytest.raises(VolumeError, match="labels must be whole numbers, got float32;"):
        label_ids(volume(0, 1, dtype=np.float32))


def test_without_anything_classes_are_named_by_their_ids():
    scheme = choose_scheme(None, labels=[volume(0, 4, 255), volume(0, 2)])

    assert scheme.ids == (0, 2, 4)
    assert scheme.names == ("background", "class 2", "class 4")


def test_one_class_is_no_scheme():
    sentence = r"expected two classes or more, found only ids \[3\]; name the scheme"
    with pytest.raises(VolumeError, match=sentence):
        choose_scheme(None, labels=[volume(3, 255)])


def test_what_the_user_gives_wins_over_what_is_stored():
    assert choose_scheme("platelet", stored=VNC) == ClassScheme.platelet()
    assert choose_scheme(None, stored=VNC, labels=[volume(0, 9)]) == VNC


def test_a_label_image_that_names_its_classes_is_believed(tmp_path):
    named = create_ome_zarr(
        tmp_path / "labels.zarr",
        shape=(1, 2, 3),
        dtype=np.uint8,
        spacing_nm=(50, 4, 4),
        kind="label",
        scheme=VNC,
    )
    named.write(Box.whole((1, 2, 3)), np.ones((1, 2, 3), np.uint8))

    assert choose_scheme(None, labels=[volume(0, 1), named]).names == VNC.names


@pytest.mark.parametrize(
    "values",
    [
        {"classes": "drosophila-vnc"},
        {"format": 1, "classes": "drosophila-vnc", "volumes": []},
        {"format": 1, "classes": VNC.as_settings()},
        VNC.as_settings(),
        VNC.as_settings()["classes"],
    ],
)
def test_a_scheme_is_found_in_every_kind_of_file(tmp_path, values):
    path = tmp_path / "classes.yaml"
    path.write_text(yaml_text(values))

    assert load_scheme(str(path)) == VNC


def test_another_ignore_id_is_kept(tmp_path):
    scheme = ClassScheme(classes=VNC.classes, ignore=9)
    path = tmp_path / "classes.yaml"
    path.write_text(yaml_text(scheme.as_settings()))

    assert load_scheme(str(path)).ignore == 9


def test_an_unknown_name_is_refused_with_the_known_ones():
    sentence = "no class scheme and no file is called 'plate'; built in: platelet, dros"
    with pytest.raises(ConfigError, match=sentence):
        load_scheme("plate")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "not readable as YAML: while parsing"),
        ("- 1", r"expected classes by id, got \[1\]"),
        ("classes: plate", "classes: no class scheme 'plate'; built in: platelet"),
        ("0: {name: a, colour: [0, 0, 0]}", "two classes or more"),
    ],
)
def test_a_file_that_holds_no_scheme_is_refused(tmp_path, text, sentence):
    path = tmp_path / "classes.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"classes.yaml: .*{sentence}"):
        load_scheme(str(path))


def test_a_long_text_is_shortened_in_the_message(tmp_path):
    path = tmp_path / "classes.yaml"
    path.write_text("word " * 1000)
    with pytest.raises(ConfigError, match=r"by id, got 'word word .{1,30}$"):
        load_scheme(str(path))


def test_grey_values_are_not_taken_for_classes():
    grey = np.arange(65, dtype=np.uint8).reshape(1, 5, 13)
    with pytest.raises(VolumeError, match="array: 65 different ids, expected at m"):
        scheme_from_labels([ArrayVolume(grey)])
    assert len(scheme_from_labels([ArrayVolume(grey[:, :, :12])])) == 60
