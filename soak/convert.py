"""`convert` to any format, as a job."""

from pathlib import Path

from densecell.phantom import write_phantom
from soak.jobs import TISSUE, Job, Place, densecell


class Convert(Job):
    """A volume to the format that a suffix names."""

    def __init__(self, suffix: str, inputs: Path) -> None:
        super().__init__(inputs)
        self.made = (f"copy{suffix}",)

    def prepare(self) -> None:
        write_phantom(self.inputs / "image.zarr", shape=TISSUE, seed=3)

    def run(self, out: Path) -> None:
        (name,) = self.made
        densecell("convert", self.inputs / "image.zarr", out / name)

    def place(self, out: Path) -> Place | None:
        return Place("writing", 0) if any(out.iterdir()) else None
