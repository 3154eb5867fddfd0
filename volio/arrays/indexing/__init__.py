"""Indexing: what an index asks for, as boxes of voxels, and which bytes hold them."""
