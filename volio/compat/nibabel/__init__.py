"""Modules that stand in for nibabel's, each under nibabel's name."""
