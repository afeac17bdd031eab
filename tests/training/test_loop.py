import json
import math

import numpy as np
import pytest
import torch

from densecell.classes import ClassScheme
from densecell.config import AugmentationConfig, NetworkConfig, TrainingConfig
from densecell.errors import ConfigError, HopelessError, TrainingError
from densecell.evaluation import scores_from_confusion
from densecell.networks import Network, build_network
from densecell.patches import BatchMaker, Windows, WindowSampler
from densecell.training import read_history, train_member
from densecell.training.averaging import averaged_copy
from densecell.training.checkpoint import LAST, load_last, load_weights
from densecell.training.loop import make_optimiser, optimise, set_rate
from densecell.training.schedule import Phase
from densecell.training.validation import Adjusted

CONFIG = TrainingConfig(steps=8, validations=4, window=(3, 16, 16), rare_share=0.5)
PHASES = [Phase(0, 8)]
OFFSETS = np.array([0.5, -0.25], np.float32)
CPU = torch.device("cpu")


class Told:
    """A validator that gives the scores it was told, one after another."""

    def __init__(self, *scores):
        self.scores = list(scores)

    def score(self, network):
        wrong = round(1000 * (1 - self.scores.pop(0)))
        confusion = np.array([[1000 - wrong, wrong], [wrong, 1000 - wrong]])
        return scores_from_confusion(confusion, ClassScheme.from_ids([0, 1]))

    def adjusted(self, network):
        return Adjusted(self.score(network), OFFSETS)


@pytest.fixture
def batches(labelled, discs):
    intensities, labels = discs
    volume = labelled((intensities - 80.0) / 50, labels)
    return BatchMaker(
        [volume],
        WindowSampler([volume], rare_share=0.5, seed=0),
        AugmentationConfig(),
        schedule=lambda step: Windows((3, 16, 16), 2),
        margin=(0, 0, 0),
        seed=0,
    )


def tiny():
    return build_network(NetworkConfig(name="2d3d", width=1), classes=2, seed=0)


def trained(
    folder,
    batches,
    scores,
    *,
    network=None,
    hopeless_below=0.0,
    config=CONFIG,
    phases=PHASES,
):
    return train_member(
        network or tiny(),
        batches,
        Told(*scores),
        folder,
        config,
        phases=phases,
        hopeless_below=hopeless_below,
    )


def last_weights(folder):
    network = tiny()
    averaged = averaged_copy(network, 0.9)
    facts = load_last(
        network,
        averaged,
        make_optimiser(network, CONFIG),
        folder / "last.safetensors",
    )
    return facts, network.state_dict() | {
        f"average.{k}": v for k, v in averaged.module.state_dict().items()
    }


def assert_same_state(a, b):
    assert a[0] == b[0]
    assert a[1].keys() == b[1].keys()
    assert all(torch.equal(a[1][key], b[1][key]) for key in a[1])


def test_a_record_for_every_step(tmp_path, batches):
    records = list(trained(tmp_path, batches, [0.5, 0.6, 0.4, 0.5]))

    assert [r.step for r in records] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {r.steps for r in records} == {8}
    assert [r.step for r in records if r.miou_all] == [2, 4, 6, 8]
    assert all(math.isfinite(r.loss) and r.rate > 0 for r in records)
    assert records[0].best == -1.0


def test_the_best_weights_are_kept_not_the_last(tmp_path, batches):
    for record in trained(tmp_path, batches, [0.5, 0.7, 0.4, 0.6]):
        if record.step == 5:  # of which nothing is saved: what is there is of step 4
            last = last_weights(tmp_path)[1]
            best = {k: last[f"average.{k}"].clone() for k in tiny().state_dict()}

    network = tiny()
    facts = load_weights(network, tmp_path / "weights.safetensors")

    assert facts["step"] == 4
    assert facts["miou_all"] == record.best
    best["predictor_3d.0.bias"] += torch.from_numpy(OFFSETS)  # in what is kept
    assert all(torch.equal(v, best[k]) for k, v in network.state_dict().items())


def test_logits_are_left_alone_where_that_is_asked_for(tmp_path, batches):
    config = CONFIG.model_copy(update={"adjust_logits": False})

    list(trained(tmp_path, batches, [0.5, 0.6, 0.7, 0.8], config=config))

    network = tiny()
    load_weights(network, tmp_path / "weights.safetensors")
    last = last_weights(tmp_path)[1]["average.predictor_3d.0.bias"]
    assert torch.equal(network.last_bias(), last)


