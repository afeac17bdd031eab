"""What is known about a public data set."""

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, Field

from densecell.config import VolumeEntry
from densecell.datasets.digest import Digest

Layout = Callable[[Path, Path], tuple[VolumeEntry, ...]]


class PublicDataset(BaseModel, frozen=True, extra="forbid"):
    """Where a data set is, how to know it again, and on what terms it may be used."""

    name: str = Field(description="what `densecell fetch` calls it")
    title: str = Field(description="what it shows, in one line")
    url: str = Field(description="https address of a zip archive")
    archive: Digest | None = Field(description="of the archive; None: made on demand")
    root: str = Field(description="folder of the archive that the files lie in")
    files: dict[str, Digest] = Field(description="checksums by path inside `root`")
    most_bytes: int = Field(gt=0, description="bytes the files take at most")
    homepage: str = Field(description="where its authors describe it")
    licence: str = Field(description="the terms, as its authors state them")
    citation: str = Field(description="what to cite")
    classes: str = Field(description="name of a built-in class scheme")
    spacing_nm: tuple[float, float, float] = Field(description="voxel size z, y, x")
    lay_out: Layout = Field(
        exclude=True,
        description="(folder of the source, empty folder) -> volumes written there",
    )

    def licence_text(self) -> str:
        """Give LICENCE.txt: title, terms, citation and source."""
        return (
            f"{self.name}: {self.title}\n\n"
            f"Licence\n{self.licence}\n\n"
            f"Please cite\n{self.citation}\n\n"
            f"Source\n{self.homepage}\n{self.url}\n"
        )
