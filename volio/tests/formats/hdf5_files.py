"""HDF5 files that h5py writes, laid out as other programs lay theirs out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from volio.tests.requirements import optional

h5py = optional("h5py")

rng = np.random.default_rng(11)
#: Axes z, y, x; every value differs from those near it.
VOLUME = rng.integers(0, 60_000, (13, 18, 21)).astype(np.uint16)


def plain(
    path: Path, array: np.ndarray = VOLUME, attributes: dict | None = None, **more: Any
) -> Path:
    """Write one data set; return the path of the file."""
    with h5py.File(path, "w") as file:
        node = file.create_dataset("volume/data", data=array, **more)
        node.attrs.update(attributes or {})
    return path


def axistags(keys: str, **resolution: float) -> str:
    """Return the attribute that ilastik has."""
    axes = [
        {"key": key, "typeFlags": 2, "resolution": resolution.get(key, 0), "description": ""}
        for key in keys
    ]
    return json.dumps({"axes": axes})


def characters(**texts: Any) -> dict[str, np.ndarray]:
    """Return attributes as Imaris has them: arrays of single characters."""
    return {name: np.array([*str(text)], "S1") for name, text in texts.items()}


def imaris(path: Path, array: np.ndarray, levels: int = 2, sized: bool = True) -> Path:
    """Write an Imaris file of an array (t, c, z, y, x), filled up to chunks of 8."""
    times, channels, *shape = array.shape
    z, y, x = shape
    with h5py.File(path, "w") as file:
        info = file.create_group("DataSetInfo/Image")
        ends = {"ExtMin0": 10, "ExtMin1": -5, "ExtMin2": 0}
        ends |= {"ExtMax0": 10 + x * 0.5, "ExtMax1": -5 + y * 0.5, "ExtMax2": z * 2}
        info.attrs.update(characters(X=x, Y=y, Z=z, Unit="um", **ends))
        time = file.create_group("DataSetInfo/TimeInfo")
        stamps = {"TimePoint1": "2020-01-01 00:00:58.500", "TimePoint2": "2020-01-01 00:01:01.000"}
        time.attrs.update(characters(**stamps))
        for channel in range(channels):
            group = file.create_group(f"DataSetInfo/Channel {channel}")
            known = {"Name": f"stain {channel}", "Color": "1.000 0.500 0.000", "ColorRange": "5 99"}
            group.attrs.update(characters(**known))
        for level in range(levels):
            for t in range(times):
                for c in range(channels):
                    part = array[t, c, :: 2**level, :: 2**level, :: 2**level]
                    full = np.full([-(-n // 8) * 8 for n in part.shape], 7, part.dtype)
                    full[tuple(slice(n) for n in part.shape)] = part
                    where = f"DataSet/ResolutionLevel {level}/TimePoint {t}/Channel {c}"
                    file.create_dataset(f"{where}/Data", data=full, chunks=(8, 8, 8))
                    sizes = zip("ZYX", part.shape, strict=True)
                    if sized:
                        names = {f"ImageSize{axis}": n for axis, n in sizes}
                        file[where].attrs.update(characters(**names))
    return path


def bigdataviewer(path: Path, arrays: dict[int, np.ndarray], times: int = 2) -> Path:
    """Write a file of BigDataViewer: setups by their number, two resolutions, as int16."""
    with h5py.File(path, "w") as file:
        for setup, array in arrays.items():
            file[f"s{setup:02d}/resolutions"] = np.array([[1, 1, 1], [2, 2, 2]], float)
            for t in range(times):
                for level in range(2):
                    part = (array + t)[:: 2**level, :: 2**level, :: 2**level]
                    where = f"t{t:05d}/s{setup:02d}/{level}/cells"
                    file.create_dataset(where, data=part.view(np.int16), chunks=(4, 8, 8))
    return path
