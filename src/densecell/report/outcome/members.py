"""The members: the labels of each against the ensemble's, and how they learned."""

from densecell.report.page import Notes, Picture, Section, Table
from densecell.report.pictures.charts import learning_curves
from densecell.report.pictures.planes import grey_planes, middle_planes
from densecell.report.pictures.slices import members_picture
from densecell.report.words import format_score
from densecell.result import Result
from densecell.training import read_history

LONGEST = 500  # voxels of a side of a picture


def members_section(result: Result) -> Section | None:
    """Show how far each of several members agrees with the ensemble, and its labels."""
    if result.agreement is None or has_one_network(result):
        return None
    about, names = result.agreement.members, list(result.agreement.voxels)
    rows = [
        ["all voxels", *(f"{100 * m.agreement:.2f} %" for m in about.values())],
        *([n, *(format_score(m.iou.get(n)) for m in about.values())] for n in names),
    ]
    words = (
        "All voxels: share of the voxels that get the ensemble's class. Below: overlap "
        "(IoU) of a member's labels with the ensemble's."
    )
    parts: list[Table | Picture | Notes] = [Table(["class", *about], rows)]
    if result.members:
        planes = middle_planes(result.shape, result.spacing_nm, longest=LONGEST)
        (grey, *_), z = grey_planes(result.image, planes), planes.at[0]
        labels = {"ensemble": result.classes, **result.members}
        drawn = members_picture(
            grey,
            {name: planes.read(volume)[0] for name, volume in labels.items()},
            scheme=result.scheme,
            spacing_nm=result.spacing_nm,
        )
        where = z + result.box.start[0]
        caption = f"Slice z = {where}. Red: where a member differs from the ensemble."
        parts.append(Picture(drawn, caption, wide=True))
    else:
        parts.append(Notes(["The members' own labels were not kept (--keep-members)."]))
    return Section("Members", words, parts)


def has_one_network(result: Result) -> bool:
    """Whether a single network labelled it, which nobody can disagree with."""
    return result.run is not None and len(result.run.model.members) == 1


def training_section(result: Result) -> Section | None:
    """Draw the learning curves, where the model is still there."""
    if result.run is None:
        return None
    folders = [result.run.model.path / name for name in result.run.model.members]
    histories = {folder.name: read_history(folder) for folder in sorted(folders)}
    histories = {name: lines for name, lines in histories.items() if lines}
    if not histories:
        return None
    words = "Each point is a validation; the best weights of each member are used."
    drawn = Picture(learning_curves(histories), words, wide=True)
    return Section("Learning curves", parts=[drawn])
