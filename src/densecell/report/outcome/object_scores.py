"""How far objects agree with true ones, as `densecell evaluate` kept it."""

from collections.abc import Iterator

from densecell.evaluation import ObjectScores, measured_as
from densecell.evaluation.object_tables import (
    CENSUS,
    CENSUS_CAPTION,
    MATCHES,
    MATCHES_CAPTION,
    census_rows,
    layer_lines,
    match_rows,
)
from densecell.report.page import Notes, Part, Table
from densecell.result import Result, layout
from densecell.settings import parse_settings


def object_score_parts(result: Result) -> list[Part]:
    """Tables of each truth that objects were scored against, or how to get them.

    Scores of objects that were measured anew since are not shown; a sentence says so.
    """
    if not result.is_measured:
        return []
    parts: list[Part] = []
    for name, scores in _kept(result):
        if scores.measurement == measured_as(result):
            parts += _of_truth(name, scores)
        else:
            parts.append(Notes([OUTDATED.format(name)], warn=True))
    hint = f"Scores of objects, too: `densecell evaluate {result.path.name} LABELS`."
    return parts or [Notes([hint])]


OUTDATED = (
    "Objects were measured again after they were scored against {}. Run `densecell "
    "evaluate` again."
)


def _kept(result: Result) -> Iterator[tuple[str, ObjectScores]]:
    """Scores of objects by the name of the truth."""
    for name, scores in result.scores.items():
        if scores.get("objects") is not None:
            where = f"{result.path / layout.SCORES / name}.json"
            yield name, parse_settings(scores["objects"], ObjectScores, where=where)


def _of_truth(name: str, scores: ObjectScores) -> list[Part]:
    parts: list[Part] = []
    if rows := match_rows(scores):
        about = f"Objects against {name}. {scores.about}. {MATCHES_CAPTION}"
        parts.append(Table(MATCHES, rows, caption=about))
        parts.append(Table(CENSUS, census_rows(scores), caption=CENSUS_CAPTION))
    if lines := layer_lines(scores):
        parts.append(Notes(lines))
    return parts
