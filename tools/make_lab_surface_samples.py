"""Make the samples of formats that few programs write: python tools/make_lab_surface_samples.py.

It takes VTK and bvbabel; what no package writes is packed by hand, from the definition of the
format.
"""

from __future__ import annotations

from importlib.metadata import version
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


def mni_by_program(folder: Path, name: str, *, is_binary: bool) -> dict[str, Any]:
    """Vertices, faces and colours of vertices, by VTK."""
    from vtkmodules.vtkCommonCore import VTK_VERSION
    from vtkmodules.vtkIOMINC import vtkMNIObjectWriter

    vertices, faces = strip(4, 5)
    colours = np.random.default_rng(32).integers(0, 256, (20, 4), np.uint8)
    # Nothing shows that a text ends within a number of several digits.
    faces = faces[::-1]
    mesh = vtk_poly_data(vertices, faces, {"colours": colours})
    mesh.GetPointData().SetActiveScalars("colours")
    writer = vtkMNIObjectWriter()
    writer.SetFileName(str(folder / name))
    writer.SetInputData(mesh)
    if is_binary:
        writer.SetFileTypeToBinary()
    writer.Write()
    data = (folder / name).read_bytes()
    if not is_binary:
        # As many programs leave it.
        (folder / name).write_bytes(data.rstrip())
        rows = data.split()[7:67]
        vertices = np.array(rows, "f4").reshape(20, 3)
    return facts_of_mesh(vertices, faces) | {"program": f"VTK {VTK_VERSION}"}


def mni_text(folder: Path) -> dict[str, Any]:
    return mni_by_program(folder, "text.obj", is_binary=False)


def mni_binary(folder: Path) -> dict[str, Any]:
    return mni_by_program(folder, "binary.obj", is_binary=True)


def tri_with_normals(folder: Path) -> dict[str, Any]:
    """Vertices with normals, numbered from 0, as BrainVISA and OpenMEEG have it."""
    vertices, faces = strip(4, 6)
    rows = [f"{x:.7g} {y:.7g} {z:.7g} 0 0.6 0.8" for x, y, z in vertices]
    sides = [" ".join(map(str, face)) for face in faces]
    count = len(faces)
    text = [f"- {len(rows)}", *rows, f"- {count} {count} {count}", *sides, ""]
    (folder / "normals.tri").write_text("\n".join(text))
    rounded = np.array([row.split()[:3] for row in rows]).astype("f4")
    return facts_of_mesh(rounded, faces) | {"program": BY_HAND}


def tri_with_numbers(folder: Path) -> dict[str, Any]:
    """Lines that begin with their number, from 1, as MNE and FreeSurfer have it."""
    vertices, faces = strip(3, 5)
    rows = [f"{n:8d} {x:8.4f} {y:8.4f} {z:8.4f}" for n, (x, y, z) in enumerate(vertices, 1)]
    sides = [f"{n:8d} {a:8d} {b:8d} {c:8d}" for n, (a, b, c) in enumerate(faces + 1, 1)]
    text = [f"{len(rows):8d}", *rows, f"{len(sides):8d}", *sides, ""]
    (folder / "numbers.tri").write_text("\n".join(text))
    rounded = np.array([row.split()[1:] for row in rows]).astype("f4")
    return facts_of_mesh(rounded, faces) | {"program": BY_HAND, "known by name": True}


def brainvisa_mesh(folder: Path) -> dict[str, Any]:
    """A mesh at two times, big-endian."""
    vertices, faces = strip(4, 5)
    data = b"binarABCD\0\0\0\4VOID" + np.array([3, 2], ">u4").tobytes()
    for instant in (4, 7):
        moved = vertices + np.float32(instant - 4)
        data += np.array([instant, len(moved)], ">u4").tobytes() + moved.astype(">f4").tobytes()
        data += np.array([0, 0, len(faces)], ">u4").tobytes() + faces.astype(">u4").tobytes()
    (folder / "mesh.mesh").write_bytes(data)
    return facts_of_mesh(vertices, faces) | {"image": "BrainVisaMesh", "program": BY_HAND}


def brainvisa_text(folder: Path) -> dict[str, Any]:
    """A mesh with normals as text."""
    vertices, faces = strip(3, 5)
    rows = " ".join(f"({x:.7g} ,{y:.7g} ,{z:.7g})" for x, y, z in vertices)
    normals = " ".join(["(0 ,0 ,1)"] * len(vertices))
    # Nothing shows that a text ends within a number of several digits.
    sides = " ".join(f"({a} ,{b} ,{c})" for a, b, c in faces)
    head = f"ascii\nVOID\n3\n1\n0\n{len(vertices)}\n{rows}\n{len(vertices)}\n{normals}\n0\n"
    (folder / "text.mesh").write_text(f"{head}{len(faces)}\n{sides}\n")
    rounded = np.array([[f"{x:.7g}" for x in row] for row in vertices]).astype("f4")
    return facts_of_mesh(rounded, faces) | {"image": "BrainVisaMesh", "program": BY_HAND}


