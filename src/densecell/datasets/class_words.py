"""Classes in the words of an option: `1=mitochondrion:organelle:cell`."""

from collections.abc import Sequence
from typing import get_args

from densecell.classes import IGNORE, PALETTE, CellClass, ClassScheme, Role
from densecell.errors import ConfigError
from densecell.settings import parse_settings

FORM = "ID=NAME[:ROLE[:PARENT]]"
BACKGROUND = CellClass(name="background", colour=(0, 0, 0), role="background")


def named_classes(
    words: Sequence[str], scheme: ClassScheme | None = None
) -> ClassScheme:
    """Class list with the names, roles and parents that a user gave.

    Parameters
    ----------
    words
        One `ID=NAME[:ROLE[:PARENT]]` for each class. Without a role, `other`.
    scheme
        Classes that keep what the words do not change. None: only background, id 0.

    Raises
    ------
    ConfigError
        If words cannot be read, name an id twice, or make no valid class list.

    Examples
    --------
    >>> scheme = named_classes(["1=cell:cell", "2=nucleus:organelle:cell"])
    >>> scheme.names, scheme.classes[2].parent
    (('background', 'cell', 'nucleus'), 'cell')
    """
    classes = dict(scheme.classes) if scheme else {0: BACKGROUND}
    given: set[int] = set()
    for word in words:
        class_id, named = _parsed(word, classes)
        if class_id in given:
            raise ConfigError(f"--class {word}: id {class_id} is named twice")
        given.add(class_id)
        classes[class_id] = named
    values = {i: c.model_dump() for i, c in sorted(classes.items())}
    ignore = scheme.ignore if scheme else IGNORE
    return parse_settings(
        {"classes": values, "ignore": ignore}, ClassScheme, where="--class"
    )


def _parsed(word: str, classes: dict[int, CellClass]) -> tuple[int, CellClass]:
    """Id and class of one option."""
    number, _, text = word.partition("=")
    name, *rest = (part.strip() for part in text.split(":"))
    roles = get_args(Role)
    if not (number.strip().isdecimal() and name and len(rest) <= 2):
        raise ConfigError(
            f"--class {word}: expected {FORM}, such as 1=mitochondrion:organelle:cell"
        )
    class_id = int(number)
    role = (rest[0] if rest else "") or ("background" if class_id == 0 else "other")
    if role not in roles:
        raise ConfigError(
            f"--class {word}: role {role!r} is unknown; roles: {', '.join(roles)}"
        )
    colour = PALETTE[(class_id - 1) % len(PALETTE)] if class_id else (0, 0, 0)
    if class_id in classes:
        colour = classes[class_id].colour
    parent = (rest[1] if len(rest) == 2 else "") or None
    return class_id, CellClass(name=name, colour=colour, role=role, parent=parent)
