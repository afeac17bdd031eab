"""Members to labels: load, rank, combine, segment."""

from densecell.ensemble.lessons import (
    Lesson,
    begin_lessons,
    learned,
    list_lessons,
    teach,
)
from densecell.ensemble.load import Ensemble, load_ensemble
from densecell.ensemble.memory import in_gb
from densecell.ensemble.plan import Plan, plan
from densecell.ensemble.rank import (
    EnsembleFile,
    Member,
    rank_members,
    read_ensemble,
    use_members,
)
from densecell.ensemble.resolution import resampling_note
from densecell.ensemble.run import Run, Wish, read_run
from densecell.ensemble.segment import Step, is_finished, segment_volume
from densecell.ensemble.select import Chosen, greedy_members

__all__ = [
    "Chosen",
    "Ensemble",
    "EnsembleFile",
    "Lesson",
    "Member",
    "Plan",
    "Run",
    "Step",
    "Wish",
    "begin_lessons",
    "greedy_members",
    "in_gb",
    "is_finished",
    "learned",
    "list_lessons",
    "load_ensemble",
    "plan",
    "rank_members",
    "read_ensemble",
    "read_run",
    "resampling_note",
    "segment_volume",
    "teach",
    "use_members",
]
