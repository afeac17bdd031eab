"""How well labels and objects agree with truth, counted block by block.

::

    open_prediction -> Prediction -> volumes_confusion -> Scores -> save_scores
    shared_objects -> compare -> Comparison     of two annotators, or two models
    open_measured, open_ids -> score_objects -> ObjectScores -> save_scores
    score(truth, predicted, scheme): arrays in, scores out

Nothing here imports torch.
"""

from densecell.evaluation.against_truth import Evaluation, evaluate_labels
from densecell.evaluation.blockwise import scored_box, truth_box, volumes_confusion
from densecell.evaluation.comparison import (
    Comparison,
    compare,
    placed,
    shared_objects,
)
from densecell.evaluation.confusion import confusion_matrix
from densecell.evaluation.instances import count_overlaps, match_objects
from densecell.evaluation.kept import (
    folder_name,
    kept_path,
    save_scores,
    scores_record,
)
from densecell.evaluation.measured_objects import (
    open_ids,
    open_measured,
    score_objects,
)
from densecell.evaluation.object_scores import ObjectScores, measured_as
from densecell.evaluation.prediction import Prediction, open_prediction
from densecell.evaluation.scores import Scores, score, scores_from_confusion

__all__ = [
    "Comparison",
    "Evaluation",
    "ObjectScores",
    "Prediction",
    "Scores",
    "compare",
    "confusion_matrix",
    "count_overlaps",
    "evaluate_labels",
    "folder_name",
    "kept_path",
    "match_objects",
    "measured_as",
    "open_ids",
    "open_measured",
    "open_prediction",
    "placed",
    "save_scores",
    "score",
    "score_objects",
    "scored_box",
    "scores_from_confusion",
    "scores_record",
    "shared_objects",
    "truth_box",
    "volumes_confusion",
]
