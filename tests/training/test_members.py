import numpy as np
import pytest
import torch

from densecell.classes import ClassScheme
from densecell.compute import connect
from densecell.errors import ConfigError, OutputError
from densecell.networks import build_network
from densecell.training import (
    Extension,
    Origin,
    TrainingOptions,
    load_data,
    load_member_settings,
    load_weights,
    loop,
    read_history,
    read_outcome,
    train_members,
    train_on_cluster,
)
from densecell.training.schedule import Phase


def outcomes(project, folder, *options):
    """Train to the end; give how each member ended."""
    data = load_data(project, folder)
    progress = train_members(project, data, folder / "model", *options)
    return [p.outcome for p in progress if p.outcome]


def with_steps(project, steps):
    training = project.training.model_copy(update={"steps": steps})
    return project.model_copy(update={"training": training})


def test_every_member_leaves_weights_settings_history_and_outcome(trained):
    model = trained / "models" / "tiny"
    for number in (0, 1):
        member = model / f"member_{number:02d}"

        settings, outcome = load_member_settings(member), read_outcome(member)

        assert {p.name for p in member.iterdir()} == {
            "weights.safetensors",
            "last.safetensors",
            "settings.yaml",
            "history.jsonl",
            "outcome.json",
        }
        assert settings.seed == outcome.seed == number
        assert settings.spacing_nm == (40, 10, 10)
        assert settings.training.steps == 8
        assert settings.training.minutes is None
        assert outcome.state == "finished"
        best = max(read_history(member), key=lambda line: line["miou_all"])
        assert (outcome.best_step, outcome.miou_all) == (best["step"], best["miou_all"])


def test_members_differ_by_their_seed(trained):
    model = trained / "models" / "tiny"

    files = [(model / n / "weights.safetensors").read_bytes() for n in MEMBERS]

    assert files[0] != files[1]


MEMBERS = ("member_00", "member_01")


def test_an_interrupted_training_ends_with_the_same_weights(
    tmp_path, write_project, trained
):
    project = write_project(tmp_path)
    data = load_data(project, tmp_path)
    begun = train_members(project, data, tmp_path / "model")
    for progress in begun:
        if progress.member == 1 and progress.record.step == 5:
            break
    begun.close()
    finished = tmp_path / "model" / "member_00" / "weights.safetensors"
    written = finished.stat().st_mtime_ns

    outcomes(project, tmp_path)

    assert finished.stat().st_mtime_ns == written  # passed over
    for name in MEMBERS:
        for file in ("weights.safetensors", "settings.yaml", "outcome.json"):
            expected = trained / "models" / "tiny" / name / file
            found = tmp_path / "model" / name / file
            assert found.read_bytes() == expected.read_bytes()


def test_members_can_be_added(tmp_path, write_project):
    one = write_project(tmp_path, ensemble={"members": 1})
    outcomes(one, tmp_path)

    more = write_project(tmp_path, ensemble={"members": 2})
    ended = outcomes(more, tmp_path)

    assert [o.seed for o in ended] == [0, 1]


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"network": {"width": 1}}, "network.width 2, now asked for 1"),
        (
            {"training": {"learning_rate": 0.01}},
            "training.learning_rate 0.002, now asked",
        ),
        ({"training": {"steps": 9}}, "training.steps 8, now asked for 9"),
        ({"ensemble": {"members": 1, "seed": 5}}, "ensemble.seed 0, now asked for 5"),
        (
            {"spacing_nm": [40, 11, 11]},
            "spacing_nm (40.0, 10.0, 10.0), now asked for (40.0, 11",
        ),
    ],
)
def test_other_settings_are_refused_also_when_all_is_finished(
    tmp_path, write_project, other, difference
):
    first = write_project(tmp_path, ensemble={"members": 1})
    outcomes(first, tmp_path)
    before = {p: p.read_bytes() for p in (tmp_path / "model").rglob("*.*")}

    changed = write_project(tmp_path, **({"ensemble": {"members": 1}} | other))
    with pytest.raises(OutputError) as caught:
        outcomes(changed, tmp_path)

    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'model'}: was begun with {difference}")
    assert said.endswith(
        "; see member_00/settings.yaml; choose another --name, or --overwrite to train "
        "anew"
    )
    assert {p: p.read_bytes() for p in (tmp_path / "model").rglob("*.*")} == before


def test_a_budget_in_minutes_goes_on_with_the_steps_that_were_settled(
    tmp_path, write_project
):
    outcomes(write_project(tmp_path, ensemble={"members": 1}), tmp_path)

    later = write_project(tmp_path, training={"steps": None, "minutes": 99})
    ended = outcomes(later, tmp_path)

    assert [o.state for o in ended] == ["finished", "finished"]
    second = load_member_settings(tmp_path / "model" / "member_01")
    assert second.training.steps == 8


