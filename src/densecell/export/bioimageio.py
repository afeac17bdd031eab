"""What bioimage.io demands of a model: its name, its terms, and a test."""

import difflib
import re
import warnings
from functools import partial
from pathlib import Path
from typing import get_args

from densecell.errors import CheckpointError, ConfigError
from densecell.report.model import Terms
from densecell.volume import extra

imported = partial(extra.imported, what="models to share", extra="export")

DOI = re.compile(r"10\.\d{4,9}/\S+")
NAME = re.compile(r"[A-Za-z0-9_+\- ()]{5,128}")  # as the format demands


def check_terms(terms: Terms) -> None:
    """Refuse terms that bioimage.io would refuse.

    Raises
    ------
    ConfigError
        If the licence, an author or a DOI is not valid.
    MissingExtraError
        If the package that lists the licences is not installed.
    """
    ids = imported("bioimageio.spec.generic.v0_3").LicenseId
    known = get_args(ids.root_model.model_fields["root"].annotation)
    if terms.licence not in known:
        near = difflib.get_close_matches(terms.licence, known, 3, cutoff=0.4)
        raise ConfigError(
            f"--licence {terms.licence}: is not an SPDX identifier"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
            + "; all of them: https://spdx.org/licenses"
        )
    if wrong := [name for name in terms.authors if not name or set(name) & set("/\\")]:
        raise ConfigError(
            f"--author {wrong[0]!r}: expected the name of a person, without slashes"
        )
    if wrong := [doi for doi in terms.cite if not DOI.fullmatch(doi)]:
        raise ConfigError(
            f"--cite {wrong[0]}: expected a DOI such as 10.1038/s41598-021-81590-0"
        )


def check_name(name: str) -> None:
    """Refuse the name of a model that bioimage.io would refuse.

    Raises
    ------
    ConfigError
        If it is too short or long, or has other characters.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"--name {name!r}: expected 5 to 128 letters, digits, spaces or any of "
            "_ + - ( )"
        )


def check_package(package: Path) -> None:
    """Run the test of bioimageio.core: the sample of the package, and other sizes.

    Raises
    ------
    CheckpointError
        If the test fails, with its errors.
    """
    core = imported("bioimageio.core")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about old or missing frameworks
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