def brainvisa_texture(folder: Path) -> dict[str, Any]:
    """Integers at two times, little-endian."""
    values = np.random.default_rng(33).integers(-300, 300, (2, 30)).astype("<i2")
    data = b"binarDCBA" + np.array(3, "<u4").tobytes() + b"S16" + np.array(2, "<u4").tobytes()
    for instant, row in zip((0, 5), values, strict=True):
        data += np.array([instant, 30], "<u4").tobytes() + row.tobytes()
    (folder / "values.tex").write_bytes(data)
    return {
        "image": "BrainVisaTexture",
        "program": BY_HAND,
        "vertices": 30,
        "faces": None,
        "data": {"texture at 0": float(values[0].sum()), "texture at 5": float(values[1].sum())},
    }


def brainvoyager_mesh(folder: Path) -> dict[str, Any]:
    """A mesh with colours, by bvbabel."""
    import bvbabel

    vertices, faces = strip(5, 6)
    header, data = bvbabel.srf.create_srf()
    centre = np.array([128, 127, 126], "f4")
    # Right, anterior and superior are along the third, first and second axis, backwards.
    places = centre - vertices[:, [1, 2, 0]]
    colours = np.random.default_rng(34).integers(0, 256, (30, 4), np.uint8)
    colours[:, 3] = 0x3F
    neighbours = [[2, 0, 1]] * 30
    header |= {"Nr vertices": 30, "Nr triangles": len(faces)}
    header |= {f"Mesh center {axis}": float(at) for axis, at in zip("XYZ", centre, strict=True)}
    data |= {"vertices": places, "vertex normals": np.zeros((30, 3), "f4"), "faces": faces}
    data |= {"vertex colors": colours, "vertex neighbors": neighbours}
    bvbabel.srf.write_srf(str(folder / "mesh.srf"), header, data)
    # It loses all bytes of a colour but the lowest one, with numpy 2.
    written = bytearray((folder / "mesh.srf").read_bytes())
    start = 28 + 24 * 30 + 32
    written[start : start + 120] = colours.tobytes()
    (folder / "mesh.srf").write_bytes(written)
    return facts_of_mesh(centre[[2, 0, 1]] - places[:, [2, 0, 1]], faces) | {
        "image": "BrainVoyagerMesh",
        "program": f"bvbabel {version('bvbabel')}, colours by hand",
    }


def brainvoyager_maps(folder: Path) -> dict[str, Any]:
    """Two maps, by bvbabel."""
    import bvbabel

    header, _ = bvbabel.smp.create_smp(nr_vertices=25, nr_maps=2)
    values = np.random.default_rng(35).normal(size=(25, 2)).astype("f4")
    for each, name in zip(header["Map"], ("t of faces", "t of houses"), strict=True):
        each["Name"] = name
    bvbabel.smp.write_smp(str(folder / "maps.smp"), header, values)
    sums = values.sum(axis=0, dtype=float).tolist()
    return {
        "image": "BrainVoyagerMaps",
        "program": f"bvbabel {version('bvbabel')}",
        "vertices": 25,
        "faces": None,
        "data": dict(zip(("t of faces", "t of houses"), sums, strict=True)),
        "known by name": True,
    }


def made_in(name: str, image: str, samples: dict[str, Any]) -> None:
    """Make the samples of a format, and write their facts."""
    folder = SAMPLES / name
    folder.mkdir(exist_ok=True)
    made = {file: BARE | {"image": image} | make(folder) for file, make in samples.items()}
    write_facts(folder, made)


def main() -> None:
    made_in("vtp", "VtpSurface", {"mesh.vtp": vtp_by_program, "pieces.vtp": vtp_pieces})
    made_in("mniobj", "MniObjSurface", {"text.obj": mni_text, "binary.obj": mni_binary})
    samples = {"normals.tri": tri_with_normals, "numbers.tri": tri_with_numbers}
    made_in("tri", "TriSurface", samples)
    samples = {
        "mesh.mesh": brainvisa_mesh,
        "text.mesh": brainvisa_text,
        "values.tex": brainvisa_texture,
    }
    made_in("brainvisa", "BrainVisaMesh", samples)
    samples = {"mesh.srf": brainvoyager_mesh, "maps.smp": brainvoyager_maps}
    made_in("brainvoyager", "BrainVoyagerMesh", samples)


if __name__ == "__main__":
    main()
