"""Work on a project without any window: what every client of densecell shares."""

from densecell.session.session import Session

__all__ = ["Session"]
