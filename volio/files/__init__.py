"""Bytes: where they come from and where they go; no arrays here."""
