"""SaveTarget: the open files of an image that is being saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from volio.files.codecs.presets import Compression
from volio.files.filemap import FileMap

__all__ = ["SaveTarget"]


class SaveTarget(NamedTuple):
    """What an image is written to.

    Attributes
    ----------
    streams : mapping of str to binary file object
        By the part of the image that each gets.
    files : mapping of str to FileHolder
        Their names, which headers may have to state.
    compression : {"fast", "balanced", "small"} or int, optional
        For formats that compress voxels within their files.
    """

    streams: Mapping[str, BinaryIO]
    files: FileMap
    compression: Compression = None
