"""THINGS: an array, its place in space, its header and its files."""
