"""Volumes that are made from arrays or from other volumes."""
