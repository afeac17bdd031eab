"""How the members learned."""

from densecell.report.curves import learning_curves
from densecell.report.found import Found
from densecell.report.page import Picture, Section
from densecell.training import read_history


def training_section(found: Found) -> Section | None:
    """Draw the learning curves, where the model is still there."""
    if found.run is None:
        return None
    folders = [found.run.model.path / name for name in found.run.model.members]
    histories = {folder.name: read_history(folder) for folder in sorted(folders)}
    histories = {name: lines for name, lines in histories.items() if lines}
    if not histories:
        return None
    words = "Each point is a validation; the best weights of each member are used."
    drawn = Picture(learning_curves(histories), words, wide=True)
    return Section("Learning curves", parts=[drawn])
