"""Overlap scores of a dense segmentation, from its confusion matrix.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
.. [2] Hubert and Arabie 1985, Comparing partitions, Journal of Classification 2:193,
       doi:10.1007/BF01908075.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from densecell.classes import ClassScheme
from densecell.errors import VolumeError
from densecell.evaluation.confusion import confusion_matrix


class Scores(BaseModel, frozen=True, extra="forbid"):
    """How far a prediction agrees with the truth, class by class and on average [1]_.

    None stands for "undefined": a class absent from truth and prediction has no
    overlap, and `miou_org` does not exist where no organelle class is there.
    """

    classes: tuple[str, ...] = Field(description="names, in the order of `confusion`")
    iou: dict[str, float | None] = Field(description="intersection over union, 0 to 1")
    dice: dict[str, float | None] = Field(description="2 |A and B| / (|A| + |B|)")
    miou_all: float = Field(description="mean IoU over all classes, 0 to 1")
    miou_org: float | None = Field(description="mean IoU over the organelles")
    accuracy: float = Field(description="share of voxels that are right, 0 to 1")
    adjusted_rand: float = Field(description="adjusted Rand index of classes, to 1")
    absent: tuple[str, ...] = Field(description="in neither truth nor prediction")
    spurious: tuple[str, ...] = Field(description="predicted, but not in truth: IoU 0")
    voxels: int = Field(description="voxels that were counted")
    where_labelled: bool = Field(description="counted only where truth > 0")
    confusion: tuple[tuple[int, ...], ...] = Field(
        description="voxels; rows are true classes, columns predicted ones"
    )

    @classmethod
    def from_confusion(
        cls,
        confusion: NDArray[np.integer],
        scheme: ClassScheme,
        *,
        where_labelled: bool = False,
    ) -> Self:
        """Score a confusion matrix: what `scores_from_confusion` calls."""
        counts = _checked(confusion, scheme, where_labelled=where_labelled)
        hit, truth, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        union = truth + predicted - hit
        asked = np.array([i != 0 or not where_labelled for i in scheme.ids])
        known = asked & (union > 0)
        organelle = np.isin(scheme.ids, scheme.organelle_ids)
        iou = _ratio(hit, union, known)
        dice = _ratio(2 * hit, truth + predicted, known)

        return cls(
            classes=scheme.names,
            iou=dict(zip(scheme.names, iou, strict=True)),
            dice=dict(zip(scheme.names, dice, strict=True)),
            miou_all=_mean(iou, known) or 0.0,
            miou_org=_mean(iou, organelle),
            accuracy=float(hit.sum() / counts.sum()),
            adjusted_rand=_adjusted_rand(counts),
            absent=_names(scheme, asked & ~known),
            spurious=_names(scheme, known & (truth == 0)),
            voxels=int(counts.sum()),
            where_labelled=where_labelled,
            confusion=tuple(tuple(row) for row in counts.tolist()),
        )

    @property
    def truth_share(self) -> dict[str, float]:
        """Share of the counted voxels that truly are of each class, 0 to 1."""
        return self._share(axis=1)

    @property
    def predicted_share(self) -> dict[str, float]:
        """Share of the counted voxels that were predicted as each class, 0 to 1."""
        return self._share(axis=0)

    def as_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`; None becomes null."""
        return self.model_dump(mode="json")

    def _share(self, axis: int) -> dict[str, float]:
        share = np.array(self.confusion).sum(axis=axis) / self.voxels
        return dict(zip(self.classes, share.tolist(), strict=True))


def scores_from_confusion(
    confusion: NDArray[np.integer], scheme: ClassScheme, *, where_labelled: bool = False
) -> Scores:
    """Score a confusion matrix, such as the sum of the matrices of many blocks.

    A class absent from truth and prediction is left out of every mean; a class absent
    from truth but predicted counts 0 and is listed as `spurious`.

    Parameters
    ----------
    confusion
        (K, K) voxels in the order of `scheme.ids`; rows are true classes.
    scheme
        The classes; those whose role is organelle make up `miou_org`.
    where_labelled
        Drop the voxels of true class 0 and leave class 0 out of the means. Its column
        stays: a labelled voxel predicted as class 0 is a miss.

    Raises
    ------
    VolumeError
        If the matrix does not fit the scheme, or nothing was counted.

    Examples
    --------
    >>> scheme = ClassScheme.from_ids([0, 1, 2])
    >>> confusion = np.array([[2, 1, 0], [0, 1, 0], [0, 0, 0]])
    >>> scores = scores_from_confusion(confusion, scheme)
    >>> scores.iou["class 1"], scores.absent
    (0.5, ('class 2',))
    """
    return Scores.from_confusion(confusion, scheme, where_labelled=where_labelled)


def score(
    truth: NDArray[np.integer],
    predicted: NDArray[np.integer],
    scheme: ClassScheme,
    *,
    where_labelled: bool = False,
) -> Scores:
    """Score predicted labels against true ones that both fit into memory.

    `truth` and `predicted` are class ids of one shape, usually (Z, Y, X). See
    `confusion_matrix` for what counts, `scores_from_confusion` for what scores mean.
    """
    counts = confusion_matrix(truth, predicted, scheme, where_labelled=where_labelled)
    return scores_from_confusion(counts, scheme, where_labelled=where_labelled)


def _checked(
    confusion: NDArray[np.integer], scheme: ClassScheme, *, where_labelled: bool
) -> NDArray[np.int64]:
    if confusion.shape != (len(scheme), len(scheme)):
        raise VolumeError(
            f"a confusion matrix of {len(scheme)} classes must have shape "
            f"{(len(scheme), len(scheme))}, got {confusion.shape}"
        )
    counts = confusion.astype(np.int64)
    if where_labelled and 0 in scheme.ids:
        counts[scheme.ids.index(0)] = 0
    if not counts.any():
        raise VolumeError(
            "no voxel to score: truth has "
            + ("no label above 0" if where_labelled else "only ignored voxels")
            + "; choose another box or other labels"
        )
    return counts


def _ratio(
    part: NDArray[np.int64], whole: NDArray[np.int64], known: NDArray[np.bool_]
) -> list[float | None]:
    return [
        int(a) / int(b) if there else None
        for a, b, there in zip(part, whole, known, strict=True)
    ]


def _mean(values: list[float | None], chosen: NDArray[np.bool_]) -> float | None:
    there = [v for v, c in zip(values, chosen, strict=True) if c and v is not None]
    return sum(there) / len(there) if there else None


def _names(scheme: ClassScheme, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(n for n, c in zip(scheme.names, chosen, strict=True) if c)


def _adjusted_rand(counts: NDArray[np.int64]) -> float:
    """Compare two partitions by their contingency table, in exact integers [2]_."""
    pairs = _pairs(counts.ravel().tolist())
    same_truth = _pairs(counts.sum(axis=1).tolist())
    same_predicted = _pairs(counts.sum(axis=0).tolist())
    total = _pairs([int(counts.sum())])
    # (index - expected) / (maximum - expected), all times 2 * total
    above = 2 * (pairs * total - same_truth * same_predicted)
    span = (same_truth + same_predicted) * total - 2 * same_truth * same_predicted
    return above / span if span else 1.0  # one class on both sides agrees


def _pairs(sizes: list[int]) -> int:
    """Count the pairs of voxels inside groups of these sizes."""
    return sum(n * (n - 1) // 2 for n in sizes)
