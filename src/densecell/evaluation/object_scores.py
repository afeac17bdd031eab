"""Scores of objects: how many are found, how well they match, how counts and sizes err.

Objects of a class are matched with true objects of that class only.

.. [1] Kirillov et al. 2019, Panoptic segmentation, CVPR 2019:9396,
       doi:10.1109/CVPR.2019.00963.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from densecell.classes import ClassScheme, Layer
from densecell.evaluation.instances import (
    Matches,
    Overlaps,
    adapted_rand_error,
    match_objects,
    variation_of_information,
)
from densecell.evaluation.object_counts import ObjectCounts
from densecell.result import Result, layout

THRESHOLDS = (0.5, 0.75)
NAMED = 10  # ids in a note
_Ids = NDArray[np.uint64]
_Voxels = NDArray[np.int64]


class Matching(BaseModel, frozen=True, extra="forbid"):
    """Objects of a class that match at one threshold. None: undefined."""

    matched: int = Field(description="pairs above the threshold")
    precision: float | None = Field(description="share of the found that match")
    recall: float | None = Field(description="share of the true that match")
    f1: float | None = Field(description="2 matched / (true + found)")

    @classmethod
    def of(cls, matches: Matches) -> Self:
        """Scores of a matching; none where no object is true."""
        there = matches.truth > 0
        return cls(
            matched=len(matches.pairs),
            precision=matches.precision if there else None,
            recall=matches.recall,
            f1=matches.f1 if there else None,
        )


class Census(BaseModel, frozen=True, extra="forbid"):
    """Number and mean volume of the objects of a class. None: undefined."""

    true: int
    found: int
    true_volume_um3: float | None = Field(description="mean of the true objects")
    found_volume_um3: float | None = Field(description="mean of the found objects")
    count_bias: float | None = Field(description="found over true count, minus 1")
    volume_bias: float | None = Field(description="the same of the mean volume")

    @classmethod
    def of(cls, true: _Voxels, found: _Voxels, *, voxel_um3: float) -> Self:
        """Compare the sizes of true and found objects, in voxels."""
        both = len(true) > 0 and len(found) > 0
        return cls(
            true=len(true),
            found=len(found),
            true_volume_um3=float(true.mean()) * voxel_um3 if len(true) else None,
            found_volume_um3=float(found.mean()) * voxel_um3 if len(found) else None,
            count_bias=len(found) / len(true) - 1 if len(true) else None,
            volume_bias=float(found.mean() / true.mean()) - 1 if both else None,
        )


class ClassObjects(BaseModel, frozen=True, extra="forbid"):
    """Scores of the objects of one class. None: undefined, for example nothing true."""

    every: Census = Field(description="all objects")
    whole: Census = Field(description="objects that nothing cuts, such as the border")
    at: dict[str, Matching] = Field(description="matches by IoU that must be exceeded")
    panoptic_quality: float | None = Field(
        description="sum of matched IoU / mean of true and found objects, 0 to 1"
    )


class LayerScores(BaseModel, frozen=True, extra="forbid"):
    """Scores of the objects of one layer."""

    truth: str = Field(description="file of the true ids, or what stands for them")
    components: bool = Field(description="true objects are connected components")
    smallest_um3: float = Field(description="smaller components are left out")
    classes: dict[str, ClassObjects] = Field(description="by class name")
    variation_of_information: float | None = Field(description="bits; split + merge")
    split: float | None = Field(description="bits: true objects that fell apart")
    merge: float | None = Field(description="bits: found objects that hold several")
    adapted_rand_error: float | None = Field(description="0 to 1; 0 is best")


class ObjectScores(BaseModel, frozen=True, extra="forbid"):
    """How far the objects of a result agree with true objects."""

    measurement: str = Field(description="SHA-256 of objects.yaml of the result")
    layers: dict[str, LayerScores]
    notes: tuple[str, ...] = Field(description="what the reader should know")

    @property
    def about(self) -> str:
        """Where the true objects come from, in one sentence."""
        given = [f"{n}: {v.truth}" for n, v in self.layers.items() if not v.components]
        made = [n for n, v in self.layers.items() if v.components]
        if made:
            given.append(f"{', '.join(made)}: {COMPONENTS} (touching ones are one)")
        return f"True {'; '.join(given)}" if given else "No true objects"

    def as_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`; None becomes null."""
        return self.model_dump(mode="json")


COMPONENTS = "connected components of the true classes"


class TruthSource(NamedTuple):
    """Where the true objects of a layer come from."""

    name: str
    components: bool
    smallest_um3: float  # smaller components are left out


