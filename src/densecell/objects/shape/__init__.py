"""Surfaces, depths, moments and contacts of objects."""
