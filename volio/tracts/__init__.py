"""Tracts: lines through the white matter, in a space that is named, with values and groups."""
