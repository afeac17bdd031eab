"""Whether a volume looks like those that a model learned from."""

from densecell.errors import DensecellError
from densecell.report.found import Found
from densecell.training import load_member_settings
from densecell.volume import (
    Appearance,
    appearance_of,
    normalise,
    open_volume,
    sampled_boxes,
)

LANDMARK_LIMIT = 0.25
"""Deviations that a percentile of the normalised grey values may lie off.

Twice what volumes of one tissue differed by: synthetic tissue of three seeds by up to
0.12, the same with another gamma (2 or 0.5) by 0.61 and 0.25, inverted by 0.40.
"""
NOISE_LIMIT = 1.3  # times the noise, or one over it: the same volumes, 1.02 at most


def look_remarks(found: Found) -> list[str]:
    """Compare contrast and noise; say nothing where volume or model are gone."""
    run = found.run
    if run is None or run.inference.change is not None or found.image is None:
        return []
    first = next(iter(run.model.members))
    try:
        wanted = load_member_settings(run.model.path / first).look
    except (DensecellError, OSError):
        return []
    if wanted is None:
        return []
    volume = open_volume(run.volume.path, spacing_nm=run.volume.spacing_nm)
    seen, statistics = run.seen(volume), run.statistics
    boxes = sampled_boxes(seen.shape)
    here = appearance_of(normalise(seen.read(b), statistics) for b in boxes)
    return compare_looks(here, wanted, resampled=run.inference.ratio is not None)


def compare_looks(
    here: Appearance, wanted: Appearance, *, resampled: bool = False
) -> list[str]:
    """Word what differs by more than volumes of one tissue do.

    Of a resampled volume nothing is said of too little noise: resampling smooths.

    Examples
    --------
    >>> learned = Appearance((-2.0, -0.9, 0.0, 0.9, 1.6), 0.3)
    >>> compare_looks(learned._replace(noise=0.31), learned)
    []
    >>> compare_looks(learned._replace(noise=0.6), learned)[0][:46]
    "This volume's noise differs from the training'"
    """
    sentences = []
    marks = zip(here.landmarks, wanted.landmarks, strict=True)
    apart = max(abs(a - b) for a, b in marks)
    if apart > LANDMARK_LIMIT:
        sentences.append(
            "This volume's contrast differs from the training's: its grey values are "
            f"spread otherwise, by up to {apart:.2f} standard deviations (up to "
            f"{LANDMARK_LIMIT:g} is usual). `densecell segment --adapt` maps them; "
            "labels may be poor otherwise."
        )
    times = here.noise / wanted.noise if wanted.noise else 1.0
    lowest = 0.0 if resampled else 1 / NOISE_LIMIT
    if not lowest <= times <= NOISE_LIMIT:
        sentences.append(
            f"This volume's noise differs from the training's: {times:.1f} times as "
            f"much. Labels may be poor; {_advice(times)}"
        )
    return sentences


def _advice(times: float) -> str:
    if times > 1:
        return "`densecell segment --adapt` smooths it away."
    return "was it smoothed, or compressed?"
