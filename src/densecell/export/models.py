"""A model folder as packages: one of all members that vote, and one of each."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from densecell.compute import Progress
from densecell.disk import is_empty_folder, remove, written_aside
from densecell.ensemble import Ensemble, load_ensemble
from densecell.errors import OutputError
from densecell.export.bioimageio import (
    check_name,
    check_package,
    check_terms,
    imported,
)
from densecell.export.description import PackageFacts
from densecell.export.grey import grey_note
from densecell.export.network import Voting, window_sizes
from densecell.export.package import ONNX, write_package, zip_folder
from densecell.networks import Network
from densecell.report.model import Terms, card_text
from densecell.volume import Volume, intensity_statistics

WHOLE = "ensemble"
NEEDED = ("bioimageio.core", "onnx", "onnxruntime")


def export_model(
    model: Path,
    out: Path,
    terms: Terms,
    *,
    name: str | None = None,
    grey_of: Volume | None = None,
) -> Iterator[Progress]:
    """Write packages and ONNX into a new folder; yield the name of each package.

    `ensemble.zip` holds the members that vote, as one network; `ensemble.onnx` is that
    network alone; `member_NN.zip` holds a single member, if there are several. Every
    package has passed the test of `bioimageio.core`.

    Parameters
    ----------
    model
        Folder of an ensemble.
    out
        New or empty folder; appears when all is done.
    terms
        Who shares the model, and on what terms.
    name
        Name that others see; by default made from the name of the folder.
    grey_of
        Volume whose mean and deviation grey values are normalised by, for good; None:
        those of whatever volume is labelled.

    Raises
    ------
    OutputError
        If `out` holds something.
    CheckpointError
        If `model` is not a model, or a package fails its test.
    ConfigError
        If bioimage.io would refuse the terms or the name.
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
    grey = None if grey_of is None else intensity_statistics(grey_of)
    note = grey_note(Voting(ensemble.networks), ensemble, grey_of, grey)
    packages = dict(_packages(ensemble))
    with written_aside(out) as aside:
        aside.mkdir()
        for done, (title, networks) in enumerate(packages.items(), 1):
            folder, packed = aside / title, aside / f"{title}.zip"
            only = None if title == WHOLE else title
            facts = _facts(f"{name} {only or ''}".strip(), networks, ensemble)
            facts = facts._replace(grey=grey)
            card = card_text(model, terms, only=only) + note
            write_package(Voting(networks), facts, terms, folder, card=card)
            zip_folder(folder, packed)
            check_package(packed)
            if title == WHOLE:
                (folder / ONNX).rename(aside / f"{WHOLE}.onnx")
            remove(folder)
            yield Progress(packed.name, done, len(packages))


def _packages(ensemble: Ensemble) -> Iterator[tuple[str, Sequence[Network]]]:
    yield WHOLE, ensemble.networks
    if len(ensemble.networks) > 1:
        for name, network in zip(ensemble.names, ensemble.networks, strict=True):
            yield name, [network]


def _facts(name: str, networks: Sequence[Network], ensemble: Ensemble) -> PackageFacts:
    return PackageFacts(
        name=name,
        members=len(networks),
        scheme=ensemble.scheme,
        spacing_nm=ensemble.spacing_nm,
        affinities=ensemble.affinities,
        sizes=window_sizes(networks[0]),
        parameters=sum(p.numel() for n in networks for p in n.parameters()),
    )


def _default_name(model: Path) -> str:
    """Name made from that of the folder, in the letters that bioimage.io allows."""
    letters = re.sub(r"[^A-Za-z0-9_+\- ()]", "-", model.absolute().name)
    return f"{letters} densecell"[:100]
