# ---
# jupyter:
#   kernelspec: {display_name: densecell, language: python, name: densecell}
# ---

# %% [markdown]
# # Train a U-Net for platelet segmentation
#
# The 2D U-Net of [Ronneberger et al. 2015](https://doi.org/10.1007/978-3-319-24574-4_28),
# step by step: data, error weights, settings, training, curves, prediction beside truth,
# class probabilities.
#
# With `REAL = False` a narrow U-Net learns from synthetic tissue for some seconds. With
# `REAL = True` it is the full width on the published platelet data (`densecell fetch
# platelet`, in the folder of this notebook): hours on two cores, less on a GPU.

# %%
REAL = False

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Image

from densecell.config import ProjectConfig, load_settings
from densecell.ensemble import load_ensemble, rank_members
from densecell.geometry import Box
from densecell.patches import error_weights
from densecell.phantom import write_phantom
from densecell.report import learning_curves, slice_picture
from densecell.training import load_data, read_history, train_members
from densecell.volume import open_volume

work = Path("work/03")

# %% [markdown]
# ## Data
#
# One volume to learn from, one to choose the best weights on. Classes: background, cell,
# mitochondrion, alpha granule, canalicular channel, dense granule and its core.

# %%
if REAL:
    folder = Path("platelet")
    project = load_settings(folder / "project.yaml", ProjectConfig)
    settings = {
        "width": 64,
        "window": (1, 256, 256),
        "steps": 10_000,
        "validations": 20,
    }
else:
    folder = work
    for role, seed in (("train", 1), ("eval", 2)):
        if not (folder / f"{role}.zarr").exists():
            write_phantom(folder / f"{role}.zarr", shape=(8, 160, 160), seed=seed)
    volumes = [
        {
            "image": f"{role}.zarr",
            "labels": f"{role}.zarr/labels/classes",
            "spacing_nm": (40, 10, 10),
            "role": role,
        }
        for role in ("train", "eval")
    ]
    project = ProjectConfig.model_validate({"classes": "platelet", "volumes": volumes})
    settings = {"width": 8, "window": (4, 80, 80), "steps": 120, "validations": 4}

chosen = next(entry for entry in project.volumes if entry.role == "eval")
image = open_volume(folder / chosen.image)
truth = open_volume(folder / chosen.labels, labels=True)
middle = image.shape[0] // 2
box = Box((middle, 0, 0), (middle + 1, *image.shape[1:]))
scheme = project.classes
shares = np.bincount(truth.read(box).ravel(), minlength=256)[list(scheme.ids)]
for name, share in zip(scheme.names, shares / shares.sum(), strict=True):
    print(f"{name:20} {100 * share:5.1f} % of this slice")

# %% [markdown]
# ## Weights
#
# Most voxels are background or cell. A network that never says "dense granule" is right
# nearly everywhere, and useless. So errors cost more at rare classes, and along the
# borders between background, cells and organelles, as in the two papers. By default densecell weighs by
# rarity alone, which learned faster; the weights of borders are drawn here and used with
# `loss: {weighting: paper}`.

# %%
weights = error_weights(truth.read(box), scheme)
plt.figure(figsize=(4.5, 3.6))
plt.imshow(weights[0], cmap="magma")
plt.colorbar(label="what an error costs")
plt.axis("off")
plt.show()

# %% [markdown]
# ## Settings
#
# `unet2d` is the U-Net. Padding `same` keeps the size of a slice, where the paper's `valid`
# loses a border; `batch` normalisation lets it learn in fewer steps.

# %%
network = {"name": "unet2d", "width": settings.pop("width")}
training = project.training.model_dump() | settings | {"minutes": None, "batch": 2}
training["loss"]["weighting"] = "paper"
project = ProjectConfig.model_validate(
    project.model_dump()
    | {"network": network, "training": training, "ensemble": {"members": 1, "best": 1}}
)
print(project.network)

# %% [markdown]
# ## Training

# %%
model = work / "model"
data = load_data(project, folder)
for progress in train_members(project, data, model):
    record = progress.record
    if record is not None and record.miou_all is not None:
        print(
            f"step {record.step} of {record.steps}: loss {record.loss:.3f}, "
            f"mean IoU {record.miou_all:.3f}"
        )
rank_members(model, best=1)
Image(learning_curves({"U-Net": read_history(model / "member_00")}))

# %% [markdown]
# ## Prediction beside truth
#
# The network gives a number for each class and voxel; softmax turns them into
# probabilities, and the likeliest class is the label.

# %%
ensemble = load_ensemble(model)
unet = ensemble.networks[0].eval()
shown = next(v for v in data.validation)
start = shown.labelled.start
inside = Box(start, shown.labelled.stop)
patch = np.ascontiguousarray(shown.intensities[inside.slices][middle : middle + 1])
height, width = (n // 16 * 16 for n in patch.shape[1:])  # it halves four times
patch = patch[:, :height, :width]
with torch.inference_mode():
    logits = unet(torch.from_numpy(patch)[None, None])  # (1, K, 1, Y, X)
probabilities = logits.float().softmax(dim=1)[0, :, 0].numpy()  # (K, Y, X)
predicted = scheme.to_ids(probabilities.argmax(axis=0))
true = scheme.to_ids(shown.channels[middle, :height, :width])
Image(
    slice_picture(
        patch[0],
        {"truth": true, "prediction": predicted},
        scheme=scheme,
        spacing_nm=shown.spacing_nm,
    )
)

# %% [markdown]
# ## Class probabilities
#
# Bright is certain. Grey areas are where the network hesitates, and where more labels
# would help.

# %%
figure, axes = plt.subplots(1, len(scheme), figsize=(2.1 * len(scheme), 2.4))
for axis, name, probability in zip(axes, scheme.names, probabilities, strict=True):
    axis.imshow(probability, cmap="gray", vmin=0, vmax=1)
    axis.set_title(name, fontsize=8)
    axis.axis("off")
plt.show()

# %% [markdown]
# ## Next
#
# - One network is one opinion: train several, and let them vote, in notebook
#   `02_train_a_2d3d_ensemble`.
# - Segment a whole volume with it: `densecell segment VOLUME -m work/03/model -o RESULT`.
