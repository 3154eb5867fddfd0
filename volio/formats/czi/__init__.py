"""Zeiss CZI: images of microscopes in scenes and mosaics of tiles, read only.

Segments, directory and subblocks are read here. Raw and zstd tiles need nothing else; JPEG XR, JPEG
and LZW need imagecodecs, which comes with the extra ``czi``.

Source: https://zeiss.github.io/libczi
"""

from __future__ import annotations

from volio.formats.czi.extents import Rectangle
from volio.formats.czi.header import CziHeader
from volio.formats.czi.image import CziImage
from volio.formats.czi.reader import CziReader
from volio.formats.czi.voxels import CziArray

__all__ = ["CziArray", "CziHeader", "CziImage", "CziReader", "Rectangle"]
