"""How fast a volume is segmented, beside MONAI's sliding windows in torch.

Ours, as `densecell segment` computes it, against `sliding_window_inference` with an
overlap of 1/3 and Gaussian blending of logits, (a) in fp32 and (b) under bf16 autocast.
A sweep finds the window, batch and memory layout with which each of (a) and (b) is done
first; then all three take turns. A turn is a few windows, with all that a window costs
(copies, blending, softmax, argmax), and is multiplied by the exact number of windows
of the volume: fly nerve cord, or a phantom where that is missing. Without `--model`
the 2D-3D network has random weights. Needs one package more: `pip install monai`.

    python benchmarks/inference.py                      # about 10 minutes on 2 cores
    python benchmarks/inference.py --quick              # under 3 minutes
    python benchmarks/inference.py --full               # whole runs too: 40 minutes
    python benchmarks/inference.py --data drosophila-vnc \
        --model drosophila-vnc/models/2d3d-32 --score-z 12 16

On the last line, `ratio_fp32` and `ratio_bf16` are the medians over turns of MONAI's
time over ours, `peak_gb` (10^9 bytes) is the most that a `densecell segment` occupied,
and `share_of_peak` is the rate of our network's calls over that of the best product of
two 4096 x 4096 matrices in torch or OpenVINO, in our precision: bf16 where native.

More than 300 lines: every method's timing must be seen beside the others'.
"""

import argparse
import copy
import itertools
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import psutil
import torch
from monai.data.utils import dense_patch_slices
from monai.inferers import sliding_window_inference
from monai.inferers.utils import _get_scan_interval
from numpy.typing import NDArray
from products import GFLOP, SIDE, products, seconds

from densecell.classes import ClassScheme
from densecell.compute import usable_cores
from densecell.config import (
    InferenceConfig,
    NetworkConfig,
    TrainingConfig,
    save_settings,
    write_text,
)
from densecell.ensemble import Ensemble, load_ensemble, rank_members
from densecell.evaluation import confusion_matrix, scores_from_confusion
from densecell.geometry import Box, Shape, Spacing, round_up
from densecell.inference import (
    EngineChoice,
    box_probabilities,
    choose_engine,
    make_engine,
    plan_tiling,
)
from densecell.networks import Network, build_network, network_facts
from densecell.phantom import make_phantom
from densecell.training import (
    MemberOutcome,
    MemberSettings,
    load_member_settings,
    member_folder,
    save_weights,
)
from densecell.volume import (
    ArrayVolume,
    intensity_statistics,
    normalise,
    open_volume,
    read_padded,
    write_tiff,
)

DATA = Path("../shared/data/drosophila-vnc")
FLY_SPACING_NM = Spacing(50, 4.6, 4.6)
PHANTOM_SHAPE = (16, 1024, 1024)
OVERLAP = 1 / 3
DEPTH = 5
SIDES, BATCHES = (152, 224, 296), (1, 2, 4)
TILES = 1  # of a turn of ours: each takes many seconds
LAYOUTS = {"channels last": torch.channels_last_3d, "plain": torch.contiguous_format}
BFLOAT16 = {"fp32": False, "bf16": True}  # MONAI's two ways

Labels = NDArray[np.uint8]


class Source(NamedTuple):
    """A volume on disk."""

    image: Path
    labels: Path
    spacing_nm: Spacing
    scheme: ClassScheme


class Subject(NamedTuple):
    """A network and what it is to segment, in memory."""

    ensemble: Ensemble  # of one member
    intensities: NDArray[np.float32]  # (Z, Y, X), normalised

    @property
    def network(self) -> Network:
        return self.ensemble.networks[0]


class Plan(NamedTuple):
    """How MONAI cuts a volume."""

    window: Shape
    batch: int
    layout: str


class Method(NamedTuple):
    """Something to time: `turn` takes the whole volume's time over `turns`."""

    name: str
    turn: Callable[[], object]
    turns: float


class Ours(NamedTuple):
    """Our way over one volume."""

    method: Method
    label: Callable[[Box], Labels]  # class ids of a box of the volume
    call: Callable[[], object]  # of the network, for one tile
    flop_of_call: float
    choice: EngineChoice
    words: str


