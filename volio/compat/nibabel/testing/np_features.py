"""What this numpy does: nibabel's ``testing.np_features`` names."""

from __future__ import annotations

from functools import cache
from tempfile import NamedTemporaryFile

import numpy as np

__all__ = ["memmap_after_ufunc"]


@cache
def memmap_after_ufunc() -> bool:
    """Return whether arithmetic on a memory map gives a memory map."""
    with NamedTemporaryFile() as file:
        file.write(bytes(8))
        file.flush()
        mapped: np.memmap[tuple[int], np.dtype[np.uint8]] = np.memmap(file.name, mode="r")
        return isinstance(mapped + 1, np.memmap)
