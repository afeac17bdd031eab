"""The members: labels of each against those of all together, and how they learned."""

from densecell.report.found import Found
from densecell.report.page import Notes, Picture, Section, Table
from densecell.report.pictures.charts import learning_curves
from densecell.report.pictures.planes import grey_planes, middle_planes
from densecell.report.pictures.slices import members_picture
from densecell.report.words import format_score
from densecell.training import read_history

LONGEST = 500  # voxels of a side of a picture


def members_section(found: Found) -> Section | None:
    """Show how far each of several members agrees with the ensemble, and its labels."""
    if found.agreement is None or found.is_of_one:
        return None
    about = found.agreement["members"]
    names = list(found.agreement["voxels"])
    rows = [
        ["all voxels", *(f"{100 * m['agreement']:.2f} %" for m in about.values())],
        *([n, *(format_score(m["iou"].get(n)) for m in about.values())] for n in names),
    ]
    words = (
        "All voxels: share that a member labels as all together do. Below: overlap "
        "(IoU) of its labels with theirs."
    )
    parts: list[Table | Picture | Notes] = [Table(["class", *about], rows)]
    if found.members:
        planes = middle_planes(found.shape, found.spacing_nm, longest=LONGEST)
        (grey, *_), z = grey_planes(found.image, planes), planes.at[0]
        labels = {"all together": found.classes, **found.members}
        drawn = members_picture(
            grey,
            {name: planes.read(volume)[0] for name, volume in labels.items()},
            scheme=found.scheme,
            spacing_nm=found.spacing_nm,
        )
        where = z + found.origin[0]
        caption = f"Slice z = {where}. Red: where a member differs from all together."
        parts.append(Picture(drawn, caption, wide=True))
    else:
        parts.append(Notes(["The members' own labels were not kept (--keep-members)."]))
    return Section("Members", words, parts)


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
