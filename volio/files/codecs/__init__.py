"""Codecs: compressed files read and written in chunks that can be decoded alone."""
