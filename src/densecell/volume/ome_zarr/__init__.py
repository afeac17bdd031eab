"""OME-Zarr: read, made, shrunk into levels, on disk and on servers."""
