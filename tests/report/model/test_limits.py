from dataclasses import replace

import pytest

from densecell.report.model.facts import read_facts
from densecell.report.model.limits import limits
from densecell.training import DataRecord, VolumeRecord

ALWAYS = [
    "It expects voxels of 40 x 10 x 10 nm (z, y, x). `densecell segment` resamples "
    "volumes whose voxels differ by more than 10 %, and refuses beyond a factor of 8; "
    "other programs must be given this size.",
    "Weights and members were chosen by their scores on the eval volumes. Expect "
    "somewhat lower scores on others.",
]


MANY = {"ground": 20_000, "disc": 20_000}


def volume(name, role, voxels, fingerprint):
    return VolumeRecord(
        name=name,
        role=role,
        shape=(4, 100, 100),
        spacing_nm=(40, 10, 10),
        statistics=(100, 20, 0, 255),
        fingerprint=fingerprint,
        voxels=voxels,
    )


PLENTY = [
    volume("a.tif", "train", MANY, "1"),
    volume("b.tif", "train", MANY, "2"),
    volume("c.tif", "eval", MANY, "3"),
]


@pytest.fixture(scope="module")
def facts(trained):
    return read_facts(trained / "models" / "tiny")


@pytest.fixture
def drawn(facts):
    """A function that puts scores of members and data over the facts."""

    def draw(*scores, volumes=PLENTY, states=None, iou=None):
        members = facts.file.members[0], *facts.file.members, facts.file.members[1]
        states = states or ["finished"] * len(scores)
        drawn = tuple(
            member.model_copy(
                update={
                    "used": state == "finished",
                    "outcome": member.outcome.model_copy(
                        update={
                            "state": state,
                            "miou_all": score,
                            "iou": iou or {"ground": 0.9, "disc": 0.8},
                        }
                    ),
                }
            )
            for member, score, state in zip(members, scores, states, strict=False)
        )
        file = facts.file.model_copy(update={"members": drawn})
        return replace(facts, file=file, data=DataRecord(volumes=tuple(volumes)))

    return draw


def others(facts):
    return [sentence for sentence in limits(facts) if sentence not in ALWAYS]


def test_a_good_model_has_the_limits_of_all_models(drawn):
    assert limits(drawn(0.8, 0.81, 0.79)) == ALWAYS


def test_what_was_not_recorded_is_said(facts):
    assert limits(replace(facts, data=None))[1] == (
        "The training volumes were not recorded, so nobody can say how far other "
        "volumes differ from them."
    )


def test_one_volume_for_everything_is_said(drawn):
    volumes = [volume("a.tif", role, MANY, "1") for role in ("train", "eval")]

    assert others(drawn(0.8, 0.8, 0.8, volumes=volumes)) == [
        "It learned from a single volume, a.tif. Another subject, stain or microscope "
        "may look different to it. Check some slices, and try `--adapt`.",
        "It was scored on parts of volumes that it also learned from (a.tif). Its "
        "scores say little about other volumes.",
    ]


def test_classes_that_were_hardly_shown_are_said(drawn):
    volumes = [
        volume("a.tif", "train", {"ground": 40_000, "disc": 0}, "1"),
        volume("b.tif", "train", {"ground": 40_000, "disc": 79}, "2"),
        volume("c.tif", "eval", {"ground": 40_000, "disc": 999}, "3"),
    ]

    rare, few = others(drawn(0.8, 0.8, 0.8, volumes=volumes))
    never, _ = others(drawn(0.8, 0.8, 0.8, volumes=[volumes[0], volumes[2]]))[1:]

    assert rare == "Rare in the training volumes: disc (79 voxels)."
    assert few == "Scored on few voxels: disc (999 voxels)."
    assert never == (
        "Never labelled in the training volumes: disc. It cannot find them."
    )


def test_low_and_missing_scores_are_said(drawn):
    low = drawn(0.8, 0.8, 0.8, iou={"ground": 0.9, "disc": 0.3})
    missing = drawn(0.8, 0.8, 0.8, iou={"ground": 0.9, "disc": None})

    assert others(low) == ["Often wrong: disc (IoU 0.30), as the mean of its members."]
    assert others(missing) == ["Without a score, as the eval volumes hold none: disc."]


def test_few_and_unequal_members_are_said(drawn):
    states = ["finished", "finished", "abandoned"]

    assert others(drawn(0.8, 0.7, 0.1, states=states)) == [
        "2 networks cannot outvote the mistakes of one seed, and disagreement between "
        "them says little. Three or more do better.",
        "Its members differ: MIoU(all) from 0.700 to 0.800, by their seeds alone.",
        "1 of 3 members learned too little or failed, and do not vote.",
    ]
