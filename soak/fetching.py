"""`fetch` of a made-up data set from a slow server, as a job that is killed."""

import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np

from densecell.config import VolumeEntry
from densecell.datasets.fetch import fetch_dataset
from densecell.datasets.public import Digest, PublicDataset, check_files
from densecell.geometry import Box
from densecell.volume import ArrayVolume, open_volume, write_tiff
from soak.jobs import SPACING_NM, Job, Place, worded

NAMES = tuple(
    f"{role}-{what}.tif" for role in ("train", "eval") for what in ("image", "labels")
)
SHAPE = (12, 512, 512)


class Fetch(Job):
    """Download, unpack and lay out what `content` holds."""

    made = ("project",)

    def __init__(self, inputs: Path, url: str, digests: dict[str, Digest]) -> None:
        super().__init__(inputs)
        self.url, self.digests = url, digests

    def prepare(self) -> None:
        """Need nothing: it is on the server."""

    def run(self, out: Path) -> None:
        os.environ["no_proxy"] = "127.0.0.1"
        dataset = public_dataset(self.url, self.digests)
        with worded():
            fetch_dataset(dataset, out / "project", allow_loopback_http=True)

    def place(self, out: Path) -> Place | None:
        work = out / ".project.fetch"
        if (out / "project").exists():
            return Place("removing what is left", 0)
        for stage in ("project", "source"):
            if (work / stage).exists():
                files = len(list((work / stage).rglob("*.tif")))
                return Place(
                    {"project": "laying out", "source": "unpacking"}[stage], files
                )
        if (work / "source.zip").exists():
            return Place("unpacking", 0)
        part = work / "source.zip.part"
        return Place("download", part.stat().st_size) if part.exists() else None


def packed(folder: Path) -> tuple[bytes, dict[str, Digest]]:
    """A zip archive of two labelled volumes, and the checksums of its files."""
    rng, digests, archive = np.random.default_rng(0), {}, io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for name in NAMES:
            voxels = rng.integers(0, 7, SHAPE, np.uint8)
            write_tiff(folder / name, ArrayVolume(voxels, spacing_nm=SPACING_NM))
            data = (folder / name).read_bytes()
            files.writestr(zipfile.ZipInfo(f"top/{name}"), data, zipfile.ZIP_DEFLATED)
            value = hashlib.sha256(data).hexdigest()
            digests[name] = Digest(algorithm="sha256", value=value)
    return archive.getvalue(), digests


def public_dataset(url: str, digests: dict[str, Digest]) -> PublicDataset:
    """Describe it, as the real ones are described."""
    return PublicDataset(
        name="made-up",
        title="two labelled volumes",
        url=url,
        archive=None,
        root="top",
        files=digests,
        most_bytes=100_000_000,
        homepage="https://example.org",
        licence="Do as you like.",
        citation="Nobody",
        classes="platelet",
        spacing_nm=SPACING_NM,
        lay_out=lay_out,
    )


def lay_out(source: Path, out: Path) -> tuple[VolumeEntry, ...]:
    """Write the volumes anew, as is done with the platelets."""
    digests = {name: _digest(source / name) for name in NAMES}
    check_files(source, digests, remedy="again")
    for name in NAMES:
        volume = open_volume(source / name)
        voxels = ArrayVolume(volume.read(Box.whole(volume.shape)))
        write_tiff(out / name, voxels, spacing_nm=SPACING_NM)
    return tuple(
        VolumeEntry(
            image=Path(f"{role}-image.tif"),
            labels=Path(f"{role}-labels.tif"),
            spacing_nm=SPACING_NM,
            role=role,
        )
        for role in ("train", "eval")
    )


def _digest(path: Path) -> Digest:
    value = hashlib.sha256(path.read_bytes()).hexdigest()
    return Digest(algorithm="sha256", value=value)
