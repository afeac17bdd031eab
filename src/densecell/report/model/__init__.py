"""A model: its card, and how its training goes."""

from densecell.report.model.card import Terms, card_text, write_card
from densecell.report.model.training import (
    draw_scores,
    draw_training,
    require_tensorboard,
    score_spread,
    write_events,
)

__all__ = [
    "Terms",
    "card_text",
    "draw_scores",
    "draw_training",
    "require_tensorboard",
    "score_spread",
    "write_card",
    "write_events",
]
