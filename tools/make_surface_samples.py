"""Make the samples of surfaces with nibabel: python tools/make_surface_samples.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.gifti import (
    GiftiCoordSystem,
    GiftiDataArray,
    GiftiImage,
    GiftiLabel,
    GiftiLabelTable,
    GiftiMetaData,
)

SAMPLES = Path(__file__).resolve().parents[1] / "volio" / "tests" / "samples"
PROGRAM = f"nibabel {nibabel.__version__}"


def strip(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a sheet of triangles whose vertices are all different."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    bumps = np.sin(x + 2.0 * y)
    vertices = np.stack([x * 1.5 - 4, y * 2.0 + 7, bumps], -1).reshape(-1, 3).astype("f4")
    corner = (x + columns * y)[:-1, :-1].ravel()
    upper = np.stack([corner, corner + 1, corner + columns], 1)
    lower = np.stack([corner + 1, corner + columns + 1, corner + columns], 1)
    return vertices, np.concatenate([upper, lower]).astype("i4")


def facts_of_mesh(vertices: np.ndarray, faces: np.ndarray) -> dict[str, Any]:
    numbers = np.arange(len(vertices))[:, np.newaxis]
    return {
        "vertices": len(vertices),
        "faces": len(faces),
        "sums": [vertices.sum(axis=0).tolist(), (vertices * numbers).sum(axis=0).tolist()],
        "face sum": int((faces * [1, 2, 3]).sum()),
    }


def mesh(folder: Path) -> dict[str, Any]:
    """A left hemisphere in scanner space, with a way to MNI space."""
    vertices, faces = strip(7, 9)
    shift = np.eye(4)
    shift[:3, 3] = (1, 2, 3)
    points = GiftiDataArray(
        vertices,
        "NIFTI_INTENT_POINTSET",
        coordsys=GiftiCoordSystem(1, 4, shift),
        meta=GiftiMetaData(AnatomicalStructurePrimary="CortexLeft", GeometricType="Anatomical"),
    )
    triangles = GiftiDataArray(faces, "NIFTI_INTENT_TRIANGLE", encoding="GIFTI_ENCODING_B64BIN")
    image = GiftiImage(darrays=[points, triangles], meta=GiftiMetaData(Date="today & <then>"))
    (folder / "mesh.gii").write_bytes(image.to_bytes())
    known = {"space": "scanner", "structure": "cortex_left", "data": {}, "labels": {}}
    return facts_of_mesh(vertices, faces) | known


def values(folder: Path) -> dict[str, Any]:
    """Two maps and labels, as text and by columns, without a mesh."""
    rng = np.random.default_rng(3)
    thickness = rng.random(50).astype("f4")
    regions = rng.integers(0, 3, 50).astype("i4")
    curvature = rng.normal(size=50).astype("f4")
    table = GiftiLabelTable()
    for key, name in enumerate(("???", "insula", "cuneus")):
        label = GiftiLabel(key, 0.25 * key, 1.0, 0.5, 1.0)
        label.label = name
        table.labels.append(label)
    arrays = [
        GiftiDataArray(thickness, "NIFTI_INTENT_SHAPE", meta=GiftiMetaData(Name="thickness")),
        GiftiDataArray(regions, "NIFTI_INTENT_LABEL", encoding="GIFTI_ENCODING_ASCII"),
        GiftiDataArray(curvature, "NIFTI_INTENT_NONE", ordering="F", meta=GiftiMetaData(Name="c")),
    ]
    image = GiftiImage(
        darrays=arrays,
        labeltable=table,
        meta=GiftiMetaData(AnatomicalStructurePrimary="CortexRight"),
    )
    (folder / "values.gii").write_bytes(image.to_bytes())
    totals = {
        "thickness": float(thickness.sum(dtype=float)),
        "label": float(regions.sum()),
        "c": float(curvature.sum(dtype=float)),
    }
    return {
        "vertices": 50,
        "faces": None,
        "space": "unknown",
        "structure": "cortex_right",
        "data": totals,
        "labels": {"label": 3},
    }


def main() -> None:
    folder = SAMPLES / "gifti"
    folder.mkdir(exist_ok=True)
    made = {"mesh.gii": mesh(folder), "values.gii": values(folder)}
    known = {"program": PROGRAM, "image": "GiftiImage", "kind": "surface"}
    lines = [f"{json.dumps(name)}: {json.dumps(known | facts)}" for name, facts in made.items()]
    (folder / "facts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
