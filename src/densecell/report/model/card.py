"""A page on a model: what it learned from, how well it does, what it cannot do.

.. [1] Mitchell et al. 2019, Model cards for model reporting,
       doi:10.1145/3287560.3287596.
"""

from pathlib import Path
from typing import NamedTuple

from densecell import __version__
from densecell.disk import check_free, written_aside
from densecell.errors import ConfigError
from densecell.geometry import format_spacing
from densecell.report.model.facts import ModelFacts, mean_known, read_facts
from densecell.report.model.limits import limits
from densecell.report.model.training import CURVES, EXAMPLE, SCORES
from densecell.report.page import Notes, Part, Picture, Section, Table, write_page
from densecell.report.page.markdown import markdown
from densecell.report.words import format_axes, format_score, format_settings
from densecell.training import VolumeRecord

CARD = "model-card.md"
METHOD = (
    "Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network "
    "ensembles, doi:10.1038/s41598-021-81590-0"
)


class Terms(NamedTuple):
    """Who shares a model, and on what terms.

    Parameters
    ----------
    licence
        SPDX identifier; none: not settled.
    authors
        Their names.
    cite
        DOIs to be cited beside the method's.
    """

    licence: str | None = None
    authors: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()


def write_card(
    model: Path, terms: Terms, *, out: Path | None = None, overwrite: bool = False
) -> Path:
    """Write a model card, by default `model-card.md` in the model's folder.

    Parameters
    ----------
    model
        Folder of an ensemble.
    terms
        Who shares it, and how.
    out
        File to write; a name in .html gives a page that holds its pictures.
    overwrite
        Replace what is there.

    Returns
    -------
    Its path.

    Raises
    ------
    CheckpointError
        If `model` is no model.
    ConfigError
        If `out` has another ending.
    OutputError
        If `out` is taken or cannot be written.
    """
    out = out or model / CARD
    if out.suffix not in (".md", ".html"):
        raise ConfigError(f"{out}: a model card is written as .md or .html")
    check_free(out, overwrite=overwrite)
    facts = read_facts(model)
    sections = _sections(facts, terms) + _pictures(facts, beside=out)
    title, lead = _title(facts), _lead(facts)
    with written_aside(out, overwrite=overwrite) as aside:
        if out.suffix == ".html":
            write_page(aside, title, lead, sections)
        else:
            text = markdown(title, lead, sections)
            aside.write_text(text, encoding="utf-8", newline="\n")
    return out


def card_text(model: Path, terms: Terms, *, only: str | None = None) -> str:
    """Card of a model as Markdown, without pictures: they show its data.

    With `only`, the card is about this member alone.
    """
    facts = read_facts(model, only=only)
    title = _title(facts) + (f", {only} alone" if only else "")
    return markdown(title, _lead(facts), _sections(facts, terms))


def _title(facts: ModelFacts) -> str:
    return f"Model card: {facts.path.absolute().name}"


def _lead(facts: ModelFacts) -> str:
    network, count = facts.settings[0].network, len(facts.voting)
    networks = f"{count} networks that vote" if count > 1 else "One network"
    pairs = ", and tells touching cells apart" if network.affinities else ""
    return (
        f"{networks} ({network.name}, width {network.width}), for volume electron "
        f"microscopy with voxels of {format_spacing(facts.file.spacing_nm)} (z, y, x). "
        f"Labels every voxel as one of {len(facts.scheme)} classes{pairs}."
    )


def _sections(facts: ModelFacts, terms: Terms) -> list[Section]:
    return [
        Section("Limits", parts=[Notes(limits(facts), warn=True)]),
        _use(facts),
        _validation(facts),
        _data(facts),
        _classes(facts),
        _training(facts),
        _terms(terms),
    ]


def _use(facts: ModelFacts) -> Section:
    name = facts.path.absolute().name
    commands = [
        f"`densecell segment volume.zarr -m {name} -o result` labels every voxel",
        "`densecell report result` makes a page to look at",
    ]
    words = "A volume may be OME-Zarr, TIFF, slices, HDF5, MRC or NIfTI, of any size."
    return Section("Use it", words, [Notes(commands)])