def test_history_has_a_line_for_every_validation(tmp_path, batches):
    list(trained(tmp_path, batches, [0.5, 0.6, 0.4, 0.5]))

    lines = read_history(tmp_path)

    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert lines[0].keys() == {"step", "loss", "miou_all", "miou_org", "iou"}
    assert lines[1]["miou_all"] == pytest.approx(0.6 / 1.4)


@pytest.mark.parametrize("stop_after", [1, 2, 5, 7, 8])
def test_an_interrupted_training_ends_like_an_undisturbed_one(
    tmp_path, batches, stop_after
):
    scores = [0.5, 0.7, 0.4, 0.6]
    list(trained(tmp_path / "undisturbed", batches, scores))

    begun = trained(tmp_path / "stopped", batches, scores)
    for _ in range(stop_after):
        next(begun)
    begun.close()
    list(trained(tmp_path / "stopped", batches, scores[(stop_after - 1) // 2 :]))

    one, other = (last_weights(tmp_path / n) for n in ("undisturbed", "stopped"))
    assert_same_state(one, other)
    assert read_history(tmp_path / "undisturbed") == read_history(tmp_path / "stopped")
    files = [tmp_path / n / "weights.safetensors" for n in ("undisturbed", "stopped")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_step_is_saved_after_its_record_was_taken(tmp_path, batches):
    begun = trained(tmp_path, batches, [0.5, 0.7, 0.4, 0.6])

    records = [next(begun), next(begun)]
    assert records[1].miou_all is not None
    assert not (tmp_path / LAST).exists()
    next(begun)
    assert last_weights(tmp_path)[0]["step"] == 2


def test_history_after_the_last_saved_step_is_dropped(tmp_path, batches):
    begun = trained(tmp_path, batches, [0.5, 0.7])
    for _ in range(5):
        next(begun)
    begun.close()
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write(json.dumps({"step": 6, "miou_all": 0.9}) + '\n{"step": 8, "mi')

    list(trained(tmp_path, batches, [0.4, 0.6]))

    assert [line["step"] for line in read_history(tmp_path)] == [2, 4, 6, 8]
    assert read_history(tmp_path)[2]["miou_all"] == pytest.approx(0.4 / 1.6)


def test_a_finished_training_has_nothing_left_to_do(tmp_path, batches):
    list(trained(tmp_path, batches, [0.5, 0.6, 0.4, 0.5]))

    assert list(trained(tmp_path, batches, [])) == []


def test_a_loss_that_is_no_number_stops_and_keeps_the_best(tmp_path, batches):
    class Spoilt:
        def ahead(self, first, last):
            for step, batch in enumerate(batches.ahead(first, last), 1):
                if step == 4:
                    batch.intensities[0, 0, 0, 0, 0] = np.nan
                yield batch

    with pytest.raises(TrainingError) as caught:
        list(trained(tmp_path, Spoilt(), [0.5, 0.6, 0.4, 0.5]))

    assert str(caught.value) == (
        "the loss turned nan at step 4; the best weights so far are kept. Lower "
        "training.learning_rate or train another seed"
    )
    network = tiny()
    facts = load_weights(network, tmp_path / "weights.safetensors")
    assert facts["step"] == 2
    assert all(torch.isfinite(p).all() for p in network.parameters())


def test_a_member_without_hope_is_given_up_at_a_quarter(tmp_path, batches):
    records = []
    with pytest.raises(HopelessError) as caught:
        records.extend(trained(tmp_path, batches, [0.5], hopeless_below=0.4))

    assert str(caught.value) == "after 2 steps MIoU 0.333 is still below 0.400"
    assert len(read_history(tmp_path)) == 1


def test_a_kill_before_the_verdict_does_not_save_a_hopeless_member(tmp_path, batches):
    with pytest.raises(HopelessError):
        list(trained(tmp_path, batches, [0.5], hopeless_below=0.6))

    with pytest.raises(HopelessError, match=r"MIoU 0\.333 is still below 0\.600"):
        list(trained(tmp_path, batches, [0.9, 0.9, 0.9, 0.9], hopeless_below=0.6))


def test_hope_is_judged_once(tmp_path, batches):
    records = list(trained(tmp_path, batches, [0.6, 0.2, 0.2, 0.2], hopeless_below=0.4))

    assert len(records) == 8


def test_steps_on_the_same_batch_lower_its_loss(batches):
    network, batch = tiny(), batches.batch(0)
    optimiser = make_optimiser(network, CONFIG)

    losses = [optimise(network, optimiser, batch, CONFIG, CPU) for _ in range(15)]

    assert losses[-1] < 0.9 * losses[0]


def no_memory_of_a_gpu(window):
    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def no_memory(window):
    torch.empty(1 << 50)


@pytest.mark.parametrize("fail", [no_memory_of_a_gpu, no_memory])
def test_a_step_too_large_for_memory_says_what_to_make_smaller(
    batches, monkeypatch, fail
):
    network, batch = tiny(), batches.batch(0)
    optimiser = make_optimiser(network, CONFIG)

    monkeypatch.setattr(network, "heads", fail)
    with pytest.raises(ConfigError) as caught:
        optimise(network, optimiser, batch, CONFIG, CPU)

    assert str(caught.value) == (
        "a step of 2 windows of 3 x 16 x 16 voxels does not fit into memory; choose a "
        "smaller training.window, training.batch or network.width"
    )


def test_other_troubles_of_torch_stay_what_they_are(batches, monkeypatch):
    network, batch = tiny(), batches.batch(0)
    optimiser = make_optimiser(network, CONFIG)

    def fail(window):
        raise RuntimeError("another trouble")

    monkeypatch.setattr(network, "heads", fail)
    with pytest.raises(RuntimeError, match="another trouble"):
        optimise(network, optimiser, batch, CONFIG, CPU)


def test_the_penalty_pulls_but_is_not_shown(batches):
    loss = CONFIG.loss.model_copy(update={"l2_2d": 10.0})
    strict = CONFIG.model_copy(update={"loss": loss})
    plain, pulled = tiny(), tiny()

    shown = [
        optimise(
            network, make_optimiser(network, config), batches.batch(0), config, CPU
        )
        for network, config in ((plain, CONFIG), (pulled, strict))
    ]

    assert shown[0] == shown[1]
    first = [network.groups()["2d"][0] for network in (plain, pulled)]
    assert not torch.equal(*first)


def test_the_optimiser_has_the_settings_constants():
    config = TrainingConfig(beta1=0.8, beta2=0.95, epsilon=1e-6, weight_decay=0.1)

    group = make_optimiser(tiny(), config).param_groups[0]

    assert group["betas"] == (0.8, 0.95)
    assert group["eps"] == 1e-6
    assert group["weight_decay"] == 0.1


def test_a_rate_reaches_the_optimiser():
    optimiser = make_optimiser(tiny(), CONFIG)

    set_rate(optimiser, 0.25)

    assert [group["lr"] for group in optimiser.param_groups] == [0.25]


def test_without_history_there_are_no_lines(tmp_path):
    assert read_history(tmp_path) == []


def test_an_extension_goes_on_and_validates_again(tmp_path, batches):
    list(trained(tmp_path, batches, [0.5, 0.6, 0.4, 0.5]))

    phases = [Phase(0, 8), Phase(8, 12)]
    records = list(trained(tmp_path, batches, [0.7] * 4, phases=phases))

    assert [r.step for r in records] == [9, 10, 11, 12]
    assert records[0].best == pytest.approx(0.7 / 1.3)
    steps = [line["step"] for line in read_history(tmp_path)]
    assert steps == [2, 4, 6, 8, 9, 10, 11, 12]


def test_a_staged_network_looks_at_neighbours_after_its_first_steps(tmp_path, batches):
    seen = []

    class Staged(Network):
        staged = True

        def __init__(self):
            super().__init__()
            self.inner = tiny()

        def heads(self, window):
            return self.inner.heads(window)

        def groups(self):
            return self.inner.groups()

        def last_bias(self):
            return self.inner.last_bias()

        def see_depth(self, on):
            seen.append(on)

    config = CONFIG.model_copy(update={"flat_share": 0.25})
    scores = [0.5, 0.6, 0.4, 0.5]
    list(trained(tmp_path, batches, scores, network=Staged(), config=config))

    assert seen == [False] * 2 + [True] * 6
