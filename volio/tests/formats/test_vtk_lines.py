"""Tracts in files of VTK: by bytes from the definition, against VTK, spaces, and hostile files."""

from __future__ import annotations

import gzip
import struct
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    LossWarning,
    SaveError,
    TruncatedFileError,
    UsageError,
    VolioError,
)
from volio.formats.vtk_lines import VtkTractogram, VtpTractogram
from volio.tests.formats.vtk_programs import (
    poly_data,
    set_values,
    vtk_class,
    vtk_reads,
    vtk_writes,
)

POINTS = np.array([[0, 0, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]], "f4")
LENGTHS = [3, 2]


def text(title: str = "SPACE=RAS", lines: str = "2 7\n3 0 1 2\n2 3 4", more: str = "") -> bytes:
    rows = "\n".join(" ".join(map(str, point)) for point in POINTS)
    return (
        f"# vtk DataFile Version 3.0\n{title}\nASCII\nDATASET POLYDATA\nPOINTS 5 float\n{rows}\n"
        f"LINES {lines}\n{more}"
    ).encode()


def element(numbers: str, name: str, kind: str = "Int32", more: str = "") -> str:
    return f'<DataArray type="{kind}" Name="{name}" {more}>{numbers}</DataArray>'


def xml(space: str = "", lines: str = "0 1 2 3 4", ends: str = "3 5", polys: int = 0) -> bytes:
    rows = " ".join(map(str, POINTS.ravel()))
    points = element(rows, "Points", "Float32", 'NumberOfComponents="3"')
    return (
        f'<VTKFile type="PolyData"><PolyData><FieldData>{space}</FieldData><Piece '
        f'NumberOfPoints="5" NumberOfLines="2" NumberOfPolys="{polys}"><Points>{points}</Points>'
        f"<Lines>{element(lines, 'connectivity')}{element(ends, 'offsets')}</Lines>"
        "</Piece></PolyData></VTKFile>"
    ).encode()


RAS = '<Array type="String" Name="SPACE" format="ascii">82 65 83 0</Array>'
LPS = RAS.replace("82 65", "76 80")


def tracts(**more) -> volio.Tractogram:
    return volio.Tractogram(POINTS, LENGTHS, **more)


def is_same(found: volio.Tractogram, points: np.ndarray = POINTS) -> None:
    assert found.points.tolist() == points.tolist()
    assert found.lengths_in_points.tolist() == LENGTHS
    assert found.space == "scanner"


# Which files are tracts.


@pytest.mark.parametrize("data", [text(), xml(RAS), gzip.compress(text())])
def test_files_of_lines_are_tracts(data: bytes, tmp_path: Path):
    (tmp_path / "a").write_bytes(data)
    assert volio.identify(tmp_path / "a").name == "vtk_lines"
    is_same(volio.load(tmp_path / "a"))


def test_files_with_faces_are_surfaces(tmp_path: Path):
    with_faces = text(more="POLYGONS 1 4\n3 0 1 2\n")
    (tmp_path / "a").write_bytes(with_faces)
    assert volio.identify(tmp_path / "a").name == "vtk"
    with pytest.warns(LossWarning, match="2 cells of LINES"):
        assert len(volio.load(tmp_path / "a").faces) == 1
    with pytest.warns(LossWarning, match="tracts have no place for 1 cells of POLYGONS"):
        is_same(volio.load(tmp_path / "a", format="vtk_lines"))
    (tmp_path / "b").write_bytes(xml(polys=1))
    assert volio.identify(tmp_path / "b").name == "vtp"
    (tmp_path / "c").write_bytes(text(more="POLYGONS 0 0\n"))
    assert volio.identify(tmp_path / "c").name == "vtk_lines"


@pytest.mark.parametrize("version", [42, 51])
@pytest.mark.parametrize("faces", [[], [[0, 1, 2]]])
def test_binary_files_are_seen_through(version: int, faces: list, tmp_path: Path):
    """Behind points and lines of some kilobytes; values may look like blocks."""
    points = np.random.default_rng(2).random((3000, 3))
    lines = np.arange(3000).reshape(30, 100).tolist()
    made = poly_data(points, Verts=[[7]], Lines=lines, **({"Polys": faces} if faces else {}))
    mark = np.frombuffer(b"\nPOLYGONS 1 4\n  " * 750, "f4").copy()
    set_values(made.GetPointData(), "mark", mark)
    writer = vtk_class("vtkIOLegacy", "vtkPolyDataWriter")()
    writer.SetFileName(str(tmp_path / "a.vtk"))
    writer.SetFileVersion(version)
    writer.SetHeader("SPACE=LPS")
    writer.SetFileTypeToBinary()
    writer.SetInputData(made)
    assert writer.Write()
    assert volio.identify(tmp_path / "a.vtk").name == ("vtk" if faces else "vtk_lines")
    with pytest.warns(LossWarning, match="1 cells of VERTICES"):
        found = volio.load(tmp_path / "a.vtk", format="vtk_lines")
    np.testing.assert_array_equal(found.points, points * [-1, -1, 1])
    np.testing.assert_array_equal(found.per_point["mark"], mark)


