"""How often labels occur among values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.labels import Labels

__all__ = ["LabelCounts", "count_labels", "count_values"]


@dataclass(frozen=True)
class LabelCounts:
    """How often labels occur.

    Attributes
    ----------
    rows : int
        Of the table.
    used : int
        Keys of the table that are among the values.
    largest : str
        The name that most values have; "" where no value has a label.
    count : int
        How many these are.
    without : int
        Values that no row has.
    """

    rows: int
    used: int
    largest: str
    count: int
    without: int


def count_values(values: NDArray[Any]) -> Counter[float]:
    """Return how often each value occurs."""
    keys, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(keys.tolist(), counts.tolist(), strict=True)))


def count_labels(labels: Labels, values: Counter[float]) -> LabelCounts:
    """Return how often the labels of a table occur, where each value occurs so often."""
    used = {key: count for key, count in values.items() if key in labels}
    largest = max(used, key=lambda key: used[key], default=None)
    return LabelCounts(
        len(labels),
        len(used),
        "" if largest is None else labels.name_of(int(largest)),
        max(used.values(), default=0),
        values.total() - sum(used.values()),
    )
