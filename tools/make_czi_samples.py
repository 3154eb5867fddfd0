"""Make the samples of CZI with pylibCZIrw, and by hand: python tools/make_czi_samples.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pylibCZIrw import czi

from volio.tests.formats.czi_files import Tile, czi_bytes, xml_of

FOLDER = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples" / "czi"
ZSTD = "zstd1:ExplicitLevel=3;PreProcess=HiLoByteUnpack"


def two_scenes(path: Path) -> dict:
    """Two channels of two scenes, the first of two tiles that overlap."""
    rng = np.random.default_rng(8)
    path.unlink(missing_ok=True)
    scene = np.zeros((2, 8, 14), np.uint16)
    with czi.create_czi(str(path), compression_options="uncompressed:") as writer:
        for channel in range(2):
            plane = {"C": channel, "Z": 0, "T": 0}
            left, right, other = (
                rng.integers(0, 4000, shape, np.uint16) for shape in ((8, 10), (6, 7), (7, 9))
            )
            writer.write(left, (-4, 2), plane, scene=0)
            writer.write(right, (3, 4), plane, compression_options=ZSTD, scene=0)
            writer.write(other, (20, -3), plane, compression_options=ZSTD, scene=1)
            scene[channel, :, :10] = left
            scene[channel, 2:, 7:] = right  # the later one lies on top
        writer.write_metadata(
            channel_names={0: "DAPI", 1: "GFP"}, scale_x=5e-7, scale_y=5e-7, scale_z=2e-6
        )
    return {
        "program": "pylibCZIrw 6.1.0",
        "image": "CziImage",
        "shape": [14, 8, 1, 1, 2],
        "dtype": "uint16",
        "zooms": [5e-4, 5e-4, 2e-3, 1, 1],
        "affine": [[5e-4, 0, 0, -2e-3], [0, 5e-4, 0, 1e-3], [0, 0, 2e-3, 0], [0, 0, 0, 1]],
        "total": float(scene.sum()),
    }


def colours(path: Path) -> dict:
    """Slices of colours, numbered from -1, with half the resolution too."""
    rng = np.random.default_rng(9)
    stored = rng.integers(0, 250, (3, 6, 8, 3)).astype(np.uint8)
    tiles = []
    for number, plane in enumerate(stored):
        at = {"Z": number - 1}
        tiles.append(Tile(plane, 2, 4, at))
        tiles.append(Tile(np.ascontiguousarray(plane[::2, ::2]), 2, 4, at, shrunk=2))
    path.write_bytes(czi_bytes(tiles, xml_of((1e-6, 2e-6, 1e-5))))
    return {
        "program": "written by hand, after the description of the format",
        "image": "CziImage",
        "shape": [8, 6, 3],
        "dtype": {"names": ["R", "G", "B"], "formats": ["u1", "u1", "u1"]},
        "zooms": [1e-3, 2e-3, 1e-2],
        "affine": [[1e-3, 0, 0, 2e-3], [0, 2e-3, 0, 8e-3], [0, 0, 1e-2, -1e-2], [0, 0, 0, 1]],
        "total": float(stored.sum(dtype=np.int64)),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = {
        "two_scenes.czi": two_scenes(FOLDER / "two_scenes.czi"),
        "colours.czi": colours(FOLDER / "colours.czi"),
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(known)}" for name, known in made.items())
    (FOLDER / "facts.json").write_text(f"{{\n{lines}\n}}\n")
