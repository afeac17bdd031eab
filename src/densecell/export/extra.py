"""Packages of the extra `export`, asked for only when they are needed."""

from functools import partial

from densecell.volume import extra

imported = partial(extra.imported, what="models to share", extra="export")
