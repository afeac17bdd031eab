"""How much of the training rate is left when another program takes a core.

Steps of the default network in processes of their own, on all cores or on one, with
each way of waiting, without and with a busy program on one core. Ways take turns;
medians over the turns. The last rows are two trainings side by side.

    python benchmarks/threads.py               # about 9 minutes on 2 cores
    python benchmarks/threads.py --seconds 6 --rounds 1
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from densecell.cli.waiting import SPINS
from densecell.compute import processor_name, usable_cores

ALL = str(usable_cores())
WAYS: dict[str, tuple[dict[str, str], int]] = {  # settings, trainings at once
    "OpenMP's defaults": ({}, 1),
    "densecell's command line": ({"GOMP_SPINCOUNT": SPINS}, 1),
    "passive": ({"OMP_WAIT_POLICY": "passive"}, 1),
    "one thread": ({"OMP_NUM_THREADS": "1"}, 1),
    "two trainings, one thread each": ({"OMP_NUM_THREADS": "1"}, 2),
}
BUSY = "while True: pass"


def main() -> None:
    args = arguments()
    if args.train:
        print(rate(args.train))
        return
    print(f"{processor_name()}, {ALL} cores")
    found: dict[tuple[str, bool], list[float]] = {}
    for _ in range(args.rounds):
        for name, (settings, trainings) in WAYS.items():
            for loaded in (False, True):
                rates = measured(settings, trainings, loaded, args.seconds)
                found.setdefault((name, loaded), []).append(sum(rates))
    print("| | idle, steps/s | one core taken | left |\n|---|---|---|---|")
    for name in WAYS:
        idle, busy = (median(found[name, loaded]) for loaded in (False, True))
        print(f"| {name} | {idle:.2f} | {busy:.2f} | {busy / idle:.0%} |")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=12, help="of each training")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", type=float, help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(
    settings: dict[str, str], trainings: int, loaded: bool, seconds: float
) -> list[float]:
    """Steps a second of each of the trainings that run at once."""
    command = [sys.executable, __file__, "--train", str(seconds)]
    environ = os.environ | {"OMP_NUM_THREADS": ALL} | settings
    with busy_core() if loaded else nothing():
        running = [
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
            for _ in range(trainings)
        ]
        return [float(process.communicate()[0]) for process in running]


@contextmanager
def busy_core() -> Iterator[None]:
    """A program that computes without end on the last core."""
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def nothing() -> Iterator[None]:
    yield


def rate(seconds: float) -> float:
    """Train the default network on noise for a while; steps a second."""
    import torch
    from training import Training, Way, noise

    from densecell.config import NetworkConfig

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    training = Training(Way("default", NetworkConfig()), noise())
    for _ in range(3):
        training.step()
    begun, steps = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        training.step()
        steps += 1
    return steps / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
