"""Make the samples of MZ3, PLY and STL: python tools/make_mesh_samples.py, with trimesh installed.

MZ3 is written by hand, from the definition of the format: https://github.com/neurolabusc/surf-ice.
"""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from make_surface_samples import SAMPLES, facts_of_mesh, strip, write_facts

TRIMESH = f"trimesh {trimesh.__version__}"
BY_HAND = "by hand, from the definition of the format"


def mz3(
    bits: int, counts: tuple[int, int], blocks: list[np.ndarray], skipped: bytes = b""
) -> bytes:
    header = struct.pack("<2sH3I", b"MZ", bits, *counts, len(skipped))
    return header + skipped + b"".join(block.tobytes() for block in blocks)


def mz3_colours(folder: Path) -> dict[str, Any]:
    """A mesh with colours, ambient occlusion and two values of each vertex, in gzip."""
    vertices, faces = strip(5, 6)
    rng = np.random.default_rng(21)
    colours = rng.integers(0, 256, (30, 4), np.uint8)
    scalars = rng.random((3, 30))
    data = mz3(1 + 2 + 4 + 16 + 32, (40, 30), [faces, vertices, colours, scalars], b"    ")
    (folder / "colours.mz3").write_bytes(gzip.compress(data, mtime=0))
    sums = {"ambient occlusion": float(scalars[0].sum()), "scalar": float(scalars[1:].sum())}
    return facts_of_mesh(vertices, faces) | {"data": sums}


def mz3_parts(folder: Path) -> dict[str, Any]:
    """A mesh with labels, in gzip."""
    vertices, faces = strip(4, 7)
    keys = np.random.default_rng(22).choice([0, 3, 17], 28).astype("f4")
    table = {
        "R": [0, 10, 20],
        "G": [1, 11, 21],
        "B": [2, 12, 22],
        "A": [0, 255, 128],
        "I": [0, 3, 17],
        "labels": ["none", "insula", "cuneus"],
    }
    skipped = json.dumps(table).encode()
    skipped += b" " * (-len(skipped) % 4)
    data = mz3(1 + 2 + 8 + 64, (36, 28), [faces, vertices, keys], skipped)
    (folder / "parts.mz3").write_bytes(gzip.compress(data, mtime=0))
    known = {"data": {"scalar": float(keys.sum())}, "labels": {"scalar": 3}}
    return facts_of_mesh(vertices, faces) | known


def mz3_values(folder: Path) -> dict[str, Any]:
    """A value for each vertex, not compressed."""
    values = np.random.default_rng(23).normal(size=45).astype("f4")
    (folder / "values.mz3").write_bytes(mz3(8, (0, 45), [values]))
    return {"vertices": 45, "faces": None, "data": {"scalar": float(values.sum(dtype=float))}}


def ply(folder: Path, name: str, encoding: str) -> dict[str, Any]:
    """A mesh with colours and a value of each vertex; its last number is of one digit.

    Nothing shows that a text ends within a number of more.
    """
    vertices, faces = strip(5, 4)
    faces = faces[::-1]
    colours = np.random.default_rng(24).integers(0, 256, (20, 4), np.uint8)
    mesh = trimesh.Trimesh(vertices, faces, vertex_colors=colours, process=False)
    height = np.random.default_rng(25).random(20).astype("f4")
    mesh.vertex_attributes["height"] = height
    (folder / name).write_bytes(mesh.export(file_type="ply", encoding=encoding))
    return facts_of_mesh(vertices, faces) | {"data": {"height": float(height.sum(dtype=float))}}


def stl(folder: Path, name: str, file_type: str) -> dict[str, Any]:
    """A mesh whose faces name the vertices in order."""
    vertices, faces = strip(3, 6)
    firsts = np.unique(faces, return_index=True)[1]
    order = np.argsort(firsts)
    data = trimesh.Trimesh(vertices, faces, process=False).export(file_type=file_type)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return facts_of_mesh(vertices[order], np.argsort(order)[faces])


def known(image: str, program: str, made: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return facts with those that all samples of a format share."""
    shared = {"program": program, "image": image, "space": "unknown", "structure": ""}
    return {name: shared | {"data": {}, "labels": {}} | facts for name, facts in made.items()}


def main() -> None:
    folder = SAMPLES / "mz3"
    folder.mkdir(exist_ok=True)
    made = {
        "colours.mz3": mz3_colours(folder),
        "parts.mz3": mz3_parts(folder),
        "values.mz3": mz3_values(folder),
    }
    write_facts(folder, known("Mz3Surface", BY_HAND, made))
    folder = SAMPLES / "ply"
    folder.mkdir(exist_ok=True)
    made = {
        "binary.ply": ply(folder, "binary.ply", "binary"),
        "text.ply": ply(folder, "text.ply", "ascii"),
    }
    write_facts(folder, known("PlySurface", TRIMESH, made))
    folder = SAMPLES / "stl"
    folder.mkdir(exist_ok=True)
    made = {
        "binary.stl": stl(folder, "binary.stl", "stl"),
        "text.stl": stl(folder, "text.stl", "stl_ascii"),
    }
    write_facts(folder, known("StlSurface", TRIMESH, made))


if __name__ == "__main__":
    main()
