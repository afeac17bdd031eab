"""A model folder as packages: one of all members that vote, and one of each."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from densecell.disk import is_empty_folder, remove, written_aside
from densecell.ensemble import Ensemble, load_ensemble
from densecell.errors import OutputError
from densecell.export.check import check_package
from densecell.export.description import Subject
from densecell.export.extra import imported
from densecell.export.network import Voting, window_sizes
from densecell.export.package import ONNX, write_package, zip_folder
from densecell.export.terms import check_name, check_terms
from densecell.networks import Network
from densecell.report.model.card import Terms, card_text

WHOLE = "ensemble"
NEEDED = ("bioimageio.core", "onnx", "onnxruntime")


class Part(NamedTuple):
    """A file that is being written, of how many."""

    name: str
    done: int
    total: int


def export_model(
    model: Path, out: Path, terms: Terms, *, name: str | None = None
) -> Iterator[Part]:
    """Write packages and ONNX into a new folder; tell of each that is finished.

    `ensemble.zip` holds the members that vote as one network, `ensemble.onnx` the same
    alone, and `member_NN.zip` each member, where there are several. Every package has
    passed the test of `bioimageio.core`.

    Parameters
    ----------
    model
        Folder of an ensemble.
    out
        Is not there yet, or empty; appears when all is done.
    terms
        Who shares it, and how.
    name
        That others see; default: from that of the folder.

    Raises
    ------
    OutputError
        If `out` is taken.
    CheckpointError
        If `model` is no model, or a package fails its test.
    ConfigError
        If the terms or the name are not what bioimage.io takes.
    MissingExtraError
        If packages of the extra `export` are not installed.
    """
    name = name or _default_name(model)
    check_name(name)
    for package in NEEDED:
        imported(package)
    check_terms(terms)
    if (out.exists() or out.is_symlink()) and not is_empty_folder(out):
        raise OutputError(f"{out}: exists; choose another --out, or remove it first")
    ensemble = load_ensemble(model)
    parts = dict(_parts(ensemble))
    with written_aside(out) as aside:
        aside.mkdir()
        for done, (part, networks) in enumerate(parts.items(), 1):
            folder, packed = aside / part, aside / f"{part}.zip"
            only = None if part == WHOLE else part
            subject = _subject(f"{name} {only or ''}".strip(), networks, ensemble)
            card = card_text(model, terms, only=only)
            write_package(Voting(networks), subject, terms, folder, card=card)
            zip_folder(folder, packed)
            check_package(packed)
            if part == WHOLE:
                (folder / ONNX).rename(aside / f"{WHOLE}.onnx")
            remove(folder)
            yield Part(packed.name, done, len(parts))


def _parts(ensemble: Ensemble) -> Iterator[tuple[str, Sequence[Network]]]:
    yield WHOLE, ensemble.networks
    if len(ensemble.networks) > 1:
        for name, network in zip(ensemble.names, ensemble.networks, strict=True):
            yield name, [network]


def _subject(name: str, networks: Sequence[Network], ensemble: Ensemble) -> Subject:
    return Subject(
        name=name,
        members=len(networks),
        scheme=ensemble.scheme,
        spacing_nm=ensemble.spacing_nm,
        affinities=ensemble.affinities,
        sizes=window_sizes(networks[0]),
        parameters=sum(p.numel() for n in networks for p in n.parameters()),
    )


def _default_name(model: Path) -> str:
    """Name a model after its folder, in the letters that bioimage.io takes."""
    letters = re.sub(r"[^A-Za-z0-9_+\- ()]", "-", model.absolute().name)
    return f"{letters} densecell"[:100]