# Spaces.


@pytest.mark.parametrize(
    ("data", "turn"),
    [
        (text("3D Slicer output. SPACE=RAS"), [1, 1, 1]),
        (text("space = lps"), [-1, -1, 1]),
        (xml(RAS), [1, 1, 1]),
        (xml(LPS), [-1, -1, 1]),
    ],
)
def test_the_space_that_is_stated(data: bytes, turn: list[int], tmp_path: Path):
    (tmp_path / "a").write_bytes(data)
    is_same(volio.load(tmp_path / "a"), POINTS * turn)
    # What the caller says counts more.
    is_same(volio.load(tmp_path / "a", space="LPS"), POINTS * [-1, -1, 1])


@pytest.mark.parametrize("data", [text("by hand"), xml()])
def test_the_space_that_is_not_stated(data: bytes, tmp_path: Path):
    (tmp_path / "a").write_bytes(data)
    with pytest.warns(GeometryWarning, match="does not say what its coordinates are"):
        found = volio.load(tmp_path / "a")
    assert found.space == "unknown"
    assert found.points.tolist() == POINTS.tolist()
    is_same(volio.load(tmp_path / "a", space="RAS"))
    with pytest.raises(UsageError, match="space: must be RAS or LPS, got 'scanner'"):
        volio.load(tmp_path / "a", space="scanner")


def test_titles_say_the_space_and_come_back(tmp_path: Path):
    (tmp_path / "a.vtk").write_bytes(text("by hand, SPACE=LPS today"))
    found = volio.load(tmp_path / "a.vtk")
    assert found.header.meta == {"title": "by hand, today"}
    volio.save(found, tmp_path / "b.vtk")
    assert (tmp_path / "b.vtk").read_bytes().splitlines()[1] == b"by hand, today SPACE=RAS"
    is_same(volio.load(tmp_path / "b.vtk"), POINTS * [-1, -1, 1])
    found.header.meta["title"] = "a" * 300
    with pytest.warns(LossWarning, match=r"texts \(title\)"):
        volio.save(found, tmp_path / "c.vtk")
    with pytest.warns(LossWarning, match=r"texts \(title\)"):
        volio.save(found, tmp_path / "c.vtp")


# Lines and values.


def test_points_may_be_in_any_order_and_of_several_lines():
    data = text(
        lines="3 9\n3 4 1 0\n2 1 1\n1 2",
        more="POINT_DATA 5\nSCALARS n int\nLOOKUP_TABLE a\n0 1 2 3 4\n",
    )
    found = VtkTractogram.from_bytes(data)
    assert found.lengths_in_points.tolist() == [3, 2, 1]
    assert found.points.tolist() == POINTS[[4, 1, 0, 1, 1, 2]].tolist()
    assert found.per_point["n"].tolist() == [4, 1, 0, 1, 1, 2]
    assert [block.points.tolist() for block in found.blocks(3)] == [
        POINTS[[4, 1, 0]].tolist(),
        POINTS[[1, 1, 2]].tolist(),
    ]


def test_values_of_cells_are_those_of_lines():
    more = "CELL_DATA 3\nFIELD f 1\nw 2 3 int\n9 9 1 2 3 4\nPOINT_DATA 5\nCOLOR_SCALARS c 3\n"
    data = text(more=more + "0 0.2 1\n" * 5).replace(b"LINES", b"VERTICES 1 2\n1 0\nLINES")
    with pytest.warns(LossWarning, match="1 cells of VERTICES"):
        found = VtkTractogram.from_bytes(data)
    assert found.per_line["w"].tolist() == [[1, 2], [3, 4]]
    assert found.per_point["colors"].tolist() == [[0, 51, 255, 255]] * 5


def test_bytes_that_are_written(tmp_path: Path):
    made = tracts(per_point={"n": np.arange(5, dtype="i2")}, per_line={"w": [0.5, 1.5]})
    volio.save(made, tmp_path / "a.vtk")
    assert (tmp_path / "a.vtk").read_bytes() == (
        b"# vtk DataFile Version 3.0\nSPACE=RAS\nBINARY\nDATASET POLYDATA\nPOINTS 5 float\n"
        + POINTS.astype(">f4").tobytes()
        + b"\nLINES 2 7\n"
        + struct.pack(">7i", 3, 0, 1, 2, 2, 3, 4)
        + b"\nCELL_DATA 2\nFIELD FieldData 1\nw 1 2 double\n"
        + struct.pack(">2d", 0.5, 1.5)
        + b"\nPOINT_DATA 5\nFIELD FieldData 1\nn 1 5 short\n"
        + struct.pack(">5h", 0, 1, 2, 3, 4)
        + b"\n"
    )


