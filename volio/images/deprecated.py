"""Names that the field used before today's; they work, and say which name to use."""

from __future__ import annotations

from typing import Any

from volio.caller import warn_caller

__all__ = ["OldFileNames", "OldImageNames"]


def _warn(old: str, new: str) -> None:
    warn_caller(f"{old} is an old name: use {new}", DeprecationWarning)


class OldFileNames:
    """Old names of file maps."""

    @classmethod
    def from_files(cls: Any, file_map: Any) -> Any:
        """Old name of `from_file_map`."""
        _warn("from_files", "from_file_map")
        return cls.from_file_map(file_map)

    @classmethod
    def filespec_to_files(cls: Any, filespec: Any) -> Any:
        """Old name of `filespec_to_file_map`."""
        _warn("filespec_to_files", "filespec_to_file_map")
        return cls.filespec_to_file_map(filespec)

    def to_files(self: Any, file_map: Any = None) -> None:
        """Old name of `to_file_map`."""
        _warn("to_files", "to_file_map")
        self.to_file_map(file_map)

    def to_filespec(self: Any, filename: Any) -> None:
        """Old name of `to_filename`."""
        _warn("to_filespec", "to_filename")
        self.to_filename(filename)


class OldImageNames:
    """Old names of affine, header and shape."""

    def get_affine(self: Any) -> Any:
        """Old name of `affine`."""
        _warn("get_affine()", "affine")
        return self.affine

    def get_header(self: Any) -> Any:
        """Old name of `header`."""
        _warn("get_header()", "header")
        return self.header

    def get_shape(self: Any) -> Any:
        """Old name of `shape`."""
        _warn("get_shape()", "shape")
        return self.shape
