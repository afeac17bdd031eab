"""What a resumed run must have in common with its first start."""

from collections.abc import Iterable
from pathlib import Path

from densecell.compute import check_same
from densecell.ensemble.load import Ensemble
from densecell.ensemble.resolve import SegmentRequest, requested_offsets
from densecell.errors import OutputError
from densecell.inference import plan_tiling
from densecell.result import Run
from densecell.volume import Volume, fingerprint, require_spacing

REMEDY = "choose another --out, or --overwrite to start anew"


def check_same_run(
    run: Run, volume: Volume, ensemble: Ensemble, request: SegmentRequest, out: Path
) -> None:
    """Refuse to resume a result that was begun with other settings.

    Raises
    ------
    OutputError
        Names the first setting that differs, with both values.
    """
    pairs = {
        "volume": (run.volume.path, volume.path.absolute()),
        "shape of the volume": (run.volume.shape, volume.shape),
        "spacing": (run.volume.spacing_nm, tuple(require_spacing(volume))),
        "members": (
            _listed(run.model.members.items()),
            _listed(zip(ensemble.names, ensemble.fingerprints, strict=True)),
        ),
        "box": (run.box or "the whole volume", request.box or "the whole volume"),
        "--keep-members": (run.keep_members, request.keep_members),
        "--probabilities": (run.probabilities, request.probabilities),
        "affinities": (run.affinities, requested_offsets(ensemble, request, run.grid)),
        **_inference(run, ensemble, request),
    }
    check_same(
        {name: then for name, (then, _) in pairs.items()},
        {name: now for name, (_, now) in pairs.items()},
        place=out,
        remedy=REMEDY,
    )
    check_same_voxels(run, volume, out)


def check_same_voxels(run: Run, volume: Volume, out: Path) -> None:
    """Refuse a volume that has changed, before a result is resumed or finished.

    Raises
    ------
    OutputError
        If samples of its voxels differ from those of then.
    """
    if run.volume.fingerprint not in (None, fingerprint(volume)):
        raise OutputError(
            f"{out}: {volume.path} holds other voxels than when it was begun; {REMEDY}"
        )


def _inference(
    run: Run, ensemble: Ensemble, request: SegmentRequest
) -> dict[str, tuple[object, object]]:
    """Settings of inference, then and now, as far as the request names them."""
    then, now = run.inference, request.inference
    pairs: dict[str, tuple[object, object]] = {
        "--exact": (then.exact, now.exact),
        "--tta": (then.tta, now.tta),
        "--adapt": (then.change is not None, now.adapt),
        "--skip-flat": (then.skip_flat, now.skip_flat),
        "--no-resample": (not then.resample, not now.resample),
    }
    if now.tile or now.margin:  # fitted to the volume, as at the first start
        named = {"tile": now.tile or then.tile, "margin": now.margin or then.margin}
        whole = now.model_copy(update=named)
        tiling = plan_tiling(ensemble.networks[0], run.seen_shape, whole)
        pairs["tile"] = (then.tile, tiling.tile)
        pairs["margin"] = (then.margin, tiling.margin)
    for name in ("engine", "precision", "threads"):
        value = getattr(now, name)
        if value not in (None, "auto"):
            pairs[name] = (getattr(then, name), value)
    return pairs


def _listed(members: Iterable[tuple[str, str]]) -> str:
    """Names of members, with the first digits of the SHA-256 of their weights."""
    return ", ".join(f"{name} ({weights[:8]})" for name, weights in members)
