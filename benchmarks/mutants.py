"""Whether the tests notice when the code is wrong: mutants, sampled by a seed.

Where results are decided (geometry, tiles, metrics, weights, block marks) small changes
are made to the code, one at a time: another operator, another number, a condition
turned around. Each should make a test of that file fail. Places are drawn evenly; one
change is drawn at each. Left alone: unions in annotations, as what cannot be imported
is no mutant, and the `strict=True` of zip, which guards against callers. Needs one
package more: `pip install cosmic-ray`.

    python benchmarks/mutants.py --out /scratch/mutants            # 300: an hour
    python benchmarks/mutants.py --out /scratch/trial --mutants 10

Works on a copy of the code in `--out`, and the same command goes on where it
stopped. Survivors are printed with their difference, to be looked at: either a test is
missing, or the change changes nothing. So are those whose tests took 300 s: no kill,
but an endless loop, or a machine that is too busy.
"""

import argparse
import json
import os
import random
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).parent.parent
EVALUATION = "tests/evaluation"
TESTS = {
    "geometry.py": "tests/test_geometry.py",
    "inference/tiles.py": "tests/inference/test_tiles.py",
    "evaluation/confusion.py": EVALUATION,
    "evaluation/scores.py": EVALUATION,
    "evaluation/instances.py": EVALUATION,
    "patches/weights.py": "tests/patches/test_weights.py",
    "compute/blocks.py": "tests/compute/test_blocks.py",
}
SKIPPED = "BitOr"  # unions of types
PATIENCE_S = 300
TIMEOUT = "timeout"  # what cosmic-ray says, and counts as killed
ENDS = ("killed", "survived", TIMEOUT)
Json = dict[str, str]


class Mutant(NamedTuple):
    """One change to one file of the package."""

    file: str
    spec: MutationSpec

    @property
    def name(self) -> str:
        (line, column), operator = self.spec.start_pos, self.spec.operator_name
        return f"{self.file}:{line}:{column} {operator} {self.spec.operator_args}"


def main() -> None:
    args = arguments()
    tree = copied(args.out)
    found = list(drawn(tree, args.mutants, args.seed))
    check(tree)
    kept = args.out / "results.json"
    results: dict[str, Json] = json.loads(kept.read_text()) if kept.exists() else {}
    for number, mutant in enumerate(found, 1):
        if mutant.name not in results:
            results[mutant.name] = outcome(tree, mutant)
            kept.write_text(json.dumps(results, indent=2) + "\n")
        print(f"{number} {results[mutant.name]['end']} {mutant.name}", flush=True)
    report(found, results)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="goes on from there")
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def copied(out: Path) -> Path:
    """Copy what is tested: mutants never touch the clone.

    It is kept as it was at the first start, and copied once more at each: a kill leaves
    a mutant behind.
    """
    kept, tree = out.resolve() / "kept", out.resolve() / "tree"
    if not kept.exists():
        for folder in ("src", "tests", "soak"):
            shutil.copytree(ROOT / folder, kept / folder)
        shutil.copy(ROOT / "pyproject.toml", kept)
    shutil.rmtree(tree, ignore_errors=True)
    return shutil.copytree(kept, tree)


# Mutants


def drawn(tree: Path, count: int, seed: int) -> Iterator[Mutant]:
    """Draw places evenly over all files, and a change at each."""
    rng = random.Random(seed)
    places: dict[tuple[str, object, object], list[Mutant]] = {}
    for file in TESTS:
        for mutant in mutants(tree, file):
            spec = mutant.spec
            places.setdefault((file, spec.start_pos, spec.end_pos), []).append(mutant)
    chosen = rng.sample(sorted(places, key=str), min(count, len(places)))
    print(f"{len(chosen)} of {len(places)} places", flush=True)
    for place in chosen:
        yield rng.choice(places[place])


def mutants(tree: Path, file: str) -> Iterator[Mutant]:
    """List every change to a file that there is."""
    path = tree / "src" / "densecell" / file
    lines = path.read_text(encoding="utf-8").splitlines()
    nodes = list(ast_nodes(get_ast_from_path(path)))
    for name in operator_names():
        operator = get_operator(name)
        if SKIPPED in name or operator.arguments():
            continue
        spots = (p for node in nodes for p in operator().mutation_positions(node))
        for occurrence, (start, end) in enumerate(spots):
            if lines[start[0] - 1][: start[1]].endswith("strict="):
                continue
            yield Mutant(file, MutationSpec(path, name, occurrence, start, end))


# Tests


def check(tree: Path) -> None:
    """Stop when the tests fail without any change."""
    for tests in sorted(set(TESTS.values())):
        if os.system(f"{command(tree, tests)} > /dev/null") != 0:
            raise SystemExit(f"{tests}: fails as it is; mend that first")


def outcome(tree: Path, mutant: Mutant) -> Json:
    """Whether the tests of a file see a change to it."""
    result = mutate_and_test(
        [mutant.spec], command(tree, TESTS[mutant.file]), PATIENCE_S
    )
    if result.test_outcome is None:
        raise SystemExit(f"{mutant.name}: {result.output}")
    end = TIMEOUT if result.output == TIMEOUT else result.test_outcome.value
    return {"end": end, "diff": result.diff or ""}


def command(tree: Path, tests: str) -> str:
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=0",
    ]
    place = f"env PYTHONPATH={shlex.quote(str(tree / 'src'))}"
    return f"{place} {shlex.join([*words, '--rootdir', str(tree), str(tree / tests)])}"


def report(found: list[Mutant], results: dict[str, Json]) -> None:
    ends: dict[str, Counter[str]] = {file: Counter() for file in TESTS}
    for mutant in found:
        ends[mutant.file][results[mutant.name]["end"]] += 1
        if results[mutant.name]["end"] != "killed":
            print(results[mutant.name]["diff"])
    print("| file | mutants | killed | survived | timeout |\n|---|---|---|---|---|")
    for file, counts in ends.items():
        row = (file, counts.total(), *(counts[e] for e in ENDS))
        print(f"| `{row[0]}` | {' | '.join(map(str, row[1:]))} |")
    killed = sum(counts["killed"] for counts in ends.values())
    print(f"killed={killed} of={len(found)} share={killed / len(found):.3f}")


if __name__ == "__main__":
    main()
