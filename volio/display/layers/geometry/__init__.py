"""Affines, planes, clipping planes and rays, in the voxels or the world of a layer."""
