"""A slice, its segmentation and its cells in 3D, from what `densecell demo` left.

python docs/make/cells_picture.py demo docs/cells.png
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from densecell.classes import ClassScheme
from densecell.geometry import Box, Spacing
from densecell.report.pictures import overlay, png, scale_bar, stretched
from densecell.volume import open_volume

Floats = NDArray[np.float64]
SCHEME = ClassScheme.platelet()
SHELL = np.array([120, 190, 130]) / 255  # of cells, which are seen through
SIZE = 900  # pixels of the 3D picture's longer side
FINER = 2  # computed at this many times as many pixels: smooth edges
POINTS_PER_PIXEL = 4
LIGHT = np.array([-0.4, 0.5, 0.76])  # towards the light; x right, y up, z to the eye
TILT, TURN = np.deg2rad(52), np.deg2rad(-28)


class Layer(NamedTuple):
    """The surface nearest to the eye, pixel by pixel."""

    depth: Floats  # (H, W), higher is nearer; -inf where there is none
    normals: Floats  # (H, W, 3), length 1
    colours: Floats  # (H, W, 3), 0 to 1


def main() -> None:
    """Draw the three panels."""
    demo, out = Path(sys.argv[1]), Path(sys.argv[2])
    image = open_volume(demo / "unseen.zarr")
    labels = open_volume(
        demo / "result" / "segmentation.zarr" / "labels" / "classes", labels=True
    )
    depth, height, width = image.shape
    box = Box((depth // 2, 0, 0), (depth // 2 + 1, height, width))
    grey, ids = stretched(image.read(box)[0]), labels.read(box)[0]
    scene = cells_in_3d(sorted((demo / "result" / "meshes" / "glb").glob("*.glb")))
    assert image.spacing_nm is not None
    out.write_bytes(_panels(grey, overlay(grey, ids, SCHEME), scene, image.spacing_nm))


def cells_in_3d(paths: Sequence[Path]) -> Floats:
    """Render cells as glass with their organelles in them: (H, W, 4), 0 to 1."""
    named = [item for path in paths for item in trimesh.load(path).geometry.items()]
    shells = [(mesh, SHELL) for name, mesh in named if name.startswith("cell ")]
    others = [(m, _colour(name)) for name, m in named if not name.startswith("cell ")]
    turned = _turned(np.concatenate([mesh.vertices for mesh, _ in shells]))
    low, high = turned.min(axis=0), turned.max(axis=0)
    scale = SIZE * FINER / (high - low)[:2].max()
    width, height = ((high - low)[:2] * scale / FINER).astype(int) * FINER + 2 * FINER
    rng = np.random.default_rng(0)

    def to_pixels(points: Floats) -> Floats:
        return (_turned(points) - low) * scale + FINER / 2

    front, inside = (
        nearest(meshes, to_pixels, (height, width), rng) for meshes in (shells, others)
    )
    picture = _through_glass(front, inside)
    coarse = (height // FINER, FINER, width // FINER, FINER, 4)
    return picture.reshape(coarse).mean(axis=(1, 3))


def nearest(
    meshes: Sequence[tuple[trimesh.Trimesh, Floats]],
    to_pixels: Callable[[Floats], Floats],
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> Layer:
    """Strew points over what faces the eye, and keep the nearest in each pixel."""
    depth = np.full(shape, -np.inf)
    normals, colours = np.zeros((2, *shape, 3))
    for mesh, colour in meshes:
        at, normal = _strewn(mesh, to_pixels, rng)
        column = np.clip(at[:, 0].astype(int), 0, shape[1] - 1)
        row = np.clip(shape[0] - 1 - at[:, 1].astype(int), 0, shape[0] - 1)
        order = np.argsort(at[:, 2])  # of equal indices numpy keeps the last
        row, column, high = row[order], column[order], at[order, 2]
        wins = high >= depth[row, column]
        row, column = row[wins], column[wins]
        depth[row, column] = high[wins]
        normals[row, column] = normal[order][wins]
        colours[row, column] = colour
    return _without_pinholes(Layer(depth, normals, colours))


def _strewn(
    mesh: trimesh.Trimesh,
    to_pixels: Callable[[Floats], Floats],
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Points (N, 3) on the triangles that face the eye, and normals there."""
    a, b, c = to_pixels(mesh.vertices)[mesh.faces].transpose(1, 0, 2)
    area = np.cross(b - a, c - a)[:, 2] / 2  # as seen; below 0 from behind
    count = rng.poisson(np.clip(area, 0, None) * POINTS_PER_PIXEL)
    face = np.repeat(np.arange(len(count)), count)
    u, v = rng.random((2, len(face)))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    w = np.stack([1 - u - v, u, v], axis=1)[..., None]  # (N, 3, 1)
    at = (w * np.stack([a, b, c], axis=1)[face]).sum(axis=1)
    normal = (w * _turned(mesh.vertex_normals)[mesh.faces[face]]).sum(axis=1)
    return at, normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)


