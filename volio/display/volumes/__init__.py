"""Volumes in a scene, with fastplotlib's attributes: their voxels, settings, events, pictures."""
