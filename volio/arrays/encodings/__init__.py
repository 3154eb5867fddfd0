"""Encodings: voxels that files hold as bits or as text."""
