"""Complete recipes of training: `densecell train --preset NAME`.

.. [1] Guay et al. 2021, Dense cellular segmentation for EM using 2D-3D neural network
       ensembles, Scientific Reports 11:2561, doi:10.1038/s41598-021-81590-0.
"""

from typing import Any

WINDOW = (5, 304, 304)
EPOCH = 828  # windows of the paper's grid in its training volume
VOXELS = 5 * 304 * 304

PAPER: dict[str, dict[str, Any]] = {
    "network": {
        "name": "2d3d",
        "width": 32,
        "normalisation": "none",
        "relu_logits": True,
    },
    "training": {
        "window": WINDOW,
        "batch": 1,
        "minutes": None,
        "steps": 40 * EPOCH,
        "validations": 40,
        "abandon_below": 0.3,
        "learning_rate": 1e-3,
        "schedule": "constant",
        "beta1": 1 - 10**-1.5,
        "beta2": 1 - 10**-2.1,
        "epsilon": 1e-7,
        "rare_share": 0.0,
        "average": 0.0,
        "adjust_logits": False,
        "loss": {
            "weighting": "paper",
            "dice": 0.0,
            "auxiliary": 0.33,
            "l2_2d": 10**-4.7 / VOXELS,
            "l2_3d": 10**-5 / VOXELS,
            "l2_predictors": 10**-9 / VOXELS,
        },
        "augmentation": {
            "elastic": 1.0,
            "elastic_px": 20.0,
            "brightness": 0.12,
            "contrast": 0.20,
            "noise": 0.0,
        },
    },
    "ensemble": {"members": 12, "best": 4},
}
"""The recipe of the paper [1]_ at its full size, meant for a GPU.

It differs from the paper where the paper is silent, contradicts its code, or did not
work:

- windows are 304 pixels wide, because three poolings do not divide 300 (its code
  cropped skip connections and returned 296);
- L2 is divided by the voxels of a window: the paper takes the mean of the cross entropy
  but its code takes the sum, and with the mean L2 would be 4.4e5 times as strong;
- training lasts 40 epochs of 828 windows: the paper names no number, but abandons a
  network below a mean IoU of 0.3 at epoch 10, which is the first quarter here;
- corners of windows lie in bins of a third of a window, not of (2, 100, 100) voxels,
  and may reach over the border by a quarter of a window;
- inference drops a margin of each tile; the paper keeps, of tiles that overlap by a
  third, the voxels deepest inside one (docs/decisions.md).
"""

PRESETS = {"paper": PAPER}