def score_layer(
    counts: ObjectCounts,
    truth: TruthSource,
    found_classes: Mapping[int, int],
    scheme: ClassScheme,
    layer: Layer,
    *,
    voxel_um3: float,
) -> tuple[LayerScores, list[str]]:
    """Score the objects of one layer, and note what is odd about them.

    Parameters
    ----------
    found_classes
        Class id by id of the found object.
    voxel_um3
        Volume of one voxel.

    Returns
    -------
    The scores, and sentences about true ids that do not nest in the true classes.
    """
    true = _true_objects(counts, scheme, layer)
    if truth.components:
        true = true.where(true.voxels * voxel_um3 >= truth.smallest_um3 * (1 - 1e-9))
    found = _found_objects(counts, found_classes)
    overlaps = _only(counts.overlaps, true.ids, found.ids)
    classes = {
        scheme.classes[i].name: _score_class(
            counts,
            true.where(true.classes == i),
            found.where(found.classes == i),
            voxel_um3,
        )
        for i in scheme.ids
        if scheme.layer_of(i) == layer
    }
    variation = variation_of_information(overlaps)
    scores = LayerScores(
        truth=truth.name,
        components=truth.components,
        smallest_um3=truth.smallest_um3 if truth.components else 0.0,
        classes=classes,
        variation_of_information=None if variation is None else variation.total,
        split=None if variation is None else variation.split,
        merge=None if variation is None else variation.merge,
        adapted_rand_error=adapted_rand_error(overlaps),
    )
    return scores, _notes(layer, true, found)


def measured_as(result: Result) -> str:
    """Digest of how a result was measured: scores of objects hold for that only."""
    return hashlib.sha256((result.path / layout.OBJECTS).read_bytes()).hexdigest()


class _Objects(NamedTuple):
    """Objects of one side."""

    ids: _Ids  # (N,) ascending
    voxels: _Voxels
    classes: NDArray[np.int64]  # class id, -1 for none
    doubtful: NDArray[np.bool_]  # no class has above half of the voxels

    def where(self, chosen: NDArray[np.bool_]) -> "_Objects":
        ids, voxels, classes, doubtful = self
        return _Objects(ids[chosen], voxels[chosen], classes[chosen], doubtful[chosen])


def _true_objects(counts: ObjectCounts, scheme: ClassScheme, layer: Layer) -> _Objects:
    """True objects, each of the class of the layer that most of its voxels have."""
    heads = scheme.heads(layer)
    columns = sorted(set(heads.values()))
    there = counts.classes.truth > 0
    ids, row = np.unique(counts.classes.truth[there], return_inverse=True)
    column = np.array(
        [
            columns.index(heads[c]) if c in heads else len(columns)
            for c in counts.classes.predicted[there].tolist()
        ],
        np.intp,
    )
    table = np.zeros((len(ids), len(columns) + 1), np.int64)
    np.add.at(table, (row, column), counts.classes.voxels[there])
    voxels, most = table.sum(axis=1), table[:, :-1].max(axis=1, initial=0)
    best = np.append(columns, -1)[np.where(most > 0, table[:, :-1].argmax(axis=1), -1)]
    return _Objects(ids, voxels, best.astype(np.int64), 2 * most <= voxels)


def _found_objects(counts: ObjectCounts, classes: Mapping[int, int]) -> _Objects:
    ids, index = np.unique(counts.overlaps.predicted, return_inverse=True)
    voxels = np.zeros(len(ids), np.int64)
    np.add.at(voxels, index, counts.overlaps.voxels)
    class_of = np.array([classes.get(i, -1) for i in ids.tolist()], np.int64)
    found = _Objects(ids, voxels, class_of, np.zeros(len(ids), bool))
    return found.where(ids > 0)


def _only(overlaps: Overlaps, true: _Ids, found: _Ids) -> Overlaps:
    """Make background of all other objects."""
    return overlaps._replace(
        truth=np.where(np.isin(overlaps.truth, true), overlaps.truth, 0),
        predicted=np.where(np.isin(overlaps.predicted, found), overlaps.predicted, 0),
    )


def _score_class(
    counts: ObjectCounts, true: _Objects, found: _Objects, voxel_um3: float
) -> ClassObjects:
    overlaps = _only(counts.overlaps, true.ids, found.ids)
    matches = {t: match_objects(overlaps, threshold=t) for t in THRESHOLDS}
    whole_true = true.where(~np.isin(true.ids, counts.cut_true))
    whole_found = found.where(~np.isin(found.ids, counts.cut_found))
    objects = len(true.ids) + len(found.ids)
    iou = matches[0.5].iou.sum()
    return ClassObjects(
        every=Census.of(true.voxels, found.voxels, voxel_um3=voxel_um3),
        whole=Census.of(whole_true.voxels, whole_found.voxels, voxel_um3=voxel_um3),
        at={str(t): Matching.of(m) for t, m in matches.items()},
        panoptic_quality=float(2 * iou / objects) if len(true.ids) else None,
    )


def _notes(layer: Layer, true: _Objects, found: _Objects) -> list[str]:
    """What is odd about the objects of a layer."""
    notes = []
    if not len(true.ids):
        notes.append(f"{layer}: no true object is there, so their scores are undefined")
    if not len(found.ids):
        notes.append(f"{layer}: none was found")
    none, several = true.classes < 0, true.doubtful & (true.classes >= 0)
    if none.any():
        notes.append(
            f"{layer}: true objects {_listed(true.ids[none])} cover no class of this "
            "layer in the true classes; they count in no class"
        )
    if several.any():
        notes.append(
            f"{layer}: true objects {_listed(true.ids[several])} cover several classes,"
            " and none has more than half of them; each counts as the one with most "
            "voxels"
        )
    return notes


def _listed(ids: _Ids) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(map(str, ids[:NAMED].tolist())) + more
