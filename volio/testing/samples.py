"""Sample files that other programs wrote, and what is true of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FOLDER", "Sample", "samples_of"]

#: Where the samples of volio's own formats lie, one folder for each format.
FOLDER = Path(__file__).resolve().parents[1] / "tests" / "samples"


@dataclass(frozen=True)
class Sample:
    """A file and its facts.

    Parameters
    ----------
    path : Path
        The file, or the main one of several.
    image : str
        Name of the image class.
    shape : tuple of int
    dtype : numpy.dtype
        Of the voxels in the file, in native byte order.
    zooms : tuple of float
        Size of a voxel along each axis.
    affine : ndarray, shape (4, 4)
        Voxel indices to scanner RAS+ mm.
    total : complex or float
        Sum of all values, scaled; of a record of colours, the sum of its fields.
    program : str
        What wrote the file.
    """

    path: Path
    image: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    zooms: tuple[float, ...]
    affine: NDArray[np.float64]
    total: complex
    program: str


def samples_of(name: str, folder: Path = FOLDER) -> list[Sample]:
    """Read the facts of a format's samples.

    Parameters
    ----------
    name : str
        Of the row in the table of formats, which is the folder's.
    folder : Path
        Where the folder with ``facts.json`` and the samples is.

    Returns
    -------
    list of Sample
        Empty where the format has none.
    """
    facts = folder / name / "facts.json"
    if not facts.is_file():
        return []
    entries: dict[str, dict[str, Any]] = json.loads(facts.read_text(encoding="utf-8"))
    return [_sample(folder / name / file, entry) for file, entry in entries.items()]


def _sample(path: Path, facts: dict[str, Any]) -> Sample:
    total = facts["total"]
    return Sample(
        path,
        facts["image"],
        tuple(facts["shape"]),
        np.dtype(facts["dtype"]),
        tuple(facts["zooms"]),
        np.array(facts["affine"], float),
        complex(*total) if isinstance(total, list) else complex(total),
        facts["program"],
    )
