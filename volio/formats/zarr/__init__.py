"""Zarr, versions 2 and 3, and OME-Zarr (NGFF) 0.1 to 0.6, in folders, zip files and on servers.

Chunks are decoded here, not by zarr-python: with the key of a damaged chunk in the message, every
size checked before memory is taken, and only codecs that are known. blosc and lz4 need the extra
``zarr``; gzip, zlib, bzip2, xz, zstd, crc32c and shards need nothing.

Sources: https://zarr-specs.readthedocs.io and https://ngff.openmicroscopy.org/latest/
"""

from __future__ import annotations

from volio.formats.zarr.header import OmeZarrHeader
from volio.formats.zarr.image import OmeZarrImage

__all__ = ["OmeZarrHeader", "OmeZarrImage"]
