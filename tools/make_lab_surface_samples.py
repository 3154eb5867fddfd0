"""Make the samples of formats that few programs write: python tools/make_lab_surface_samples.py.

It takes VTK, bvbabel and mne; what no package writes is packed by hand, from the definition of the
format.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from make_surface_samples import (
    BARE,
    SAMPLES,
    facts_of_mesh,
    strip,
    vtk_poly_data,
    write_facts,
)

BY_HAND = "by hand, from the definition of the format"


def vtp_by_program(folder: Path) -> dict[str, Any]:
    """Vertices, faces, values and colours, compressed in blocks after all elements, by VTK."""
    from vtkmodules.vtkCommonCore import VTK_VERSION
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    vertices, faces = strip(5, 6)
    height = (vertices[:, 2] * 3).astype("f4")
    colours = np.random.default_rng(31).integers(0, 256, (30, 4), np.uint8)
    mesh = vtk_poly_data(vertices, faces, {"my height": height, "RGBA": colours})
    mesh.GetPointData().SetActiveScalars("RGBA")
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(folder / "mesh.vtp"))
    writer.EncodeAppendedDataOff()
    writer.SetBlockSize(240)
    writer.SetInputData(mesh)
    writer.Write()
    known = {"data": {"my height": float(height.sum(dtype=float))}}
    return facts_of_mesh(vertices, faces) | {"program": f"VTK {VTK_VERSION}"} | known


def vtp_pieces(folder: Path) -> dict[str, Any]:
    """Two pieces of text, with values."""
    pieces = []
    numbers = np.arange(40)
    vertices, faces = strip(4, 5)
    for first in (0, 20):
        rows = "\n".join(f"{x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices + np.float32(first))
        values = " ".join(map(str, numbers[first : first + 20]))
        corners = " ".join(map(str, faces.ravel()))
        ends = " ".join(map(str, range(3, 3 * len(faces) + 3, 3)))
        pieces.append(
            f'<Piece NumberOfPoints="20" NumberOfPolys="{len(faces)}">\n'
            f'<PointData><DataArray type="Int16" Name="n">{values}</DataArray></PointData>\n'
            f'<Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">\n{rows}\n'
            f'</DataArray></Points>\n<Polys><DataArray type="Int32" Name="connectivity">{corners}'
            f'</DataArray>\n<DataArray type="Int32" Name="offsets">{ends}</DataArray></Polys>\n'
            "</Piece>"
        )
    text = (
        '<?xml version="1.0"?>\n<!-- by hand -->\n<VTKFile type="PolyData" version="0.1">\n'
        f"<PolyData>\n{pieces[0]}\n{pieces[1]}\n</PolyData>\n</VTKFile>\n"
    )
    (folder / "pieces.vtp").write_text(text)
    both = np.concatenate([vertices, vertices + np.float32(20)])
    known = {"program": BY_HAND, "data": {"n": float(numbers.sum())}}
    return facts_of_mesh(both, np.concatenate([faces, faces + 20])) | known


def made_in(name: str, image: str, samples: dict[str, Any]) -> None:
    """Make the samples of a format, and write their facts."""
    folder = SAMPLES / name
    folder.mkdir(exist_ok=True)
    made = {file: BARE | {"image": image} | make(folder) for file, make in samples.items()}
    write_facts(folder, made)


def main() -> None:
    made_in("vtp", "VtpSurface", {"mesh.vtp": vtp_by_program, "pieces.vtp": vtp_pieces})


if __name__ == "__main__":
    main()
