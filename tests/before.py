"""What an older state of densecell wrote; see tests/fixtures/README.md."""

import zipfile
from pathlib import Path

PACKED = Path(__file__).parent / "fixtures" / "before.zip"
WITH_PATHS = (
    "result/run.yaml",
    "result/scores/classes.json",
    "result/suggest/crop_01/crop.yaml",
    "result/suggest/crop_02/crop.yaml",
)


def unpack(folder: Path) -> Path:
    """Unpack volumes, project and result into a folder, as if they were made there."""
    with zipfile.ZipFile(PACKED) as packed:
        packed.extractall(folder)
    for name in WITH_PATHS:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert "@FOLDER@" in text
        path.write_text(text.replace("@FOLDER@", folder.as_posix()), encoding="utf-8")
    return folder
