"""Names, licence and citations of a model to share: checked before any work."""

import difflib
import re
from typing import get_args

from densecell.errors import ConfigError
from densecell.export.extra import imported
from densecell.report.model.card import Terms

DOI = re.compile(r"10\.\d{4,9}/\S+")
NAME = re.compile(r"[A-Za-z0-9_+\- ()]{5,128}")  # what the format allows


def check_terms(terms: Terms) -> None:
    """Refuse what bioimage.io would refuse.

    Raises
    ------
    ConfigError
        Saying what was expected; for a licence with the nearest names.
    MissingExtraError
        If the packages that know are not installed.
    """
    ids = imported("bioimageio.spec.generic.v0_3").LicenseId
    known = get_args(ids.root_model.model_fields["root"].annotation)
    if terms.licence not in known:
        near = difflib.get_close_matches(terms.licence, known, 3, cutoff=0.4)
        raise ConfigError(
            f"--licence {terms.licence}: is no SPDX identifier"
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
    """Refuse a name of a model that bioimage.io would refuse.

    Raises
    ------
    ConfigError
        With what is allowed.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"--name {name!r}: expected 5 to 128 letters, digits, spaces or any of "
            "_ + - ( )"
        )
