"""Human platelets with seven classes: the data of the 2D-3D networks.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

from pathlib import Path

import numpy as np

from densecell.classes import ClassScheme
from densecell.config import VolumeEntry
from densecell.datasets.public import Digest, PublicDataset, check_files
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff

SPACING_NM = (40.0, 10.0, 10.0)  # some sources say 50 in z
ROLES = ("train", "eval", "test")  # test: one labelled cell of another subject
FILES = {
    name: Digest(algorithm="md5", value=value)
    for name, value in {
        "train-images.tif": "940ffa25038e9e9ca0ae86bc7e75553c",
        "train-labels.tif": "dc72be0033f8ce409cac0202928873ba",
        "eval-images.tif": "0fd6642cd7cf0a1e758d7d48b3ac5b57",
        "eval-labels.tif": "abec7b896c2b57ebfc6bccac77cdcd2f",
        "test-images.tif": "d3f296cbedb7c3240e6be0e9e7217f3a",
        "test-labels.tif": "dd21ca5031d74b6f8be9f954e8fe7eac",
    }.items()
}


def _lay_out(source: Path, out: Path) -> tuple[VolumeEntry, ...]:
    """Write images and labels of all three volumes; the project uses train and eval.

    The test volume has one labelled cell: score it with --where-labelled. The published
    error weights are left out, since they follow from the labels.

    Parameters
    ----------
    source
        Folder of the published files, or the folder that holds `platelet_data`.
    out
        Empty folder.

    Raises
    ------
    DatasetError
        If a file is missing or is not the published one.
    """
    inside = source / PLATELET.root
    folder = inside if inside.is_dir() else source
    check_files(folder, FILES, remedy=f"download it again from {PLATELET.url}")
    scheme = ClassScheme.platelet()
    for name in FILES:
        volume = open_volume(folder / name)
        if "labels" in name:
            labels = volume.read(Box.whole(volume.shape))
            scheme.check(labels, where=str(volume.path))
            volume = ArrayVolume(labels.astype(np.uint8))
        write_tiff(out / name, volume, spacing_nm=SPACING_NM)
    return tuple(_entry(role) for role in ROLES[:2])


def _entry(role: str) -> VolumeEntry:
    return VolumeEntry.model_validate(
        {
            "image": f"{role}-images.tif",
            "labels": f"{role}-labels.tif",
            "spacing_nm": SPACING_NM,
            "role": role,
        }
    )


PLATELET = PublicDataset(
    name="platelet",
    title="SBF-SEM of human platelets, three volumes, seven classes",
    url="https://www.dropbox.com/s/68yclbraqq1diza/platelet_data_1219.zip?dl=1",
    archive=Digest(algorithm="md5", value="253310093ee2c00304fbabdb0c7e3a4a"),
    root="platelet_data",
    files=FILES,
    most_bytes=1_000_000_000,
    homepage="https://doi.org/10.1038/s41598-021-81590-0",
    licence=(
        "None is stated by its authors, who published it with their paper: ask them\n"
        "before you pass it on or use it for more than your own research."
    ),
    citation=(
        "M. D. Guay et al.: Dense cellular segmentation for EM using 2D-3D neural\n"
        "network ensembles. Scientific Reports 11:2561 (2021),\n"
        "doi:10.1038/s41598-021-81590-0"
    ),
    classes="platelet",
    spacing_nm=SPACING_NM,
    lay_out=_lay_out,
)
