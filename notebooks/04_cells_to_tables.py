# ---
# jupyter:
#   kernelspec: {display_name: densecell, language: python, name: densecell}
# ---

# %% [markdown]
# # From cells to tables
#
# A segmentation says what each voxel is. Biology asks: how many cells, how large, how many
# granules in each? This notebook separates cells and organelles, measures them in
# nanometres and micrometres, and makes 3D surfaces.
#
# With `REAL = False` it measures the true classes of a block of synthetic tissue, so the
# numbers are right. With `REAL = True` it measures the result of notebook 01.

# %%
REAL = False

# %%
import csv
from pathlib import Path

import matplotlib.pyplot as plt

from densecell.config import ObjectsConfig
from densecell.geometry import Box
from densecell.objects import measure_objects, open_source
from densecell.phantom import write_phantom
from densecell.surfaces import SceneNode, simplify, surface_of, write_mesh
from densecell.volume import open_volume

work = Path("work/04")

# %% [markdown]
# ## Labels to objects
#
# Any volume of class ids will do: a result of densecell, or labels painted by hand.

# %%
if REAL:
    source = open_source(Path("work/01/result"))
else:
    tissue = work / "tissue.zarr"
    if not tissue.exists():
        write_phantom(tissue, shape=(12, 160, 160), seed=4)
    source = open_source(
        tissue / "labels/classes", out=work / "measured", classes="platelet"
    )

for step in measure_objects(source, ObjectsConfig()):
    print(f"{step.stage}: {step.done} of {step.total}")
print(f"measured into {source.out}")

# %% [markdown]
# ## The tables
#
# Four CSV files, which open in any spreadsheet; the page "Objects and tables" of the
# documentation explains every column. A cell that touches the border of the volume is cut:
# its size is not the cell's, and `touches_border` says so.


# %%
def table(name: str) -> list[dict[str, str]]:
    """Read a table as a list of rows."""
    with (source.out / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


cells, organelles = table("cells"), table("organelles")
print("cell   volume in µm³   mitochondria   alpha granules   cut by the border")
for cell in cells[:10]:
    print(
        f"{cell['cell_id']:>4} {float(cell['volume_um3']):>15.3f} "
        f"{cell['mitochondrion_count']:>14} {cell['alpha_granule_count']:>16}   "
        f"{cell['touches_border']}"
    )

# %% [markdown]
# ## How large are the organelles?

# %%
classes = sorted({row["class"] for row in organelles})
volumes = [
    [1000 * float(r["volume_um3"]) for r in organelles if r["class"] == name]
    for name in classes
]
figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
axis.boxplot(volumes, orientation="horizontal")
axis.set_yticks(range(1, len(classes) + 1), classes)
axis.set(xlabel="volume in thousandths of a µm³", xscale="log")
plt.show()

# %% [markdown]
# ## A surface
#
# `surface_of` wraps a smooth closed surface around an object. Where an object is thinner
# than a few slices its area means little, and `reliable` is false.

# %%
store = source.out / "segmentation.zarr" / "labels" / "cells"
ids = open_volume(store, labels=True)
objects = ids.read(Box.whole(ids.shape))
largest = max(cells, key=lambda cell: float(cell["volume_um3"]))
surface = surface_of(
    objects == int(largest["cell_id"]), spacing_nm=tuple(source.spacing_nm)
)
print(f"cell {largest['cell_id']}: {surface.volume_um3:.3f} µm³, ", end="")
print(f"{surface.area_um2:.2f} µm², reliable: {surface.reliable}")

figure = plt.figure(figsize=(5, 4))
axis = figure.add_subplot(projection="3d")
z, y, x = surface.vertices_nm.T / 1000
axis.plot_trisurf(x, y, z, triangles=surface.faces, color="#7fb98a", linewidth=0)
axis.set_box_aspect([float(c.max() - c.min()) for c in (x, y, z)])
axis.set(xlabel="x in µm", ylabel="y in µm", zlabel="z in µm")
plt.show()

# %% [markdown]
# ## Surfaces as files
#
# `simplify` leaves out triangles that nobody would miss: no vertex ends up further than
# 10 nm from the surface. PLY, OBJ and STL open in any 3D viewer.

# %%
for cell in cells:
    here = objects == int(cell["cell_id"])
    full = surface_of(here, spacing_nm=tuple(source.spacing_nm))
    small = simplify(full, max_error_nm=10)
    path = source.out / "surfaces" / f"cell_{cell['cell_id']}.ply"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        write_mesh(path, SceneNode(path.stem, small, (16, 94, 21)))
    print(f"{path}: {len(small.faces):,} of {len(full.faces):,} triangles")

# %% [markdown]
# ## Next
#
# - The same for a large volume, with progress: `densecell measure RESULT`, then
#   `densecell mesh RESULT`, which puts each cell with its organelles into one GLB scene.
# - Cells that grow together: lower or raise `neck` in `ObjectsConfig`, or learn the
#   boundaries (`densecell train --cells`).
# - Two conditions: `densecell compare A B`.
