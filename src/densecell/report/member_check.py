"""Whether a member of an ensemble labels otherwise than the others do."""

import statistics
from typing import Any

TIMES = 2.0
"""Times the usual disagreement from which on a member stands out.

Members that differ by their seed only disagree with the ensemble about equally
often (demo: 0.97, 1.06 and 1.21 % of the voxels, at most 1.25 times each other). The
ensemble holds the member itself: a true stranger shows less than it should.
"""
LEAST = 0.01  # of all voxels: less is no matter, however many times the usual
FEWEST = 3  # of two members nobody knows which is the stranger
GAP = 0.2  # of a class's overlap below the others' median, to be worth a sentence


def member_remarks(agreement: dict[str, Any]) -> list[str]:
    """Word which members stand out, everywhere or in some classes.

    Parameters
    ----------
    agreement
        `agreement.json` of a result: by member the share of voxels that it labels as
        the ensemble does, and its overlap (IoU) with it by class.

    Returns
    -------
    Sentences. "Everywhere" needs twice the usual disagreement, and the lowest overlap
    of all in every class; in a single class the overlap must be lower by 0.2.

    Examples
    --------
    >>> def made(share, iou):
    ...     return {"agreement": share, "iou": {"cell": iou}}
    >>> members = {"a": made(0.99, 0.98), "b": made(0.98, 0.97), "c": made(0.9, 0.8)}
    >>> member_remarks({"members": members})[0][:39]
    'c differs from the others everywhere: i'
    """
    members = agreement["members"]
    if len(members) < FEWEST:
        return []
    sentences = []
    for name, about in members.items():
        others = [m for n, m in members.items() if n != name]
        own = 1 - about["agreement"]
        usual = statistics.median(1 - m["agreement"] for m in others)
        lower = _lower_classes(about, others)
        everywhere = lower and len(lower) == sum(
            iou is not None for iou in about["iou"].values()
        )
        if everywhere and own > max(LEAST, TIMES * usual):
            sentences.append(
                f"{name} differs from the others everywhere: it labels "
                f"{100 * own:.1f} % of the voxels otherwise than all together, the "
                f"others {100 * usual:.1f} %, and agrees least in every class. "
                "`densecell ensemble MODEL --drop` leaves it out."
            )
            continue
        wide = [c for c, gap in lower.items() if gap > GAP]
        if wide:
            sentences.append(
                f"{name} differs from the others in {', '.join(wide)}: its overlap "
                f"with all together is lower by more than {GAP:g}."
            )
    return sentences


def _lower_classes(
    about: dict[str, Any], others: list[dict[str, Any]]
) -> dict[str, float]:
    """Give the classes in which a member overlaps least, with the gap to the others."""
    lower = {}
    for name, iou in about["iou"].items():
        theirs = [m["iou"][name] for m in others if m["iou"].get(name) is not None]
        if iou is not None and theirs and iou < min(theirs):
            lower[name] = statistics.median(theirs) - iou
    return lower
