"""Tiles of CATMAID and other servers, under the names of catpy's module ``image``.

A `Stack` has mirrors, of which each names its tiles in its own way; `ThreadedImageFetcher` gives a
region of it as an array. `volio.load` opens the same stack as a lazy image.

Names are imported when they are first used, and packages that decode images when a tile comes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Every public name and the module it comes from.
_NAMES = {
    "BrokenSliceHandling": "volio.tiles.names",
    "CoordinateTransformer": "volio.formats.catmaid.spaces",
    "DummyResponse": "volio.tiles.responses",
    "DummyTqdm": "volio.tiles.responses",
    "ImageFetcher": "volio.tiles.fetcher",
    "Orientation3D": "volio.tiles.names",
    "ProjectStack": "volio.formats.catmaid.info",
    "ROIMode": "volio.tiles.names",
    "Stack": "volio.formats.catmaid.info",
    "StackMirror": "volio.formats.catmaid.mirrors",
    "StackOrientation": "volio.formats.catmaid.spaces",
    "StrEnum": "volio.tiles.names",
    "ThreadedImageFetcher": "volio.tiles.threaded",
    "TileCache": "volio.tiles.cache",
    "TileIndex": "volio.formats.catmaid.index",
    "TileSourceType": "volio.formats.catmaid.layouts",
    "as_future": "volio.tiles.responses",
    "as_future_response": "volio.tiles.responses",
    "dict_subtract": "volio.tiles.coordinates",
    "fill_tiled_cuboid": "volio.formats.catmaid.index",
    "is_valid_format_url": "volio.formats.catmaid.layouts",
    "response_to_array": "volio.tiles.responses",
    "response_to_array_callback": "volio.tiles.responses",
}

__all__ = sorted(_NAMES)

if TYPE_CHECKING:
    from volio.formats.catmaid.index import TileIndex as TileIndex
    from volio.formats.catmaid.index import fill_tiled_cuboid as fill_tiled_cuboid
    from volio.formats.catmaid.info import ProjectStack as ProjectStack
    from volio.formats.catmaid.info import Stack as Stack
    from volio.formats.catmaid.layouts import TileSourceType as TileSourceType
    from volio.formats.catmaid.layouts import is_valid_format_url as is_valid_format_url
    from volio.formats.catmaid.mirrors import StackMirror as StackMirror
    from volio.formats.catmaid.spaces import CoordinateTransformer as CoordinateTransformer
    from volio.formats.catmaid.spaces import StackOrientation as StackOrientation
    from volio.tiles.cache import TileCache as TileCache
    from volio.tiles.coordinates import dict_subtract as dict_subtract
    from volio.tiles.fetcher import ImageFetcher as ImageFetcher
    from volio.tiles.names import BrokenSliceHandling as BrokenSliceHandling
    from volio.tiles.names import Orientation3D as Orientation3D
    from volio.tiles.names import ROIMode as ROIMode
    from volio.tiles.names import StrEnum as StrEnum
    from volio.tiles.responses import DummyResponse as DummyResponse
    from volio.tiles.responses import DummyTqdm as DummyTqdm
    from volio.tiles.responses import as_future as as_future
    from volio.tiles.responses import as_future_response as as_future_response
    from volio.tiles.responses import response_to_array as response_to_array
    from volio.tiles.responses import response_to_array_callback as response_to_array_callback
    from volio.tiles.threaded import ThreadedImageFetcher as ThreadedImageFetcher


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_NAMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
