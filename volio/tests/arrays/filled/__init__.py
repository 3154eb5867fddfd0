"""Tests of arrays of which some places have one value."""
