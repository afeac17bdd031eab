from densecell.evaluation.object_scores import (
    Census,
    ClassObjects,
    LayerScores,
    Matching,
    ObjectScores,
)
from densecell.evaluation.object_tables import (
    CENSUS,
    MATCHES,
    census_rows,
    layer_lines,
    match_rows,
)

NONE = Census(
    true=0,
    found=0,
    true_volume_um3=None,
    found_volume_um3=None,
    count_bias=None,
    volume_bias=None,
)
SOME = Census(
    true=8,
    found=25,
    true_volume_um3=0.0123,
    found_volume_um3=0.0025,
    count_bias=25 / 8 - 1,
    volume_bias=0.0025 / 0.0123 - 1,
)


def matching(matched, precision, recall, f1):
    return Matching(matched=matched, precision=precision, recall=recall, f1=f1)


def scores(classes, variation=0.75):
    layer = LayerScores(
        truth="ids.tif",
        components=False,
        smallest_um3=0,
        classes=classes,
        variation_of_information=variation,
        split=None if variation is None else 0.5,
        merge=None if variation is None else 0.25,
        adapted_rand_error=None if variation is None else 0.125,
    )
    return ObjectScores(measurement="", layers={"organelles": layer}, notes=("odd",))


def of_class(every, whole, *, loose, strict, quality):
    return ClassObjects(
        every=every,
        whole=whole,
        at={"0.5": loose, "0.75": strict},
        panoptic_quality=quality,
    )


MITO = of_class(
    SOME,
    NONE,
    loose=matching(7, 7 / 25, 7 / 8, 14 / 33),
    strict=matching(5, 5 / 25, 5 / 8, 10 / 33),
    quality=0.3851,
)
UNDEFINED = matching(0, None, None, None)
ABSENT = of_class(NONE, NONE, loose=UNDEFINED, strict=UNDEFINED, quality=None)


def test_rows_of_a_class():
    found = scores({"mitochondrion": MITO, "dense granule": ABSENT})

    assert match_rows(found) == [
        ["mitochondrion", "8", "25", "7", "0.28", "0.88", "0.42", "0.30", "0.39"]
    ]
    assert len(MATCHES) == len(match_rows(found)[0])
    assert census_rows(found) == [
        ["mitochondrion", "all", "8", "25", "+212 %", "0.0123", "0.0025", "-80 %"],
        ["", "whole", "0", "0", "-", "-", "-", "-"],
    ]
    assert len(CENSUS) == len(census_rows(found)[0])


def test_lines_of_layers_and_notes():
    assert layer_lines(scores({})) == [
        "organelles: variation of information 0.750 bits (split 0.500, merge 0.250), "
        "adapted Rand error 0.125",
        "odd",
    ]
    assert layer_lines(scores({}, variation=None)) == ["odd"]
