"""Affines of references, and iterators that are looked into."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from volio.errors import UsageError

__all__ = ["get_affine_from_reference", "peek_next"]

T = TypeVar("T")


def get_affine_from_reference(ref: Any) -> NDArray[Any]:
    """Return the affine of a reference.

    Parameters
    ----------
    ref : str, path-like, image or ndarray
        The file name of an image, an image, or an affine.

    Returns
    -------
    ndarray, shape (4, 4)
        From voxels (centres at integers) to scanner RAS+ mm.

    Raises
    ------
    UsageError
        If an array has another shape, or an image has no affine.
    """
    if isinstance(ref, str | os.PathLike):
        from volio.io import load

        return get_affine_from_reference(load(ref))
    if hasattr(ref, "affine"):
        return np.asarray(ref.affine)
    affine = np.asarray(ref)
    if affine.shape != (4, 4):
        raise UsageError(f"ref: an affine must have shape (4, 4), got {affine.shape}")
    return affine


def peek_next(iterable: Iterator[T]) -> tuple[T, Iterable[T]]:
    """Return the next item, and an iterable that begins with it."""
    item = next(iterable)
    return item, itertools.chain([item], iterable)
