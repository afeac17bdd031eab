"""Objects of a large volume, block by block, in four stages."""
