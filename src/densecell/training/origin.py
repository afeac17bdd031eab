"""A trained model to begin from: its members' weights, copied beside what they begin.

The copy makes a training independent of the model it came from: it can be resumed when
that was moved or trained on.
"""

import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

from densecell.classes import ClassScheme
from densecell.config import NetworkConfig
from densecell.disk import written_aside
from densecell.errors import CheckpointError
from densecell.training.checkpoint import WEIGHTS
from densecell.training.member import ORIGIN, load_member_settings


class Origin(NamedTuple):
    """Members whose weights others begin from."""

    members: tuple[Path, ...]  # folders, best first

    def member(self, number: int) -> Path:
        """Give the member that number `number` begins from; few serve many in turn."""
        return self.members[number % len(self.members)]

    def sha256(self, number: int) -> str:
        """Give the fingerprint of the weights that number `number` begins from."""
        path = self.member(number) / WEIGHTS
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise CheckpointError(
                f"{path}: cannot be read ({error.strerror or error}); give another "
                "model to begin from"
            ) from None

    @property
    def network(self) -> NetworkConfig:
        """The network of its members, which those that begin from it share."""
        return load_member_settings(self.members[0]).network

    def check(self, classes: ClassScheme) -> None:
        """Refuse a model of other classes: its last layer would name others.

        Raises
        ------
        CheckpointError
            Naming both.
        """
        theirs = load_member_settings(self.members[0]).classes
        if theirs.names != classes.names:
            raise CheckpointError(
                f"{self.members[0].parent}: was trained for the classes "
                f"{', '.join(theirs.names)}, the project is for "
                f"{', '.join(classes.names)}; begin from a model of the same classes"
            )


def take_origin(origin: Origin, number: int, member: Path) -> str:
    """Copy the weights that a member begins from into its folder; give their SHA-256.

    Raises
    ------
    OutputError
        If they cannot be written there.
    """
    sha256 = origin.sha256(number)
    with written_aside(member / ORIGIN, overwrite=True) as aside:
        shutil.copyfile(origin.member(number) / WEIGHTS, aside)
    return sha256
