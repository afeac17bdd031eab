"""Four billion voxels for some minutes, in a budget of memory that is far smaller.

Segments a phantom of 64 million voxels, mirrored to 4 billion block by block, with a
narrow network, as a user would; stops after `--minutes`; says the highest memory of all
processes, and the rate in the last third of the time against the first.

    python benchmarks/larger.py --folder /scratch
    python benchmarks/larger.py --cluster local:2
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from made import write_model, write_volume

from densecell.compute import watched_memory
from densecell.config import NetworkConfig
from densecell.result import read_run

SHAPE = (250, 4000, 4000)
SOURCE = (64, 1000, 1000)


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        network = NetworkConfig(name=args.network, width=args.width)
        model = write_model(folder / "model", 1, network)
        begin = time.perf_counter()
        write_volume(folder / "volume.zarr", SHAPE, source=SOURCE)
        print(f"volume written in {time.perf_counter() - begin:.0f} s", flush=True)
        command = [sys.executable, "-c", "from densecell.cli.main import main; main()"]
        command += ["segment", str(folder / "volume.zarr"), "-m", str(model)]
        command += ["-o", str(folder / "result"), "--max-memory", args.max_memory]
        if args.cluster:
            command += ["--cluster", args.cluster]
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        with watched_memory(child.pid, every_s=0.2) as peak:
            try:
                code = child.wait(60 * args.minutes)
                print(f"ended by itself with {code}")
            except subprocess.TimeoutExpired:
                child.terminate()
                child.wait()
        report(folder / "result", peak.most)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--max-memory", default="3G")
    parser.add_argument("--network", default="unet2d")
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--cluster", help="as of `densecell segment`")
    parser.add_argument("--folder", type=Path, help="with 10 GB free; dropped later")
    return parser.parse_args()


def report(out: Path, peak: int) -> None:
    """Compare the pace of finished blocks, by when they were marked."""
    blocks = read_run(out).blocks
    marks = sorted(
        (mark.stat().st_mtime, blocks[int(mark.stem)].voxels)
        for mark in (out / "blocks" / "segment").glob("*.json")
    )
    first, last = marks[0][0], marks[-1][0]
    third = (last - first) / 3
    early = sum(n for t, n in marks if first < t <= first + third) / third
    late = sum(n for t, n in marks if t > last - third) / third
    done = sum(n for _, n in marks)
    print(
        f"{done / 1e6:.0f} million of {sum(b.voxels for b in blocks) / 1e6:.0f} in "
        f"{last - first:.0f} s; first third {early / 1e6:.3f} Mvoxels/s, last third "
        f"{late / 1e6:.3f} ({late / early - 1:+.1%}); peak {peak / 1e9:.2f} GB"
    )


if __name__ == "__main__":
    main()
