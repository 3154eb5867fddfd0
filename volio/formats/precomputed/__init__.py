"""Neuroglancer precomputed volumes, in folders, zip files and on servers; read only.

Voxels are ``raw``, ``jpeg``, ``png`` or ``compressed_segmentation``, each chunk in a file of its
own or in shards (``uint64_sharded_v1``). An address may have the prefix that Neuroglancer wants:
``precomputed://https://…``.

Source: https://github.com/google/neuroglancer/tree/master/src/datasource/precomputed
"""

from __future__ import annotations

from volio.formats.precomputed.image import PrecomputedImage

__all__ = ["PrecomputedImage"]
