"""Make the samples of CIFTI-2 with nibabel and by hand: python tools/make_cifti_samples.py."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.cifti2 import BrainModelAxis, Cifti2Image, LabelAxis, ParcelsAxis, SeriesAxis

FOLDER = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples" / "cifti2"
PROGRAM = f"nibabel {nibabel.__version__}"
BY_HAND = "by hand, from the definition of the format"
AFFINE = np.array([[-2, 0, 0, 90], [0, 2, 0, -126], [0, 0, 2.5, -72], [0, 0, 0, 1]], float)


def greyordinates() -> BrainModelAxis:
    """Some vertices of two surfaces of 12, and six voxels of the thalamus in a grid of 4x5x6."""
    left = BrainModelAxis.from_surface([0, 2, 3, 5, 7, 11], 12, "CortexLeft")
    right = BrainModelAxis.from_surface([1, 2, 4, 8], 12, "CortexRight")
    mask = np.zeros((4, 5, 6), bool)
    mask[1:3, 2, 3:] = True
    return left + right + BrainModelAxis.from_mask(mask, "thalamus_left", AFFINE)


GREYORDINATES = [
    ["CIFTI_STRUCTURE_CORTEX_LEFT", 0, 6],
    ["CIFTI_STRUCTURE_CORTEX_RIGHT", 6, 10],
    ["CIFTI_STRUCTURE_THALAMUS_LEFT", 10, 16],
]


def facts_of(data: np.ndarray, axes: list[list[Any]], intent: int) -> dict[str, Any]:
    numbers = np.arange(1, data.size + 1).reshape(data.shape)
    return {
        "shape": list(data.shape),
        "total": float(data.sum(dtype=float)),
        "weighted total": float((data * numbers).sum(dtype=float)),
        "axes": axes,
        "intent": intent,
    }


def series() -> dict[str, Any]:
    """Five points in time of vertices and voxels; intent and name as programs set them."""
    data = np.sin(np.arange(80, dtype=np.float32)).reshape(5, 16) * 100
    image = Cifti2Image(data, (SeriesAxis(1.5, 0.72, 5), greyordinates()))
    image.nifti_header.set_intent("NIFTI_INTENT_CONNECTIVITY_DENSE_SERIES", name="ConnDenseSeries")
    image.nifti_header["pixdim"][1:4] = 0  # as Workbench has it
    nibabel.save(image, FOLDER / "series.nii")
    axes = [["SERIES", 5, [1.5, 0.72, "SECOND"]], ["BRAIN_MODELS", 16, GREYORDINATES]]
    return {"dtype": "float32", **facts_of(data, axes, 3002)}


def labels() -> dict[str, Any]:
    """Two maps of labels, without an intent of their own; compressed."""
    data = (np.arange(32, dtype=np.uint8).reshape(2, 16) * 5) % 4
    table = {key: (f"part {key}", (key / 4, 0.5, 1 - key / 4, 1.0)) for key in range(4)}
    other = {0: ("???", (0.0, 0.0, 0.0, 0.0)), 2: ("two", (1.0, 0.0, 0.0, 1.0))}
    axis = LabelAxis(["parts", "halves"], [table, other | {1: ("one", (0.0, 1.0, 0.0, 1.0))}])
    image = Cifti2Image(data, (axis, greyordinates()))
    (FOLDER / "labels.nii.gz").write_bytes(gzip.compress(image.to_bytes(), mtime=0))
    axes = [["LABELS", 2, ["parts", "halves"]], ["BRAIN_MODELS", 16, GREYORDINATES]]
    return {"dtype": "uint8", **facts_of(data, axes, 3000)}


def connectivity() -> dict[str, Any]:
    """A matrix of three parcels by three: both axes share one map of indices."""
    parts = [
        ("front", greyordinates()[:3]),
        ("back", greyordinates()[3:8]),
        ("deep", greyordinates()[10:]),
    ]
    axis = ParcelsAxis.from_brain_models(parts)
    data = np.arange(9, dtype=np.float64).reshape(3, 3) / 7
    image = Cifti2Image(data, (axis, axis))
    image.nifti_header.set_intent("NIFTI_INTENT_CONNECTIVITY_PARCELLATED", name="ConnParcels")
    nibabel.save(image, FOLDER / "parcels.nii")
    axes = [["PARCELS", 3, ["front", "back", "deep"]]] * 2
    return {"dtype": "float64", **facts_of(data, axes, 3003)}


XML = """<?xml version="1.0" encoding="UTF-8"?>
<CIFTI Version="2"><Matrix>
<MetaData><MD><Name>Provenance</Name><Value>by &lt;hand&gt;</Value></MD></MetaData>
<MatrixIndicesMap AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SCALARS">
<NamedMap><MapName>first</MapName></NamedMap><NamedMap><MapName>second</MapName></NamedMap>
<NamedMap><MapName>third</MapName></NamedMap></MatrixIndicesMap>
<MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">
<BrainModel IndexOffset="2" IndexCount="3" ModelType="CIFTI_MODEL_TYPE_SURFACE"
 BrainStructure="CIFTI_STRUCTURE_CORTEX_RIGHT" SurfaceNumberOfVertices="9"><VertexIndices>
 1 4
 8</VertexIndices></BrainModel>