def test_a_member_whose_loss_explodes_is_recorded_and_the_next_is_trained(
    tmp_path, write_project, monkeypatch
):
    project = write_project(tmp_path)
    optimise = loop.optimise
    calls = []

    def exploding(*args):
        calls.append(args)
        return float("nan") if len(calls) == 6 else optimise(*args)

    monkeypatch.setattr(loop, "optimise", exploding)

    failed, finished = outcomes(project, tmp_path)

    assert failed.state == "failed"
    assert failed.reason.startswith("the loss turned nan at step 6; the best weights")
    assert failed.best_step == 4
    assert finished.state == "finished"
    assert (tmp_path / "model" / "member_00" / "weights.safetensors").exists()


def test_a_hopeless_member_is_recorded(tmp_path, write_project):
    project = write_project(
        tmp_path, training={"abandon_below": 1.1}, ensemble={"members": 1}
    )

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "abandoned"
    assert ended.reason.startswith("after 4 steps MIoU 0.")
    assert ended.reason.endswith(" is still below 1.100")


def test_a_class_without_a_voxel_can_be_trained(tmp_path, write_project):
    write_project(tmp_path)
    classes = ClassScheme.from_ids([0, 1, 7]).as_settings()
    for weighting in ("uniform", "balanced", "paper"):
        project = write_project(
            tmp_path,
            classes=classes,
            training={"loss": {"weighting": weighting}, "steps": 2},
            ensemble={"members": 1},
        )
        with pytest.warns(UserWarning, match="no voxel of role") as warned:
            data = load_data(project, tmp_path)
        assert [str(w.message) for w in warned] == [
            "no voxel of role train is labelled class 7: they cannot be learned",
            "no voxel of role eval is labelled class 7: no score counts them",
        ]

        progress = list(train_members(project, data, tmp_path / weighting))

        assert progress[-1].outcome.state == "finished"
        assert progress[-1].outcome.iou["class 7"] is None or (
            progress[-1].outcome.iou["class 7"] == 0
        )


def test_a_volume_smaller_than_a_window_can_be_trained(tmp_path, write_project):
    project = write_project(
        tmp_path,
        training={"window": [9, 64, 80], "steps": 2},
        ensemble={"members": 1},
    )

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"
    settings = load_member_settings(tmp_path / "model" / "member_00")
    assert settings.training.window == (6, 64, 80)


def test_float_images_and_the_unet_without_padding_can_be_trained(
    tmp_path, write_project, discs
):
    project = write_project(
        tmp_path,
        network={"name": "unet2d", "padding": "valid", "width": 1},
        training={"window": [2, 20, 20], "steps": 2, "batch": 1},
        ensemble={"members": 1},
    )
    np.save(tmp_path / "train.npy", discs[0].astype(np.float32) / 255)

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"


def test_one_labelled_slice_is_enough(tmp_path, write_project, discs):
    project = write_project(tmp_path, ensemble={"members": 1})
    for name, array in zip(("train", "train_labels"), discs, strict=True):
        np.save(tmp_path / f"{name}.npy", array[2:3])

    (ended,) = outcomes(project, tmp_path)

    assert ended.state == "finished"
    settings = load_member_settings(tmp_path / "model" / "member_00")
    assert settings.training.window[0] == 3  # the slice, mirrored on both sides


def test_training_does_not_touch_the_global_generator(tmp_path, write_project):
    project = write_project(tmp_path, training={"steps": 1}, ensemble={"members": 1})
    torch.manual_seed(3)
    expected = torch.rand(2)

    torch.manual_seed(3)
    outcomes(project, tmp_path)

    assert torch.equal(torch.rand(2), expected)


def test_finished_members_go_on_when_extended(tmp_path, write_project):
    project = write_project(tmp_path)
    outcomes(project, tmp_path)

    ended = outcomes(project, tmp_path, TrainingOptions(extension=Extension(steps=4)))

    assert [o.steps for o in ended] == [12, 12]
    member = tmp_path / "model" / "member_01"
    assert load_member_settings(member).extensions == (12,)
    assert [line["step"] for line in read_history(member)] == [4, 8, 10, 12]


def test_an_extension_adds_no_members(tmp_path, write_project):
    outcomes(write_project(tmp_path, ensemble={"members": 1}), tmp_path)
    project = write_project(tmp_path, ensemble={"members": 3})

    ended = outcomes(project, tmp_path, TrainingOptions(extension=Extension(steps=4)))

    assert [o.steps for o in ended] == [12]
    assert not (tmp_path / "model" / "member_01").exists()


