"""The Analyze headers in three parts, as lists for `numpy.dtype`: what nibabel's modules show."""

from __future__ import annotations

from typing import Any

import numpy as np

from volio.formats import analyze, spm2, spm99

__all__ = [
    "analyze_data_history",
    "analyze_header_key",
    "analyze_image_dimension",
    "spm2_image_dimension",
    "spm99_data_history",
    "spm99_image_dimension",
]

Fields = list[Any]


def _parts(layout: np.dtype[Any]) -> tuple[Fields, Fields, Fields]:
    """Cut a layout before its first field of dimensions and before that of the history."""
    names = list(layout.names or ())
    fields = layout.descr
    first = names.index("dim")
    second = names.index("descrip")
    return fields[:first], fields[first:second], fields[second:]


analyze_header_key, analyze_image_dimension, analyze_data_history = _parts(analyze.HEADER)
_, spm99_image_dimension, spm99_data_history = _parts(spm99.HEADER)
_, spm2_image_dimension, _ = _parts(spm2.HEADER)
