"""Dense segmentation of volume electron microscopy with 2D-3D network ensembles."""

__version__ = "0.1.0"