def test_a_member_that_is_extended_before_its_end_keeps_its_rates(
    tmp_path, write_project, monkeypatch
):
    project = write_project(tmp_path, ensemble={"members": 1})
    rates, told = [], loop.learning_rate

    def watched(*args):
        rates.append(told(*args))
        return rates[-1]

    monkeypatch.setattr(loop, "learning_rate", watched)
    data = load_data(project, tmp_path)
    begun = train_members(project, data, tmp_path / "model")
    while next(begun).record.step < 5:  # it is saved after the fourth
        pass
    begun.close()
    rates.clear()

    outcomes(project, tmp_path, TrainingOptions(extension=Extension(steps=4)))

    config, phases = project.training, (Phase(0, 8), Phase(8, 12))
    assert rates == [told(config, phases[s > 8], s) for s in range(5, 13)]


def test_a_killed_extension_ends_like_an_undisturbed_one(tmp_path, write_project):
    project = write_project(tmp_path, ensemble={"members": 1})
    longer = TrainingOptions(extension=Extension(steps=6))
    for name in ("one", "other"):
        list(train_members(project, load_data(project, tmp_path), tmp_path / name))
    data = load_data(project, tmp_path)
    list(train_members(project, data, tmp_path / "one", longer))

    begun = train_members(project, data, tmp_path / "other", longer)
    for progress in begun:
        if progress.record.step == 11:
            break
    begun.close()
    list(train_members(project, data, tmp_path / "other", longer))  # the same again

    for file in ("weights.safetensors", "settings.yaml", "outcome.json"):
        one, other = (tmp_path / n / "member_00" / file for n in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()


def test_members_begin_from_those_of_a_model(tmp_path, write_project, trained):
    source = trained / "models" / "tiny"
    origin = Origin((source / "member_01",))
    project = write_project(
        tmp_path,
        training={"steps": 1, "learning_rate": 1e-12, "average": 0.0},
        ensemble={"members": 1},
    )

    outcomes(project, tmp_path, TrainingOptions(origin=origin))

    member = tmp_path / "model" / "member_00"
    assert load_member_settings(member).origin == origin.sha256(0)
    networks = [build_network(project.network, classes=2) for _ in range(2)]
    for network, folder in zip(networks, (source / "member_01", member), strict=True):
        load_weights(network, folder / "weights.safetensors")
    for one, other in zip(*(n.parameters() for n in networks), strict=True):
        torch.testing.assert_close(one, other)


def test_a_model_that_began_elsewhere_is_not_mixed_in(tmp_path, write_project, trained):
    project = write_project(tmp_path, ensemble={"members": 1})
    outcomes(project, tmp_path)
    origin = Origin((trained / "models" / "tiny" / "member_00",))

    with pytest.raises(
        OutputError, match=r"begun with origin None, now asked for [0-9a-f]+"
    ):
        outcomes(project, tmp_path, TrainingOptions(origin=origin))


def test_whoever_watches_gets_an_example_of_every_validation(tmp_path, write_project):
    project = write_project(tmp_path, ensemble={"members": 1})
    seen = []

    def watch(member, settings, example):
        steps = [line["step"] for line in read_history(member)]
        seen.append((member.name, settings.seed, steps, example.predicted.shape))

    outcomes(project, tmp_path, TrainingOptions(watch=watch))

    assert seen == [
        ("member_00", 0, [4], (48, 56)),
        ("member_00", 0, [4, 8], (48, 56)),
    ]


def test_a_cluster_trains_the_same_members(tmp_path, write_project, trained):
    project = write_project(tmp_path)
    with connect("local:2") as cluster:
        progress = list(
            train_on_cluster(project, tmp_path, tmp_path / "model", cluster, threads=1)
        )

    assert {p.member for p in progress if p.outcome} == {0, 1}
    assert {p.record.step for p in progress if p.record} <= {4, 8}
    for name in MEMBERS:
        for file in ("weights.safetensors", "settings.yaml", "outcome.json"):
            expected = trained / "models" / "tiny" / name / file
            found = tmp_path / "model" / name / file
            assert found.read_bytes() == expected.read_bytes()


def test_a_model_that_began_elsewhere_is_resumed_without_naming_it(
    tmp_path, write_project, trained
):
    project = write_project(tmp_path, ensemble={"members": 1})
    origin = Origin((trained / "models" / "tiny" / "member_00",))
    begun = outcomes(project, tmp_path, TrainingOptions(origin=origin))

    assert outcomes(project, tmp_path) == begun


def test_members_of_a_model_that_began_elsewhere_need_it_to_become_more(
    tmp_path, write_project, trained
):
    origin = Origin((trained / "models" / "tiny" / "member_00",))
    one = write_project(tmp_path, ensemble={"members": 1})
    outcomes(one, tmp_path, TrainingOptions(origin=origin))

    with pytest.raises(
        ConfigError, match="started from another model; name it by --from"
    ):
        outcomes(write_project(tmp_path), tmp_path)