<BrainModel IndexOffset="0" IndexCount="2" ModelType="CIFTI_MODEL_TYPE_VOXELS"
 BrainStructure="CIFTI_STRUCTURE_BRAIN_STEM"><VoxelIndicesIJK>0 1 2 1 0 3</VoxelIndicesIJK>
</BrainModel>
<Volume VolumeDimensions="2, 3, 4"><TransformationMatrixVoxelIndicesIJKtoXYZ MeterExponent="0">
0.002 0 0 -0.01 0 0.003 0 0.02 0 0 0.004 0.03 0 0 0 1</TransformationMatrixVoxelIndicesIJKtoXYZ>
</Volume></MatrixIndicesMap></Matrix></CIFTI>
"""


def extension(code: int, content: bytes) -> bytes:
    size = -(-(len(content) + 8) // 16) * 16
    return struct.pack(">2i", size, code) + content.ljust(size - 8, b"\0")


def scalars() -> dict[str, Any]:
    """Scaled integers in big endian; models out of order, metres, another extension first."""
    stored = np.arange(15, dtype=">i2").reshape(3, 5) ** 2 - 50
    extensions = extension(6, b"a comment of another program") + extension(32, XML.encode())
    start = 544 + len(extensions)
    header = bytearray(540)
    struct.pack_into(">i8s2h8q", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16, 6, 1, 1, 1, 1, 3, 5, 1)
    struct.pack_into(">8d", header, 104, *[1.0] * 8)
    struct.pack_into(">q2d", header, 168, start, 0.25, -3.0)
    struct.pack_into(">i16s", header, 504, 3006, b"ConnDenseScalar")
    voxels = stored.astype(">i2").tobytes(order="F")
    file = bytes(header) + b"\1\0\0\0" + extensions + voxels
    (FOLDER / "scalars.nii").write_bytes(file)
    models = [["CIFTI_STRUCTURE_BRAIN_STEM", 0, 2], ["CIFTI_STRUCTURE_CORTEX_RIGHT", 2, 5]]
    axes = [["SCALARS", 3, ["first", "second", "third"]], ["BRAIN_MODELS", 5, models]]
    facts = facts_of(stored * 0.25 - 3, axes, 3006)
    return {"dtype": "int16", "program": BY_HAND, **facts}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = {
        "series.nii": series(),
        "labels.nii.gz": labels(),
        "parcels.nii": connectivity(),
        "scalars.nii": scalars(),
    }
    known = {"program": PROGRAM, "image": "Cifti2Image", "kind": "greyordinates"}
    lines = [f"{json.dumps(name)}: {json.dumps(known | facts)}" for name, facts in made.items()]
    (FOLDER / "facts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
