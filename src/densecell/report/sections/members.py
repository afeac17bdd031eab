"""Each member's labels against those of all together."""

from densecell.report.found import Found
from densecell.report.members_picture import members_picture
from densecell.report.page import Notes, Picture, Section, Table
from densecell.report.planes_picture import grey_planes, middle_planes

LONGEST = 500  # voxels of a side of a picture


def members_section(found: Found) -> Section | None:
    """Show how far each of several members agrees with the ensemble, and its labels."""
    if found.agreement is None or found.is_of_one:
        return None
    about = found.agreement["members"]
    names = list(found.agreement["voxels"])
    rows = [
        ["all voxels", *(f"{100 * m['agreement']:.2f} %" for m in about.values())],
        *([n, *(_shown(m["iou"].get(n)) for m in about.values())] for n in names),
    ]
    words = (
        "All voxels: share that a member labels as all together do. Below: overlap "
        "(IoU) of its labels with theirs."
    )
    parts: list[Table | Picture | Notes] = [Table(["class", *about], rows)]
    if found.members:
        planes = middle_planes(found.shape, longest=LONGEST)
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


def _shown(iou: float | None) -> str:
    return "-" if iou is None else f"{iou:.3f}"
