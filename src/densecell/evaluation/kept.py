"""Files of a result that are about other labels: scores, and pictures of comparisons.

Each gets a name of its own, so that nothing about other labels is replaced.
"""

import json
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path, PurePath

from densecell.address import Address, split_choice
from densecell.config import FORMAT, write_text
from densecell.errors import ConfigError
from densecell.evaluation.object_scores import ObjectScores
from densecell.evaluation.scores import Scores
from densecell.geometry import Box
from densecell.result import layout
from densecell.settings import read_json

About = tuple[str, ...]  # the full address of the other labels, then what else counts
GENERIC = ("", "labels", layout.STORE)  # folders that tell nothing apart


def save_scores(
    scores: Scores,
    result: Path,
    *,
    truth: Address,
    box: Box,
    objects: ObjectScores | None = None,
) -> Path:
    """Write `scores/<truth name>.json` into a result folder, all at once.

    Scores of the same truth, box and choice of voxels are replaced; those of others
    are kept, and the file gets another name.
    """
    record = scores_record(scores, truth=truth, box=box, objects=objects)
    text = json.dumps(record, indent=1)
    path = kept_path(
        result / layout.SCORES,
        truth,
        ".json",
        about=_about(record),
        read=lambda path: _read_about(path, record),
    )
    write_text(path, text)
    return path


def scores_record(
    scores: Scores, *, truth: Address, box: Box, objects: ObjectScores | None = None
) -> dict[str, object]:
    """Scores as plain values, with what they were counted on.

    Those of objects are under `objects`, where the result was measured.
    """
    plain = split_choice(truth).address
    name = plain.name + str(truth).removeprefix(str(plain))
    where = {
        "truth": name,
        "truth_at": str(truth.resolve()),
        "box": [list(box.start), list(box.stop)],
    }
    record = {"format": FORMAT} | where | scores.as_json()
    return record if objects is None else record | {"objects": objects.as_json()}


def kept_path(
    folder: Path,
    other: Address,
    suffix: str,
    *,
    about: About,
    read: Callable[[Path], About | None],
) -> Path:
    """Path of a file that is named after the other labels.

    That is `labels.json`; where this is about other labels of that name,
    `folder_labels.json`; and with a number where that is taken too.

    Parameters
    ----------
    folder
        Folder in the result.
    other
        The other labels; a channel and a time point belong to the name.
    suffix
        Suffix of the file, such as `.json`.
    about
        What the file will be about.
    read
        Reads what a file is about; None: nothing, it may be replaced.

    Returns
    -------
    A path without a file, or with one that is about the same.
    """
    name = file_name(other)
    first = folder / f"{name}{suffix}"
    held = read(first) if first.is_file() else None
    if held is not None and held[0] != about[0]:
        name = f"{folder_name(other)}_{name}"
    for number in count(1):
        path = folder / f"{name}{f' {number}' if number > 1 else ''}{suffix}"
        if not path.exists() or read(path) in (None, about):
            break
    return path


def file_name(other: Address) -> str:
    """File name that stands for labels, without a suffix.

    Examples
    --------
    >>> file_name(Path("truth.tif")), file_name(Path("a.zarr#channel=1#time=3"))
    ('truth', 'a channel 1 time 3')
    """
    plain, channel, time = split_choice(other)
    chosen = (("channel", channel), ("time", time))
    words = [f"{what} {which}" for what, which in chosen if which is not None]
    return " ".join([plain.stem, *(_safe(word) for word in words)])


def folder_name(other: Address) -> str:
    """Name of the store or the folder that labels lie in.

    Examples
    --------
    >>> folder_name(Path("/data/other.zarr/labels/classes"))
    'other'
    """
    plain = split_choice(other).address.resolve()
    parents = PurePath(str(plain)).parents
    return _safe(next((p.stem for p in parents if p.name not in GENERIC), ""))


def _safe(name: str) -> str:
    return re.sub(r"[^\w. -]", "_", name)


def _about(record: dict[str, object]) -> About:
    parts = ("truth_at", "truth", "box", "where_labelled")
    return tuple(str(record.get(part)) for part in parts)


def _read_about(path: Path, mine: dict[str, object]) -> About | None:
    """What a file of scores is about; older ones do not name the truth's folder."""
    try:
        record = read_json(path)
    except ConfigError:
        return None
    if not isinstance(record, dict):
        return None
    return _about({"truth_at": mine["truth_at"]} | record)
