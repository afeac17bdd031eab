"""The test of bioimage.io's own library, which every package has to pass."""

import warnings
from pathlib import Path

from densecell.errors import CheckpointError
from densecell.export.extra import imported


def check_package(package: Path) -> None:
    """Run a package as others will: its test, and windows of other sizes.

    Raises
    ------
    CheckpointError
        With what the test found.
    """
    core = imported("bioimageio.core")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of frameworks that are old or missing
        summary = core.test_model(package)
    if summary.status == "passed":
        return
    errors = [
        f"{'.'.join(map(str, error.loc))}: {error.msg}"
        for detail in summary.details
        for error in detail.errors
    ]
    raise CheckpointError(
        f"{package.name}: fails the test of bioimageio.core ({'; '.join(errors)}); "
        "install the versions of densecell's constraints.txt"
    )
