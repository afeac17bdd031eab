"""Cells with their organelles in three dimensions."""

from densecell.errors import MissingExtraError
from densecell.report.page import Notes, Picture, Scene, Section
from densecell.report.pictures.scene import scene_data, still_picture
from densecell.report.pictures.solids import Solids, load_solids
from densecell.report.words import format_count
from densecell.result import Result


def plotly_script() -> str:
    """Text of the library that draws the scene.

    Raises
    ------
    MissingExtraError
        If plotly is not installed.
    """
    try:
        from plotly.offline.offline import get_plotlyjs
    except ImportError:
        raise MissingExtraError(
            "the 3D scene needs plotly, which is not installed; "
            "pip install 'densecell[report]'"
        ) from None
    script: str = get_plotlyjs()  # type: ignore[no-untyped-call]
    return script


def scene_section(result: Result, *, interactive: bool) -> Section | None:
    """Draw the meshes, in a scene that can be turned or as a still picture.

    Where what reads meshes is not installed, it says so.
    """
    try:
        solids = load_solids(result.path)
    except MissingExtraError as error:
        return Section("Cells in 3D", parts=[Notes([f"Left out: {error}."])])
    names = result.scheme.names  # another scheme may have been measured with
    solids = solids._replace(shown=[s for s in solids.shown if s.class_name in names])
    if not solids.shown:
        return None
    largest = "The largest cells with what lies in them: " if solids.left_out else ""
    words = f"{largest}{_counted(result, solids)}, simplified to fit into this page."
    if solids.left_out:
        words += f" {solids.left_out:,} others are left out; all are in meshes/."
    still = Picture(still_picture(solids.shown, result.scheme), "The scene from above.")
    if not interactive:
        return Section("Cells in 3D", words, [still])
    data = scene_data(solids.shown, result.scheme)
    return Section("Cells in 3D", words, [Scene(data, still)])


def _counted(result: Result, solids: Solids) -> str:
    cells = {result.scheme.classes[i].name for i in result.scheme.with_role("cell")}
    count = sum(solid.class_name in cells for solid in solids.shown)
    others = len(solids.shown) - count
    return f"{format_count(count, 'cell')} and {format_count(others, 'organelle')}"
