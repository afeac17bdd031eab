"""How well labels agree with truth: overlap of classes, counted block by block.

Needs numpy only; nothing here imports torch.
"""

from densecell.evaluation.confusion import confusion_matrix
from densecell.evaluation.scores import Scores, score, scores_from_confusion

__all__ = ["Scores", "confusion_matrix", "score", "scores_from_confusion"]
