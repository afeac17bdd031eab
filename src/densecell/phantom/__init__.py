"""Synthetic platelet tissue with exact truth for classes, cells and organelles."""

from densecell.phantom.imaging import SECOND_SUBJECT, Imaging
from densecell.phantom.make import Phantom, make_phantom
from densecell.phantom.store import write_phantom

__all__ = ["SECOND_SUBJECT", "Imaging", "Phantom", "make_phantom", "write_phantom"]
