"""XML files of VTK: as VTK writes them, by bytes from their definition, and hostile files."""

from __future__ import annotations

import base64
import lzma
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LossWarning,
    SaveError,
    TruncatedFileError,
    VolioError,
    VolioWarning,
)
from volio.formats.containers.vtk.xml_reader import read_xml
from volio.formats.meshes.vtp import VtpSurface
from volio.tests.formats.vtk_programs import (
    mesh_of,
    poly_data,
    set_values,
    vtk_reads,
    vtk_writes,
)
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

POINTS = (
    '<DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 2 0 0 0 3 0\n'
    "0 0 5</DataArray>"
)
CONNECTIVITY = '<DataArray type="Int32" Name="connectivity">0 2 1 0 1 3 0 3 2 1 2 3</DataArray>'
OFFSETS = '<DataArray type="Int32" Name="offsets" format="ascii">3 6 9 12</DataArray>'


def array(values: np.ndarray, name: str, text: str = "", **attributes: str) -> str:
    """An element, with text between its tags."""
    kinds = {"f4": "Float32", "f8": "Float64", "i4": "Int32", "i8": "Int64", "u1": "UInt8"}
    width = 1 if values.ndim == 1 else values.shape[1]
    stated = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return (
        f'<DataArray type="{kinds[values.dtype.str[1:]]}" Name="{name}" '
        f'NumberOfComponents="{width}"{stated}>{text}</DataArray>'
    )


def document(
    points: str = POINTS,
    polys: str = CONNECTIVITY + OFFSETS,
    point_data: str = "",
    *,
    root: str = "",
    end: str = "",
    counts: str = 'NumberOfPoints="4" NumberOfPolys="4"',
    more: str = "",
) -> bytes:
    """A file of one piece."""
    return (
        f'<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0"{root}>\n<PolyData>\n'
        f"<Piece {counts}>\n{point_data}<Points>{points}</Points>\n<Polys>{polys}</Polys>\n{more}"
        f"</Piece>\n</PolyData>\n{end}</VTKFile>\n"
    ).encode()


def is_mesh(surf: VtpSurface) -> None:
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.faces.tolist() == SIDES.tolist()
    assert surf.space == "unknown"


# Reading.


def test_text():
    surf = VtpSurface.from_bytes(document())
    is_mesh(surf)
    assert surf.vertices.dtype == np.float32
    assert (dict(surf.data), surf.colors) == ({}, None)


@pytest.mark.parametrize(("order", "stated"), [("<", "LittleEndian"), (">", "BigEndian")])
@pytest.mark.parametrize(("header", "kind"), [("u4", "UInt32"), ("u8", "UInt64")])
def test_base64_begins_with_the_number_of_bytes(order: str, stated: str, header: str, kind: str):
    values = (CORNERS + 0.1).astype("f8")
    data = np.array(96, order + header).tobytes() + values.astype(order + "f8").tobytes()
    # White space is allowed anywhere in it.
    text = "\n  ".join([base64.b64encode(data).decode()[:50], base64.b64encode(data).decode()[50:]])
    points = array(values, "Points", f"\n  {text}\n", format="binary")
    root = f' byte_order="{stated}" header_type="{kind}"'
    surf = VtpSurface.from_bytes(document(points, root=root))
    assert surf.vertices.tolist() == values.tolist()
    assert surf.vertices.dtype == np.dtype("f8")


def compressed(data: bytes, block: int, compress=zlib.compress) -> tuple[bytes, bytes]:
    """Blocks with their header: how many, of how many bytes, the last one's, compressed sizes.

    In base64, and as bytes.
    """
    blocks = [data[start : start + block] for start in range(0, len(data), block)]
    packed = [compress(part) for part in blocks]
    numbers = [len(blocks), block, len(data) % block, *map(len, packed)]
    head = np.array(numbers, "<u4").tobytes()
    return (base64.b64encode(head) + base64.b64encode(b"".join(packed))), head + b"".join(packed)


@pytest.mark.parametrize(
    ("compress", "named"), [(zlib.compress, "ZLib"), (lzma.compress, "LZMA")], ids=["zlib", "lzma"]
)
@pytest.mark.parametrize("block", [20, 24, 48, 100])
def test_blocks_are_compressed_by_themselves(compress, named: str, block: int):
    text, _ = compressed(CORNERS.tobytes(), block, compress)
    points = array(CORNERS, "Points", text.decode(), format="binary")
    root = f' compressor="vtk{named}DataCompressor"'
    is_mesh(VtpSurface.from_bytes(document(points, root=root)))


