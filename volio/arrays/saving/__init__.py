"""Saving arrays: a survey of their values, and writing them piece by piece."""
