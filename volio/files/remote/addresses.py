"""Addresses of remote files, distinguished from paths."""

from __future__ import annotations

import re

__all__ = ["is_address", "is_fsspec_file", "is_url"]

# A protocol, perhaps after others that wrap it: simplecache::s3://
ADDRESS = re.compile(r"[A-Za-z][\w+.-]+(::[A-Za-z][\w+.-]+)*://")


def is_url(where: object) -> bool:
    """Return whether this is an http or https address."""
    return isinstance(where, str) and re.match(r"https?://", where, re.IGNORECASE) is not None


def is_address(where: object) -> bool:
    """Return whether this names a remote file: ``https://…``, ``s3://…``."""
    return isinstance(where, str) and ADDRESS.match(where) is not None


def is_fsspec_file(where: object) -> bool:
    """Return whether this is what ``fsspec.open`` returns: a file that is not open yet."""
    if isinstance(where, str):
        return False
    return all(hasattr(where, name) for name in ("fs", "path", "open", "compression"))
