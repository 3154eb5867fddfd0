"""Surfaces: statistics, differences, and what is odd about one."""
