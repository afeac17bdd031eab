"""Readers and writers of file formats other than OME-Zarr, one a file."""
