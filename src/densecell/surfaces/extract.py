"""The smooth surface of a voxel object, whatever the voxels' shape.

The steps of voxels, terraces along z above all, are no property of the object: a plain
marching cubes of them overestimates the area by 17 to 22 % at 4:1 anisotropy.

.. [1] Lewiner et al. 2003, Efficient implementation of marching cubes' cases with
       topological guarantees, Journal of Graphics Tools 8:1,
       doi:10.1080/10867651.2003.10487582.
.. [2] Whitaker 2000, Reducing aliasing artifacts in iso-surfaces of binary volumes,
       IEEE Symposium on Volume Visualization, doi:10.1109/VV.2000.10000.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import marching_cubes

from densecell.errors import VolumeError
from densecell.geometry import Spacing
from densecell.surfaces.fair import fair
from densecell.surfaces.surface import Surface, sizes_of

SMOOTHING = 0.7  # sigma, in lengths of a voxel's longest edge; best of those tried
KEPT_OFF = 1e-3  # least height of the field: surfaces keep off the voxels' centres
REACH = 3.0  # sigmas at which the Gaussian is cut
RELIABLE = 2.25  # 3 V / A in lengths of a voxel's longest edge


class ObjectMask(NamedTuple):
    """The voxels of an object."""

    mask: NDArray[np.bool_]  # (Z, Y, X)
    spacing_nm: tuple[float, float, float]


def surface_of(
    mask: NDArray[np.bool_],
    *,
    spacing_nm: tuple[float, float, float],
    origin_nm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    even_out: bool = True,
) -> Surface:
    """Wrap a smooth closed surface around the voxels of an object.

    The mask is blurred equally far in every direction, and cut at the height that
    keeps its volume; before it is evened out, the surface passes the centre of no voxel
    [2]_, so that thin parts stay and nothing grows together.

    Parameters
    ----------
    mask
        (Z, Y, X), true inside: the object's bounding box is enough. It is closed where
        it touches the array's end. Cavities get surfaces of their own.
    spacing_nm
        Voxel size (z, y, x), in nanometres.
    origin_nm
        Where the outer corner of voxel (0, 0, 0) lies; its centre lies half a voxel
        further.
    even_out
        Also smooth what is rough from voxel to voxel, by at most half a voxel. Without
        it, a border that is uncertain by half a voxel in plane adds 13 % of area.

    Returns
    -------
    Surface
        `reliable` is true if 3 V / A, which is the radius of a sphere, is at least 2.25
        times the longest edge of a voxel. Then the area of spheres and ellipsoids is
        within 8 % of the truth at 4:1 anisotropy, and within 3 % if every semi-axis
        has 5 slices.

    Raises
    ------
    VolumeError
        If the mask is not (Z, Y, X) booleans, or has no voxel inside.

    Notes
    -----
    Takes about 25 bytes of memory for each voxel of the mask.

    References
    ----------
    Marching cubes as in [1]_, by scikit-image.

    Examples
    --------
    >>> z, y, x = np.ogrid[-300:301:40, -300:301:10, -300:301:10]
    >>> ball = surface_of(z * z + y * y + x * x < 250**2, spacing_nm=(40, 10, 10))
    >>> round(ball.area_um2 / (4 * np.pi * 0.25**2), 2), ball.reliable
    (1.0, True)
    """
    _check(mask)
    spacing = Spacing.checked(spacing_nm)
    rough = [_rough(mask, spacing, origin_nm)]
    found = _evened_out(rough, [spacing]) if even_out else _measured(rough, [spacing])
    return found[0].surface


class MeasuredSurface(NamedTuple):
    """A surface and how large it is."""

    surface: Surface
    area_um2: float
    volume_um3: float


def surfaces_of(masks: Sequence[ObjectMask]) -> list[MeasuredSurface]:
    """Wrap many small objects: as `surface_of`, but several times as fast."""
    for object_mask in masks:
        _check(object_mask.mask)
    spacings = [Spacing.checked(object_mask.spacing_nm) for object_mask in masks]
    rough = [
        _rough(object_mask.mask, spacing, (0.0, 0.0, 0.0))
        for object_mask, spacing in zip(masks, spacings, strict=True)
    ]
    return _evened_out(rough, spacings)


def _rough(
    mask: NDArray[np.bool_], spacing: Spacing, origin_nm: tuple[float, float, float]
) -> Surface:
    """Wrap a surface that is not evened out yet."""
    vertices, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        _smooth_field(mask, spacing),
        0.0,
        spacing=tuple(spacing),
        gradient_direction="ascent",  # outwards in the frame z, y, x
        allow_degenerate=True,  # leaving triangles out would leave holes
    )
    # Index 0 of the field is the centre of a voxel outside the mask.
    corner = np.subtract(origin_nm, np.divide(spacing, 2))
    return Surface(vertices + corner, np.ascontiguousarray(faces, np.int32))


def _evened_out(
    rough: Sequence[Surface], spacings: Sequence[Spacing]
) -> list[MeasuredSurface]:
    found = _measured(fair(rough, spacings_nm=spacings), spacings)
    # A single voxel may shrink so much that its surface turns inside out.
    turned = [n for n, m in enumerate(found) if m.volume_um3 <= 0]
    again = _measured([rough[n] for n in turned], [spacings[n] for n in turned])
    for n, before in zip(turned, again, strict=True):
        found[n] = before
    return found


def _measured(
    surfaces: Sequence[Surface], spacings: Sequence[Spacing]
) -> list[MeasuredSurface]:
    """Measure surfaces, and mark those of objects that are thick enough."""
    if not surfaces:
        return []
    sizes = sizes_of(surfaces)
    radius_nm = 3e3 * sizes.volume_um3 / sizes.area_um2
    reliable = radius_nm >= RELIABLE * np.max(spacings, axis=1)
    return [
        MeasuredSurface(surface._replace(reliable=thick), area, volume)
        for surface, thick, area, volume in zip(
            surfaces, reliable.tolist(), *(size.tolist() for size in sizes), strict=True
        )
    ]


def _check(mask: NDArray[np.bool_]) -> None:
    if mask.ndim != 3 or mask.dtype != np.bool_:
        raise VolumeError(
            f"a mask must be (Z, Y, X) booleans, got {mask.dtype} of shape "
            f"{mask.shape}; compare objects with an id first: `objects == 7`"
        )
    if not mask.any():
        raise VolumeError(
            f"a mask of shape {mask.shape} has no voxel inside, so it has no surface; "
            "leave out objects without voxels"
        )


def _smooth_field(mask: NDArray[np.bool_], spacing: Spacing) -> NDArray[np.float32]:
    """Field above 0 inside, below 0 outside, and smooth where it can be.

    One voxel wider than the mask at every end.
    """
    sides = np.zeros([n + 2 for n in mask.shape], np.float32)
    sides[1:-1, 1:-1, 1:-1] = mask
    sigma = [SMOOTHING * max(spacing) / length for length in spacing]
    field = ndimage.gaussian_filter(sides, sigma, mode="constant", truncate=REACH)
    field -= _level(field, int(np.count_nonzero(mask)))
    np.abs(field, out=field)
    np.maximum(field, KEPT_OFF, out=field)
    sides *= 2
    sides -= 1  # 1 inside, -1 outside
    field *= sides
    return field


def _level(field: NDArray[np.float32], inside: int) -> np.float32:
    """Find the level above which as many voxels lie as are inside."""
    below = field.size - inside
    parted = np.partition(field, [below - 1, below], axis=None)
    return (parted[below - 1] + parted[below]) / np.float32(2)
