"""Diffusion gradients in the free keys of NRRD files, as 3D Slicer writes them, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from volio.errors import HeaderDataError
from volio.images.headers.gradients import Gradient, Gradients, unit_vectors
from volio.images.headers.text.geometry import Matrix
from volio.images.headers.text.lines import as_integer, as_numbers, number_word, number_words
from volio.space.affines import from_matvec, spans_space

__all__ = ["OF_GRADIENTS", "OF_VOLUMES", "gradient_keys", "gradients_of"]

B_VALUE = "DWMRI_b-value"
VECTOR = "DWMRI_gradient_{:04d}"
REPEATS = "DWMRI_NEX_{:04d}"

#: Beginnings of the keys of gradients, and what those are that concern single volumes.
OF_GRADIENTS = ("DWMRI_", "modality")
OF_VOLUMES = re.compile(r"DWMRI_(gradient_|NEX_|B-matrix_|b-value).*")


def gradients_of(keys: Mapping[str, str], frame: Matrix, volumes: int) -> tuple[Gradient, ...]:
    """Return direction and b-value of each volume; () where not all are stated in space.

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
    if not spans_space(from_matvec(frame)):
        return ()
    lengths = np.linalg.norm(vectors, axis=1)
    longest = lengths.max(initial=0.0) or 1.0
    bvals = highest * (lengths / longest) ** 2
    return Gradients.from_vectors(vectors, bvals, frame).rows()


def _vectors(keys: Mapping[str, str], volumes: int) -> Matrix:
    """Return a vector for each volume, in the file's frame, shape (volumes, 3)."""
    found: list[list[float]] = []
    while len(found) < volumes:
        name = VECTOR.format(len(found))
        repeats = REPEATS.format(len(found))
        vector = as_numbers(name, keys[name].split(), 3)
        times = as_integer(repeats, keys.get(repeats, "1"))
        found += [vector] * min(max(1, times), volumes)
    return np.array(found[:volumes]).reshape(-1, 3)


def gradient_keys(gradients: Sequence[Gradient], frame: Matrix) -> dict[str, str]:
    """Return the free keys that state gradients; see `gradients_of`.

    Raises
    ------
    HeaderDataError
        If the frame leads to no direction outside a plane.
    """
    given = Gradients.from_rows(gradients)
    highest = given.bvals.max()
    lengths = np.sqrt(given.bvals / (highest or 1))
    if not spans_space(from_matvec(frame)):
        raise HeaderDataError("measurement frame: its axes are in one plane")
    local = unit_vectors(given.scanner @ np.linalg.inv(frame).T)
    keys = {"modality": "DWMRI", B_VALUE: number_word(highest)}
    for volume, vector in enumerate(local * lengths[:, np.newaxis]):
        keys[VECTOR.format(volume)] = " ".join(number_words(vector))
    return keys