@pytest.mark.parametrize("ending", ["vtk", "vtp"])
def test_vtk_reads_what_is_written(ending: str, tmp_path: Path):
    rng = np.random.default_rng(6)
    lengths = rng.integers(1, 9, 40_000)
    points = rng.random((lengths.sum(), 3))
    values = rng.random((len(points), 9)).astype("f4")
    made = volio.Tractogram(points, lengths, {"tensor a": values}, {"n": np.arange(40_000)})
    volio.save(made, tmp_path / f"a.{ending}")
    reader = ("vtkIOLegacy", "vtkPolyDataReader") if ending == "vtk" else ()
    found = vtk_reads(tmp_path / f"a.{ending}", *reader)
    to_numpy = import_module("vtkmodules.util.numpy_support").vtk_to_numpy
    np.testing.assert_array_equal(to_numpy(found.GetPoints().GetData()), points)
    ends = to_numpy(found.GetLines().GetOffsetsArray())
    np.testing.assert_array_equal(np.diff(ends), lengths)
    corners = to_numpy(found.GetLines().GetConnectivityArray())
    np.testing.assert_array_equal(corners, np.arange(len(points)))
    np.testing.assert_array_equal(to_numpy(found.GetPointData().GetArray("tensor a")), values)
    np.testing.assert_array_equal(to_numpy(found.GetCellData().GetArray("n")), np.arange(40_000))
    back = volio.load(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(back.points, points)
    np.testing.assert_array_equal(back.lengths_in_points, lengths)
    np.testing.assert_array_equal(back.per_line["n"], np.arange(40_000))


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_spaces_of_files_that_vtk_writes(mode: int, tmp_path: Path):
    made = poly_data(POINTS, Lines=[[0, 1, 2], [3, 4]])
    space = vtk_class("vtkCommonCore", "vtkStringArray")()
    space.SetName("SPACE")
    space.InsertNextValue("LPS")
    made.GetFieldData().AddArray(space)
    for options in ({}, {"CompressorTypeToNone": None}):
        vtk_writes(made, tmp_path / "a.vtp", DataMode=mode, **options)
        is_same(volio.load(tmp_path / "a.vtp"), POINTS * [-1, -1, 1])


def test_tracts_of_other_formats(tmp_path: Path):
    made = tracts(groups={"left": [0]}, reference=((9, 9, 9), np.eye(4)))
    for name in ("a.vtk", "a.vtp"):
        told = r"has no place for groups \(left\), the grid of the reference"
        with pytest.warns(LossWarning, match=told):
            volio.save(made, tmp_path / name)
        volio.convert(tmp_path / name, tmp_path / "b.tck")
        is_same(volio.load(tmp_path / "b.tck"))
    empty = volio.Tractogram(np.zeros((0, 3), "f4"), [])
    for name in ("c.vtk", "c.vtp"):
        volio.save(empty, tmp_path / name)
        assert len(volio.load(tmp_path / name, format="vtk_lines")) == 0


def test_what_cannot_be_written(tmp_path: Path):
    with pytest.raises(SaveError, match="XML has no such letters"):
        volio.save(tracts(per_line={"\0": [1, 2]}), tmp_path / "a.vtp")
    assert not (tmp_path / "a.vtp").exists()


def test_a_file_may_be_written_over_itself(tmp_path: Path):
    volio.save(tracts(), tmp_path / "a.vtk")
    found = volio.load(tmp_path / "a.vtk")
    volio.save(found[::-1], tmp_path / "a.vtk")
    assert volio.load(tmp_path / "a.vtk").points.tolist() == POINTS[[3, 4, 0, 1, 2]].tolist()


@pytest.mark.parametrize(
    ("cls", "data", "error", "told"),
    [
        (VtkTractogram, text(lines="2 7\n3 0 1 2\n2 3 5"), HeaderDataError, "point 5 of 5 points"),
        (VtkTractogram, text(lines="2 7\n3 0 1 2\n2 3 -1"), HeaderDataError, "point -1 of 5"),
        (
            VtkTractogram,
            text(lines="2 8\n3 0 1 2\n2 3 4"),
            TruncatedFileError,
            "LINES: needs 164 bytes",
        ),
        (VtkTractogram, text(lines="2 2000000000\n1"), TruncatedFileError, "LINES: needs"),
        (VtkTractogram, text().replace(b"LINES", b"POLYGONS"), HeaderDataError, "no lines, but 2"),
        (VtpTractogram, xml(RAS, "0 1 2 3 5"), HeaderDataError, "LINES: name point 5 of 5 points"),
        (VtpTractogram, xml(RAS, "0 1 2 3 x"), CorruptFileError, "'x', is not a number"),
        (VtpTractogram, xml(RAS, ends="3 6"), HeaderDataError, "must have 6 numbers, it has 5"),
        (
            VtpTractogram,
            xml(RAS.replace("82", "999")),
            LossWarning,
            "no place for the array 'SPACE'",
        ),
    ],
)
def test_damaged_files(
    cls: type[volio.Tractogram], data: bytes, error: type[VolioError], told: str
):
    with pytest.raises(error, match=told):
        cls.from_bytes(data)
