"""A volume in a scene, with fastplotlib's names, on the same state."""
