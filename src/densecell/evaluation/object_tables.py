"""Scores of objects as rows of words, for the console and for pages."""

from densecell.evaluation.object_scores import Census, ClassObjects, ObjectScores

MATCHES = (
    "class",
    "true",
    "found",
    "matched",
    "precision",
    "recall",
    "F1",
    "F1 at 0.75",
    "PQ",
)
CENSUS = (
    "class",
    "objects",
    "true",
    "found",
    "count off by",
    "true, um3",
    "found, um3",
    "volume off by",
)
MATCHES_CAPTION = (
    "Matched: an overlap (IoU) above 0.5 with a true object of the class. PQ: panoptic "
    "quality."
)
CENSUS_CAPTION = (
    "Number and mean volume. Whole objects are those that the border does not cut."
)


def match_rows(scores: ObjectScores) -> list[list[str]]:
    """How well the objects of each class match; classes without any are left out."""
    rows = []
    for name, of_class in _classes(scores):
        loose, strict = of_class.at["0.5"], of_class.at["0.75"]
        shares = loose.precision, loose.recall, loose.f1, strict.f1
        rows.append(
            [
                name,
                str(of_class.every.true),
                str(of_class.every.found),
                str(loose.matched),
                *(_share(value) for value in (*shares, of_class.panoptic_quality)),
            ]
        )
    return rows


def census_rows(scores: ObjectScores) -> list[list[str]]:
    """Counts and mean volumes of each class: of all its objects, and of whole ones."""
    return [
        [name if kind == "all" else "", kind, *_census(census)]
        for name, of_class in _classes(scores)
        for kind, census in (("all", of_class.every), ("whole", of_class.whole))
    ]


def layer_lines(scores: ObjectScores) -> list[str]:
    """Distances of whole layers, one sentence each, then what should be known."""
    lines = []
    for name, layer in scores.layers.items():
        if layer.variation_of_information is None:
            continue
        lines.append(
            f"{name}: variation of information {layer.variation_of_information:.3f} "
            f"bits (split {layer.split:.3f}, merge {layer.merge:.3f}), adapted Rand "
            f"error {layer.adapted_rand_error:.3f}"
        )
    return [*lines, *scores.notes]


def _classes(scores: ObjectScores) -> list[tuple[str, ClassObjects]]:
    return [
        (name, of_class)
        for layer in scores.layers.values()
        for name, of_class in layer.classes.items()
        if of_class.every.true or of_class.every.found
    ]


def _census(census: Census) -> list[str]:
    return [
        str(census.true),
        str(census.found),
        _bias(census.count_bias),
        _volume(census.true_volume_um3),
        _volume(census.found_volume_um3),
        _bias(census.volume_bias),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _bias(value: float | None) -> str:
    if value is None:
        return "-"
    percent = round(100 * value)
    return f"{percent:+d} %" if percent else "0 %"


def _volume(um3: float | None) -> str:
    return "-" if um3 is None else f"{um3:.3g}"
