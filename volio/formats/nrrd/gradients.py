"""Diffusion gradients in the free keys of NRRD files, as 3D Slicer writes them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.images.headers.text_lines import as_number, as_numbers, written

__all__ = ["OF_VOLUMES", "Gradient", "gradient_keys", "gradients_of"]

Gradient = tuple[float, float, float, float]
PREFIX = "DWMRI_"
#: Beginnings of the keys that speak of single volumes.
OF_VOLUMES = (f"{PREFIX}gradient_", f"{PREFIX}NEX_", f"{PREFIX}B-matrix_", f"{PREFIX}b-value")


def gradients_of(
    keys: Mapping[str, str], frame: NDArray[np.float64], volumes: int
) -> tuple[Gradient, ...]:
    """Return direction and b-value of each volume; () where not all are stated.

    Parameters
    ----------
    keys : mapping of str to str
        Free keys: ``DWMRI_b-value``, and for each volume ``DWMRI_gradient_0000``, whose squared
        length is the part of that b-value which the volume has. ``DWMRI_NEX_0000`` is for how
        many volumes a gradient stands.
    frame : ndarray, shape (3, 3)
        Leads from gradients to directions in RAS+.
    volumes : int
        How many there are.
    """
    try:
        highest = as_number("DWMRI_b-value", keys["DWMRI_b-value"])
        vectors = _vectors(keys, volumes)
    except (KeyError, HeaderDataError):
        return ()
    lengths = np.linalg.norm(vectors, axis=1)
    longest = lengths.max(initial=0.0) or 1.0
    turned = vectors @ frame.T
    sizes = np.linalg.norm(turned, axis=1)
    units = turned / np.where(sizes > 0, sizes, 1)[:, None] + 0.0
    shares = highest * (lengths / longest) ** 2
    rows = np.column_stack([units, shares]).tolist()
    return tuple((x, y, z, b) for x, y, z, b in rows)


def _vectors(keys: Mapping[str, str], volumes: int) -> NDArray[np.float64]:
    found: list[list[float]] = []
    while len(found) < volumes:
        name = f"{PREFIX}gradient_{len(found):04d}"
        vector = as_numbers(name, keys[name].split(), 3)
        times = int(as_number(name, keys.get(f"{PREFIX}NEX_{len(found):04d}", "1")))
        found += [vector] * max(1, min(times, volumes))
    return np.array(found[:volumes], np.float64).reshape(-1, 3)


def gradient_keys(gradients: Sequence[Gradient], frame: ArrayLike) -> dict[str, str]:
    """Return the free keys that state gradients; see `gradients_of`."""
    highest = max(b for *_, b in gradients)
    found = {"modality": "DWMRI", f"{PREFIX}b-value": written([highest])[0]}
    back = np.linalg.inv(np.asarray(frame, np.float64))
    for place, (*direction, b) in enumerate(gradients):
        local = back @ direction
        size = np.linalg.norm(local) or 1.0
        vector = local / size * np.sqrt(b / highest if highest else 0) + 0.0
        found[f"{PREFIX}gradient_{place:04d}"] = " ".join(written(vector))
    return found
