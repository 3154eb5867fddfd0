"""Saving: temporary files, atomic replacement, targets of a save."""