def main() -> None:
    args = arguments()
    torch.set_num_threads(usable_cores())
    packages = ("torch", "openvino", "monai")
    print(f"{usable_cores()} cores;", *(f"{p} {version(p)}" for p in packages))
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        source = find_data(args.data, temporary)
        model = args.model or random_model(temporary / "model", args.width, source)
        subject = Subject(load_ensemble(model, best=1), normalised(source))
        ours = our_method(subject)
        shape = subject.intensities.shape
        print(f"{source.image}, {shape} voxels; {ours.words}", flush=True)
        share = share_of_peak(ours, rounds=1 if args.quick else args.rounds)
        theirs = {way: best_plan(way, subject, args.quick) for way in BFLOAT16}
        ratios = take_turns(ours, theirs, subject, rounds=args.rounds)
        peak_gb = segment_in_child(source, model, temporary / "out", args.quick)
        run_whole_or_score(ours, theirs, subject, source, args)
    print(
        f"ratio_fp32={ratios['fp32']:.2f} ratio_bf16={ratios['bf16']:.2f} "
        f"peak_gb={peak_gb:.2f} share_of_peak={share:.2f}"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="with image.tif")
    parser.add_argument("--model", type=Path, help="of a `densecell train`: its best")
    parser.add_argument("--width", type=int, default=32, help="of random weights")
    parser.add_argument("--rounds", type=int, help="turns of each; default 5, quick 2")
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--full", action="store_true", help="a whole run of each too")
    parser.add_argument(
        "--score-z", type=int, nargs=2, metavar=("A", "B"), help="slices; needs --model"
    )
    args = parser.parse_args()
    if args.score_z and not args.model:
        parser.error("--score-z scores a trained network; give it by --model")
    args.rounds = args.rounds or (2 if args.quick else 5)
    return args


# What is segmented, and with what


def find_data(folder: Path, temporary: Path) -> Source:
    """Open the fly volume, or else write a phantom."""
    image, labels = folder / "image.tif", folder / "labels.tif"
    if image.exists():
        return Source(image, labels, FLY_SPACING_NM, ClassScheme.drosophila_vnc())
    print(f"{folder}: no image.tif, so a phantom is made", flush=True)
    made = make_phantom(PHANTOM_SHAPE, seed=0)
    image, labels = temporary / "image.tif", temporary / "labels.tif"
    for path, array in ((image, made.intensities), (labels, made.classes)):
        write_tiff(path, ArrayVolume(array), spacing_nm=made.spacing_nm)
    return Source(image, labels, made.spacing_nm, ClassScheme.platelet())


def random_model(folder: Path, width: int, source: Source) -> Path:
    """Write a model folder of one member that was never trained."""
    member = member_folder(folder, 0)
    settings = MemberSettings(
        classes=source.scheme,
        network=NetworkConfig(name="2d3d", width=width),
        training=TrainingConfig(),
        seed=0,
        spacing_nm=source.spacing_nm,
        mean=0,
        std=1,
    )
    network = build_network(settings.network, classes=len(source.scheme), seed=0)
    save_settings(settings, member / "settings.yaml")
    save_weights(network, member / "weights.safetensors", {})
    outcome = MemberOutcome(state="finished", seed=0, miou_all=0)
    write_text(member / "outcome.json", outcome.model_dump_json())
    rank_members(folder, best=1)
    return folder


def normalised(source: Source) -> NDArray[np.float32]:
    volume = open_volume(source.image, spacing_nm=source.spacing_nm)
    whole = volume.read(Box.whole(volume.shape))
    return normalise(whole, intensity_statistics(volume))


# Ours


def our_method(subject: Subject) -> Ours:
    """Do what `densecell segment` does; all that is known here of how it does it."""
    ensemble, intensities = subject
    network, config = subject.network, InferenceConfig()
    if network.margin != (0, 0, 0):
        raise SystemExit("MONAI cannot run a network that loses its border; train 2d3d")
    tiling = plan_tiling(network, intensities.shape, config)
    choice = choose_engine(config)
    engine = make_engine(network, choice, window=tiling.tile)
    read = partial(read_padded, intensities)

    def label(box: Box) -> Labels:
        shares = box_probabilities(engine, read, tiling, box, network.margin)
        return ensemble.scheme.to_ids(shares.argmax(0))

    tiles = list(tiling.tiles(Box.whole(intensities.shape)))
    few = [t.write_box for t in tiles[:TILES]]
    few = [kept for kept in few if kept.start[:2] == (0, 0)]  # side by side
    window = read(tiles[0].read_box)[None, None]
    settings = load_member_settings(ensemble.path / ensemble.names[0]).network
    facts = network_facts(settings, classes=len(ensemble.scheme))
    return Ours(
        Method(
            "ours", lambda: label(few[0].union(few[-1])), turns=len(tiles) / len(few)
        ),
        label,
        call=lambda: engine.probabilities(window),
        flop_of_call=facts.flop_per_voxel * math.prod(tiling.tile),
        choice=choice,
        words=f"{settings.name}, width {settings.width}, "
        f"{facts.flop_per_voxel / 1e6:.2f} MFLOP per voxel\n"
        f"ours: {len(tiles)} tiles {tiling.tile} less margins {tiling.margin}, "
        f"{choice.name} {choice.precision}, {choice.threads} threads",
    )


