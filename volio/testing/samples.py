"""Sample files that other programs wrote, and what is true of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.kinds import Kind

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
    program : str
        What wrote the file.
    facts : mapping
        What else is true of it, as ``facts.json`` has it; the properties below are facts of
        volumes.
    """

    path: Path
    image: str
    program: str
    facts: Mapping[str, Any]

    @property
    def kind(self) -> Kind:
        """Kind of the image; a volume where the facts do not name another."""
        kind: Kind = self.facts.get("kind", "volume")
        return kind

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array."""
        return tuple(self.facts["shape"])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels in the file, in native byte order."""
        dtype: np.dtype[Any] = np.dtype(self.facts["dtype"])
        return dtype

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis."""
        return tuple(self.facts["zooms"])

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return np.array(self.facts["affine"], float)

    @property
    def total(self) -> complex:
        """Sum of all values, scaled; of a record of colours, the sum of its fields."""
        total = self.facts["total"]
        return complex(*total) if isinstance(total, list) else complex(total)


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
    return [
        Sample(folder / name / file, entry["image"], entry["program"], entry)
        for file, entry in entries.items()
    ]
