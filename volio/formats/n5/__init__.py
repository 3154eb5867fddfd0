"""N5, in folders, zip files and on servers; read only.

Blocks are ``raw`` or in gzip, bzip2, xz or zstd; blosc and lz4 need the extra ``zarr``.

Source: https://github.com/saalfeldlab/n5
"""

from __future__ import annotations

from volio.formats.n5.image import N5Image

__all__ = ["N5Image"]
