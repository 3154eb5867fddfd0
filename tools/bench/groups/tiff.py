"""TIFF: whole files, and tiles of them, beside tifffile, which volio decodes with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way

__all__ = ["CASES"]

TILES = {"tile": (64, 64)}
DEFLATE = {"compression": "zlib", "predictor": True}
#: How slices are stored: what tifffile is told.
LAYOUTS: dict[str, dict[str, Any]] = {
    "one-array": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
    "strips": {"metadata": None, **DEFLATE, "rowsperstrip": 16},
    "tiles": {"metadata": None, **DEFLATE, **TILES},
}
PLACES = 100


def _whole_by_volio(layout: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        import volio
        from volio.arrays.chunk_cache import chunk_cache

        path = files.tiff(layout, LAYOUTS[layout])
        volio.load(path)

        def work() -> Any:
            chunk_cache().clear()  # all is read from the file
            return np.asarray(volio.load(path).dataobj).T

        return work

    return way


def _whole_by_tifffile(layout: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        import tifffile

        path = files.tiff(layout, LAYOUTS[layout])
        tifffile.TiffFile(path).close()
        return lambda: tifffile.imread(path)

    return way


def _places(shape: tuple[int, ...]) -> list[list[int]]:
    return np.random.default_rng(0).integers(0, shape, (PLACES, 3)).tolist()


def _voxels_by_volio(files: Any) -> Callable[[], Any]:
    import volio
    from volio.arrays.chunk_cache import chunk_cache

    img = volio.load(files.tiff("tiles", LAYOUTS["tiles"]))
    places = _places(img.shape[::-1])

    def work() -> Any:
        chunk_cache().clear()
        return np.array([img.dataobj[x, y, z] for z, y, x in places])

    return work


def _voxels_by_tifffile(files: Any) -> Callable[[], Any]:
    """Return work that reads a page for each voxel: tifffile alone reads no less."""
    import tifffile

    path = files.tiff("tiles", LAYOUTS["tiles"])
    with tifffile.TiffFile(path) as file:
        shape = file.series[0].shape

    def work() -> Any:
        with tifffile.TiffFile(path) as file:
            pages = file.pages
            return np.array([pages[z].asarray()[y, x] for z, y, x in _places(shape)])

    return work


CASES = (
    *(
        Case(
            f"tiff-whole-{layout}",
            f"all voxels of a TIFF file, {layout}",
            {"volio": _whole_by_volio(layout), "tifffile": _whole_by_tifffile(layout)},
            (Fast("tifffile", 1 / 1.1),),
        )
        for layout in LAYOUTS
    ),
    Case(
        "tiff-voxels",
        f"{PLACES} voxels at random places of a TIFF file in tiles: one tile each, or one page",
        {"volio": _voxels_by_volio, "tifffile": _voxels_by_tifffile},
        (Fast("tifffile"),),
    ),
)
