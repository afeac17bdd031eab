import hashlib
import sys

import commands
import numpy as np
import pytest

from densecell.cli.expand import changed
from densecell.cli.train import ProjectOptions, one_budget, with_preset
from densecell.config import ProjectConfig, load_settings
from densecell.ensemble import read_ensemble
from densecell.errors import (
    ConfigError,
    DensecellError,
    MissingExtraError,
    OutputError,
    TrainingError,
)
from densecell.geometry import Spacing
from densecell.patches import default_affinities
from densecell.training import load_member_settings


def run(*arguments):
    return outcome_of(*arguments).stdout


def outcome_of(*arguments):
    return commands.run("train", *arguments)


def test_a_project_becomes_a_ranked_ensemble(tmp_path, write_project):
    write_project(tmp_path)

    text = run(tmp_path, "--steps", 2, "--members", 2)

    model = tmp_path / "models" / "2d3d-2"
    assert len(read_ensemble(model).members) == 2
    assert "member 01, finished, MIoU 0." in text
    assert "members, best first" in text
    assert f"{model}: ready; next `densecell segment VOLUME -m {model}" in (
        text.replace("\n", "")
    )


def test_every_option_reaches_its_setting(tmp_path, write_project):
    write_project(tmp_path)

    run(
        *(tmp_path, "--network", "unet2d", "--width", 1, "--members", 1),
        *("--steps", 1, "--seed", 7, "--name", "mine"),
    )

    settings = load_member_settings(tmp_path / "models" / "mine" / "member_00")
    assert (settings.network.name, settings.network.width) == ("unet2d", 1)
    assert (settings.training.steps, settings.seed) == (1, 7)


def test_the_same_again_trains_nothing_and_more_members_are_added(
    tmp_path, write_project
):
    write_project(tmp_path)
    run(tmp_path, "--steps", 1, "--members", 1)
    weights = tmp_path / "models" / "2d3d-2" / "member_00" / "weights.safetensors"
    written = weights.stat().st_mtime_ns

    run(tmp_path, "--steps", 1, "--members", 1)
    run(tmp_path, "--steps", 1, "--members", 2)

    assert weights.stat().st_mtime_ns == written
    assert len(read_ensemble(tmp_path / "models" / "2d3d-2").members) == 2


def test_other_settings_are_refused_unless_it_is_overwritten(tmp_path, write_project):
    write_project(tmp_path)
    run(tmp_path, "--steps", 1, "--members", 1)
    with pytest.raises(OutputError, match="was begun with"):
        run(tmp_path, "--steps", 2, "--members", 1)

    run(tmp_path, "--steps", 2, "--members", 1, "--overwrite")

    member = tmp_path / "models" / "2d3d-2" / "member_00"
    assert load_member_settings(member).training.steps == 2


def test_a_model_is_not_dropped_for_data_that_are_wrong(tmp_path, write_project):
    write_project(tmp_path)
    run(tmp_path, "--steps", 1, "--members", 1)
    (tmp_path / "train.npy").unlink()
    with pytest.raises(DensecellError, match=r"train\.npy: does not exist"):
        run(tmp_path, "--steps", 1, "--members", 1, "--overwrite")
    assert (tmp_path / "models" / "2d3d-2" / "ensemble.json").exists()


def test_without_a_usable_member_it_ends_with_a_sentence(tmp_path, write_project):
    write_project(tmp_path, training={"abandon_below": 1.1})
    with pytest.raises(TrainingError, match="none of 2 members is usable"):
        run(tmp_path)


def test_a_folder_without_a_project(tmp_path):
    with pytest.raises(ConfigError) as caught:
        run(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'project.yaml'}: no such file; "
        f"`densecell init {tmp_path} IMAGE LABELS` makes one"
    )
    assert not (tmp_path / "models").exists()


def test_a_misspelt_setting_is_named_and_nothing_written(tmp_path, write_project):
    write_project(tmp_path)
    path = tmp_path / "project.yaml"
    path.write_text(path.read_text().replace("training:", "trainng:"))
    with pytest.raises(ConfigError) as caught:
        run(tmp_path)
    assert str(caught.value) == (
        f"{path}: unknown setting 'trainng'; did you mean 'training'?"
    )
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("--network", "unet"),
            "options: network.name: input should be '2d3d-light', ",
        ),
        (("--steps", 1, "--minutes", 2), "give --minutes or --steps, not both"),
        (("--extend", 1, "--extend-steps", 2), "give --extend or --extend-steps, not"),
        (("--extend", 1, "--overwrite"), "give --extend or --overwrite, not both"),
    ],
)
def test_options_are_checked_like_settings(tmp_path, write_project, options, sentence):
    write_project(tmp_path)
    with pytest.raises(ConfigError, match=sentence):
        run(tmp_path, *options)
    assert not (tmp_path / "models").exists()


def test_a_network_has_channels(tmp_path, write_project):
    write_project(tmp_path)
    assert "'--width'" in commands.misspelt("train", tmp_path, "--width", 0)
    assert not (tmp_path / "models").exists()


def test_one_budget_replaces_the_other(tmp_path, write_project):
    project = write_project(tmp_path)

    longer = changed(project, ProjectOptions(minutes=3.0), also=one_budget(3.0, None))

    assert (longer.training.minutes, longer.training.steps) == (3.0, None)
    assert one_budget(None, None) == {}
    assert one_budget(None, 5) == {"training.minutes": None}


