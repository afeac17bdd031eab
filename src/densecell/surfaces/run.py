"""All objects of a result to meshes, scene by scene, resumable after any kill.

::

    tables -> scenes: a cell and its organelles
              scene -> surface_of -> simplify -> files -> mark
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from densecell.checksums import drop_checksums, write_checksums
from densecell.claim import claimed, refuse_claimed
from densecell.compute import Cluster, Progress, begin_or_resume, check_same
from densecell.config import MeshConfig, save_settings, write_text
from densecell.disk import drop_partial, remove, writing
from densecell.errors import OutputError
from densecell.result import (
    MeshSettings,
    Result,
    csv_text,
    layout,
    read_mesh_settings,
)
from densecell.surfaces.extra import mesh_package
from densecell.surfaces.files import write_materials
from densecell.surfaces.levels import objects_fingerprint
from densecell.surfaces.precomputed import write_precomputed_info
from densecell.surfaces.scenes import (
    MeshObject,
    MeshScene,
    mesh_scene,
    objects_of,
    scenes_of,
    stage_of,
)
from densecell.volume import require_spacing

STEP = "mesh"
USUAL_ERROR = 0.25  # of a voxel's longest edge


def mesh_result(
    path: Path,
    config: MeshConfig,
    *,
    cluster: Cluster | None = None,
    overwrite: bool = False,
) -> Iterator[Progress]:
    """Write the meshes of a measured result into `meshes/`; count finished objects.

    The same call again continues where it stopped; finished meshes are left alone.
    Formats that are not there yet are added to those that are.

    Parameters
    ----------
    path
        Folder of a result, or of labels that were measured by themselves.
    config
        Settings; what they leave open is settled and kept at the first start.
    cluster
        Workers that see `path` under the same name; None: two threads here.
    overwrite
        Drop the meshes that are there and start anew, unless that is refused.

    Raises
    ------
    VolumeError
        If it is not measured, or not to its end.
    OutputError
        If the meshes there were begun with other settings (other formats are added) or
        of other objects.
    BlocksFailedError
        If objects failed three times each, when all others are finished.
    MissingExtraError
        If the extra `mesh` is not installed.

    Notes
    -----
    Takes about 25 bytes for each voxel of an object's bounding box, of two objects at a
    time; the rest does not grow with the volume.
    """
    for package in ("trimesh", "fast_simplification"):
        mesh_package(package)
    result = Result(path)
    result.require_measured()
    if overwrite:
        _drop_meshes(path)
    _begin(result, config)
    objects = objects_of(result)
    if result.has_meshes:
        yield Progress(STEP, len(objects), len(objects))
        return
    with claimed(path):
        _drop_partial(path)
        with writing(path):
            yield from _mesh(result, objects, cluster)


def resolve_mesh_settings(result: Result, config: MeshConfig) -> MeshSettings:
    """Settle what the settings leave open."""
    edges = (e for v in result.objects.values() for e in require_spacing(v))
    error = config.max_error_nm
    return MeshSettings(
        max_error_nm=USUAL_ERROR * max(edges) if error is None else error,
        max_voxels=config.max_voxels,
        formats=tuple(sorted(config.formats)),
        objects=objects_fingerprint(result),
    )


def _begin(result: Result, config: MeshConfig) -> None:
    """Save the settings, or check that those of an earlier start are the same."""
    place = result.path / layout.MESHES

    def resolve() -> MeshSettings:
        if place.exists() and any(place.iterdir()):
            raise OutputError(
                f"{place}: holds something else (no settings.yaml in it); move it "
                "away, or pass --overwrite"
            )
        return resolve_mesh_settings(result, config)

    def check(then: MeshSettings) -> None:
        now = _like(then, resolve_mesh_settings(result, config), config)
        if now.objects != then.objects:
            raise OutputError(
                f"{place}: was made of other objects, which have been measured anew "
                "since; pass --overwrite to mesh these"
            )
        check_same(then, now, place=place, remedy="pass --overwrite to start anew")

    path = result.path / layout.MESH_SETTINGS
    then = begin_or_resume(path, MeshSettings, resolve=resolve, check=check)
    if missing := set(config.formats) - set(then.formats):
        _add_formats(result.path, then, missing)


def _like(then: MeshSettings, now: MeshSettings, config: MeshConfig) -> MeshSettings:
    """Settings of this call, with what it may leave to those of an earlier start."""
    error = now.max_error_nm if config.max_error_nm is not None else then.max_error_nm
    return now.model_copy(update={"formats": then.formats, "max_error_nm": error})


def _add_formats(path: Path, then: MeshSettings, missing: Iterable[str]) -> None:
    """Let all scenes wait again, to be written in more formats; files stay."""
    refuse_claimed(path)
    with writing(path):
        remove(path / layout.MESHED)  # first: until all is there, it is not finished
        remove(path / layout.MESH_STAGE)
        drop_checksums(path, STEP)
        formats = tuple(sorted({*then.formats, *missing}))
        settings = then.model_copy(update={"formats": formats})
        save_settings(settings, path / layout.MESH_SETTINGS)


def _mesh(
    result: Result, objects: Sequence[MeshObject], cluster: Cluster | None
) -> Iterator[Progress]:
    path, scenes = result.path, scenes_of(objects)
    stage = stage_of(path, scenes)
    done = len(objects) - sum(len(scenes[n]) for n in stage.waiting())
    yield Progress(STEP, done, len(objects))
    for number in stage.run(
        partial(mesh_scene, path.absolute()),
        place=path,
        cluster=cluster,
        describe=lambda number: scenes[number][0].stem,
    ):
        done += len(scenes[number])
        yield Progress(STEP, done, len(objects))
    _finish(result, objects, scenes)


def _finish(
    result: Result, objects: Sequence[MeshObject], scenes: Sequence[MeshScene]
) -> None:
    """Write what needs all scenes: the table, and neuroglancer's info files."""
    path, settings = result.path, read_mesh_settings(result.path)
    if objects_fingerprint(result) != settings.objects:
        raise OutputError(
            f"{path}: its objects have changed while they were meshed; pass "
            "--overwrite to mesh them anew"
        )
    _drop_partial(path)
    if "precomputed" in settings.formats:
        for layer in result.objects:
            names = {o.id: o.class_name for o in objects if o.layer == layer}
            write_precomputed_info(path / layout.PRECOMPUTED / layer, names)
    if "obj" in settings.formats:
        classes = result.scheme.classes.values()
        colours = {known.name: known.colour for known in classes}
        write_materials(path / layout.MESHES / "obj", colours)
    stage = stage_of(path, scenes)
    rows: list[dict[str, Any]] = []
    for number in range(len(scenes)):
        rows += json.loads(stage.mark(number).read_text(encoding="utf-8"))
    rows.sort(key=lambda row: (row["object"], row["id"]))
    text = csv_text(rows[0], (row.values() for row in rows)) if rows else ""
    write_text(path / layout.MESH_TABLE, text)
    write_checksums(path, STEP, [path / layout.MESHES])
    write_text(path / layout.MESHED, "")


def _drop_meshes(path: Path) -> None:
    """Remove the meshes of a result."""
    refuse_claimed(path)
    try:
        remove(path / layout.MESHES)
        remove(path / layout.MESH_STAGE)
        drop_checksums(path, STEP)
    except OSError as error:
        raise OutputError(
            f"{path / layout.MESHES}: cannot be removed ({error.strerror or error})"
        ) from None


def _drop_partial(path: Path) -> None:
    """Remove what a killed process, or a lost worker, was writing."""
    for folder in (path / layout.MESHES, path / layout.MESH_STAGE):
        drop_partial(folder)
