"""A matrix's facts in a few lines, and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from volio.errors import VolioError

if TYPE_CHECKING:
    from volio.formats.cifti2.image import Cifti2Image

__all__ = ["describe", "facts"]


def facts(img: Cifti2Image) -> dict[str, str]:
    """Return the facts of a matrix that fit in a few lines, by name."""
    dtype = np.dtype(img.dataobj.dtype).newbyteorder("=")
    found = {
        "shape": " × ".join(str(length) for length in img.shape),
        "dtype": str(dtype),
        **{f"axis {number}": _axis(img, number) for number in range(img.ndim)},
        "file": str(img.get_filename() or "none"),
        "values": "in memory" if img.in_memory else "on disk",
    }
    asked = img.get_data_dtype()
    stored = asked if isinstance(asked, str) else asked.newbyteorder("=")
    if str(stored) != str(dtype):
        found["dtype"] += f" (stored as {stored})"
    return found


def _axis(img: Cifti2Image, number: int) -> str:
    try:
        return str(img.header.get_axis(number)).strip("<>")
    except VolioError as error:
        return f"cannot be read: {error}"


def describe(img: Cifti2Image) -> str:
    """Return the facts of a matrix in a few lines."""
    known = facts(img)
    first = " ".join((type(img).__name__, known.pop("shape"), known.pop("dtype")))
    lines = [f"<{first}, {known.pop('values')}"]
    lines += [f" {name} {text}" for name, text in known.items()]
    return "\n".join(lines) + ">"
