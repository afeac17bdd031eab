"""Every setting of densecell: one default each, read from YAML, written back resolved.

Free of torch, so that `densecell --help` is instant. Lengths are voxels in (z, y, x)
unless the name ends in `_nm` or `_px`.
"""

from densecell.config.inference import InferenceConfig
from densecell.config.network import NetworkConfig
from densecell.config.objects import (
    ORGANELLES,
    CutConfig,
    MeshConfig,
    ObjectsConfig,
    SplitConfig,
)
from densecell.config.project import (
    FORMAT,
    AddressSetting,
    AnnotatedBox,
    ProjectConfig,
    SchemeSetting,
    VolumeEntry,
)
from densecell.config.training import (
    AugmentationConfig,
    EnsembleConfig,
    ErrorWeights,
    LossConfig,
    TrainingConfig,
)
from densecell.settings import (
    load_settings,
    parse_settings,
    save_settings,
    write_text,
    yaml_text,
)

__all__ = [
    "FORMAT",
    "ORGANELLES",
    "AddressSetting",
    "AnnotatedBox",
    "AugmentationConfig",
    "CutConfig",
    "EnsembleConfig",
    "ErrorWeights",
    "InferenceConfig",
    "LossConfig",
    "MeshConfig",
    "NetworkConfig",
    "ObjectsConfig",
    "ProjectConfig",
    "SchemeSetting",
    "SplitConfig",
    "TrainingConfig",
    "VolumeEntry",
    "load_settings",
    "parse_settings",
    "save_settings",
    "write_text",
    "yaml_text",
]
