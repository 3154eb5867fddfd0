"""Tracts: statistics, differences, and what is odd about them."""