def _without_pinholes(layer: Layer) -> Layer:
    """Fill pixels that no point hit from a neighbour that is much nearer."""
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = [np.roll(part, step, axis) for part in layer]
        hole = beside[0] > layer.depth + 4
        for part, other in zip(layer, beside, strict=True):
            part[hole] = other[hole]
    return layer


def _through_glass(front: Layer, inside: Layer) -> Floats:
    """Put the front of cells, clearest where it faces the eye, over what they hold."""
    solid, shell = _lit(inside), _lit(front)
    is_solid, is_shell = np.isfinite(inside.depth), np.isfinite(front.depth)
    edge = 1 - np.clip(front.normals[..., 2], 0, 1)
    opacity = np.where(is_shell, 0.30 + 0.6 * edge**2, 0.0)
    opacity[is_solid & (inside.depth > front.depth)] = 0
    behind = np.where(
        is_solid[..., None], solid, np.where(is_shell[..., None], 0.93, 1)
    )
    colour = behind * (1 - opacity[..., None]) + shell * opacity[..., None]
    alpha = (is_solid | is_shell)[..., None].astype(float)
    return np.concatenate([np.clip(colour, 0, 1), alpha], axis=2)


def _lit(layer: Layer) -> Floats:
    """Shade by one light, with some from everywhere and a small highlight."""
    towards = layer.normals @ (LIGHT / np.linalg.norm(LIGHT))
    half = LIGHT / np.linalg.norm(LIGHT) + [0, 0, 1]
    shine = np.clip(layer.normals @ (half / np.linalg.norm(half)), 0, 1) ** 40
    shade = 0.45 + 0.55 * np.clip(towards, 0, 1)
    return layer.colours * shade[..., None] + 0.25 * shine[..., None]


def _turned(points: Floats) -> Floats:
    """Turn x, y, z of a GLB to right, up, towards the eye: a rotation, no mirror."""
    x, y, z = np.asarray(points, float).T
    y, z = -y, -z  # slices are drawn with y downwards, the first one on top
    x, y = x * np.cos(TURN) - y * np.sin(TURN), x * np.sin(TURN) + y * np.cos(TURN)
    y, z = y * np.cos(TILT) + z * np.sin(TILT), z * np.cos(TILT) - y * np.sin(TILT)
    return np.stack([x, y, z], axis=1)


def _colour(name: str) -> Floats:
    """Colour of the class in the name of a node, such as `mitochondrion 12`."""
    class_name = name.rpartition(" ")[0]
    found = next(c for c in SCHEME.classes.values() if c.name == class_name)
    return np.array(found.colour) / 255


def _panels(grey: Floats, tinted: Floats, scene: Floats, spacing: Spacing) -> bytes:
    figure = Figure(figsize=(12.6, 4.3), dpi=120, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12)
    axes = figure.subplots(1, 3, width_ratios=[1, 1, scene.shape[1] / scene.shape[0]])
    titles = (
        "a slice",
        "its classes, by three networks",
        "cells and organelles, in 3D",
    )
    for axis, title, picture in zip(axes, titles, (grey, tinted, scene), strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
        axis.set_title(title, fontsize=12)
        axis.set_axis_off()
    scale_bar(axes[0], spacing.x)
    shown = [c for c in SCHEME.classes.values() if c.role != "background"]
    patches = [Patch(color=np.array(c.colour) / 255, label=c.name) for c in shown]
    figure.legend(
        handles=patches, loc="outside lower center", ncols=len(patches), frameon=False
    )
    return png(figure)


if __name__ == "__main__":
    main()
