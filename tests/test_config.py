import math
import typing
from pathlib import Path, PureWindowsPath

import pytest
import yaml

from densecell.address import Url
from densecell.classes import ClassScheme
from densecell.config import (
    InferenceConfig,
    ProjectConfig,
    TrainingConfig,
    VolumeEntry,
    load_settings,
    parse_settings,
    save_settings,
    write_text,
)
from densecell.config.frozen import Frozen
from densecell.config.project import _written
from densecell.errors import ConfigError, OutputError
from densecell.geometry import Box
from densecell.settings import read_json

ENTRY = {"image": "a.tif", "labels": "b.tif", "spacing_nm": [40, 10, 10]}


def project(**parts):
    return {"classes": "platelet", "volumes": [ENTRY]} | parts


def refusal(values, kind=ProjectConfig):
    with pytest.raises(ConfigError) as caught:
        parse_settings(values, kind, where="project.yaml")
    return str(caught.value)


def test_a_short_project_has_defaults_for_the_rest():
    config = parse_settings(project(), ProjectConfig, where="")

    assert config.classes == ClassScheme.platelet()
    assert config.training == TrainingConfig()
    assert config.volumes[0].role == "train"


def test_settings_come_back_as_they_were_written(tmp_path):
    values = project(training={"steps": 7, "window": [3, 64, 96]})
    config = parse_settings(values, ProjectConfig, where="")

    save_settings(config, tmp_path / "project.yaml")

    assert load_settings(tmp_path / "project.yaml", ProjectConfig) == config


def test_classes_can_be_written_out_without_a_level_more():
    by_id = {
        0: {"name": "ground", "colour": [0, 0, 0]},
        3: {"name": "disc", "colour": [255, 0, 0]},
    }

    config = parse_settings(project(classes=by_id), ProjectConfig, where="")

    assert config.classes.names == ("ground", "disc")
    assert config.classes.ids == (0, 3)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            project(trainng={"steps": 3}),
            "project.yaml: unknown setting 'trainng'; did you mean 'training'?",
        ),
        (
            project(training={"windw": [1, 2, 3]}),
            "project.yaml: unknown setting 'training.windw'; did you mean 'window'?",
        ),
        (
            project(training={"loss": {"weights": {"sigma": 2}}}),
            "project.yaml: unknown setting 'training.loss.weights.sigma'; "
            "did you mean 'sigma_px'?",
        ),
        (
            project(volumes=[ENTRY | {"lables": "c"}]),
            "project.yaml: unknown setting 'volumes.0.lables'; did you mean 'labels'?",
        ),
        (
            project(ensemble={"qqq": 1}),
            "project.yaml: unknown setting 'ensemble.qqq'; known: members, best, seed",
        ),
        (
            project(ensemble={"members": 0}),
            "project.yaml: ensemble.members: input should be greater than or equal to "
            "1, got 0",
        ),
        (
            project(network={"name": "unet"}),
            "project.yaml: network.name: input should be '2d3d-light', '2d3d', "
            "'2d3d-plain', '2d3d-no-pyramid', '2d3d-2d', 'unet2d', 'unet3d', "
            "'unet3d-thin' or 'unet3d-thin5', got 'unet'",
        ),
        (
            project(classes="platelets"),
            "project.yaml: classes: no class scheme 'platelets'; built in: platelet, "
            "drosophila-vnc, got 'platelets'",
        ),
        (
            project(training={"minutes": None}),
            "project.yaml: training: give a budget: minutes or steps",
        ),
        (
            project(training={"window": [0, 8, 8]}),
            "project.yaml: training.window.0: input should be greater than or equal to "
            "1, got 0",
        ),
        (
            project(volumes=[ENTRY | {"z": [4, 4]}]),
            "project.yaml: volumes.0: z must be [from, to) with from < to, got (4, 4)",
        ),
        (
            project(volumes=[ENTRY | {"spacing_nm": [40, 0, 10]}]),
            "project.yaml: volumes.0: spacing must be three positive lengths in nm "
            "(z y x), got (40.0, 0.0, 10.0)",
        ),
        (
            {"classes": "platelet"},
            "project.yaml: volumes: field required",
        ),
        (
            project(ensemble={"members": 0, "best": 0}),
            "project.yaml: ensemble.members: input should be greater than or equal to "
            "1, got 0 (and 1 more)",
        ),
    ],
)
def test_what_is_wrong_with_a_project_is_one_sentence(values, sentence):
    assert refusal(values) == sentence


def test_a_project_without_voxel_size_is_refused():
    entry = {k: v for k, v in ENTRY.items() if k != "spacing_nm"}

    assert refusal(project(volumes=[entry])) == (
        "project.yaml: volumes.0.spacing_nm: field required"
    )


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "project.yaml", ProjectConfig)
    assert str(caught.value) == f"{tmp_path / 'project.yaml'}: no such file"


