"""Packages of the extra `mesh`, asked for only when they are needed."""

from functools import partial

from densecell.volume import extra

mesh_package = partial(extra.imported, what="meshes", extra="mesh")