def share_of_peak(ours: Ours, *, rounds: int) -> float:
    """Compare the network's calls, in turn with plain products: the best of each."""
    works = {"call": ours.call, **products(ours.choice)}
    best = dict.fromkeys(works, math.inf)
    for _ in range(rounds + 1):  # the first is slow: nothing lies ready yet
        for name, work in works.items():
            best[name] = min(best[name], seconds(work))
    rate = ours.flop_of_call / best.pop("call") / 1e9
    peaks = {name: GFLOP / t for name, t in best.items()}
    each = ", ".join(f"{name} {peak:.0f}" for name, peak in peaks.items())
    print(
        f"GFLOP/s: our network's calls {rate:.0f}; products of two {SIDE} x "
        f"{SIDE} matrices, {ours.choice.precision}: {each}",
        flush=True,
    )
    return rate / max(peaks.values())


# MONAI's


def best_plan(way: str, subject: Subject, quick: bool) -> Plan:
    """Sweep windows and batches, then the layout; least time for the volume wins."""
    taken: dict[Plan, float] = {}

    def take(plan: Plan) -> None:
        method = monai_method(way, plan, subject)
        if not taken:
            method.turn()  # the very first is slow
        repeats = range(1 if quick else 2)
        taken[plan] = method.turns * min(seconds(method.turn) for _ in repeats)

    for plan in plans(subject.network, quick):
        take(plan)
    if not quick:
        take(min(taken, key=taken.__getitem__)._replace(layout="plain"))
    for plan, whole in taken.items():
        print(f"  {way} {plan.window} x {plan.batch}, {plan.layout}: {whole:.3g} s")
    best = min(taken, key=taken.__getitem__)
    print(
        f"{way}: best {best.window} x {best.batch}, {best.layout}, "
        f"{len(windows(subject.intensities.shape, best.window))} windows",
        flush=True,
    )
    return best


def plans(network: Network, quick: bool) -> Iterator[Plan]:
    """Windows that the network can take."""
    deep = max(DEPTH, network.least_depth)
    sides, batches = (SIDES[:1], BATCHES[:2]) if quick else (SIDES, BATCHES)
    for side, batch in itertools.product(sides, batches):
        side = round_up(side, network.step)
        yield Plan((deep, side, side), batch, "channels last")


def monai_method(way: str, plan: Plan, subject: Subject) -> Method:
    """Run MONAI on a box that holds just one batch of windows."""
    shape = subject.intensities.shape
    gap = scan_interval(shape, plan.window)
    z, y, x = plan.window
    box = Box.whole((z, y, x + (plan.batch - 1) * gap[2]))
    crop = read_padded(subject.intensities, box)
    assert len(windows(crop.shape, plan.window)) == plan.batch
    network = laid_out(subject.network, plan)
    gained = (gap[0], gap[1], plan.batch * gap[2])  # by these windows, less overlaps

    def turn() -> Labels:
        logits = monai_logits(way, plan, network, crop)
        return labels_of(logits[(..., *Box.whole(gained).slices)])

    return Method(way, turn, len(windows(shape, plan.window)) / plan.batch)


def monai_label(way: str, plan: Plan, subject: Subject, box: Box) -> Labels:
    """Class ids of whole slices, from the windows of a run over the volume."""
    shape = subject.intensities.shape
    depths = [(int(w[0].start), int(w[0].stop)) for w in windows(shape, plan.window)]
    needed = [(a, b) for a, b in depths if a < box.stop[0] and b > box.start[0]]
    first, last = min(a for a, _ in needed), max(b for _, b in needed)
    network = laid_out(subject.network, plan)
    logits = monai_logits(way, plan, network, subject.intensities[first:last])
    inside = box.relative_to((first, 0, 0))
    return subject.ensemble.scheme.to_ids(labels_of(logits)[inside.slices])


