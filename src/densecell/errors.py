"""The errors of densecell, with messages for its users.

::

    DensecellError
    ├── VolumeError (ValueError)       a file or array is not what was expected
    │   ├── SpacingError               the voxel size is missing or contradictory
    │   └── MissingVolumeError         there is no volume at an address
    ├── ConfigError (ValueError)       a setting, a project or a class scheme is wrong
    │   └── UnclearLabelsError         what labels mean must be asked
    ├── CheckpointError (ValueError)   a model or a member cannot be loaded or resumed
    ├── OutputError (OSError)          a place to write to is taken or not writable
    ├── TrainingError (RuntimeError)   a training cannot start or continue
    │   └── HopelessError              a member learns nothing and is abandoned
    ├── BlocksFailedError (RuntimeError)  parts of a volume could not be computed
    ├── ClusterError (RuntimeError)    workers or their scheduler are lost
    ├── ServerError (OSError)          the viewer cannot be served
    ├── DatasetError (OSError)         a public data set is unavailable or damaged
    └── MissingExtraError (ImportError)  an optional package is not installed

Every message says what is wrong, where, what was expected, and what to do. Only
`densecell.cli.main` turns errors into exit codes.
"""


class DensecellError(Exception):
    """Base of all errors that a user can cause or solve."""


class VolumeError(DensecellError, ValueError):
    """A volume or an array is not what was expected."""


class SpacingError(VolumeError):
    """The voxel size is missing or contradictory."""


class MissingVolumeError(VolumeError):
    """There is no volume at an address."""


class ConfigError(DensecellError, ValueError):
    """A setting, a project file or a class scheme is wrong."""


class UnclearLabelsError(ConfigError):
    """What the values of labels mean cannot be known; an option answers it.

    Attributes
    ----------
    option
        The option that answers.
    answers
        What it may be given, the likeliest first.
    """

    def __init__(
        self, message: str, *, option: str = "", answers: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.option = option
        self.answers = answers


class CheckpointError(DensecellError, ValueError):
    """A model or a member cannot be loaded or resumed."""


class OutputError(DensecellError, OSError):
    """A place to write to is taken or not writable."""


class TrainingError(DensecellError, RuntimeError):
    """A training cannot start or continue."""


class HopelessError(TrainingError):
    """A member learns nothing and is abandoned."""


class BlocksFailedError(DensecellError, RuntimeError):
    """Parts of a volume could not be computed; the others are finished."""


class ClusterError(DensecellError, RuntimeError):
    """Workers or their scheduler are lost."""


class ServerError(DensecellError, OSError):
    """The viewer cannot be served."""


class DatasetError(DensecellError, OSError):
    """A public data set is unavailable or damaged."""


class MissingExtraError(DensecellError, ImportError):
    """An optional package is not installed."""
