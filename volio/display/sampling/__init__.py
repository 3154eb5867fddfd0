"""Values of a volume: slices and slabs along its axes or at any angle, and at any points."""