def monai_logits(
    way: str, plan: Plan, network: Network, intensities: NDArray[np.float32]
) -> torch.Tensor:
    """Blend the (1, K, Z, Y, X) logits of all windows, in float32."""
    low = BFLOAT16[way]

    def predict(batch: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            return network(batch.to(memory_format=LAYOUTS[plan.layout])).float()

    with torch.inference_mode():
        return sliding_window_inference(
            torch.from_numpy(intensities)[None, None],
            plan.window,
            plan.batch,
            predict,
            overlap=OVERLAP,
            mode="gaussian",
        )


def labels_of(logits: torch.Tensor) -> Labels:
    """Turn logits into probabilities and these into (Z, Y, X) channels."""
    with torch.inference_mode():
        return torch.softmax(logits, 1).argmax(1)[0].to(torch.uint8).numpy()


def laid_out(network: Network, plan: Plan) -> Network:
    """Copy the network, with its weights in the memory layout of the plan."""
    return copy.deepcopy(network).eval().to(memory_format=LAYOUTS[plan.layout])


def scan_interval(shape: tuple[int, ...], window: Shape) -> tuple[int, ...]:
    size = tuple(map(max, shape, window))
    return _get_scan_interval(size, window, 3, (OVERLAP,) * 3)


def windows(shape: tuple[int, ...], window: Shape) -> list[tuple[slice, ...]]:
    """Windows that MONAI visits."""
    size = tuple(map(max, shape, window))
    return dense_patch_slices(size, window, scan_interval(shape, window))


# Both


def take_turns(
    ours: Ours, theirs: dict[str, Plan], subject: Subject, *, rounds: int
) -> dict[str, float]:
    """Time all methods in turn; give the median ratio of each to ours."""
    methods = [ours.method]
    methods += [monai_method(way, plan, subject) for way, plan in theirs.items()]
    for method in methods:
        method.turn()
    taken: dict[str, list[float]] = {method.name: [] for method in methods}
    for _, method in itertools.product(range(rounds), methods):
        taken[method.name].append(method.turns * seconds(method.turn))
    ratios = {}
    voxels = subject.intensities.size
    for name, each in taken.items():
        ratio = [t / o for t, o in zip(each, taken["ours"], strict=True)]
        ratios[name] = median(ratio)
        print(
            f"{name}: whole volume {median(each):.3g} s ({min(each):.3g} to "
            f"{max(each):.3g}), {voxels / median(each) / 1e3:.0f} thousand voxels per "
            f"second, {ratios[name]:.2f} x ours ({min(ratio):.2f} to {max(ratio):.2f})",
            flush=True,
        )
    return ratios


def segment_in_child(source: Source, model: Path, out: Path, quick: bool) -> float:
    """Run a real `densecell segment`; give the most memory it had, in 10^9 bytes."""
    code = "from densecell.cli.main import main; main()"
    command = [sys.executable, "-c", code, "segment", source.image, "-m", model]
    command += ["-o", out, "--members", 1, "--spacing", *source.spacing_nm]
    part = "the whole volume"
    if quick:
        z, y, x = open_volume(source.image).shape
        corner = (min(z, 16), min(y, 344), min(x, 344))  # a tile
        command += ["--box", 0, 0, 0, *corner]
        part = f"a corner of {corner} voxels"
    started, peak = time.perf_counter(), 0
    with psutil.Popen([str(c) for c in command], stdout=subprocess.DEVNULL) as child:
        # Not ru_maxrss: that of a child counts what its parent had at the fork.
        while child.poll() is None:
            peak = max(peak, memory_of(child))
            time.sleep(0.02)
    if child.returncode:
        raise SystemExit(f"densecell segment failed with {child.returncode}")
    took = time.perf_counter() - started
    print(
        f"`densecell segment`, {part}: {took:.0f} s from start to end, "
        f"at most {peak / 1e9:.2f} GB",
        flush=True,
    )
    return peak / 1e9


def memory_of(process: psutil.Process) -> int:
    """Count a process's resident memory and what its children add, in bytes.

    Forked helpers share nearly all pages with it, so only their own count.
    """
    total = 0
    with suppress(psutil.Error):
        total = process.memory_info().rss
        for child in process.children(recursive=True):
            with suppress(psutil.Error):
                total += child.memory_full_info().uss
    return total


def run_whole_or_score(
    ours: Ours,
    theirs: dict[str, Plan],
    subject: Subject,
    source: Source,
    args: argparse.Namespace,
) -> None:
    """Time whole runs and score slices, as far as asked for."""
    whole = Box.whole(subject.intensities.shape)
    z0, z1 = args.score_z or (0, whole.stop[0])
    box = Box((z0, 0, 0), (z1, *whole.stop[1:])).clipped(whole.stop)
    label = {"ours": ours.label}
    for way, plan in theirs.items():
        if args.full or way == "bf16":  # fp32 takes long and hardly differs
            label[way] = partial(monai_label, way, plan, subject)
    for name, labels_of_box in label.items():
        started = time.perf_counter()
        if args.full:
            labels = labels_of_box(whole)[box.slices]
            took = time.perf_counter() - started
            print(f"{name}: the whole volume took {took:.3g} s", flush=True)
        elif args.score_z:
            labels = labels_of_box(box)
        if args.score_z and source.labels.exists():
            truth = open_volume(source.labels, labels=True).read(box)
            scheme = subject.ensemble.scheme
            scores = scores_from_confusion(
                confusion_matrix(truth, labels, scheme), scheme
            )
            print(f"{name}: MIoU(all) {scores.miou_all:.3f} on slices {z0} to {z1 - 1}")


if __name__ == "__main__":
    main()
