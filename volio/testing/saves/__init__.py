"""Saves under trial: killed, on a disk that is full, in calls of the system that fail."""
