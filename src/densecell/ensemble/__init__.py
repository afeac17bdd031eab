"""Members to labels: load, rank, combine, segment."""

from densecell.ensemble.load import Ensemble, load_ensemble
from densecell.ensemble.rank import EnsembleFile, Member, rank_members, read_ensemble
from densecell.ensemble.run import Run, Wish, read_run
from densecell.ensemble.segment import Step, is_finished, segment_volume

__all__ = [
    "Ensemble",
    "EnsembleFile",
    "Member",
    "Run",
    "Step",
    "Wish",
    "is_finished",
    "load_ensemble",
    "rank_members",
    "read_ensemble",
    "read_run",
    "segment_volume",
]
