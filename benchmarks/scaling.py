"""Time per voxel and memory of `densecell segment` over size, members and workers.

One thing is varied at a time; every run is the command of a user in a process of its
own, on a phantom mirrored to size, with a narrow network of random weights:

    python benchmarks/scaling.py
    python benchmarks/scaling.py --sizes 8 64 --members 1 2 --workers 1 --max-memory 2G
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from made import write_model, write_volume

from densecell.compute import watched_memory
from densecell.config import NetworkConfig
from densecell.geometry import Box, Shape

SHAPES: dict[int, Shape] = {
    8: (32, 512, 512),
    64: (64, 1024, 1024),
    512: (128, 2048, 2048),
}


class Taken(NamedTuple):
    """What one run took."""

    seconds: float
    peak_bytes: int
    voxels: int


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        model = write_model(
            folder / "model",
            max(args.members),
            NetworkConfig(name="unet2d", width=args.width),
        )
        print("| million voxels | members | workers | s | Mvoxels/s | peak GB |")
        print("|---|---|---|---|---|---|")
        middle = sorted(args.sizes)[len(args.sizes) // 2]
        runs = [(size, 1, 0) for size in args.sizes]
        runs += [(middle, members, 0) for members in args.members if members > 1]
        runs += [(middle, 1, workers) for workers in args.workers]
        for size, members, workers in runs:
            volume = folder / f"{size}.zarr"
            if not volume.exists():
                write_volume(volume, SHAPES[size], source=(32, 512, 512))
            options = ["--members", str(members), "--max-memory", args.max_memory]
            if workers:
                options += ["--cluster", f"local:{workers}"]
            taken = run(volume, model, folder / f"r{size}-{members}-{workers}", options)
            print(
                f"| {size} | {members} | {workers or 'this process'} "
                f"| {taken.seconds:.0f} | {taken.voxels / taken.seconds / 1e6:.2f} "
                f"| {taken.peak_bytes / 1e9:.2f} |",
                flush=True,
            )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 64, 512])
    parser.add_argument("--members", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--width", type=int, default=4, help="of the 2D U-Net")
    parser.add_argument("--max-memory", default="4G")
    parser.add_argument("--folder", type=Path, help="for the volumes, dropped later")
    return parser.parse_args()


def run(volume: Path, model: Path, out: Path, options: list[str]) -> Taken:
    """Segment in a process of its own; watch it and its workers."""
    command = [sys.executable, "-c", "from densecell.cli.main import main; main()"]
    command += ["segment", str(volume), "-m", str(model), "-o", str(out), *options]
    begin = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    with watched_memory(child.pid, every_s=0.1) as peak:
        code = child.wait()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    voxels = Box.whole(SHAPES[int(volume.stem)]).voxels
    return Taken(time.perf_counter() - begin, peak.most, voxels)


if __name__ == "__main__":
    main()
