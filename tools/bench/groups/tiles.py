"""Tiles from a server: nginx on this machine, and the same 20 ms away; beside catpy.

The stack has 1,000 tiles of 256², as PNG. Precomputed volumes are beside tensorstore and
cloud-volume.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.case import Case, Fast, Way
from bench.web import served

__all__ = ["CASES"]

FAR = 0.020  # seconds
CONNECTIONS = 64

#: ``opened(info)`` returns what fetches a region: ``fetch(roi)``, axes z, y, x.
Opened = Callable[[dict[str, Any]], Callable[[Any], Any]]


def stack_info(files: Any, latency: float = 0.0) -> dict[str, Any]:
    """Serve the stack of tiles; return its description."""
    folder, shape = files.tiles()
    url = served(folder, latency)
    mirror = {
        "title": "nginx",
        "position": 0,
        "image_base": f"{url}/em/",
        "tile_width": files.TILE,
        "tile_height": files.TILE,
        "tile_source_type": 4,
        "file_extension": "png",
    }
    info = {
        "sid": 5,
        "pid": 1,
        "stitle": "tissue",
        "ptitle": "bench",
        "dimension": dict(zip("zyx", shape, strict=True)),
        "resolution": {"x": 4.0, "y": 4.0, "z": 40.0},
        "translation": {"x": 0.0, "y": 0.0, "z": 0.0},
        "orientation": 0,
        "num_zoom_levels": 0,
        "broken_slices": {},
        "canary_location": {"x": 0, "y": 0, "z": 0},
        "attribution": "",
        "metadata": None,
        "downsample_factors": None,
        "mirrors": [mirror],
    }
    path = folder / "1" / "stack" / "5" / "info"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(info))
    return info


def _everything(info: dict[str, Any]) -> list[list[int]]:
    size = info["dimension"]
    return [[0, 0, 0], [size["z"], size["y"], size["x"]]]


def _fetcher(module: str, name: str, info: dict[str, Any], **options: Any) -> Any:
    """Return what fetches with the classes of catpy, or with volio's of the same names."""
    tiles = import_module(module)
    cls = getattr(tiles, name)
    cls.show_progress = False
    fetcher = cls.from_stack_info(info, preferred_mirror=0, timeout=30, **options)
    return partial(fetcher.get, roi_mode=tiles.ROIMode.STACK)


def _loaded(info: dict[str, Any]) -> Callable[[Any], Any]:
    """Return what fetches by `volio.load`."""
    import volio

    url = info["mirrors"][0]["image_base"].removesuffix("/em/")
    img = volio.load(f"catmaid+{url}/1/stack/5")

    def fetch(roi: Any) -> Any:
        first, last = roi
        box = tuple(slice(*side) for side in zip(first, last, strict=True))
        return np.asarray(img.dataobj[box[::-1]]).transpose()

    return fetch


VOLIO = partial(_fetcher, "volio.tiles", "ThreadedImageFetcher")
CATPY = partial(_fetcher, "catpy.image", "ThreadedImageFetcher")
OTHERS: dict[str, Opened] = {
    "volio.load": _loaded,
    "catpy, one": partial(_fetcher, "catpy.image", "ImageFetcher"),
    "catpy, 10 threads": partial(CATPY, threads=10),
    "catpy, 32 threads": partial(CATPY, threads=32),
}


def _first(opened: Opened, latency: float) -> Way:
    """Return the way to fetch everything for the first time."""

    def way(files: Any) -> Callable[[], Any]:
        info = stack_info(files, latency)
        opened(info)([[0, 0, 0], [1, 1, 1]])  # connections and decoders are there
        fetch = opened(info)
        return lambda: fetch(_everything(info))

    return way


def _ways(latency: float, **options: Any) -> dict[str, Way]:
    """Return the ways to fetch everything; options are those of volio's fetcher."""
    ways = {"volio": partial(VOLIO, **options), **OTHERS}
    return {name: _first(opened, latency) for name, opened in ways.items()}


