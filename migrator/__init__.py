"""Rewrite Azure Batch AI recipes so that their jobs pull images from NVIDIA's registry."""

__version__ = "0.1.0"
