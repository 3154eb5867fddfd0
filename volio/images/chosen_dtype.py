"""The dtype of the values in a file: that of a header, or a word that leaves it to the save."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from volio.images.saving.plan import SavePlan

__all__ = ["dtype_or_word", "set_dtype", "settled_word"]

#: Words for dtypes that are chosen when an image is saved.
CHOSEN_LATER = ("exact", "smallest", "compat")
#: A word for uint8.
MASK = "mask"


def set_dtype(header: Any, dtype: DTypeLike) -> str | None:
    """Set the dtype of a header, unless a word leaves it open.

    Parameters
    ----------
    header : header
    dtype : dtype-like, 'exact', 'smallest', 'compat' or 'mask'

    Returns
    -------
    str or None
        The word; None where the header has the dtype.

    Raises
    ------
    HeaderDataError
        If the format has no such dtype.
    """
    if isinstance(dtype, str) and dtype in CHOSEN_LATER:
        return dtype
    is_mask = isinstance(dtype, str) and dtype == MASK
    header.set_data_dtype(np.uint8 if is_mask else dtype)
    return None


def settled_word(header: Any, word: str | None, plan: Callable[[Any], SavePlan]) -> str | None:
    """Choose the dtype now that a word leaves to the save, and set it in a header.

    Parameters
    ----------
    header : header
    word : str or None
        None where the header has the dtype.
    plan : callable
        Plans a save with a header.

    Raises
    ------
    SaveError
        If no dtype of the format holds the values.
    """
    if word is None:
        return None
    made = plan(header.copy())
    made.warn()
    return set_dtype(header, made.dtype)


def dtype_or_word(header: Any, word: str | None) -> Any:
    """Return the word that leaves the dtype open, or else the dtype of a header."""
    return word or header.get_data_dtype()
