"""Cells and organelles that touch, cut apart."""
