"""Values at places: slices and slabs of a volume, along its axes or at any angle."""
