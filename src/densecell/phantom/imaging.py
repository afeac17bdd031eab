"""Images of a tissue, as a microscope takes them: contrast, blur, noise, drift."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from scipy import ndimage

from densecell.phantom.lattice import Floats, Lattice


class Imaging(BaseModel, frozen=True, extra="forbid"):
    """Settings of the microscope; the truth does not depend on them."""

    contrast: float = Field(
        1.0, gt=0, description="slope of grey value over stain, at mid grey"
    )
    brightness: float = Field(0.0, description="added to every voxel, grey levels")
    gamma: float = Field(1.0, gt=0, description="darkens mid greys if above 1")
    blur_nm: float = Field(7.0, ge=0, description="sigma of the beam, in plane, nm")
    noise: float = Field(18.0, ge=0, description="sd of noise, grey levels")
    noise_grain: float = Field(0.45, ge=0, description="sigma of noise grain, pixels")
    section_contrast: float = Field(
        0.03, ge=0, description="sd of contrast between sections"
    )
    section_brightness: float = Field(
        3.0, ge=0, description="sd of brightness between sections, grey levels"
    )


SECOND_SUBJECT = Imaging(
    contrast=0.72,
    brightness=12.0,
    gamma=1.25,
    blur_nm=9.0,
    noise=19.0,
    section_contrast=0.07,
    section_brightness=7.0,
)

_MID_GREY = 128.0


def render(
    stain: Floats, lattice: Lattice, *, imaging: Imaging, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Take the image of a stained tissue, section by section.

    Parameters
    ----------
    stain
        (Z, Y, X) ideal grey values, 0 black to 255 white. Not modified.
    lattice
        Shape and voxel size.
    look
        Settings of the microscope.
    rng
        Source of noise and drift.

    Returns
    -------
    (Z, Y, X) uint8.
    """
    sigma = [imaging.blur_nm / s for s in lattice.spacing_nm[1:]]
    image = np.empty(lattice.shape, np.uint8)
    for z, section in enumerate(stain):
        grey = ndimage.gaussian_filter(section, sigma, truncate=3)
        image[z] = _digitise(_expose(grey, imaging, rng) + _grain(grey, imaging, rng))
    return image


def _expose(grey: Floats, imaging: Imaging, rng: np.random.Generator) -> Floats:
    contrast = imaging.contrast * (1 + imaging.section_contrast * rng.standard_normal())
    shift = imaging.brightness + imaging.section_brightness * rng.standard_normal()
    if imaging.gamma != 1:
        bright = (np.clip(grey, 0, 255) / 255) ** np.float32(imaging.gamma)
        grey = (255 * bright).astype(np.float32)
    return (grey - _MID_GREY) * np.float32(contrast) + np.float32(_MID_GREY + shift)


def _grain(grey: Floats, imaging: Imaging, rng: np.random.Generator) -> Floats:
    noise = rng.standard_normal(grey.shape, np.float32)
    if imaging.noise_grain > 0:
        # Blurring lowers the variance, to the sum of the squared weights.
        tap = np.zeros(9, np.float32)
        tap[4] = 1
        kernel = ndimage.gaussian_filter1d(tap, imaging.noise_grain)
        noise = ndimage.gaussian_filter(noise, imaging.noise_grain)
        noise /= np.float32((kernel**2).sum())
    return noise * np.float32(imaging.noise)


def _digitise(grey: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)
