"""THINGS: an array, its position in space, its header and its files."""
