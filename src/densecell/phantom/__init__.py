"""Synthetic platelet tissue with exact truth for classes, cells and organelles."""

from densecell.phantom.look import SECOND_SUBJECT, Look
from densecell.phantom.make import Phantom, make_phantom
from densecell.phantom.store import write_phantom

__all__ = ["SECOND_SUBJECT", "Look", "Phantom", "make_phantom", "write_phantom"]
