"""A trained model to start from: its members' weights, copied into the new members.

With the copy, a training can be resumed after the model that it started from was moved
or trained further.
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
    """Members of a model whose weights new members start from."""

    members: tuple[Path, ...]  # folders, best first

    def member(self, number: int) -> Path:
        """Folder that new member `number` starts from; used in turn if too few."""
        return self.members[number % len(self.members)]

    def sha256(self, number: int) -> str:
        """SHA-256 of the weights that new member `number` starts from."""
        path = self.member(number) / WEIGHTS
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise CheckpointError(
                f"{path}: cannot be read ({error.strerror or error}); choose another "
                "model to start from"
            ) from None

    @property
    def network(self) -> NetworkConfig:
        """Network of its members, and so of those that start from it."""
        return load_member_settings(self.members[0]).network

    def check(self, classes: ClassScheme) -> None:
        """Refuse a model of other classes.

        Raises
        ------
        CheckpointError
            Names the classes of both.
        """
        theirs = load_member_settings(self.members[0]).classes
        if theirs.names != classes.names:
            raise CheckpointError(
                f"{self.members[0].parent}: was trained for the classes "
                f"{', '.join(theirs.names)}, the project is for "
                f"{', '.join(classes.names)}; start from a model of the same classes"
            )


def take_origin(origin: Origin, number: int, member: Path) -> str:
    """Copy the weights that a member starts from into its folder; return their SHA-256.

    Raises
    ------
    OutputError
        If they cannot be written there.
    """
    sha256 = origin.sha256(number)
    with written_aside(member / ORIGIN, overwrite=True) as aside:
        shutil.copyfile(origin.member(number) / WEIGHTS, aside)
    return sha256