@pytest.mark.parametrize("encoding", ["raw", "base64"])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_appended_data_are_found_by_their_offsets(encoding: str, is_compressed: bool):
    stored = b""
    offsets = []
    for values in (CORNERS, SIDES.ravel(), np.array([3, 6, 9, 12], "i4")):
        offsets.append(str(len(stored)))
        plain = struct.pack("<I", values.nbytes) + values.tobytes()
        text, raw = compressed(values.tobytes(), 32)
        if not is_compressed:
            text, raw = base64.b64encode(plain), plain
        stored += raw if encoding == "raw" else text
    points, connectivity, ends = (
        array(values, name, format="appended", offset=offset)
        for values, name, offset in zip(
            (CORNERS, SIDES.ravel(), SIDES.ravel()), ("Points", "connectivity", "offsets"), offsets,
            strict=True,
        )
    )  # fmt: skip
    root = ' compressor="vtkZLibDataCompressor"' if is_compressed else ""
    text = document(points, connectivity + ends, root=root)
    # Bytes may look like the end of the file.
    end = f'<AppendedData encoding="{encoding}">\n  _'.encode() + stored + b"\n </AppendedData>\n"
    is_mesh(VtpSurface.from_bytes(text.replace(b"</VTKFile>", end + b"</VTKFile>")))


def test_bytes_that_look_like_elements(tmp_path: Path):
    mark = np.frombuffer(b"</AppendedData></VTKFile><A>", "i4").astype("i4")
    surf = volio.Surface(np.zeros((7, 3), "f4"), data={"mark": mark})
    volio.save(surf, tmp_path / "a.vtp")
    assert volio.load(tmp_path / "a.vtp").data["mark"].tolist() == mark.tolist()


