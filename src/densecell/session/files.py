"""Files that a session may see: those below its roots."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from natsort import natsorted

from densecell.address import Address, Url, split_choice, to_address
from densecell.datasets.project import FILE
from densecell.errors import ConfigError

Kind = Literal["folder", "volume", "project", "result", "other"]
SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".npy", ".h5", ".hdf5", ".hdf", ".mrc")
MORE = (".rec", ".map", ".dm3", ".dm4", ".am", ".nii", ".nii.gz", ".n5", ".zarr")
PICTURES = (".png", ".tif", ".tiff", ".jpg")
FEWEST_SLICES = 4  # pictures in a folder that are taken for a stack
ZARR = ("zarr.json", ".zgroup", ".zarray", ".zattrs")


class Entry(NamedTuple):
    """A file or folder, and what it is."""

    name: str
    path: str
    kind: Kind
    note: str


class Roots:
    """Folders whose files may be opened; everything else is refused.

    Parameters
    ----------
    folders
        Existing folders.
    addresses
        Volumes on the web that may be opened besides.
    """

    def __init__(self, folders: Sequence[Path], addresses: Sequence[str] = ()) -> None:
        self.addresses = tuple(str(to_address(address)) for address in addresses)
        self.folders = tuple(folder.resolve() for folder in folders)
        for folder in self.folders:
            if not folder.is_dir():
                raise ConfigError(f"{folder}: is no folder; give one with --root")

    def inside(self, path: str) -> Path:
        """A path with links resolved; refuse one outside the roots."""
        if "\0" in path:
            raise ConfigError("a path holds a zero byte; name a file below the roots")
        full = Path(path) if Path(path).is_absolute() else self.folders[0] / path
        try:
            resolved = full.resolve()
        except (OSError, RuntimeError) as error:
            raise ConfigError(f"{path}: cannot be resolved ({error})") from None
        if not any(resolved.is_relative_to(folder) for folder in self.folders):
            shown = ", ".join(map(str, self.folders))
            raise ConfigError(
                f"{path}: lies outside {shown}; start the studio with --root FOLDER"
            )
        return resolved

    def address(self, path: str) -> Address:
        """Address of a volume; web addresses and outside files are refused."""
        plain = split_choice(to_address(path)).address
        if isinstance(plain, Url):
            if str(plain) not in self.addresses:
                raise ConfigError(
                    f"{path}: lies on the web; start the studio with --address {plain}"
                )
            return to_address(path)
        inside = self.inside(str(plain))
        choice = path.partition("#")
        return to_address(f"{inside}{choice[1]}{choice[2]}")

    def listing(self, path: str) -> tuple[Path, Path | None, list[Entry]]:
        """A folder, the one around it if that may be seen, and what is in it."""
        folder = self.inside(path)
        if not folder.is_dir():
            raise ConfigError(f"{folder}: is no folder; choose one")
        around = any(folder.parent.is_relative_to(root) for root in self.folders)
        try:
            names = [p for p in folder.iterdir() if not p.name.startswith(".")]
        except OSError as error:
            raise ConfigError(f"{folder}: cannot be read ({error.strerror})") from None
        entries = [_entry(p) for p in natsorted(names, key=lambda p: p.name.lower())]
        if folder in self.folders:
            web = [Entry(to_address(a).name, a, "volume", a) for a in self.addresses]
            entries = [*web, *entries]
        entries.sort(key=lambda entry: entry.kind == "other")
        return folder, folder.parent if around else None, entries


def _entry(path: Path) -> Entry:
    kind, note = _kind(path)
    return Entry(path.name, str(path), kind, note)


def _kind(path: Path) -> tuple[Kind, str]:
    try:
        if path.is_dir():
            return _kind_of_folder(path)
        if path.name.lower().endswith((*SUFFIXES, *MORE)):
            return "volume", f"{path.stat().st_size / 1e6:.1f} MB"
    except OSError as error:
        return "other", error.strerror or "cannot be read"
    return "other", ""


def _kind_of_folder(path: Path) -> tuple[Kind, str]:
    if (path / FILE).is_file():
        return "project", "densecell project"
    if (path / "segmentation.zarr").is_dir():
        return "result", "densecell result"
    if path.suffix == ".zarr" or any((path / name).exists() for name in ZARR):
        return "volume", "OME-Zarr"
    pictures = sum(p.suffix.lower() in PICTURES for p in path.iterdir())
    if pictures >= FEWEST_SLICES:
        return "volume", f"{pictures} slices"
    return "folder", ""
