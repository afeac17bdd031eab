"""Where labels may be wrong: another appearance, a strange member, low confidence."""

import statistics
from collections.abc import Mapping

import numpy as np

from densecell.errors import DensecellError
from densecell.geometry import Box
from densecell.result import MemberAgreement, Result
from densecell.training import load_member_settings
from densecell.volume import (
    Appearance,
    appearance_of,
    normalise,
    sampled_boxes,
)

LANDMARK_LIMIT = 0.25
"""Deviations that a percentile of the normalised grey values may lie off.

Twice what volumes of one tissue differed by: synthetic tissue of three seeds by up to
0.12, the same with another gamma (2 or 0.5) by 0.61 and 0.25, inverted by 0.40.
"""
NOISE_LIMIT = 1.3  # times the noise, or one over it: the same volumes, 1.02 at most
STRANGE_TIMES = 2.0
"""Times the usual disagreement from which on a member stands out.

Members that differ by their seed only disagree with the ensemble about equally
often (demo: 0.97, 1.06 and 1.21 % of the voxels, at most 1.25 times each other). The
ensemble holds the member itself: a true stranger shows less than it should.
"""
STRANGE_LEAST = 0.01  # of all voxels: less is no matter, however many times the usual
FEWEST_MEMBERS = 3  # of two members nobody knows which is the stranger
CLASS_GAP = 0.2  # of a class's overlap below the others' median, to be worth a sentence
UNSURE = 128
"""Confidence in bytes; below, no class is likelier than all others together."""
NOTICED = 0.05  # share of unsure voxels of a region that is worth a sentence
NAMED = 3  # regions


def appearance_remarks(result: Result) -> list[str]:
    """Compare contrast and noise; say nothing where volume or model are gone."""
    run = result.run
    if run is None or run.inference.change is not None or result.image is None:
        return []
    first = next(iter(run.model.members))
    try:
        wanted = load_member_settings(run.model.path / first).appearance
    except (DensecellError, OSError):
        return []
    if wanted is None:
        return []
    seen = run.seen(result.open_source())
    boxes = sampled_boxes(seen.shape)
    here = appearance_of(normalise(seen.read(b), run.statistics) for b in boxes)
    return compare_appearances(here, wanted, resampled=run.inference.ratio is not None)


def compare_appearances(
    here: Appearance, wanted: Appearance, *, resampled: bool = False
) -> list[str]:
    """Word what differs by more than volumes of one tissue do.

    Of a resampled volume nothing is said of too little noise: resampling smooths.

    Examples
    --------
    >>> learned = Appearance((-2.0, -0.9, 0.0, 0.9, 1.6), 0.3)
    >>> compare_appearances(learned._replace(noise=0.31), learned)
    []
    >>> compare_appearances(learned._replace(noise=0.6), learned)[0][:57]
    'The noise of this volume is 2.0 times that of the trainin'
    """
    sentences = []
    marks = zip(here.landmarks, wanted.landmarks, strict=True)
    apart = max(abs(a - b) for a, b in marks)
    if apart > LANDMARK_LIMIT:
        sentences.append(
            "The contrast of this volume differs from that of the training volumes: "
            f"its grey values lie off by up to {apart:.2f} standard deviations (up to "
            f"{LANDMARK_LIMIT:g} is usual). Labels may be poor. "
            "`densecell segment --adapt` maps grey values to those of the training."
        )
    times = here.noise / wanted.noise if wanted.noise else 1.0
    lowest = 0.0 if resampled else 1 / NOISE_LIMIT
    if not lowest <= times <= NOISE_LIMIT:
        sentences.append(
            f"The noise of this volume is {times:.1f} times that of the training "
            f"volumes. Labels may be poor. {_advice(times)}"
        )
    return sentences


def _advice(times: float) -> str:
    if times > 1:
        return "`densecell segment --adapt` smooths it away."
    return "Was it smoothed or compressed?"


def member_remarks(members: Mapping[str, MemberAgreement]) -> list[str]:
    """Word which members stand out, everywhere or in some classes.

    Parameters
    ----------
    members
        The share of voxels that each labels as the ensemble does, and its overlap (IoU)
        with it by class.

    Returns
    -------
    Sentences. "Everywhere" needs twice the usual disagreement, and the lowest overlap
    of all in every class; in a single class the overlap must be lower by 0.2.

    Examples
    --------
    >>> def made(share, iou):
    ...     return MemberAgreement(agreement=share, iou={"cell": iou})
    >>> members = {"a": made(0.99, 0.98), "b": made(0.98, 0.97), "c": made(0.9, 0.8)}
    >>> member_remarks(members)[0][:39]
    'c differs from the others everywhere: i'
    """
    if len(members) < FEWEST_MEMBERS:
        return []
    sentences = []
    for name, about in members.items():
        others = [m for n, m in members.items() if n != name]
        own = 1 - about.agreement
        usual = statistics.median(1 - m.agreement for m in others)
        lower = _lower_classes(about, others)
        everywhere = lower and len(lower) == sum(
            iou is not None for iou in about.iou.values()
        )
        if everywhere and own > max(STRANGE_LEAST, STRANGE_TIMES * usual):
            sentences.append(
                f"{name} differs from the others everywhere: it gives "
                f"{100 * own:.1f} % of the voxels another class than the ensemble "
                f"does, the others {100 * usual:.1f} %, and agrees least in every "
                "class. "
                "`densecell ensemble MODEL --drop` leaves it out."
            )
            continue
        wide = [c for c, gap in lower.items() if gap > CLASS_GAP]
        if wide:
            sentences.append(
                f"{name} differs from the others in {', '.join(wide)}: its overlap "
                f"with the ensemble is lower by more than {CLASS_GAP:g}."
            )
    return sentences


def _lower_classes(
    about: MemberAgreement, others: list[MemberAgreement]
) -> dict[str, float]:
    """Classes in which a member overlaps least, with the gap to the others."""
    lower = {}
    for name, iou in about.iou.items():
        known = (m.iou.get(name) for m in others)
        theirs = [value for value in known if value is not None]
        if iou is not None and theirs and iou < min(theirs):
            lower[name] = statistics.median(theirs) - iou
    return lower


def unsure_remarks(result: Result) -> list[str]:
    """Name the regions with the largest share of unsure voxels.

    Notes
    -----
    Reads all of volumes up to 64 million voxels, and 64 boxes of larger ones.
    """
    confidence = result.layer("confidence")
    if confidence is None or not result.is_segmented:
        return []
    boxes = list(sampled_boxes(result.shape))
    shares = [float(np.mean(confidence.read(box) < UNSURE)) for box in boxes]
    worst = np.argsort(-np.array(shares), kind="stable")[:NAMED]
    noticed = [n for n in worst if shares[n] >= NOTICED]
    if not noticed:
        return []
    regions = "; ".join(
        f"{_words(boxes[n].shifted(result.box.start))} ({100 * shares[n]:.0f} %)"
        for n in noticed
    )
    voxels = [box.voxels for box in boxes]
    return [
        "Regions of low confidence, with the share of voxels for which no class is "
        f"likelier than all others together: {regions}; "
        f"{100 * np.average(shares, weights=voxels):.1f} % of all. Look there first."
    ]


def _words(box: Box) -> str:
    sides = zip("zyx", box.start, box.stop, strict=True)
    return ", ".join(f"{axis} {start} to {stop}" for axis, start, stop in sides)
