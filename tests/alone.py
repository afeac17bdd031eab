"""Runs commands of densecell with nothing but the packages that it must have.

Whatever else is installed cannot be imported. Takes command lines as a JSON list of
lists of words; prints `exit CODE` behind what each printed.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from packaging.requirements import Requirement

from densecell.cli.main import main

Context = metadata.DistributionFinder.Context


class Without(MetaPathFinder):
    """Finds modules and packages as Python does, but for those not needed."""

    def __init__(self) -> None:
        self._needed, self._hidden = needed("densecell"), hidden()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Say where a module is; none if it is hidden."""
        if fullname.partition(".")[0] in self._hidden:
            return None
        return PathFinder.find_spec(fullname, path, target)

    def find_distributions(self, context: Context) -> Iterator[metadata.Distribution]:
        """List the packages that are needed."""
        for one in PathFinder.find_distributions(context):
            if normalised(one.name) in self._needed:
                yield one


def needed(name: str, found: set[str] | None = None) -> set[str]:
    """A package and all that it needs, extras aside."""
    found = set() if found is None else found
    if normalised(name) not in found:
        found.add(normalised(name))
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system than this one
            return found
        for requirement in map(Requirement, lines):
            if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, found)
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def hidden() -> set[str]:
    """Modules that belong to none of the packages that densecell needs."""
    there = needed("densecell")
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if not any(normalised(owner) in there for owner in owners)
    }


if __name__ == "__main__":
    sys.meta_path[sys.meta_path.index(PathFinder)] = Without()
    for words in json.loads(sys.argv[1]):
        sys.argv = ["densecell", *words]
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        print(f"exit {code}", flush=True)
