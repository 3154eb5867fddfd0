"""Surfaces: statistics, differences, and what is suspicious about one."""
