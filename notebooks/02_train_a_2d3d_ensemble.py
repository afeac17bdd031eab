# ---
# jupyter:
#   kernelspec: {display_name: densecell, language: python, name: densecell}
# ---

# %% [markdown]
# # Train a 2D-3D ensemble
#
# The method of [Guay et al. 2021](https://doi.org/10.1038/s41598-021-81590-0): networks
# that look at each slice first and at depth second, several of them from several seeds,
# the best of which vote.
#
# With `REAL = False` two small networks learn from synthetic tissue for some seconds: enough to
# see every step, not to get a good segmentation. With `REAL = True` the platelet data are
# used (`densecell fetch platelet`, in the folder of this notebook), and the paper's recipe
# at full length, which wants a GPU and hours for each network.

# %%
REAL = False

# %%
from pathlib import Path

from IPython.display import Image

from densecell.config import ProjectConfig, load_settings
from densecell.ensemble import rank_members
from densecell.networks import network_facts
from densecell.phantom import write_phantom
from densecell.presets import PRESETS
from densecell.report import learning_curves
from densecell.report.model import draw_training, score_spread
from densecell.training import TrainingOptions, load_data, read_history, train_members

work = Path("work/02")

# %% [markdown]
# ## Data
#
# A project names volumes with labels, and what each is for: `train` to learn from, `eval`
# to choose the best weights and networks on. Report scores on neither, but on a third.

# %%
if REAL:
    folder = Path("platelet")
    found = load_settings(folder / "project.yaml", ProjectConfig)
    project = ProjectConfig.model_validate(found.model_dump() | PRESETS["paper"])
else:
    folder = work
    for role, seed in (("train", 1), ("eval", 2)):
        if not (folder / f"{role}.zarr").exists():
            write_phantom(folder / f"{role}.zarr", shape=(10, 128, 128), seed=seed)
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
            "network": {"name": "2d3d-light", "width": 8},
            "training": {"window": (5, 64, 64), "steps": 60, "validations": 3},
            "ensemble": {"members": 2, "best": 2},
        }
    )

data = load_data(project, folder)
for volume in data.train + data.validation:
    print(f"{volume.name}: {volume.shape} labelled voxels (z, y, x)")

# %% [markdown]
# ## The network
#
# Its price, and how far it sees: a voxel's class is decided by what lies within the
# receptive field around it.

# %%
facts = network_facts(project.network, classes=len(project.classes))
for name, value in facts._asdict().items():
    print(f"{name:18} {value}")

# %% [markdown]
# ## Training
#
# Each network sees small windows from random places, flipped and turned at random. Rare
# classes are drawn more often and count more. The cell may be interrupted and run again:
# it goes on.

# %%
model = work / "model"
for progress in train_members(
    project, data, model, TrainingOptions(watch=draw_training)
):
    record, outcome = progress.record, progress.outcome
    if record is not None and record.miou_all is not None:
        print(
            f"network {progress.member}, step {record.step} of {record.steps}: "
            f"loss {record.loss:.3f}, mean IoU {record.miou_all:.3f}"
        )
    if outcome is not None:
        print(f"network {progress.member}: {outcome.state}")

# %% [markdown]
# ## How they learned
#
# The loss should fall, and the score rise. If the score falls again while the loss goes on
# falling, the network learns the labelled slices by heart: more labels help, or a shorter
# training. The best weights are kept in any case.

# %%
members = sorted(model.glob("member_*"))
Image(learning_curves({member.name: read_history(member) for member in members}))

# %%
Image(members[0] / "example.png")

# %% [markdown]
# ## The ensemble
#
# The best vote. The spread between seeds is the reason to train several.

# %%
ensemble = rank_members(model, best=project.ensemble.best)
for member in ensemble.members:
    print(
        f"{member.folder}: mean IoU {member.outcome.miou_all:.3f}, votes: {member.used}"
    )
Image(score_spread(ensemble))

# %% [markdown]
# ## Next
#
# - Use it on a volume: notebook `01_use_an_ensemble`, or
#   `densecell segment VOLUME -m work/02/model -o RESULT`.
# - Train longer: `densecell train DIR --extend 10`.
# - Compare with a plain 2D U-Net: notebook `03_train_a_unet`.
