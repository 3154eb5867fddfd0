"""Lazy arrays of which some places have one value: borders, and grids that columns fill in part."""
