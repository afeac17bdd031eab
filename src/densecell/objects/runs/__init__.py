"""Blocks of ids as runs along x: what is joined, summed and drawn is runs."""