@pytest.mark.parametrize("content", [b"a: [1, 2", b"\xff\xfe\x00", b"a: b: c"])
def test_a_file_that_is_no_yaml(tmp_path, content):
    (tmp_path / "project.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"project\.yaml: not readable as YAML: .+"):
        load_settings(tmp_path / "project.yaml", ProjectConfig)


@pytest.mark.parametrize(
    "text",
    [
        "a: 2020-13-45",
        "a: !!int ''",
        "a: !!timestamp abc",
        "a: !!bool abc",
        "a: !!float b",
        f"a: {'9' * 5000}",
        "[" * 3000 + "]" * 3000,
        "[1, " * 3000,
        "".join(f"{' ' * i}a:\n" for i in range(1500)),
    ],
)
def test_yaml_that_makes_no_sense_is_one_quick_sentence(tmp_path, text):
    (tmp_path / "project.yaml").write_text(text)

    with pytest.raises(ConfigError, match="not readable as YAML") as caught:
        load_settings(tmp_path / "project.yaml", ProjectConfig)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "9" * 5000])
def test_json_that_makes_no_sense_is_one_sentence(tmp_path, text):
    (tmp_path / "a.json").write_text(text)

    with pytest.raises(ConfigError, match=r"a\.json: not readable as JSON: .+"):
        read_json(tmp_path / "a.json")


def numbers_of(model):
    """Every number of a model, with the names of its settings."""
    for name, field in model.model_fields.items():
        if typing.get_origin(field.annotation) is not tuple:
            kinds = [field.annotation, *typing.get_args(field.annotation)]
            yield from ((name, kind) for kind in kinds if kind in (int, float))


def all_settings(kind=Frozen):
    for model in kind.__subclasses__():
        yield model
        yield from all_settings(model)


NUMBERS = sorted(
    (
        (model, name)
        for model in set(all_settings())
        if model.__module__.startswith("densecell.config")
        for name, _ in numbers_of(model)
    ),
    key=lambda pair: (pair[0].__name__, pair[1]),
)


@pytest.mark.parametrize(("model", "name"), NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1e13, 1e308, 10**30])
def test_no_setting_takes_an_absurd_number(model, name, value):
    with pytest.raises(ConfigError, match=name):
        parse_settings({name: value}, model, where="options")


def test_the_sweep_reaches_every_part_of_the_settings():
    assert len(NUMBERS) > 50
    assert {model.__name__ for model, _ in NUMBERS} > {
        "SplitConfig",
        "TrainingConfig",
        "InferenceConfig",
        "EnsembleConfig",
    }


@pytest.mark.parametrize("name", ["tile", "margin"])
def test_no_tiling_has_a_negative_edge(name):
    with pytest.raises(ConfigError, match=rf"options: {name}\.1: .+ got -1"):
        parse_settings({name: (8, -1, 8)}, InferenceConfig, where="options")


def test_an_entry_may_stand_for_a_part_of_its_volume():
    entry = VolumeEntry.model_validate(ENTRY | {"z": [2, 5], "x": [0, 7]})

    assert entry.box((6, 8, 9)) == Box((2, 0, 0), (5, 8, 7))


def test_a_part_outside_the_volume_is_refused():
    entry = VolumeEntry.model_validate(ENTRY | {"z": [2, 7]})
    with pytest.raises(ConfigError) as caught:
        entry.box((6, 8, 9))
    assert str(caught.value) == (
        "a.tif: the project asks for z, y, x [(2, 7), (0, 8), (0, 9)], but the volume "
        "has (6, 8, 9) voxels; correct the ranges in project.yaml"
    )


def test_settings_do_not_change_once_made():
    with pytest.raises(ValueError, match="frozen"):
        InferenceConfig().threads = 2


def test_a_text_is_replaced_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "old")

    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "new" / "a.txt", "half \ud800")

    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.txt"]
    assert (tmp_path / "new" / "a.txt").read_text() == "old"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    sentence = r"file/a\.txt: cannot be written \(.+\); choose another place"
    with pytest.raises(OutputError, match=sentence):
        write_text(tmp_path / "file" / "a.txt", "new")


def test_written_settings_name_everything(tmp_path):
    save_settings(TrainingConfig(), tmp_path / "a.yaml")

    written = yaml.safe_load(Path(tmp_path / "a.yaml").read_text())

    assert set(written) == set(TrainingConfig.model_fields)


def test_networks_learn_from_the_voxels_of_the_first_volume_to_train_on():
    chosen = ENTRY | {"role": "eval", "spacing_nm": [50, 4, 4]}
    first = parse_settings(project(volumes=[chosen, ENTRY]), ProjectConfig, where="")
    given = parse_settings(project(spacing_nm=[30, 8, 8]), ProjectConfig, where="")

    assert first.grid_nm == (40, 10, 10)
    assert given.grid_nm == (30, 8, 8)


def test_a_size_of_voxels_that_is_none():
    assert refusal(project(spacing_nm=[40, 0, 10])) == (
        "project.yaml: settings: spacing must be three positive lengths in nm (z y x), "
        "got (40.0, 0.0, 10.0)"
    )


def test_paths_of_windows_are_written_with_slashes():
    assert _written(PureWindowsPath(r"data\a b.tif")) == "data/a b.tif"
    assert _written(Url("s3://bucket/a.zarr")) == "s3://bucket/a.zarr"
