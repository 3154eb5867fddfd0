"""PolyData written and read by VTK itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from volio.tests.requirements import optional

__all__ = ["mesh_of", "poly_data", "vtk_class", "vtk_reads", "vtk_writes"]


def vtk_class(module: str, name: str) -> Any:
    """Return a class of VTK, from one of its modules."""
    optional("vtk")
    return getattr(import_module(f"vtkmodules.{module}"), name)


def poly_data(vertices: np.ndarray, **cells: list[list[int]]) -> Any:
    """Return PolyData with cells of kinds that VTK calls Polys, Lines, Strips and Verts."""
    support = import_module("vtkmodules.util.numpy_support") if optional("vtk") else None
    points = vtk_class("vtkCommonCore", "vtkPoints")()
    points.SetData(support.numpy_to_vtk(vertices, deep=True))
    made = vtk_class("vtkCommonDataModel", "vtkPolyData")()
    made.SetPoints(points)
    for kind, rows in cells.items():
        array = vtk_class("vtkCommonDataModel", "vtkCellArray")()
        for row in rows:
            array.InsertNextCell(len(row), row)
        getattr(made, f"Set{kind}")(array)
    return made


def set_values(data: Any, name: str, values: np.ndarray, *, colours: bool = False) -> None:
    """Set an array of points or of cells."""
    array = import_module("vtkmodules.util.numpy_support").numpy_to_vtk(values, deep=True)
    array.SetName(name)
    if colours:
        data.SetScalars(array)
    else:
        data.AddArray(array)


def vtk_writes(data: Any, path: Path, **options: Any) -> None:
    """Write XML with options of the writer: ``DataMode=2`` calls ``SetDataMode(2)``."""
    writer = vtk_class("vtkIOXML", "vtkXMLPolyDataWriter")()
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    for name, value in options.items():
        setter = getattr(writer, f"Set{name}")
        setter(*([] if value is None else [value]))
    assert writer.Write()


def vtk_reads(path: Path, module: str = "vtkIOXML", name: str = "vtkXMLPolyDataReader") -> Any:
    """Return what a reader of VTK finds in a file."""
    reader = vtk_class(module, name)()
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def mesh_of(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return points and triangles of PolyData."""
    support = import_module("vtkmodules.util.numpy_support")
    vertices = support.vtk_to_numpy(data.GetPoints().GetData())
    faces = support.vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vertices, faces
