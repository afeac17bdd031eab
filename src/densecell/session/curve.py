"""How a training went so far: loss and score at each validation."""

import json
from pathlib import Path
from typing import Any


def model_curve(folder: Path, model: str, begun: float) -> list[dict[str, Any]]:
    """Points of the curves of a model's networks, in the order of training.

    Parameters
    ----------
    folder, model
        Of the project, and of the model in it; "": none.
    begun
        When the training started, in seconds since 1970.
    """
    points: list[dict[str, Any]] = []
    if not model:
        return points
    for number, history in enumerate(sorted((folder / model).glob("*/history.jsonl"))):
        last = history.stat().st_mtime - begun
        lines = _lines(history)
        for n, line in enumerate(lines, 1):
            points.append(
                {
                    "network": number,
                    "step": line["step"],
                    "loss": line["loss"],
                    "score": line["miou_all"],
                    "seconds": round(max(0.0, last * n / len(lines)), 1),
                }
            )
    return points


def _lines(history: Path) -> list[dict[str, Any]]:
    """Lines that are complete: one may be being written."""
    found = []
    for line in history.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
