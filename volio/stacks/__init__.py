"""Image stacks: patches of images of any size, for training, under the names of CAREamics.

An image stack is an array with the axes SC(Z)YX (samples, channels, perhaps depth, rows, columns),
whatever the order of axes where it is stored. `ImageStack.extract_patch` returns a part of it; in
memory is only what is asked for, except of stacks that say otherwise.

Names are imported when they are first used, and optional packages where they are needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Every public name and the module it comes from.
_NAMES = {
    "AxesTransform": "axes",
    "CziImageStack": "czi",
    "CziReader": "czi",
    "FileImageStack": "file",
    "FixedPatching": "patching",
    "FixedRandomPatching": "patching",
    "ImageStack": "stack",
    "InMemoryImageStack": "memory",
    "LazyImageStack": "lazy",
    "LimitFilesPatchExtractor": "extractor",
    "PatchExtractor": "extractor",
    "PatchSpecs": "patching",
    "Patching": "patching",
    "RandomPatching": "patching",
    "ReadFunc": "reading",
    "Rectangle": "czi",
    "SequentialPatching": "patching",
    "StratifiedPatching": "stratified",
    "TileSpecs": "patching",
    "TiledPatching": "patching",
    "WholeSamplePatching": "patching",
    "ZarrImageStack": "zarr",
    "load_czis": "loading",
    "load_zarrs": "loading",
    "open_stacks": "loading",
    "reshape_array": "axes",
    "restore_array": "axes",
    "restore_tile": "axes",
    "stitch": "patching",
    "tile_axis": "patching",
}

__all__ = sorted(_NAMES)

if TYPE_CHECKING:
    from volio.stacks.axes import AxesTransform as AxesTransform
    from volio.stacks.axes import reshape_array as reshape_array
    from volio.stacks.axes import restore_array as restore_array
    from volio.stacks.axes import restore_tile as restore_tile
    from volio.stacks.czi import CziImageStack as CziImageStack
    from volio.stacks.czi import CziReader as CziReader
    from volio.stacks.czi import Rectangle as Rectangle
    from volio.stacks.extractor import LimitFilesPatchExtractor as LimitFilesPatchExtractor
    from volio.stacks.extractor import PatchExtractor as PatchExtractor
    from volio.stacks.file import FileImageStack as FileImageStack
    from volio.stacks.lazy import LazyImageStack as LazyImageStack
    from volio.stacks.loading import load_czis as load_czis
    from volio.stacks.loading import load_zarrs as load_zarrs
    from volio.stacks.loading import open_stacks as open_stacks
    from volio.stacks.memory import InMemoryImageStack as InMemoryImageStack
    from volio.stacks.patching import FixedPatching as FixedPatching
    from volio.stacks.patching import FixedRandomPatching as FixedRandomPatching
    from volio.stacks.patching import Patching as Patching
    from volio.stacks.patching import PatchSpecs as PatchSpecs
    from volio.stacks.patching import RandomPatching as RandomPatching
    from volio.stacks.patching import SequentialPatching as SequentialPatching
    from volio.stacks.patching import TiledPatching as TiledPatching
    from volio.stacks.patching import TileSpecs as TileSpecs
    from volio.stacks.patching import WholeSamplePatching as WholeSamplePatching
    from volio.stacks.patching import stitch as stitch
    from volio.stacks.patching import tile_axis as tile_axis
    from volio.stacks.reading import ReadFunc as ReadFunc
    from volio.stacks.stack import ImageStack as ImageStack
    from volio.stacks.stratified import StratifiedPatching as StratifiedPatching
    from volio.stacks.zarr import ZarrImageStack as ZarrImageStack


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
