"""Diffusion gradients in the free keys of NRRD files, as 3D Slicer writes them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from volio.errors import HeaderDataError
from volio.images.headers.gradients import Gradient, Gradients
from volio.images.headers.text_lines import as_numbers, number_words

__all__ = ["OF_GRADIENTS", "OF_VOLUMES", "gradient_keys", "gradients_of"]

B_VALUE = "DWMRI_b-value"
VECTOR = "DWMRI_gradient_{:04d}"
REPEATS = "DWMRI_NEX_{:04d}"

#: Beginnings of the keys of gradients, and of those that concern single volumes.
OF_GRADIENTS = ("DWMRI_", "modality")
OF_VOLUMES = ("DWMRI_gradient_", "DWMRI_NEX_", "DWMRI_B-matrix_", B_VALUE)


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
        From gradients to directions in scanner RAS+.
    volumes : int
        How many there are.
    """
    try:
        highest = as_numbers(B_VALUE, [keys[B_VALUE]])[0]
        vectors = _vectors(keys, volumes)
    except (KeyError, HeaderDataError):
        return ()
    lengths = np.linalg.norm(vectors, axis=1)
    longest = lengths.max(initial=0.0) or 1.0
    bvals = highest * (lengths / longest) ** 2
    return Gradients.from_vectors(vectors, bvals, frame).rows()


def _vectors(keys: Mapping[str, str], volumes: int) -> NDArray[np.float64]:
    """Return a vector for each volume, in the file's frame, shape (volumes, 3)."""
    found: list[list[float]] = []
    while len(found) < volumes:
        name = VECTOR.format(len(found))
        repeats = REPEATS.format(len(found))
        vector = as_numbers(name, keys[name].split(), 3)
        times = as_numbers(repeats, [keys.get(repeats, "1")])[0]
        found += [vector] * int(max(1, min(times, volumes)))
    return np.array(found[:volumes], np.float64).reshape(-1, 3)


def gradient_keys(gradients: Sequence[Gradient], frame: NDArray[np.float64]) -> dict[str, str]:
    """Return the free keys that state gradients; see `gradients_of`."""
    given = Gradients.from_rows(gradients)
    highest = given.bvals.max()
    local = Gradients.from_vectors(given.scanner, given.bvals, np.linalg.inv(frame))
    lengths = np.sqrt(local.bvals / (highest or 1))
    vectors = local.scanner * lengths[:, np.newaxis] + 0.0  # no negative zeros
    keys = {"modality": "DWMRI", B_VALUE: number_words([highest])[0]}
    for volume, vector in enumerate(vectors):
        keys[VECTOR.format(volume)] = " ".join(number_words(vector))
    return keys
