"""Where a result keeps what: every name on disk stands here, and only here.

::

    run.yaml  objects.yaml              what was segmented, and how it was measured
    segmentation.zarr/                  classes, cells, organelles, confidence ...
    agreement.json                      written when the segmentation is finished
    blocks/segment  measure  mesh       marks of finished blocks, and temporaries
    edits.jsonl  edits/                 corrections by hand, and what they replaced
    tables/  meshes/  scores/  suggest/  report.html
"""

from itertools import count
from pathlib import Path, PurePosixPath
from typing import TypeGuard

from densecell.address import Address
from densecell.disk import remove

RUN = "run.yaml"
OBJECTS = "objects.yaml"
STORE = "segmentation.zarr"
CLASSES = f"{STORE}/labels/classes"
CONFIDENCE, DISAGREEMENT = "confidence", "disagreement"
IMAGES = (CONFIDENCE, DISAGREEMENT)
AFFINITIES = f"{STORE}/affinities.json"  # pairs that the stores affinity_0 ... are of
AGREEMENT = "agreement.json"

SEGMENT_STAGE, MEASURE_STAGE = "blocks/segment", "blocks/measure"
MESH_STAGE = "blocks/mesh"
MEASURED = f"{MEASURE_STAGE}/finished"
MESHED = f"{MESH_STAGE}/finished"

EDITS, EDITS_FOLDER = "edits.jsonl", "edits"  # corrections, and what they replaced
TABLES, MESHES, SCORES, SUGGESTIONS = "tables", "meshes", "scores", "suggest"
MESH_SETTINGS = f"{MESHES}/settings.yaml"
MESH_TABLE = f"{MESHES}/meshes.csv"
PRECOMPUTED = f"{MESHES}/precomputed"  # of neuroglancer, one folder per layer
REPORT = "report.html"

CELLS, ORGANELLES, PARTS = "cells", "organelles", "parts"
LAYERS = (CELLS, ORGANELLES, PARTS)


def layer_path(result: Path, layer: str) -> Path:
    """Store of a layer of object ids: cells, organelles or parts."""
    if layer not in LAYERS:
        raise KeyError(f"{layer!r} is no layer of objects: {', '.join(LAYERS)}")
    return result / STORE / "labels" / layer


def member_path(member: str) -> str:
    """Path from a result to the labels that one network gave, where they are kept."""
    return str(PurePosixPath(STORE, "labels", member))


def set_edits_aside(result: Path) -> Path | None:
    """Move the journal of corrections away when objects are made anew; its new place.

    What the corrections had replaced is removed: nothing can be undone any more.
    """
    journal, aside = result / EDITS, None
    if journal.exists():
        places = (result / f"edits-{n}.jsonl" for n in count(1))
        aside = journal.rename(next(place for place in places if not place.exists()))
    remove(result / EDITS_FOLDER)
    return aside


def is_result(path: Address) -> TypeGuard[Path]:
    """Whether a path is a folder that `densecell segment` or `measure` wrote into."""
    return isinstance(path, Path) and any(
        (path / name).is_file() for name in (RUN, OBJECTS)
    )


def is_segmentation(path: Address) -> TypeGuard[Path]:
    """Whether a path is a folder that `densecell segment` wrote into."""
    return isinstance(path, Path) and (path / RUN).is_file()


def is_segmented(result: Path) -> bool:
    """Whether every voxel of a segmentation has its class."""
    return (result / AGREEMENT).exists()


def is_measured(result: Path) -> bool:
    """Whether all objects and tables are there."""
    return (result / MEASURED).exists()


def has_meshes(result: Path) -> bool:
    """Whether all meshes are there."""
    return (result / MESHED).exists()
