# ---
# jupyter:
#   kernelspec: {display_name: densecell, language: python, name: densecell}
# ---

# %% [markdown]
# # Use an ensemble
#
# Somebody gave you a trained ensemble, and you have a stack. This notebook segments the
# stack, shows what was found and how sure the networks are, and scores it where there is
# truth.
#
# With `REAL = False` everything is made here: a block of synthetic platelet tissue, and a
# small ensemble trained for a few seconds, so that you can try the steps at once. Its
# segmentation is rough. With `REAL = True` it takes the published platelet data
# (`densecell fetch platelet`, in the folder of this notebook) and a model trained on them
# (notebook 02).

# %%
REAL = False

# %%
from pathlib import Path

from IPython.display import Image

from densecell.config import ProjectConfig
from densecell.ensemble import (
    SegmentRequest,
    load_ensemble,
    rank_members,
    segment_volume,
)
from densecell.evaluation import score
from densecell.geometry import Box
from densecell.phantom import write_phantom
from densecell.report import slice_picture
from densecell.training import load_data, train_members
from densecell.volume import open_volume

work = Path("work/01")

# %% [markdown]
# ## A volume and an ensemble
#
# An ensemble is a folder: `ensemble.json`, and one folder for each network. `load_ensemble`
# takes the networks that vote. They are loaded as plain numbers; a model from a stranger
# cannot run code.


# %%
def small_ensemble(folder: Path) -> Path:
    """Train two small networks on synthetic tissue, if they are not there yet."""
    for name, seed in (("train", 1), ("eval", 2)):
        if not (folder / f"{name}.zarr").exists():
            write_phantom(folder / f"{name}.zarr", shape=(8, 128, 128), seed=seed)
    volumes = [
        {
            "image": f"{role}.zarr",
            "labels": f"{role}.zarr/labels/classes",
            "spacing_nm": (40, 10, 10),
            "role": role,
        }
        for role in ("train", "eval")
    ]
    project = ProjectConfig.model_validate(
        {
            "classes": "platelet",
            "volumes": volumes,
            "network": {"name": "unet2d", "width": 8},
            "training": {"window": (3, 64, 64), "steps": 60, "validations": 2},
            "ensemble": {"members": 2},
        }
    )
    for progress in train_members(
        project, load_data(project, folder), folder / "model"
    ):
        if progress.outcome is not None:
            print(f"network {progress.member}: {progress.outcome.state}")
    rank_members(folder / "model", best=2)
    return folder / "model"


if REAL:
    stack = Path("platelet/eval-images.tif")
    truth_path = Path("platelet/eval-labels.tif")
    model = Path("work/02/model")
else:
    model = small_ensemble(work)
    stack = work / "unseen.zarr"
    truth_path = stack / "labels/classes"
    if not stack.exists():
        write_phantom(stack, shape=(6, 128, 128), seed=3)

ensemble = load_ensemble(model)
volume = open_volume(stack)
print(f"{len(ensemble.networks)} networks; a volume of {volume.shape} voxels (z, y, x)")
print(f"voxels of {volume.spacing_nm} nm; classes: {', '.join(ensemble.scheme.names)}")

# %% [markdown]
# ## Segment
#
# `segment_volume` works block by block and yields after each one. If you interrupt the
# cell and run it again, it goes on where it stopped. `keep_members=True` also keeps what
# each network says by itself.

# %%
result = work / "result"
for step in segment_volume(volume, ensemble, result, SegmentRequest(keep_members=True)):
    print(f"{step.done:,} of {step.total:,} voxels")

# %% [markdown]
# ## Look
#
# Confidence is bright where the networks are sure; disagreement is bright where they vote
# differently. Usually that is along borders, and wherever something is unlike all that they
# learned from.

# %%
store = result / "segmentation.zarr"
middle = volume.shape[0] // 2
box = Box((middle, 0, 0), (middle + 1, *volume.shape[1:]))
labels = open_volume(store / "labels/classes", labels=True)
truth = open_volume(truth_path, labels=True)
picture = slice_picture(
    volume.read(box)[0],
    {"truth": truth.read(box)[0], "ensemble": labels.read(box)[0]},
    scheme=ensemble.scheme,
    spacing_nm=volume.spacing_nm,
    maps={
        "confidence": open_volume(store / "confidence").read(box)[0],
        "disagreement": open_volume(store / "disagreement").read(box)[0],
    },
)
Image(picture)

# %% [markdown]
# ## Score
#
# IoU is the overlap of prediction and truth over their union: 1 is perfect, 0 is none.
# A class that is nowhere in the truth has no score.

# %%
whole = Box.whole(volume.shape)
for name in ("classes", *(f"member_{n:02d}" for n in range(len(ensemble.networks)))):
    predicted = open_volume(store / "labels" / name, labels=True).read(whole)
    scores = score(truth.read(whole), predicted, ensemble.scheme)
    print(f"{name:12} mean IoU {scores.miou_all:.3f}, accuracy {scores.accuracy:.3f}")

# %% [markdown]
# ## Next
#
# - Train on your own labels: notebook `02_train_a_2d3d_ensemble`.
# - Turn the labels into cells, counts and volumes: notebook `04_cells_to_tables`.
# - For large volumes use the command line, which shows progress and takes a cluster:
#   `densecell segment VOLUME -m MODEL -o RESULT --plan`.
