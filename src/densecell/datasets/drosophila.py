"""The nerve cord of a fly larva: 20 sections with five classes.

.. [1] S. Gerhard, J. Funke, J. Martel, A. Cardona, R. Fetter 2013, Segmented
       anisotropic ssTEM dataset of neural tissue, figshare,
       doi:10.6084/m9.figshare.856713.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from densecell.config import VolumeEntry
from densecell.datasets.public import PublicDataset, check_files, read_digests
from densecell.errors import DatasetError
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff

COMMIT = "4a5f051466d24d8dc1e855ab55658bb1b1dcd6bf"
SPACING_NM = (50.0, 4.6, 4.6)  # its authors say 45 to 50 in z
CLASS_OF_VALUE = {  # grey value of the source: class id
    255: 0,
    0: 1,  # membrane, one value for each direction
    32: 1,
    64: 1,
    96: 1,
    128: 1,  # where membranes meet
    159: 2,
    191: 3,
    223: 4,
}
PREPARED = ("image.tif", "labels.tif")
TRAIN_Z, EVAL_Z = (0, 10), (10, 12)  # scores are reported on 12 to 15
_SECTION = (1024, 1024)


def _lay_out(source: Path, out: Path) -> tuple[VolumeEntry, ...]:
    """Write image.tif and labels.tif from the published sections or a prepared copy.

    Parameters
    ----------
    source
        Published: folder of `raw` and `labels`, or a folder that holds it. Prepared:
        folder of `image.tif` and `labels.tif`, (Z, 1024, 1024) uint8, class ids 0 to 4.
    out
        Empty folder.

    Raises
    ------
    DatasetError
        If `source` is neither, or a file is not the published one.
    """
    if all((source / name).is_file() for name in PREPARED):
        image, labels = _prepared(source)
    else:
        image, labels = _published(_sections_folder(source))
    for name, stack in zip(PREPARED, (image, labels), strict=True):
        write_tiff(out / name, ArrayVolume(stack), spacing_nm=SPACING_NM)
    return (_entry("train", TRAIN_Z), _entry("eval", EVAL_Z))


def to_classes(values: NDArray[np.uint8], *, where: str) -> NDArray[np.uint8]:
    """Class ids from the grey values of the source.

    Raises
    ------
    DatasetError
        If a value has no class.
    """
    unknown = sorted(set(np.unique(values).tolist()) - CLASS_OF_VALUE.keys())
    if unknown:
        raise DatasetError(
            f"{where}: label values {unknown[:5]} stand for no class; known are "
            f"{sorted(CLASS_OF_VALUE)}"
        )
    table = np.zeros(256, np.uint8)
    table[list(CLASS_OF_VALUE)] = list(CLASS_OF_VALUE.values())
    return table[values]


def _sections_folder(source: Path) -> Path:
    for folder in (source, source / "stack1", source / ROOT):
        if (folder / "raw").is_dir() and (folder / "labels").is_dir():
            return folder
    raise DatasetError(
        f"{source}: expected raw and labels of {DROSOPHILA_VNC.homepage} (stack1), "
        "or image.tif and labels.tif; choose the folder that holds them"
    )


def _published(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    check_files(folder, FILES, remedy=f"download it again from {DROSOPHILA_VNC.url}")
    raw, labels = (
        [folder / name for name in sorted(FILES) if name.startswith(kind)]
        for kind in ("raw/", "labels/")
    )
    values = [to_classes(_grey(path), where=str(path)) for path in labels]
    return np.stack([_grey(path) for path in raw]), np.stack(values)


def _grey(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as section:
        return np.asarray(section.convert("L"))


def _prepared(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image, labels = (_stack(folder / name) for name in PREPARED)
    if image.shape != labels.shape or len(image) < EVAL_Z[1]:
        raise DatasetError(
            f"{folder}: image.tif has shape {image.shape} and labels.tif "
            f"{labels.shape}; expected the same shape, of at least {EVAL_Z[1]} sections"
        )
    if labels.max() > max(CLASS_OF_VALUE.values()):
        raise DatasetError(
            f"{folder / 'labels.tif'}: class ids must be 0 to 4, found {labels.max()}"
        )
    return image, labels


def _stack(path: Path) -> NDArray[np.uint8]:
    volume = open_volume(path)
    if volume.dtype != np.uint8 or volume.shape[1:] != _SECTION:
        raise DatasetError(
            f"{path}: expected (Z, 1024, 1024) uint8, got {volume.shape} {volume.dtype}"
        )
    return volume.read(Box.whole(volume.shape))


def _entry(role: str, z: tuple[int, int]) -> VolumeEntry:
    return VolumeEntry.model_validate(
        {
            "image": "image.tif",
            "labels": "labels.tif",
            "spacing_nm": SPACING_NM,
            "role": role,
            "z": z,
        }
    )


ROOT = f"groundtruth-drosophila-vnc-{COMMIT}/stack1"
FILES = read_digests(
    (files("densecell.datasets") / "drosophila_vnc.sha256").read_text(encoding="ascii")
)
DROSOPHILA_VNC = PublicDataset(
    name="drosophila-vnc",
    title="ssTEM of the nerve cord of a fly larva, 20 sections, five classes",
    url=f"https://github.com/unidesigner/groundtruth-drosophila-vnc/archive/{COMMIT}.zip",
    archive=None,
    root=ROOT,
    files=FILES,
    most_bytes=200_000_000,
    homepage="https://github.com/unidesigner/groundtruth-drosophila-vnc",
    licence=(
        "Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported,\n"
        "https://creativecommons.org/licenses/by-nc-sa/3.0/\n"
        "Free to use for generating or testing non-commercial image segmentation\n"
        "software. Changed here: sections stacked, label values replaced by class ids."
    ),
    citation=(
        "S. Gerhard, J. Funke, J. Martel, A. Cardona, R. Fetter: Segmented\n"
        "anisotropic ssTEM dataset of neural tissue. figshare,\n"
        "doi:10.6084/m9.figshare.856713"
    ),
    classes="drosophila-vnc",
    spacing_nm=SPACING_NM,
    lay_out=_lay_out,
)
