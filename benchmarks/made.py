"""Models and volumes of any size for benchmarks of speed and memory."""

from pathlib import Path

import numpy as np

from densecell.classes import ClassScheme
from densecell.config import (
    NetworkConfig,
    TrainingConfig,
    save_settings,
    write_text,
)
from densecell.ensemble import EnsembleFile, Member
from densecell.geometry import Shape, tile
from densecell.networks import build_network
from densecell.phantom import make_phantom
from densecell.training import WEIGHTS, MemberOutcome, MemberSettings, save_weights
from densecell.volume import create_ome_zarr, read_padded

SPACING_NM = (40.0, 10.0, 10.0)


def write_model(folder: Path, members: int, network: NetworkConfig) -> Path:
    """Write a model of untrained members, as `densecell train` would."""
    scheme = ClassScheme.platelet()
    facts = {"classes": scheme, "spacing_nm": SPACING_NM, "mean": 155.0, "std": 55.0}
    listed = []
    for seed in range(members):
        name = f"member_{seed:02d}"
        settings = MemberSettings(
            network=network, training=TrainingConfig(), seed=seed, **facts
        )
        save_settings(settings, folder / name / "settings.yaml")
        built = build_network(network, classes=len(scheme), seed=seed)
        save_weights(built, folder / name / WEIGHTS, {})
        outcome = MemberOutcome(state="finished", seed=seed, miou_all=0.5)
        listed.append(Member(folder=name, used=True, outcome=outcome))
    ensemble = EnsembleFile(members=tuple(listed), **facts)
    write_text(folder / "ensemble.json", ensemble.model_dump_json())
    return folder


def write_volume(path: Path, shape: Shape, *, source: Shape) -> None:
    """Write a phantom, mirrored at its faces until it fills `shape`, shard by shard."""
    phantom = make_phantom(source, seed=1).intensities
    volume = create_ome_zarr(
        path, shape=shape, dtype=np.uint8, spacing_nm=SPACING_NM, kind="image"
    )
    for box in tile(shape, volume.shard):
        volume.write(box, read_padded(phantom, box))
