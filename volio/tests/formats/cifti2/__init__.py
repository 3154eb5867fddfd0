"""CIFTI-2."""