def _validation(facts: ModelFacts) -> Section:
    """Show the scores of each member on the eval volumes."""
    voting = facts.voting
    rows = [
        [
            name,
            format_score(facts.iou(name)),
            *(format_score(m.outcome.iou.get(name)) for m in voting),
        ]
        for name in facts.scheme.names
    ]
    for title, key in (("MIoU(all)", "miou_all"), ("MIoU(org)", "miou_org")):
        scores = [getattr(m.outcome, key) for m in voting]
        rows.append(
            [title, format_score(mean_known(scores)), *map(format_score, scores)]
        )
    table = Table(["class", "mean", *(m.folder for m in voting)], rows)
    words = (
        "Intersection over union of each member that votes, on the eval volumes. "
        "Together they usually do better than their mean; `densecell evaluate` scores "
        "them on labels of your own. MIoU(org) is the mean over organelles."
    )
    return Section("Validation", words, [table])


def _data(facts: ModelFacts) -> Section:
    """List the labelled volumes that it learned from and was scored on."""
    title = "What it learned from"
    if facts.data is None:
        return Section(title, "Not recorded.")
    table = Table(
        ["volume", "for", "labelled box", "voxels known", "mean, deviation", "SHA-256"],
        [_volume(volume) for volume in facts.data.volumes],
        caption="Boxes count voxels of the model's size; grey values are of the whole "
        "volume; SHA-256 is of samples of its voxels.",
        prose=True,
    )
    words = "Each volume is normalised by its own mean and standard deviation."
    return Section(title, words, [table])


def _volume(volume: VolumeRecord) -> list[str]:
    mean, std, *_ = volume.statistics
    return [
        volume.name,
        {"train": "learning", "eval": "scores"}[volume.role],
        format_axes(volume.shape),
        f"{sum(volume.voxels.values()):,}",
        f"{mean:.4g}, {std:.4g}",
        volume.fingerprint,
    ]


def _classes(facts: ModelFacts) -> Section:
    """List ids, names and roles, with the labelled voxels of each where known."""
    header = ["class", "id", "role", "lies in"]
    counts = []
    if facts.data is not None:
        header += ["voxels to learn from", "voxels to score on"]
        counts = [facts.data.counts(role) for role in ("train", "eval")]
    rows = [
        [
            each.name,
            str(i),
            each.role,
            each.parent or "",
            *(f"{count.get(each.name, 0):,}" for count in counts),
        ]
        for i, each in sorted(facts.scheme.classes.items())
    ]
    return Section("Classes", parts=[Table(header, rows)])


def _training(facts: ModelFacts) -> Section:
    first, cost = facts.settings[0], facts.network
    names = (m.folder for m in facts.voting)
    seeds = zip(names, facts.settings, strict=True)
    begun = "random weights"
    if first.origin or first.starter:
        begun = "other weights" if first.origin else "the starter network's weights"
    rows = [
        ["network", format_settings(first.network.model_dump(mode="json"))],
        ["parameters", f"{cost.parameters:,} in each member"],
        ["sees", f"{format_axes(cost.receptive_field)} voxels around each"],
        ["training", format_settings(first.training.model_dump(mode="json"))],
        ["steps", f"{first.phases[-1].end:,}, from {begun}"],
        ["seeds", ", ".join(f"{name}: {s.seed}" for name, s in seeds)],
        ["grey values", f"mean {first.mean:.4g}, deviation {first.std:.4g}"],
        ["written by", f"densecell {__version__}"],
    ]
    return Section("How it was trained", parts=[Table(["", ""], rows, prose=True)])


def _terms(terms: Terms) -> Section:
    cite = [METHOD, *(f"https://doi.org/{doi}" for doi in terms.cite)]
    notes = [
        f"Licence: {terms.licence or 'not stated; ask the authors'}.",
        f"Authors: {', '.join(terms.authors) or 'not stated'}.",
        *(f"Cite: {work}" for work in cite),
    ]
    return Section("Licence and citation", parts=[Notes(notes)])


def _pictures(facts: ModelFacts, *, beside: Path) -> list[Section]:
    """Show the pictures of the model's folder; Markdown only names those below it."""
    best = facts.voting[0].folder
    captions = {
        f"{best}/{EXAMPLE}": f"A slice of an eval volume, as {best} labels it.",
        SCORES: "The score of every member on the eval volumes.",
        f"{best}/{CURVES}": f"How {best} learned.",
    }
    inside = beside.parent.absolute() == facts.path.absolute()
    parts: list[Part] = [
        Picture(
            (facts.path / name).read_bytes(),
            caption,
            wide=True,
            address=name if inside else "",
        )
        for name, caption in captions.items()
        if (facts.path / name).is_file()
    ]
    return [Section("Pictures", parts=parts)] if parts else []
