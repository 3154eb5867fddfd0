"""Make samples of surfaces with nibabel, meshio and VTK: python tools/make_surface_samples.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import meshio
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


MESHIO = f"meshio {meshio.__version__}"
BARE = {"space": "unknown", "structure": "", "data": {}, "labels": {}}


def off(folder: Path) -> dict[str, Any]:
    """Vertices and faces, with a comment, as meshio writes them."""
    vertices, faces = strip(5, 7)
    meshio.Mesh(vertices, [("triangle", faces)]).write(folder / "mesh.off")
    return facts_of_mesh(vertices, faces) | BARE | {"image": "OffSurface", "program": MESHIO}


def coloured_off(folder: Path) -> dict[str, Any]:
    """A colour of each vertex and comments, by hand from the definition of the format."""
    vertices, faces = strip(4, 6)
    rows = [f"{x:.9g} {y:.9g} {z:.9g}  {n} {255 - n} 7 {200 + n}  # vertex {n}"
            for n, (x, y, z) in enumerate(vertices)]  # fmt: skip
    sides = [f"3  {a} {b} {c}" for a, b, c in faces]
    text = ["COFF", "# a comment, then counts", f"{len(rows)} {len(sides)} 0", *rows, *sides, ""]
    (folder / "colours.off").write_text("\n".join(text))
    known = {"image": "OffSurface", "program": "by hand, from the definition of the format"}
    return facts_of_mesh(vertices, faces) | BARE | known


def wavefront(folder: Path) -> dict[str, Any]:
    """Vertices and faces, with a comment, as meshio writes them."""
    vertices, faces = strip(5, 6)
    meshio.Mesh(vertices, [("triangle", faces)]).write(folder / "mesh.obj")
    known = {"image": "WavefrontSurface", "program": MESHIO, "states its length": False}
    return facts_of_mesh(vertices, faces) | BARE | known


def coloured_wavefront(folder: Path) -> dict[str, Any]:
    """Two objects with colours, by hand from the definition of the format."""
    vertices, faces = strip(4, 5)
    rows = [f"v {x:.9g} {y:.9g} {z:.9g} {n / 20} 0.5 {1 - n / 20}"
            for n, (x, y, z) in enumerate(vertices)]  # fmt: skip
    backwards = faces - len(vertices)
    sides = [f"f {a}//1 {b}//2 {c}//3" for a, b, c in backwards]
    text = ["o near", *rows[:8], "vn 0 0 1", "o far", *rows[8:], "s off", *sides, ""]
    (folder / "objects.obj").write_text("\n".join(text))
    known = {
        "image": "WavefrontSurface",
        "program": "by hand, from the definition of the format",
        "states its length": False,
        "data": {"object": float(len(rows) - 8)},
        "labels": {"object": 2},
    }
    return facts_of_mesh(vertices, faces) | BARE | known


def vtk_poly_data(vertices: np.ndarray, faces: np.ndarray, values: dict[str, np.ndarray]) -> Any:
    """Return a mesh with values as VTK has it."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = vtkPoints()
    points.SetData(numpy_to_vtk(vertices, deep=True))
    cells = vtkCellArray()
    threes = np.column_stack([np.full(len(faces), 3), faces]).astype(np.int64)
    cells.SetCells(len(faces), numpy_to_vtkIdTypeArray(threes.ravel(), deep=True))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    for name, numbers in values.items():
        array = numpy_to_vtk(numbers, deep=True)
        array.SetName(name)
        mesh.GetPointData().AddArray(array)
    return mesh


def vtk_by_program(folder: Path) -> dict[str, Any]:
    """Vertices, faces and values in version 5.1, as VTK writes them."""
    from vtkmodules.vtkCommonCore import VTK_VERSION
    from vtkmodules.vtkIOLegacy import vtkPolyDataWriter

    vertices, faces = strip(5, 6)
    height = (vertices[:, 2] * 3).astype("f4")
    writer = vtkPolyDataWriter()
    writer.SetFileName(str(folder / "mesh.vtk"))
    writer.SetFileTypeToBinary()
    writer.SetInputData(vtk_poly_data(vertices, faces, {"my height": height}))
    writer.Write()
    known = {
        "image": "VtkSurface",
        "program": f"VTK {VTK_VERSION}",
        "states its length": False,
        "data": {"my height": float(height.sum(dtype=float))},
    }
    return facts_of_mesh(vertices, faces) | BARE | known


def vtk_as_text(folder: Path) -> dict[str, Any]:
    """Version 3.0 as text with scalars and vectors, by hand from the definition of the format."""
    vertices, faces = strip(4, 6)
    rows = [f"{x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices]
    sides = [f"3 {a} {b} {c}" for a, b, c in faces]
    parts = [str(n % 7) for n in range(len(vertices))]
    arrows = [f"{n} 0.5 {-n}" for n in range(len(vertices))]
    text = [
        "# vtk DataFile Version 3.0", "by hand", "ASCII", "DATASET POLYDATA",
        f"POINTS {len(rows)} float", *rows, f"POLYGONS {len(sides)} {4 * len(sides)}", *sides,
        f"POINT_DATA {len(rows)}", "SCALARS part int 1", "LOOKUP_TABLE default", " ".join(parts),
        "VECTORS arrow double", *arrows, "",
    ]  # fmt: skip
    (folder / "text.vtk").write_text("\n".join(text))
    known = {
        "image": "VtkSurface",
        "program": "by hand, from the definition of the format",
        "states its length": False,
        "data": {"part": float(sum(map(int, parts))), "arrow": 0.5 * len(rows)},
    }
    return facts_of_mesh(vertices, faces) | BARE | known


def write_facts(folder: Path, made: dict[str, dict[str, Any]]) -> None:
    known = {"program": PROGRAM, "image": "GiftiImage", "kind": "surface"}
    lines = [f"{json.dumps(name)}: {json.dumps(known | facts)}" for name, facts in made.items()]
    (folder / "facts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    gifti = SAMPLES / "gifti"
    gifti.mkdir(exist_ok=True)
    write_facts(gifti, {"mesh.gii": mesh(gifti), "values.gii": values(gifti)})
    folder = SAMPLES / "off"
    folder.mkdir(exist_ok=True)
    write_facts(folder, {"mesh.off": off(folder), "colours.off": coloured_off(folder)})
    folder = SAMPLES / "wavefront"
    folder.mkdir(exist_ok=True)
    made = {"mesh.obj": wavefront(folder), "objects.obj": coloured_wavefront(folder)}
    write_facts(folder, made)
    folder = SAMPLES / "vtk"
    folder.mkdir(exist_ok=True)
    made = {"mesh.vtk": vtk_by_program(folder), "text.vtk": vtk_as_text(folder)}
    write_facts(folder, made)


if __name__ == "__main__":
    main()
