"""Make the samples of FreeSurfer's files: python tools/make_freesurfer_samples.py.

It takes nibabel and mne. Patches and texts are packed by hand, as FreeSurfer's sources say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mne
import nibabel
import numpy as np
from make_surface_samples import BARE, PROGRAM, SAMPLES, facts_of_mesh, strip, write_facts
from mne.source_estimate import _write_w

BY_HAND = "by hand, from the definition of the format"


def triangles(folder: Path) -> dict[str, Any]:
    """A surface of FreeSurfer with the geometry of its volume."""
    vertices, faces = strip(6, 8)
    info = {
        "head": [2, 0, 20],
        "valid": "1  # volume info valid",
        "filename": "../mri/filled.mgz",
        "volume": [256, 255, 254],
        "voxelsize": [1.0, 1.5, 0.75],
        "xras": [-0.8, 0.6, 0.0],
        "yras": [0.0, 0.0, -1.0],
        "zras": [0.6, 0.8, 0.0],
        "cras": [5.25, -18.5, 2.0],
    }
    stamp = "created by somebody on Thu Jan  1 00:00:00 1970"
    nibabel.freesurfer.write_geometry(folder / "mesh", vertices, faces, stamp, info)
    known = {"space": "tkras", "structure": "", "data": {}, "labels": {}}
    return facts_of_mesh(vertices, faces) | known | {"image": "FreeSurferSurface"}


def morph_data(folder: Path) -> dict[str, Any]:
    """A value for each vertex."""
    numbers = np.random.default_rng(8).normal(2.5, 0.4, 60).astype("f4")
    nibabel.freesurfer.write_morph_data(folder / "values", numbers, fnum=116)
    return {
        "image": "FreeSurferMorphData",
        "vertices": 60,
        "faces": None,
        "space": "unknown",
        "structure": "",
        "data": {"values": float(numbers.sum(dtype=float))},
        "labels": {},
    }


def annotation(folder: Path) -> dict[str, Any]:
    """Four labels, one of which does not occur, and vertices without a label."""
    rows = np.random.default_rng(9).choice([-1, 0, 1, 3], 70)
    table = np.array([[25, 5, 25, 0], [0, 0, 1, 0], [255, 0, 0, 0], [25, 100, 40, 155]])
    names = ["unknown", "bankssts", "nowhere", "caudal"]
    nibabel.freesurfer.write_annot(folder / "parts.annot", rows, table, names)
    return {
        "image": "FreeSurferAnnotation",
        "vertices": 70,
        "faces": None,
        "space": "unknown",
        "structure": "",
        "data": {"annotation": float(rows.sum())},
        "labels": {"annotation": 4},
    }


def label(folder: Path) -> dict[str, Any]:
    """Three vertices, written as FreeSurfer prints them."""
    text = (
        "#!ascii label  , from subject bert vox2ras=TkReg\n3\n"
        "12  -21.104  -33.250  4.500 0.1250000000\n"
        "7  -21.000  -33.500  4.250 0.2500000000\n"
        "300  1.000  2.000  -3.000 0.0000000000\n"
    )
    (folder / "part.label").write_text(text)
    rows = np.array([[-21.104, -33.25, 4.5], [-21, -33.5, 4.25], [1, 2, -3]])
    numbers = np.arange(3)[:, np.newaxis]
    return {
        "image": "FreeSurferLabel",
        "program": BY_HAND,
        "vertices": 3,
        "faces": 0,
        "sums": [rows.sum(axis=0).tolist(), (rows * numbers).sum(axis=0).tolist()],
        "face sum": 0,
        "space": "tkras",
        "structure": "",
        "data": {"value": 0.375},
        "labels": {},
    }


def facts_of_points(vertices: np.ndarray) -> dict[str, Any]:
    """Facts of vertices without faces, as float32 has them."""
    facts = facts_of_mesh(vertices.astype("f4"), np.zeros((0, 3), int))
    return BARE | facts | {"program": BY_HAND}


def patch(folder: Path) -> dict[str, Any]:
    """Some vertices of a surface, of which those of the first row are at the border."""
    vertices, _ = strip(5, 6)
    numbers = np.arange(30) * 3 + 8
    signed = np.where(np.arange(30) < 6, -numbers, numbers)
    rows = np.zeros(30, [("number", ">i4"), ("position", ">f4", 3)])
    rows["number"] = signed
    rows["position"] = vertices
    data = np.array([-1, 30], ">i4").tobytes() + rows.tobytes()
    (folder / "part.patch.flat").write_bytes(data)
    return facts_of_points(vertices) | {"image": "FreeSurferPatch", "data": {"border": 6.0}}


def text_surface(folder: Path) -> dict[str, Any]:
    """A surface as text, in which a vertex and a face are cut off."""
    vertices, faces = strip(4, 5)
    rows = [f"{x:f}  {y:f}  {z:f}  {int(n == 7)}" for n, (x, y, z) in enumerate(vertices)]
    sides = [f"{a} {b} {c} {int(n == 3)}" for n, (a, b, c) in enumerate(faces)]
    text = ["#!ascii version of lh.white", f"{len(rows)} {len(sides)}", *rows, *sides, ""]
    (folder / "text.asc").write_text("\n".join(text))
    rounded = np.array([[f"{x:f}" for x in row] for row in vertices]).astype("f4")
    known = {"image": "FreeSurferAscii", "program": BY_HAND, "space": "tkras"}
    return BARE | facts_of_mesh(rounded, faces) | known | {"data": {"ripped": 1.0}}


def text_patch(folder: Path) -> dict[str, Any]:
    """A patch as text, with its faces."""
    vertices, faces = strip(3, 4)
    numbers = np.arange(12) * 2 + 5
    lines = ["#!ascii version of patch lh.occip. The 1st index is not a vertex number"]
    lines.append(f"12 {len(faces)}")
    for n, (number, (x, y, z)) in enumerate(zip(numbers, vertices, strict=True)):
        sign = "-" if n % 4 == 0 else ""
        lines += [f"{sign}{number + 1} vno={number}", f"{x:f}  {y:f}  {z:f}"]
    for n, face in enumerate(numbers[faces]):
        lines += [str(n * 7), " ".join(map(str, face)) + " "]
    (folder / "textpatch.srf").write_text("\n".join([*lines, ""]))
    rounded = np.array([[f"{x:f}" for x in row] for row in vertices]).astype("f4")
    known = {"image": "FreeSurferAscii", "program": BY_HAND, "data": {"border": 3.0}}
    return BARE | facts_of_mesh(rounded, faces) | known


def text_values(folder: Path) -> dict[str, Any]:
    """A value for each vertex as text."""
    vertices, _ = strip(4, 6)
    values = np.random.default_rng(11).normal(2.5, 0.5, 24)
    lines = [
        f"{n:03d} {x:.5f} {y:.5f} {z:.5f} {value:.5f}"
        for n, ((x, y, z), value) in enumerate(zip(vertices, values, strict=True))
    ]
    (folder / "thickness.asc").write_text("\n".join([*lines, ""]))
    known = {
        "image": "FreeSurferAsciiValues",
        "space": "tkras",
        "data": {"values": float(values.round(5).sum())},
        "states its length": False,
        "known by name": True,
    }
    return facts_of_points(vertices.round(5)) | known


def sparse(folder: Path) -> dict[str, Any]:
    """Values of some vertices."""
    values = np.random.default_rng(12).normal(size=20).astype("f4")
    _write_w(folder / "values-lh.w", np.arange(20) * 7000 + 3, values)
    return BARE | {
        "image": "FreeSurferSparseValues",
        "program": f"mne {mne.__version__}",
        "known by name": True,
        "vertices": 20,
        "faces": None,
        "data": {"values": float(values.sum(dtype=float))},
    }


def main() -> None:
    folder = SAMPLES / "freesurfer"
    folder.mkdir(exist_ok=True)
    made = {
        "mesh": triangles(folder),
        "values": morph_data(folder),
        "parts.annot": annotation(folder),
        "part.label": label(folder),
        "part.patch.flat": patch(folder),
        "text.asc": text_surface(folder),
        "textpatch.srf": text_patch(folder),
        "thickness.asc": text_values(folder),
        "values-lh.w": sparse(folder),
    }
    write_facts(folder, {name: {"program": PROGRAM} | facts for name, facts in made.items()})


if __name__ == "__main__":
    main()
