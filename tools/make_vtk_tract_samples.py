"""Make the samples of tracts in files of VTK: python tools/make_vtk_tract_samples.py, with VTK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from make_tract_samples import BY_HAND, SAMPLES, curves, facts_of, total, write_facts
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import VTK_VERSION, vtkPoints, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkIOLegacy import vtkPolyDataWriter
from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

COUNTS = [6, 2, 25]
VTK = f"VTK {VTK_VERSION}"
#: New files are of version 3.0, and their arrays are not compressed.
KNOWN = {"keeps bytes": False, "read when opened": True}


def poly_data(lines: list[np.ndarray], values: np.ndarray, weights: np.ndarray) -> Any:
    """Return lines, with a value for each point and each line."""
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.concatenate(lines), deep=True))
    cells = vtkCellArray()
    first = 0
    for line in lines:
        cells.InsertNextCell(len(line), range(first, first + len(line)))
        first += len(line)
    made = vtkPolyData()
    made.SetPoints(points)
    made.SetLines(cells)
    for data, name, array in (
        (made.GetPointData(), "FA", values),
        (made.GetCellData(), "weight", weights),
    ):
        held = numpy_to_vtk(array, deep=True)
        held.SetName(name)
        data.AddArray(held)
    return made


def legacy(folder: Path) -> dict[str, Any]:
    """Version 5.1, binary, RAS+ by its title."""
    lines = curves(41, COUNTS)
    rng = np.random.default_rng(42)
    values = rng.random(33).astype("f4")
    weights = rng.random(3)
    writer = vtkPolyDataWriter()
    writer.SetHeader("3D Slicer output. SPACE=RAS")
    writer.SetFileTypeToBinary()
    writer.SetFileName(str(folder / "binary.vtk"))
    writer.SetInputData(poly_data(lines, values, weights))
    writer.Write()
    facts = facts_of(lines, per_point={"FA": total(values)}, per_line={"weight": total(weights)})
    return facts | KNOWN


def text(folder: Path) -> dict[str, Any]:
    """Version 3.0 as text, LPS+, with points that are not in the order of the lines."""
    lines = curves(43, [4, 3])
    points = np.concatenate(lines)
    order = np.random.default_rng(44).permutation(7)
    places = np.argsort(order)
    rows = [f"{-x:.9g} {-y:.9g} {z:.9g}" for x, y, z in points[order]]
    numbers = [" ".join(map(str, [4, *places[:4]])), " ".join(map(str, [3, *places[4:]]))]
    words = [
        "# vtk DataFile Version 3.0", "by hand SPACE=LPS", "ASCII", "DATASET POLYDATA",
        "POINTS 7 float", *rows, "LINES 2 9", *numbers,
        "POINT_DATA 7", "SCALARS n int 1", "LOOKUP_TABLE default", " ".join(map(str, order * 3)),
        "CELL_DATA 2", "FIELD FieldData 1", "part 1 2 int", "1 2", "",
    ]  # fmt: skip
    (folder / "text.fib").write_text("\n".join(words))
    facts = facts_of(lines, per_point={"n": 63.0}, per_line={"part": 3.0})
    return facts | KNOWN


def xml(folder: Path) -> dict[str, Any]:
    """Compressed in blocks after all elements, RAS+ by a text."""
    lines = curves(45, COUNTS)
    rng = np.random.default_rng(46)
    values = rng.random((33, 3)).astype("f4")
    weights = rng.integers(0, 9, 3).astype("i2")
    made = poly_data(lines, values, weights)
    space = vtkStringArray()
    space.SetName("SPACE")
    space.InsertNextValue("RAS")
    made.GetFieldData().AddArray(space)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(folder / "xml.vtp"))
    writer.EncodeAppendedDataOff()
    writer.SetBlockSize(240)
    writer.SetInputData(made)
    writer.Write()
    facts = facts_of(lines, per_point={"FA": total(values)}, per_line={"weight": total(weights)})
    return facts | KNOWN | {"image": "VtpTractogram"}


def main() -> None:
    folder = SAMPLES / "vtk_lines"
    folder.mkdir(exist_ok=True)
    made = {
        "binary.vtk": (VTK, legacy(folder)),
        "text.fib": (BY_HAND, text(folder)),
        "xml.vtp": (VTK, xml(folder)),
    }
    write_facts(folder, "VtkTractogram", made)


if __name__ == "__main__":
    main()