def test_a_preset_replaces_the_projects_settings_and_options_go_over_it(
    write_project, tmp_path
):
    write_project(tmp_path / "p")
    project = load_settings(tmp_path / "p" / "project.yaml", ProjectConfig)

    paper = changed(with_preset(project, "paper"), ProjectOptions(width=8))

    assert (paper.network.width, paper.network.relu_logits) == (8, True)
    assert paper.training.schedule == "constant"
    assert paper.volumes == project.volumes
    assert with_preset(project, None) == project
    with pytest.raises(ConfigError, match="no preset 'papre'; known: paper"):
        with_preset(project, "papre")


def test_pictures_show_how_it_went(tmp_path, write_project):
    write_project(tmp_path)

    run(tmp_path, "--steps", 2, "--members", 1)

    model = tmp_path / "models" / "2d3d-2"
    for name in ("member_00/curves.png", "member_00/example.png", "scores.png"):
        assert (model / name).read_bytes().startswith(b"\x89PNG")


def test_a_finished_model_is_extended(tmp_path, write_project):
    write_project(tmp_path)
    run(tmp_path, "--steps", 2, "--members", 1)

    text = run(tmp_path, "--steps", 2, "--members", 1, "--extend-steps", 3)

    member = tmp_path / "models" / "2d3d-2" / "member_00"
    assert load_member_settings(member).extensions == (5,)
    assert "step 5 of 5" in text


def test_a_model_is_begun_from_another(tmp_path, write_project, trained):
    write_project(tmp_path)
    source = trained / "models" / "tiny"

    run(tmp_path, "--steps", 1, "--members", 1, "--name", "tuned", "--from", source)

    best = read_ensemble(source).members[0].folder
    tuned = load_member_settings(tmp_path / "models" / "tuned" / "member_00")
    assert tuned.origin == sha256(source / best / "weights.safetensors")
    assert tuned.network == load_member_settings(source / best).network


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_model_brings_its_own_network(tmp_path, write_project, trained):
    write_project(tmp_path)
    with pytest.raises(ConfigError, match="--from takes the network of its model"):
        run(tmp_path, "--width", 4, "--from", trained / "models" / "tiny")


def test_a_model_cannot_begin_from_itself(tmp_path, write_project):
    write_project(tmp_path)
    run(tmp_path, "--steps", 1, "--members", 1, "--name", "tiny")
    model = tmp_path / "models" / "tiny"
    with pytest.raises(ConfigError, match="cannot start from itself; give another"):
        run(tmp_path, "--steps", 1, "--name", "tiny", "--from", model, "--overwrite")
    assert (model / "ensemble.json").exists()


def test_events_need_tensorboard(tmp_path, write_project, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    write_project(tmp_path)
    with pytest.raises(MissingExtraError) as caught:
        run(tmp_path, "--steps", 1, "--tensorboard")
    assert str(caught.value) == (
        "--tensorboard needs tensorboard, which is not installed; pip install "
        "'densecell[train]'"
    )
    assert not (tmp_path / "models").exists()


def test_all_members_are_trained_at_once(tmp_path, write_project):
    write_project(tmp_path)

    text = run(tmp_path, "--steps", 1, "--members", 2, "--cluster", "local:2")

    assert "member 00, finished" in text
    assert "member 01, finished" in text


def test_volumes_of_another_voxel_size_are_told_of(tmp_path, write_project):
    write_project(tmp_path, spacing_nm=[40, 20, 20])
    options = ("--steps", 1, "--members", 1, "--network", "unet2d", "--width", 1)

    said = outcome_of(tmp_path, *options).stderr

    assert said.splitlines()[:2] == [
        f"{name}.npy: has voxels of 40 x 10 x 10 nm (z y x), resampled to the "
        "project's 40 x 20 x 20 nm"
        for name in ("train", "eval")
    ]

    settings = load_member_settings(tmp_path / "models" / "unet2d-1" / "member_00")
    assert settings.spacing_nm == (40, 20, 20)


def test_borders_of_cells_are_learned_from_ids(tmp_path, write_project, discs):
    write_project(tmp_path)
    path = tmp_path / "project.yaml"
    with pytest.raises(ConfigError, match="add `objects: FILE` to the volume"):
        run(tmp_path, "--network", "2d3d-light", "--steps", 1, "--cells")
    text = path.read_text().replace(
        "labels: train_labels.npy", "labels: train_labels.npy\n  objects: cells.npy"
    )
    path.write_text(text)
    np.save(tmp_path / "cells.npy", discs[1].astype(np.uint16))

    run(tmp_path, "--network", "2d3d-light", "--steps", 2, "--members", 1, "--cells")

    settings = load_member_settings(tmp_path / "models" / "2d3d-light-2" / "member_00")
    assert settings.network.affinities == default_affinities(Spacing(40, 10, 10))
    assert settings.training.flat_share == 0.5
    model = tmp_path / "models" / "2d3d-light-2"
    run(tmp_path, "--steps", 1, "--members", 1, "--name", "tuned", "--from", model)
    tuned = load_member_settings(tmp_path / "models" / "tuned" / "member_00")
    assert tuned.network == settings.network
    assert tuned.training.flat_share == 0.5
    with pytest.raises(ConfigError, match="sees one slice at a time"):
        run(tmp_path, "--network", "unet2d", "--steps", 1, "--cells")
