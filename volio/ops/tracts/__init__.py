"""Tracts: statistics, differences, and what is suspicious about them."""
