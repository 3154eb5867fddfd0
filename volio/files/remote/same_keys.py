"""SameKeys: whether parts of a key that are read one after the other are of the same bytes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from volio.errors import SourceChangedError

__all__ = ["CHANGES", "SameKeys"]

#: What file systems of fsspec call the things that change with a file.
CHANGES = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")

#: Keys that are known at once; those of which parts are read are few, and large.
MOST = 1 << 16


class SameKeys:
    """Knows what distinguishes the bytes of each key: its ETag, size or time of change.

    The index of a shard says where chunks are in it. If the shard is replaced after the index was
    read, other bytes are there.
    """

    def __init__(self) -> None:
        self._tags: dict[str, Hashable] = {}

    def check(self, store: str, key: str, tag: Hashable) -> None:
        """Check that a part of a key is of the bytes that the parts before were of.

        Parameters
        ----------
        store : str
            Name of the store, for the message.
        key : str
        tag : hashable
            What changes with the bytes; one that is false says nothing.

        Raises
        ------
        SourceChangedError
        """
        if not tag:
            return
        known = self._tags.setdefault(key, tag)
        if known != tag:
            raise SourceChangedError(
                f"{store}/{key}: has changed since a part of it was read: its tags were {known}, "
                f"are {tag}. Load it again."
            )
        while len(self._tags) > MOST:
            self._tags.pop(next(iter(self._tags)), None)

    def __getstate__(self) -> dict[str, Any]:
        return {"_tags": {}}  # a process of its own reads indices of its own
