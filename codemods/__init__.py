"""Transformations of recipe sources, one file each; they know nothing of the migrator."""
