"""Recognising headers of text, and whether they say that voxels follow or lie elsewhere."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["METAIMAGE", "MIF", "NRRD", "TextLooks"]


class TextLooks(NamedTuple):
    """How headers of a format begin, and where they say that the voxels are.

    Attributes
    ----------
    start : re.Pattern
        Matches the first bytes.
    place : re.Pattern
        Finds where the header says it; with a group ``here`` where the voxels follow.
    score : int
        For a beginning that matches.
    """

    start: re.Pattern[bytes]
    place: re.Pattern[bytes]
    score: int = 100

    def behind(self, head: bytes) -> int:
        """Score a header with its voxels behind it."""
        return self._score(head, here=True)

    def elsewhere(self, head: bytes) -> int:
        """Score a header that names the files of its voxels."""
        return self._score(head, here=False)

    def _score(self, head: bytes, here: bool) -> int:
        if not self.start.match(head):
            return 0
        found = self.place.search(head)
        agrees = found is not None and (found["here"] is not None) == here
        return self.score + 2 * agrees  # more than a name counts


NRRD = TextLooks(
    re.compile(rb"NRRD(000\d|00\.01)\s"),
    re.compile(rb"\ndata ?file:|(?P<here>\n\r?\n)", re.IGNORECASE),
)
METAIMAGE = TextLooks(
    re.compile(rb"\s*(ObjectType|NDims|Comment)\s*[=:]"),
    re.compile(rb"\n\s*ElementDataFile\s*[=:]\s*(?P<here>LOCAL)?", re.IGNORECASE),
    50,
)
MIF = TextLooks(re.compile(rb"mrtrix image\s"), re.compile(rb"\nfile:\s*(?P<here>\.\s)?"))
