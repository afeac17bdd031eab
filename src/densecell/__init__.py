"""Dense segmentation of volume electron microscopy with 2D-3D network ensembles.

From a project with a few labels to cells, tables and a page, in three lines::

    model = densecell.train("mydata")
    result = densecell.segment("big.zarr", model, "result")
    densecell.measure(result)

What stands in `__all__` is the stable interface. `import densecell` is quick: torch and
the rest are loaded by the first call that needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from densecell.api import evaluate, measure, mesh, segment, train, write_report
    from densecell.config import (
        InferenceConfig,
        MeshConfig,
        ObjectsConfig,
        ProjectConfig,
    )
    from densecell.datasets.project import read_project
    from densecell.ensemble import SegmentRequest
    from densecell.errors import DensecellError
    from densecell.result import Result
    from densecell.volume import open_volume

__version__ = "0.1.0"
__all__ = [
    "DensecellError",
    "InferenceConfig",
    "MeshConfig",
    "ObjectsConfig",
    "ProjectConfig",
    "Result",
    "SegmentRequest",
    "evaluate",
    "measure",
    "mesh",
    "open_volume",
    "read_project",
    "segment",
    "train",
    "write_report",
]
_HOMES = {
    "DensecellError": "densecell.errors",
    "InferenceConfig": "densecell.config",
    "MeshConfig": "densecell.config",
    "ObjectsConfig": "densecell.config",
    "ProjectConfig": "densecell.config",
    "Result": "densecell.result",
    "SegmentRequest": "densecell.ensemble",
    "open_volume": "densecell.volume",
    "read_project": "densecell.datasets.project",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'densecell' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "densecell.api")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
