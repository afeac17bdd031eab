"""Load members, rank them, and let them segment volumes together."""

from densecell.ensemble.load import Ensemble, load_ensemble, member_fingerprint
from densecell.ensemble.memory import format_bytes
from densecell.ensemble.plan import SegmentationPlan, plan_segmentation
from densecell.ensemble.rank import (
    EnsembleFile,
    Member,
    rank_members,
    read_ensemble,
    use_members,
)
from densecell.ensemble.resolution import resampling_note
from densecell.ensemble.resolve import SegmentRequest
from densecell.ensemble.segment import segment_volume
from densecell.ensemble.select import ChosenMember, greedy_members
from densecell.ensemble.soft_labels import (
    SOFT_LABELS,
    SoftLabels,
    TrainingPart,
    begin_soft_labels,
    check_teacher,
    choose_parts,
    make_soft_labels,
    read_soft_labels,
)

__all__ = [
    "SOFT_LABELS",
    "ChosenMember",
    "Ensemble",
    "EnsembleFile",
    "Member",
    "SegmentRequest",
    "SegmentationPlan",
    "SoftLabels",
    "TrainingPart",
    "begin_soft_labels",
    "check_teacher",
    "choose_parts",
    "format_bytes",
    "greedy_members",
    "load_ensemble",
    "make_soft_labels",
    "member_fingerprint",
    "plan_segmentation",
    "rank_members",
    "read_ensemble",
    "read_soft_labels",
    "resampling_note",
    "segment_volume",
    "use_members",
]
