"""Two segmentations of one volume, side by side.

Neither is the truth: two annotators, a model and an annotator, or two models.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0 (its
       comparison of annotators).
"""

from typing import Any, NamedTuple

import numpy as np

from densecell.address import Address
from densecell.classes import ClassScheme
from densecell.compute import ReportProgress
from densecell.errors import VolumeError
from densecell.evaluation.blockwise import blocks_of, volumes_confusion
from densecell.evaluation.instances import (
    adapted_rand_error,
    add_overlaps,
    count_overlaps,
    match_objects,
    variation_of_information,
)
from densecell.evaluation.prediction import Prediction
from densecell.evaluation.scores import Scores, scores_from_confusion
from densecell.geometry import Box, format_box
from densecell.result import Result, is_segmentation
from densecell.volume import Volume


class ObjectAgreement(NamedTuple):
    """How far the objects of two segmentations agree."""

    a: int  # objects there
    b: int
    matched: int
    f1: float | None
    mean_iou: float | None  # of the matched
    variation_of_information: float | None  # bits; none: A has no object
    adapted_rand_error: float | None


class Comparison(NamedTuple):
    """How far two segmentations agree, in classes and in objects."""

    scores: Scores  # A stands as truth
    objects: dict[str, ObjectAgreement]  # by layer that both have
    box: Box  # compared, in voxels of the whole volume
    threshold: float

    def as_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`."""
        scores = self.scores
        return {
            "format": 1,
            "box": [list(self.box.start), list(self.box.stop)],
            "voxels": scores.voxels,
            "iou": scores.iou,
            "dice": scores.dice,
            "miou_all": scores.miou_all,
            "miou_org": scores.miou_org,
            "adjusted_rand": scores.adjusted_rand,
            "volume_fraction_a": scores.truth_share,
            "volume_fraction_b": scores.predicted_share,
            "threshold": self.threshold,
            "objects": {n: found._asdict() for n, found in self.objects.items()},
        }


def compare(
    a: Prediction,
    b: Prediction,
    scheme: ClassScheme,
    *,
    objects: dict[str, tuple[Volume, Volume]],
    threshold: float = 0.5,
    progress: ReportProgress | None = None,
) -> Comparison:
    """Compare classes, and objects where both have them, block by block.

    Where one of two results covers only a part of the volume, that part is compared.

    Parameters
    ----------
    objects
        The objects of `a` and of `b`, by the name of their layer; see
        `shared_objects`.
    threshold
        Overlap above which two objects match.

    Raises
    ------
    VolumeError
        If the two belong to volumes of other shapes, or share no voxel.
    """
    a, b = placed(a, b)
    box = a.box.intersection(b.box)
    inside_a = box.relative_to(a.box.start)
    confusion = volumes_confusion(
        a.labels,
        b.labels,
        scheme,
        box=inside_a,
        origin=b.box.relative_to(a.box.start).start,
        progress=progress,
    )
    found = {}
    for name, (first, second) in objects.items():
        parts = (
            count_overlaps(
                first.read(block.relative_to(a.box.start)),
                second.read(block.relative_to(b.box.start)),
            )
            for block in blocks_of(box)
        )
        overlaps = add_overlaps(parts)
        matches = match_objects(overlaps, threshold=threshold)
        variation = variation_of_information(overlaps)
        found[name] = ObjectAgreement(
            matches.truth,
            matches.predicted,
            len(matches.pairs),
            matches.f1,
            float(np.mean(matches.iou)) if len(matches.iou) else None,
            None if variation is None else variation.total,
            adapted_rand_error(overlaps),
        )
    scores = scores_from_confusion(confusion, scheme)
    return Comparison(scores, found, box, threshold)


def placed(a: Prediction, b: Prediction) -> tuple[Prediction, Prediction]:
    """Place both in the whole volume.

    A bare volume of exactly the shape that the other one covers is moved to its box.

    Raises
    ------
    VolumeError
        If they cannot belong to one volume, or share no voxel.
    """
    a, b = _beside(a, b), _beside(b, a)
    _check_volume(a, b)
    return a, b


def shared_objects(a: Address, b: Address) -> dict[str, tuple[Volume, Volume]]:
    """Open the objects that two results both have; none for bare volumes.

    Raises
    ------
    VolumeError
        If objects are not measured to their end, or have another shape than the
        class labels beside them.
    """
    if not (is_segmentation(a) and is_segmentation(b)):
        return {}
    results = (Result(a), Result(b))
    first, second = (result.objects for result in results)
    shared: dict[str, tuple[Volume, Volume]] = {
        name: (first[name], second[name]) for name in first if name in second
    }
    for result in results if shared else ():
        if result.measurement is not None:  # else they were made elsewhere
            result.require_measured()
    return shared


def _beside(labels: Prediction, other: Prediction) -> Prediction:
    """Move labels that have exactly the shape of the other one's box to that box."""
    of_box = other.partial and not labels.partial
    if of_box and labels.labels.shape == other.box.shape:
        return labels._replace(box=other.box)
    return labels


def _check_volume(a: Prediction, b: Prediction) -> None:
    """Refuse labels that cannot belong to one volume, or that share no voxel."""
    one, other = f"A ({a.labels.path})", f"B ({b.labels.path})"
    if not (a.partial or b.partial) and a.labels.shape != b.labels.shape:
        raise VolumeError(
            f"{one} has shape {a.labels.shape} and {other} has {b.labels.shape}; give "
            "two labellings of the same volume"
        )
    places = f"{one} covers {format_box(a.box)} and {other} covers {format_box(b.box)}"
    shared = a.box.intersection(b.box)
    if shared.voxels == 0:
        raise VolumeError(f"{places}: they share no voxel")
    for part, whole in ((a, b), (b, a)):
        if part.partial and not whole.partial and shared != part.box:
            raise VolumeError(
                f"{places}: the box that was segmented sticks out of the other one; "
                "give labels of the whole volume, or of that box alone"
            )
