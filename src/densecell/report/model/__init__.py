"""A model: its card, and how its training goes."""