def _again(files: Any) -> Callable[[], Any]:
    info = stack_info(files)
    fetch = VOLIO(info)
    fetch(_everything(info))
    return lambda: fetch(_everything(info))


def _from_disk(files: Any) -> Callable[[], Any]:
    info = stack_info(files)
    folder = files.output("a.done").with_name(f"cache-{info['mirrors'][0]['image_base'][17:22]}")
    fetch = VOLIO(info, cache_folder=folder)
    fetch(_everything(info))
    fetch.func.__self__.clear_cache()
    return lambda: fetch(_everything(info))


def _open(files: Any) -> Callable[[], Any]:
    info = stack_info(files, FAR)
    import volio

    url = info["mirrors"][0]["image_base"].removesuffix("/em/")
    return lambda: np.array(volio.load(f"catmaid+{url}/1/stack/5").shape)


def _import(files: Any) -> Callable[[], Any]:
    def work() -> Any:
        import_module("volio.tiles")
        return np.array([name in sys.modules for name in ("PIL", "urllib3")])

    return work


Precomputed = Callable[[str], Any]


def _by_volio(url: str) -> Any:
    import volio

    return np.asarray(volio.load(f"precomputed://{url}").dataobj)


def _by_tensorstore(url: str) -> Any:
    import tensorstore

    spec = {"driver": "neuroglancer_precomputed", "kvstore": f"{url}/"}
    return tensorstore.open(spec).result().read().result()[..., 0]


def _by_cloud_volume(url: str) -> Any:
    import cloudvolume

    volume = cloudvolume.CloudVolume(f"precomputed://{url}", progress=False, parallel=1)
    return np.asarray(volume[:, :, :])[..., 0]


def _precomputed(read: Precomputed, encoding: str) -> Way:
    def way(files: Any) -> Callable[[], Any]:
        small: Path = files.precomputed(encoding, tiny=True)
        read(f"{served(small.parent)}/{small.name}")
        folder: Path = files.precomputed(encoding)
        url = f"{served(folder.parent)}/{folder.name}"
        return lambda: read(url)

    return way


READERS: dict[str, Precomputed] = {
    "volio": _by_volio,
    "tensorstore": _by_tensorstore,
    "cloud-volume": _by_cloud_volume,
}

CASES = (
    Case(
        "tiles-near",
        "a region of 1,000 PNG tiles of 256², nginx on this machine",
        _ways(0.0),
        (Fast("catpy, 10 threads", 2), Fast("catpy, one", 3)),
    ),
    Case(
        "tiles-far",
        f"the same, nginx {FAR * 1e3:.0f} ms away; volio with {CONNECTIONS} connections",
        _ways(FAR, threads=CONNECTIONS),
        (Fast("catpy, 10 threads", 3), Fast("catpy, one", 8)),
    ),
    Case(
        "tiles-again",
        "the same region again, kept in memory; beside fetching it from this machine",
        {"volio": _again, "first": _first(VOLIO, 0.0)},
        (Fast("first", 50),),
    ),
    Case(
        "tiles-disk",
        "the same region again, kept on disk; beside fetching it from 20 ms away",
        {"volio": _from_disk, "first": _first(VOLIO, FAR)},
        (Fast("first", 5),),
    ),
    Case(
        "tiles-open",
        "volio.load of a stack 20 ms away, before any tile",
        {"volio": _open},
        (Fast(seconds=1),),
    ),
    Case(
        "tiles-import",
        "import of volio.tiles, numpy being there; without Pillow and urllib3",
        {"volio": _import},
        (Fast(seconds=0.15),),
    ),
    *(
        Case(
            f"tiles-precomputed-{encoding}",
            f"a precomputed volume in chunks of 64³ ({encoding}), nginx on this machine",
            {name: _precomputed(read, encoding) for name, read in READERS.items()},
            (Fast("cloud-volume"), Fast("tensorstore", 1 / 2 if encoding == "raw" else 1)),
        )
        for encoding in ("raw", "jpeg")
    ),
)
