"""Saving images: the plan of the voxels, the bytes around them, writing piece by piece."""
