"""What a run that goes on has to share with what was begun."""

from collections.abc import Iterable
from pathlib import Path

from densecell.ensemble.freeze import offsets_asked
from densecell.ensemble.load import Ensemble
from densecell.ensemble.run import Run, Wish
from densecell.errors import OutputError
from densecell.inference import plan_tiling
from densecell.volume import Volume, fingerprint, require_spacing


def check_same_run(
    run: Run, volume: Volume, ensemble: Ensemble, wish: Wish, out: Path
) -> None:
    """Refuse to go on with a result that was begun with other settings.

    Raises
    ------
    OutputError
        Naming the first thing that differs, with both values.
    """
    asked: dict[str, tuple[object, object]] = {
        "volume": (volume.path.absolute(), run.volume.path),
        "shape of the volume": (volume.shape, run.volume.shape),
        "spacing": (tuple(require_spacing(volume)), run.volume.spacing_nm),
        "members": (
            _listed(zip(ensemble.names, ensemble.fingerprints, strict=True)),
            _listed(run.model.members.items()),
        ),
        "box": (wish.box or "the whole volume", run.box or "the whole volume"),
        "--keep-members": (wish.keep_members, run.keep_members),
        "--probabilities": (wish.probabilities, run.probabilities),
        "affinities": (offsets_asked(ensemble, wish, run.grid), run.affinities),
    }
    frozen = run.inference
    asked["--exact"] = (wish.inference.exact, frozen.exact)
    asked["--tta"] = (wish.inference.tta, frozen.tta)
    asked["--adapt"] = (wish.inference.adapt, frozen.change is not None)
    asked["--skip-flat"] = (wish.inference.skip_flat, frozen.skip_flat)
    asked["--no-resample"] = (not wish.inference.resample, not frozen.resample)
    wished = wish.inference
    if wished.tile or wished.margin:  # fitted to the volume, as frozen
        open_ = {
            "tile": wished.tile or frozen.tile,
            "margin": wished.margin or frozen.margin,
        }
        whole = wished.model_copy(update=open_)
        tiling = plan_tiling(ensemble.networks[0], run.seen_shape, whole)
        asked["tile"] = (tiling.tile, frozen.tile)
        asked["margin"] = (tiling.margin, frozen.margin)
    for name in ("engine", "precision", "threads"):
        value = getattr(wish.inference, name)
        if value not in (None, "auto"):
            asked[name] = (value, getattr(frozen, name))
    for name, (now, then) in asked.items():
        if now != then:
            raise OutputError(
                f"{out}: was begun with {name} {then}, now asked for {now}; choose "
                "another --out, or --overwrite to start anew"
            )
    check_same_voxels(run, volume, out)


def _listed(members: Iterable[tuple[str, str]]) -> str:
    """Name members, with the beginning of what tells their weights apart."""
    return ", ".join(f"{name} ({weights[:8]})" for name, weights in members)


def check_same_voxels(run: Run, volume: Volume, out: Path) -> None:
    """Refuse a volume that has changed, before a result goes on or is finished.

    Raises
    ------
    OutputError
        If samples of its voxels are others.
    """
    if run.volume.fingerprint not in (None, fingerprint(volume)):
        raise OutputError(
            f"{out}: {volume.path} holds other voxels than when it was begun; choose "
            "another --out, or --overwrite to start anew"
        )
