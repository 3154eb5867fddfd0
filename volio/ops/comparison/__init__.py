"""What comparisons are made of: voxels, names of values and texts that differ."""
