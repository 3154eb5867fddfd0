"""What the classes of streamline files have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from volio.compat.nibabel.streamlines.header import Field
from volio.errors import VolioWarning

__all__ = [
    "DataWarning",
    "ExtensionWarning",
    "HeaderWarning",
    "TractogramFile",
    "abstractclassmethod",
]


class ExtensionWarning(VolioWarning):
    """The ending of a file's name is that of another format."""


class HeaderWarning(VolioWarning):
    """A header lacks a field or has an odd one."""


class DataWarning(VolioWarning):
    """Values were lost, or are odd."""


class abstractclassmethod(classmethod):  # type: ignore[type-arg]
    """Decorator of class methods that subclasses must have."""

    __isabstractmethod__ = True

    def __init__(self, callable: Callable[..., Any]) -> None:
        callable.__isabstractmethod__ = True  # type: ignore[attr-defined]
        super().__init__(callable)


class TractogramFile(ABC):
    """A tractogram and the header of its file.

    Parameters
    ----------
    tractogram : Tractogram
    header : dict, optional
        That of an empty file by default.
    """

    def __init__(self, tractogram: Any, header: dict[str, Any] | None = None) -> None:
        self._tractogram = tractogram
        self._header = self.create_empty_header() if header is None else header

    @property
    def tractogram(self) -> Any:
        """The tractogram."""
        return self._tractogram

    @property
    def streamlines(self) -> Any:
        """The points of the tractogram."""
        return self.tractogram.streamlines

    @property
    def header(self) -> dict[str, Any]:
        """The header, by the names of `Field` and those of the format."""
        return self._header

    @property
    def affine(self) -> Any:
        """From voxels (centres at integers) to scanner RAS+ mm; None where there is none."""
        return self.header.get(Field.VOXEL_TO_RASMM)

    @abstractclassmethod
    def is_correct_format(cls, fileobj: Any) -> bool:
        """Return whether a file is of this format."""
        raise NotImplementedError

    @classmethod
    def create_empty_header(cls) -> dict[str, Any]:
        """Return the header of an empty file."""
        return {}

    @abstractclassmethod
    def load(cls, fileobj: Any, lazy_load: bool = True) -> TractogramFile:
        """Load a file, at once or streamline by streamline when they are asked for."""
        raise NotImplementedError

    @abstractmethod
    def save(self, fileobj: Any) -> None:
        """Save to a file."""
        raise NotImplementedError
