"""What a model cannot do, or was not seen to do, in words, from its facts."""

from collections.abc import Callable, Mapping, Sequence

from densecell.geometry import format_spacing
from densecell.report.model.facts import ModelFacts

LOW_IOU = 0.5  # below which a class is often wrong
RARE_SHARE = 1e-3  # of the labelled voxels
FEW_VOXELS = 1000  # on which a score rests
FEW_MEMBERS = 3
SPREAD = 0.05  # of MIoU(all) between seeds


def limits(facts: ModelFacts) -> list[str]:
    """Collect all limits; a model always has some."""
    checks: Sequence[Callable[[ModelFacts], list[str]]] = (
        _spacing,
        _origin,
        _learned,
        _scored,
        _members,
    )
    return [sentence for check in checks for sentence in check(facts)]


def _spacing(facts: ModelFacts) -> list[str]:
    sentences = [
        f"It expects voxels of {format_spacing(facts.file.spacing_nm)} (z, y, x). "
        "`densecell segment` resamples volumes whose voxels differ by more than 10 %, "
        "and refuses beyond a factor of 8; other programs must be given this size."
    ]
    if facts.settings[0].network.flat:
        sentences.append(
            "Its networks see one slice at a time. They miss what shows only from "
            "slice to slice."
        )
    return sentences


def _origin(facts: ModelFacts) -> list[str]:
    if facts.data is None:
        return [
            "The training volumes were not recorded, so nobody can say how far other "
            "volumes differ from them."
        ]
    sentences = []
    train, scored = (
        {v.fingerprint: v.name for v in facts.data.of_role(role)}
        for role in ("train", "eval")
    )
    if len(train) == 1:
        sentences.append(
            f"It learned from a single volume, {next(iter(train.values()))}. Another "
            "subject, stain or microscope may look different to it. Check some slices, "
            "and try `--adapt`."
        )
    if shared := train.keys() & scored.keys():
        names = ", ".join(sorted(train[key] for key in shared))
        sentences.append(
            f"It was scored on parts of volumes that it also learned from ({names}). "
            "Its scores say little about other volumes."
        )
    return sentences


def _learned(facts: ModelFacts) -> list[str]:
    """Name the classes of which little was shown."""
    if facts.data is None:
        return []
    counts = facts.data.counts("train")
    total = max(1, sum(counts.values()))
    never = [name for name in facts.scheme.names if not counts.get(name)]
    rare = {name: n for name, n in counts.items() if n and n / total < RARE_SHARE}
    sentences = []
    if never:
        sentences.append(
            f"Never labelled in the training volumes: {', '.join(never)}. It cannot "
            "find them."
        )
    if rare:
        sentences.append(f"Rare in the training volumes: {_counted(rare)}.")
    return sentences


def _scored(facts: ModelFacts) -> list[str]:
    """Name the classes that it finds badly, or was not seen to find."""
    names = facts.scheme.names
    found = {name: facts.iou(name) for name in names}
    low = {n: iou for n, iou in found.items() if iou is not None and iou < LOW_IOU}
    unknown = [name for name, iou in found.items() if iou is None]
    sentences = []
    if low:
        worded = ", ".join(f"{name} (IoU {iou:.2f})" for name, iou in low.items())
        sentences.append(f"Often wrong: {worded}, as the mean of its members.")
    if unknown:
        sentences.append(
            f"Without a score, as the eval volumes hold none: {', '.join(unknown)}."
        )
    if facts.data is not None:
        counts = facts.data.counts("eval")
        few = {name: n for name, n in counts.items() if 0 < n < FEW_VOXELS}
        if few:
            sentences.append(f"Scored on few voxels: {_counted(few)}.")
    return sentences


def _members(facts: ModelFacts) -> list[str]:
    voting, scores = facts.voting, facts.scores()
    sentences = []
    if len(voting) < FEW_MEMBERS:
        word = "One network" if len(voting) == 1 else f"{len(voting)} networks"
        sentences.append(
            f"{word} cannot outvote the mistakes of one seed, and disagreement between "
            "them says little. Three or more do better."
        )
    if scores and max(scores) - min(scores) > SPREAD:
        sentences.append(
            f"Its members differ: MIoU(all) from {min(scores):.3f} to "
            f"{max(scores):.3f}, by their seeds alone."
        )
    lost = [m for m in facts.file.members if m.outcome.state != "finished"]
    if lost:
        sentences.append(
            f"{len(lost)} of {len(facts.file.members)} members learned too little or "
            "failed, and do not vote."
        )
    sentences.append(
        "Weights and members were chosen by their scores on the eval volumes. Expect "
        "somewhat lower scores on others."
    )
    return sentences


def _counted(voxels: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({n:,} voxels)" for name, n in voxels.items())
