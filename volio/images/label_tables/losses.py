"""What of a table of labels another one, made from it, does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from volio.images.label_tables.label import SOURCE_VALUE, Colour, Label

__all__ = ["lost_of_rows"]

#: Of a label that is not seen, as of the background.
NO_COLOUR = (0, 0, 0, 0)
MOST_KEYS = 4


def lost_of_rows(rows: Sequence[Label], held: Sequence[Label]) -> list[str]:
    """List what is lost of some rows where others, made from them, take their place.

    Returns
    -------
    list of str
        A few words each, as they stand in a warning before "of labels".
    """
    places = _by_key(held)
    kept = [row for row in _by_key(rows).values() if row.key in places]
    pairs = [(row, places[row.key]) for row in kept]
    lost = []
    if missing := _missing(rows, held):
        lost.append(f"the rows of {_keys(missing)}")
    if renamed := [before.key for before, after in pairs if before.name != after.name]:
        lost.append(f"the names of {_keys(renamed)}")
    if any(_has_lost_colour(before.colour, after.colour) for before, after in pairs):
        lost.append("the colours")
    if columns := [name for pair in pairs for name in _lost_columns(*pair)]:
        lost.append(f"the columns {', '.join(dict.fromkeys(columns))}")
    return lost


def _lost_columns(before: Label, after: Label) -> list[str]:
    """Return the columns that a row has no more, but for one that follows from the colour."""
    known = {*after.further, SOURCE_VALUE}
    return [name for name in before.further if name not in known]


def _by_key(rows: Sequence[Label]) -> dict[int, Label]:
    """Return the first row of each key, in order."""
    found: dict[int, Label] = {}
    for row in rows:
        found.setdefault(row.key, row)
    return found


def _missing(rows: Sequence[Label], held: Sequence[Label]) -> list[int]:
    """Return the keys of rows that are not held, of repeated ones too."""
    left = Counter(row.key for row in rows) - Counter(row.key for row in held)
    return list(left.elements())


def _has_lost_colour(before: Colour | None, after: Colour | None) -> bool:
    return before not in (None, NO_COLOUR, after)


def _keys(keys: Sequence[int]) -> str:
    shown = ", ".join(str(key) for key in keys[:MOST_KEYS])
    more = f" and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
    return f"{'keys' if len(keys) > 1 else 'key'} {shown}{more}"