def test_several_pieces_are_one_mesh():
    one = document(
        point_data='<PointData><DataArray type="Int8" Name="n">1 2 3 4</DataArray></PointData>'
    )
    piece = one[one.index(b"<Piece") : one.index(b"</PolyData>")]
    other = piece.replace(b"1 2 3 4", b"5 6 7 8").replace(b"2 0 0", b"9 0 0")
    two = one.replace(b"</PolyData>", other + b"</PolyData>")
    surf = VtpSurface.from_bytes(two)
    moved = CORNERS.copy()
    moved[1, 0] = 9
    assert surf.vertices.tolist() == [*CORNERS.tolist(), *moved.tolist()]
    assert surf.faces.tolist() == [*SIDES.tolist(), *(SIDES + 4).tolist()]
    assert surf.data["n"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    lacking = two.replace(b'Name="n">5', b'Name="m">5')
    with pytest.warns(LossWarning, match="'n' of some pieces, the array 'm' of some pieces"):
        VtpSurface.from_bytes(lacking)
    with pytest.raises(HeaderDataError, match="cells: name point 4 of 4 of a piece"):
        VtpSurface.from_bytes(two.replace(b"1 2 3<", b"1 2 4<", 1))


def test_cells_of_several_pieces_are_kind_after_kind():
    """As lines need it: values of cells are given kind after kind, in each piece."""
    piece = (
        '<Piece NumberOfPoints="3" NumberOfLines="1" NumberOfPolys="1">'
        '<CellData><DataArray type="Int32" Name="n">{} {}</DataArray></CellData><Points><DataArray '
        'type="Float32" NumberOfComponents="3">0 0 0 1 1 1 2 2 {}</DataArray></Points><Lines>'
        '<DataArray type="Int32" Name="connectivity">2 0</DataArray><DataArray type="Int32" '
        'Name="offsets">2</DataArray></Lines><Polys><DataArray type="Int32" Name="connectivity">'
        '0 1 2</DataArray><DataArray type="Int32" Name="offsets">3</DataArray></Polys></Piece>'
    )
    text = f'<VTKFile type="PolyData"><PolyData>{piece}{piece}</PolyData></VTKFile>'
    data = text.format(1, 2, 3, 4, 5, 6).encode()
    found = read_xml(volio.files.sources.source.BytesSource(data))
    assert found.cells["LINES"][0].tolist() == [2, 0, 5, 3]
    assert found.cells["POLYGONS"][0].tolist() == [0, 1, 2, 3, 4, 5]
    assert [(name, values.tolist()) for name, values in found.cell_values] == [("n", [1, 4, 2, 5])]


def test_colours_are_bytes_that_the_file_says_colour_points():
    rows = "1 2 3 4 5 6 7 8 9 10 11 12"
    element = f'<DataArray type="UInt8" Name="c" NumberOfComponents="3">{rows}</DataArray>'
    surf = VtpSurface.from_bytes(
        document(point_data=f'<PointData Scalars="c">{element}</PointData>')
    )
    assert surf.colors.tolist() == [[n, n + 1, n + 2, 255] for n in (1, 4, 7, 10)]
    surf = VtpSurface.from_bytes(document(point_data=f"<PointData>{element}</PointData>"))
    assert surf.colors is None
    assert surf.data["c"].tolist() == np.arange(1, 13).reshape(4, 3).tolist()


def test_what_is_left_out_is_told():
    strings = '<Array type="String" Name="who" format="ascii">65 0</Array>'
    cells = '<CellData><DataArray type="Int8" Name="part">1 2 3 4 5</DataArray></CellData>'
    lines = (
        '<Lines><DataArray type="Int32" Name="connectivity">0 1</DataArray>'
        '<DataArray type="Int32" Name="offsets">2</DataArray></Lines>'
    )
    data = document(
        point_data=f"<PointData>{strings}</PointData>{cells}",
        counts='NumberOfPoints="4" NumberOfPolys="4" NumberOfLines="1"',
        more=lines,
    ).replace(
        b"<PolyData>\n<P", b'<PolyData><FieldData><DataArray type="Int8" Name="t"/></FieldData><P'
    )
    told = "the array 'who', the array 't', the values of cells 'part', 1 cells of LINES"
    with pytest.warns(LossWarning, match=told):
        is_mesh(VtpSurface.from_bytes(data))


def test_polygons_and_strips_become_triangles():
    quad = '<DataArray type="Int64" Name="connectivity">0 2 1 3</DataArray>'
    end = '<DataArray type="UInt8" Name="offsets">4</DataArray>'
    counts = 'NumberOfPoints="4" NumberOfPolys="1" NumberOfStrips="1"'
    strip = f"<Strips>{quad}{end}</Strips>"
    with pytest.warns(VolioWarning, match="1 have more than three corners"):
        surf = VtpSurface.from_bytes(document(polys=quad + end, counts=counts, more=strip))
    assert surf.faces.tolist() == [[0, 2, 1], [0, 1, 3], [0, 2, 1], [1, 2, 3]]


# VTK itself.

OPTIONS = [
    {"DataMode": 0},
    {"DataMode": 1, "CompressorTypeToNone": None, "HeaderTypeToUInt32": None},
    {"DataMode": 1, "CompressorTypeToZLib": None, "HeaderTypeToUInt64": None, "BlockSize": 96},
    {"DataMode": 1, "CompressorTypeToLZMA": None, "ByteOrderToBigEndian": None},
    {"DataMode": 2, "CompressorTypeToNone": None, "EncodeAppendedData": 0},
    {"DataMode": 2, "CompressorTypeToZLib": None, "EncodeAppendedData": 0, "BlockSize": 96},
    {"DataMode": 2, "CompressorTypeToNone": None, "EncodeAppendedData": 1},
    {"DataMode": 2, "CompressorTypeToLZMA": None, "EncodeAppendedData": 1, "BlockSize": 96},
    {"DataMode": 2, "ByteOrderToBigEndian": None, "HeaderTypeToUInt64": None},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_files_that_vtk_writes(options: dict[str, int | None], tmp_path: Path):
    vertices, faces = icosphere(1, 70.0)
    made = poly_data(vertices.astype("f4"), Polys=faces.tolist())
    height = np.random.default_rng(3).random((len(vertices), 2))
    colours = np.random.default_rng(4).integers(0, 256, (len(vertices), 4), np.uint8)
    set_values(made.GetPointData(), "height", height)
    set_values(made.GetPointData(), "RGB", colours, colours=True)
    vtk_writes(made, tmp_path / "a.vtp", **options)
    found = volio.load(tmp_path / "a.vtp")
    # Text has six digits.
    rtol = 1e-5 if options["DataMode"] == 0 else 0
    np.testing.assert_allclose(found.vertices, vertices.astype("f4"), rtol, atol=rtol)
    np.testing.assert_array_equal(found.faces, faces)
    np.testing.assert_allclose(found.data["height"], height, rtol)
    np.testing.assert_array_equal(found.colors, colours)


def test_vtk_reads_what_is_written(tmp_path: Path):
    vertices, faces = icosphere(1, 70.0)
    colours = np.random.default_rng(5).integers(0, 256, (len(vertices), 4), np.uint8)
    names = ['a<b"&c>\n', "colors", "ä"]
    data = {name: np.arange(len(vertices), dtype=f"i{2**n}") for n, name in enumerate(names, 1)}
    volio.save(volio.Surface(vertices, faces, data, colors=colours), tmp_path / "a.vtp")
    found = vtk_reads(tmp_path / "a.vtp")
    points, triangles = mesh_of(found)
    np.testing.assert_array_equal(points, vertices)
    np.testing.assert_array_equal(triangles, faces)
    there = found.GetPointData()
    assert [there.GetArrayName(n) for n in range(4)] == ["colors (2)", *names]
    assert there.GetScalars().GetName() == "colors (2)"
    assert there.GetScalars().GetTuple(41) == tuple(colours[41])
    assert there.GetArray("ä").GetTuple1(41) == 41
    back = volio.load(tmp_path / "a.vtp")
    assert list(back.data) == names
    np.testing.assert_array_equal(back.colors, colours)
    assert [back.data[name].dtype for name in names] == ["i2", "i4", "i8"]


# Writing.


def test_bytes_that_are_written():
    made = VtpSurface(CORNERS, SIDES, {"h": np.array([1, 2, 3, 4], "i2")}).to_bytes()
    text, _, rest = made.partition(b'<AppendedData encoding="raw">\n_')
    assert text.startswith(b'<?xml version="1.0"?>\n<VTKFile type="PolyData" version="1.0" byte_o')
    assert (
        b'<DataArray type="Int16" Name="h" NumberOfComponents="1" format="appended" offset="0"'
        in text
    )
    assert (
        b'type="Float32" Name="Points" NumberOfComponents="3" format="appended" offset="16"' in text
    )
    assert rest[:16] == struct.pack("<Q4h", 8, 1, 2, 3, 4)
    assert rest[16:24] == struct.pack("<Q", 48)
    assert rest[24:72] == CORNERS.tobytes()
    assert rest[72:176] == struct.pack("<Q12q", 96, *SIDES.ravel())
    assert rest[176:] == struct.pack("<Q4q", 32, 3, 6, 9, 12) + b"\n</AppendedData>\n</VTKFile>\n"


def test_what_cannot_be_written(tmp_path: Path):
    for name, values, told in [
        ("a\0", [1.0] * 4, "XML has no such letters"),
        ("b", [1j] * 4, "b: VTK has no complex values"),
    ]:
        with pytest.raises(SaveError, match=told):
            volio.save(volio.Surface(CORNERS, SIDES, {name: values}), tmp_path / "a.vtp")
    with pytest.raises(SaveError, match="VTK needs vertices"):
        volio.save(volio.Surface(data={"a": [1.0]}), tmp_path / "a.vtp")
    assert not (tmp_path / "a.vtp").exists()


# Files that are wrong.

LONG = array(
    CORNERS, "Points", base64.b64encode(struct.pack("<I", 47) + bytes(48)).decode(), format="binary"
)
SHORT = array(
    CORNERS, "Points", base64.b64encode(struct.pack("<I", 48) + bytes(44)).decode(), format="binary"
)
ZLIB = ' compressor="vtkZLibDataCompressor"'


def packed_points(head: list[int], data: bytes) -> str:
    text = base64.b64encode(np.array(head, "<u4").tobytes()) + base64.b64encode(data)
    return array(CORNERS, "Points", text.decode(), format="binary")


def appended(offset: str, data: bytes = b"", end: bytes = b"</AppendedData></VTKFile>") -> bytes:
    points = array(CORNERS, "Points", format="appended", offset=offset)
    text = document(points).removesuffix(b"</VTKFile>\n")
    return text + b'<AppendedData encoding="raw">_' + data + end


WHOLE = zlib.compress(CORNERS.tobytes())


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (document()[:-20], HeaderDataError, "is not well-formed XML"),
        (b"<VTKFile/>", HeaderDataError, "is a VTKFile of type ''"),
        (document().replace(b"PolyData", b"ImageData"), HeaderDataError, "of type 'ImageData'"),
        (b"<a><VTKFile/></a>", HeaderDataError, "the root is 'a', not VTKFile"),
        (
            b'<!DOCTYPE a [<!ENTITY b "c">]>' + document()[22:],
            HeaderDataError,
            "entities of its own",
        ),
        (
            document(counts='NumberOfPoints="-4"'),
            HeaderDataError,
            "NumberOfPoints: must be a count",
        ),
        (document(counts='NumberOfPoints="9999999999999"'), HeaderDataError, "must be a count"),
        (
            document(counts='NumberOfPoints="2000000000"'),
            HeaderDataError,
            "6000000000 numbers, it has 12",
        ),
        (document(points=""), HeaderDataError, "4 points, and no array of them"),
        (
            document(polys=CONNECTIVITY),
            HeaderDataError,
            "must have the arrays connectivity and off",
        ),
        (
            document(polys=CONNECTIVITY + OFFSETS.replace("6", "2")),
            HeaderDataError,
            "Polys: offsets must rise",
        ),
        (
            document(polys=CONNECTIVITY + OFFSETS.replace("12", "13")),
            HeaderDataError,
            "have 13 numbers, it has 12",
        ),
        (
            document(polys=CONNECTIVITY + OFFSETS.replace("12", "-1")),
            HeaderDataError,
            "Polys: offsets must rise",
        ),
        (
            document(polys=CONNECTIVITY.replace("0 2", "0 4") + OFFSETS),
            HeaderDataError,
            r"\[0, 4, 1\] of 4",
        ),
        (
            document(polys=CONNECTIVITY.replace("0 2", "0 x") + OFFSETS),
            CorruptFileError,
            "number 2, 'x'",
        ),
        (document(POINTS.replace("Float32", "Float16")), HeaderDataError, "type of the array ''"),
        (document(POINTS.replace("ascii", "binaries")), HeaderDataError, "format of the array ''"),
        (
            document(root=' byte_order="Middle"'),
            HeaderDataError,
            "byte order: must be one of Little",
        ),
        (document(root=' header_type="Int32"'), HeaderDataError, "type of headers: must be one of"),
        (
            document(root=' compressor="vtkLZ4DataCompressor"'),
            HeaderDataError,
            "vtkLZ4DataCompressor",
        ),
        (document(LONG), HeaderDataError, "must have 48 bytes, its header says 47"),
        (document(SHORT), TruncatedFileError, "needs 72 bytes of the file, there are 64"),
        (document(SHORT.replace("AAAA", "A*AA")), TruncatedFileError, "needs 72"),
        (document(LONG.replace("AAAA", "A*AA")), CorruptFileError, "is not base64"),
        (
            document(packed_points([1, 48, 0, len(WHOLE)], WHOLE[:-1] + b"x"), root=ZLIB),
            CorruptFileError,
            "cannot be decompressed",
        ),
        (
            document(packed_points([1, 48, 0, len(WHOLE) - 4], WHOLE[:-4]), root=ZLIB),
            CorruptFileError,
            "a block of 48 bytes has more, or fewer",
        ),
        (
            document(packed_points([1, 48, 0, 12], zlib.compress(bytes(10**6))[:12]), root=ZLIB),
            CorruptFileError,
            "a block of 48 bytes has more",
        ),
        (
            document(packed_points([2, 30, 17, 1, 1], b"ab"), root=ZLIB),
            HeaderDataError,
            "2 blocks of 30, the last of 17",
        ),
        (
            document(packed_points([2**32 - 1, 0, 48], b""), root=ZLIB),
            HeaderDataError,
            "4294967295 blocks of 0",
        ),
        (
            document(packed_points([48, 1, 0], b""), root=ZLIB),
            TruncatedFileError,
            "bytes of the file, there are",
        ),
        (
            document(packed_points([1, 48, 0, 2**32 - 1], WHOLE), root=ZLIB),
            TruncatedFileError,
            "5726623060 bytes",
        ),
        (
            appended("0", struct.pack("<I", 48) + CORNERS.tobytes()[:40]),
            TruncatedFileError,
            "needs 52 bytes of the file, there are 44",
        ),
        (
            appended("1", struct.pack("<I", 48) + CORNERS.tobytes()),
            TruncatedFileError,
            "there are 51",
        ),
        (appended("99"), TruncatedFileError, "there are 0"),
        (appended("-1"), HeaderDataError, "the offset must be a count, got '-1'"),
        (appended("0", bytes(60), b""), TruncatedFileError, "before the end of its appended data"),
        (appended("0", bytes(60), b"</AppendedData>"), TruncatedFileError, "before the end of its"),
    ],
)
def test_damaged_files(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        VtpSurface.from_bytes(data)


def test_lines_alone_are_not_a_surface():
    data = document().replace(b"Polys", b"Lines")
    with pytest.raises(HeaderDataError, match="has lines and no polygons: streamlines, perhaps"):
        VtpSurface.from_bytes(data)


@pytest.mark.parametrize(
    "head", [b"", b"\xef\xbb\xbf", b"<!-- made by hand -->\n", b'<?xml version="1.0"?>\n<!-- a -->']
)
def test_names_do_not_count(head: bytes, tmp_path: Path):
    (tmp_path / "a").write_bytes(head + document()[22:])
    assert volio.identify(tmp_path / "a").name == "vtp"
    is_mesh(volio.load(tmp_path / "a"))
