"""Positions of voxels: 4x4 affines, axis orientations, rotations and grids, as numpy functions.

An affine maps voxel indices (i, j, k), with a voxel's centre at whole numbers, to millimetres in
scanner RAS+ axes: x grows to the patient's right, y to the front (anterior), z to the top
(superior). Everything here is a pure function of arrays: nothing knows about images or files.

===================  =====================================================================
``affines``          matrices: check, apply, join, split, measure, rescale
``transforms``       chains of affines and the way back
``rotations``        the rotation in an affine, its shears, how far two affines disagree
``orientations``     which way each voxel axis runs, and turning arrays and affines
``grids``            grids of voxels: sub-volumes, corners, bounding boxes, output spaces
``quaternions``      rotations as quaternions
``eulerangles``      rotations as three angles
===================  =====================================================================
"""
