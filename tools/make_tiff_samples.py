"""Make the samples of TIFF with tifffile: python tools/make_tiff_samples.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

FOLDER = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples" / "tiff"
PROGRAM = f"tifffile {tifffile.__version__}"


def pyramid(path: Path) -> dict[str, Any]:
    """OME-TIFF of two channels and three slices, in tiles and two resolutions."""
    rng = np.random.default_rng(6)
    array = (np.indices((2, 3, 37, 45)).sum(0) * 90 + rng.integers(0, 99, (2, 3, 37, 45))).astype(
        "u2"
    )
    stated = {"axes": "CZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    channels = {"Channel": {"Name": ["DAPI", "GFP"]}}
    options: dict[str, Any] = {"tile": (16, 32), "compression": "zlib", "predictor": True}
    with tifffile.TiffWriter(path) as file:
        file.write(array, subifds=1, metadata={**stated, **channels}, **options)
        file.write(array[..., ::2, ::2], subfiletype=1, **options)
    shown = array.transpose(3, 2, 1, 0)[:, :, :, np.newaxis]
    return facts(shown, [0.0005, 0.0005, 0.002, 1, 1])


def hyperstack(path: Path) -> dict[str, Any]:
    """Times and slices of ImageJ, big-endian."""
    array = np.random.default_rng(7).normal(0, 30, (2, 3, 6, 5)).astype(">f4")
    stated = {"axes": "TZYX", "spacing": 3.0, "unit": "mm", "finterval": 1.5}
    tifffile.imwrite(path, array, imagej=True, resolution=(4, 2), metadata=stated)
    return facts(array.astype("f4").transpose(3, 2, 1, 0), [0.25, 0.5, 3.0, 1.5])


def colours(path: Path) -> dict[str, Any]:
    """A picture in strips, in LZW, with its resolution."""
    array = np.random.default_rng(8).integers(0, 255, (9, 12, 3), np.uint8)
    options: dict[str, Any] = {"rowsperstrip": 2, "compression": "lzw", "metadata": None}
    tifffile.imwrite(
        path, array, photometric="rgb", resolution=(20, 20), resolutionunit=3, **options
    )
    entry = facts(array.transpose(1, 0, 2)[:, :, np.newaxis], [0.5, 0.5, 1.0])
    dtype = {"names": ["R", "G", "B"], "formats": ["u1", "u1", "u1"]}
    return {**entry, "shape": [12, 9, 1], "dtype": dtype}


def facts(array: np.ndarray, zooms: list[float]) -> dict[str, Any]:
    return {
        "program": PROGRAM,
        "image": "TiffImage",
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "zooms": zooms,
        "affine": np.diag([*zooms[:3], 1.0]).tolist(),
        "total": float(array.sum(dtype=np.float64)),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    makers = {"channels.ome.tif": pyramid, "hyperstack.tif": hyperstack, "colours.tif": colours}
    entries = {name: make(FOLDER / name) for name, make in makers.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
    (FOLDER / "facts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
