"""FreeSurfer's patches, texts and values of some vertices: by bytes, and hostile files."""

from __future__ import annotations

import gzip
import struct
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    ImageDataError,
    LossWarning,
    SaveError,
    TruncatedFileError,
    UnknownFormatError,
    VolioError,
)
from volio.formats.freesurfer import (
    FreeSurferAscii,
    FreeSurferAsciiValues,
    FreeSurferPatch,
    FreeSurferSparseValues,
)
from volio.tests.requirements import optional
from volio.tests.surfaces.shapes import CORNERS, SIDES, icosphere

#: Three of the vertices of `CORNERS`; the second is at the border.
NEW_PATCH = struct.pack(">2i", -1, 3) + b"".join(
    struct.pack(">i3f", number, *CORNERS[abs(number) - 1]) for number in (4, -1, 3)
)
OLD_PATCH = struct.pack(">i", 2) + struct.pack(">i3hi3h", 4, 0, 0, 500, -2, 200, 0, -1)


def whole() -> volio.Surface:
    return volio.Surface(CORNERS, SIDES, space="tkras", structure="cortex_left")


# Patches.


def test_a_patch_has_numbers_of_the_whole_surface(tmp_path: Path):
    (tmp_path / "lh.occip.patch.3d").write_bytes(NEW_PATCH)
    found = volio.load(tmp_path / "lh.occip.patch.3d")
    assert type(found) is FreeSurferPatch
    assert found.indices.tolist() == [3, 0, 2]
    assert found.vertices.tolist() == CORNERS[[3, 0, 2]].tolist()
    assert found.border.tolist() == [False, True, False]
    assert found.data["border"].tolist() == [0, 1, 0]
    assert (found.faces, found.space, found.structure) == (None, "unknown", "cortex_left")
    assert found.to_bytes() == NEW_PATCH
    (tmp_path / "a").write_bytes(NEW_PATCH)
    assert type(volio.load(tmp_path / "a")) is FreeSurferPatch


def test_what_follows_the_vertices_is_kept():
    assert FreeSurferPatch.from_bytes(NEW_PATCH + b"more").to_bytes() == NEW_PATCH + b"more"


def test_older_patches_are_in_hundredths(tmp_path: Path):
    for name in ("lh.patch", "rh.x.patch.flat", "lh.patch.gz"):
        data = gzip.compress(OLD_PATCH) if name.endswith(".gz") else OLD_PATCH
        (tmp_path / name).write_bytes(data)
        found = volio.load(tmp_path / name)
        assert found.indices.tolist() == [3, 1]
        assert found.vertices.tolist() == [[0, 0, 5], [2, 0, np.float32(-0.01)]]
        assert found.border.tolist() == [False, True]
    (tmp_path / "a").write_bytes(OLD_PATCH)
    with pytest.raises(UnknownFormatError, match="no format of volio recognises it"):
        volio.load(tmp_path / "a")


def test_faces_come_from_the_whole_surface():
    found = FreeSurferPatch.from_bytes(NEW_PATCH).with_faces(whole())
    assert type(found) is volio.Surface
    # Of the four faces one has the corners 0, 3 and 2, which are 1, 0 and 2 of the patch.
    assert found.faces.tolist() == [[1, 0, 2]]
    assert found.vertices[found.faces[0]].tolist() == CORNERS[[0, 3, 2]].tolist()
    assert found.indices.tolist() == [3, 0, 2]
    ball = volio.Surface(*icosphere(2))
    part = FreeSurferPatch(ball.vertices.astype("f4"), indices=np.arange(162))
    np.testing.assert_array_equal(part.with_faces(ball).faces, ball.faces)


def test_what_does_not_fit_the_whole_surface_is_refused():
    found = FreeSurferPatch.from_bytes(NEW_PATCH)
    with pytest.raises(HeaderDataError, match="vertices 0 to 3, the whole surface has 3"):
        found.with_faces(volio.Surface(CORNERS[:3], SIDES[:1]))
    with pytest.raises(ImageDataError, match="the whole surface has no faces"):
        found.with_faces(volio.Surface(CORNERS))


def test_patches_are_written_from_parts_of_surfaces(tmp_path: Path):
    part = volio.Surface(CORNERS[[3, 0, 2]], data={"border": [0, 1, 0]}, indices=[3, 0, 2])
    volio.save(part, tmp_path / "lh.a.patch.flat")
    assert (tmp_path / "lh.a.patch.flat").read_bytes() == NEW_PATCH
    part.data["thickness"] = [1.0, 2.0, 3.0]
    part.faces = [[0, 1, 2]]
    told = "FreeSurferPatch: has no place for faces, the values 'thickness'"
    with pytest.warns(LossWarning, match=told):
        volio.save(part, tmp_path / "lh.b.patch.3d")
    with pytest.raises(SaveError, match="are a part of a surface: indices and vertices"):
        volio.save(whole(), tmp_path / "lh.c.patch.3d")
    part.indices = [3, -1, 2]
    with pytest.raises(SaveError, match="numbered from 0 to 2147483646, got -1 to 3"):
        volio.save(part, tmp_path / "lh.d.patch.3d")


@pytest.mark.parametrize("values", [[0, 2, 0], [[0, 1], [1, 0], [0, 0]], [0, 0, 0]])
def test_other_values_are_no_border(values: list, tmp_path: Path):
    part = volio.Surface(CORNERS[:3], data={"border": values}, indices=[3, 0, 2])
    with pytest.warns(LossWarning, match="the values 'border'"):
        volio.save(part, tmp_path / "lh.a.patch.flat")
    assert not volio.load(tmp_path / "lh.a.patch.flat").border.any()


# Text.

SURFACE = b"""#!ascii version of lh.white
4 4
0.000000  0.000000  0.000000  0
2.000000  0.000000  0.000000  1
0.000000  3.000000  0.000000  0
0.000000  0.000000  5.000000  0
0 2 1 0
0 1 3 0
0 3 2 1
1 2 3 0
"""
PATCH = b"""#!ascii version of patch lh.occip. The 1st index is not a vertex number
3 1
4 vno=3
0.000000  0.000000  5.000000
-1 vno=0
0.000000  0.000000  0.000000
3 vno=2
0.000000  3.000000  0.000000
2
0 3 2
"""


@pytest.mark.parametrize("name", ["lh.white.asc", "white.srf", "a"])
def test_surfaces_as_text(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(SURFACE)
    found = volio.load(tmp_path / name)
    assert type(found) is FreeSurferAscii
    assert found.vertices.tolist() == CORNERS.tolist()
    assert found.faces.tolist() == SIDES.tolist()
    assert found.data["ripped"].tolist() == [0, 1, 0, 0]
    assert found.ripped_faces.tolist() == [False, False, True, False]
    assert (found.space, found.comment) == ("tkras", "version of lh.white")
    assert found.structure == ("cortex_left" if name.startswith("lh.") else "")


def test_flags_may_be_missing():
    text = b"#!ascii\n4 4\n" + b"".join(
        line.rsplit(b" ", 1)[0] + b"\n" for line in SURFACE.splitlines()[2:]
    )
    found = FreeSurferAscii.from_bytes(text)
    assert found.vertices.tolist() == CORNERS.tolist()
    assert found.faces.tolist() == SIDES.tolist()
    assert (dict(found.data), found.ripped_faces) == ({}, None)


def test_patches_as_text_have_faces(tmp_path: Path):
    (tmp_path / "rh.a.asc").write_bytes(PATCH)
    found = volio.load(tmp_path / "rh.a.asc")
    binary = FreeSurferPatch.from_bytes(NEW_PATCH).with_faces(whole())
    assert found.vertices.tolist() == binary.vertices.tolist()
    assert found.faces.tolist() == binary.faces.tolist() == [[1, 0, 2]]
    assert found.indices.tolist() == binary.indices.tolist()
    assert found.data["border"].tolist() == [0, 1, 0]
    assert (found.space, found.structure) == ("unknown", "cortex_right")


def test_texts_that_are_written(tmp_path: Path):
    found = FreeSurferAscii.from_bytes(SURFACE)
    lines = found.to_bytes().decode().splitlines()
    assert lines[:4] == ["#!ascii version of lh.white", "4 4", "0.0 0.0 0.0 0", "2.0 0.0 0.0 1"]
    assert lines[6:] == ["0 2 1 0", "0 1 3 0", "0 3 2 1", "1 2 3 0"]
    assert found.copy().to_bytes() == found.to_bytes()
    patch = FreeSurferAscii.from_bytes(PATCH).to_bytes().decode().splitlines()
    assert patch[1:6] == ["3 1", "4 vno=3", "0.0 0.0 5.0", "-1 vno=0", "0.0 0.0 0.0"]
    assert patch[8:] == ["0", "0 3 2"]
    volio.save(whole(), tmp_path / "lh.a.srf")
    first = (tmp_path / "lh.a.srf").read_text().splitlines()[0]
    assert first == "#!ascii version of a surface"
    # A part that was a surface before is written as a patch.
    part = FreeSurferPatch.from_bytes(NEW_PATCH).with_faces(whole())
    part = FreeSurferAscii.from_image(part)
    part.comment = "version of lh.white"
    assert part.to_bytes().startswith(b"#!ascii version of patch\n3 1\n")


def test_every_digit_of_a_text_comes_back(tmp_path: Path):
    vertices, faces = icosphere(2, 70.0)
    surf = volio.Surface(vertices.astype("f4"), faces, space="tkras")
    volio.save(surf, tmp_path / "lh.a.asc")
    np.testing.assert_array_equal(volio.load(tmp_path / "lh.a.asc").vertices, surf.vertices)


@pytest.mark.parametrize("ending", [".asc", ".label"])
def test_values_are_written_in_no_more_digits_than_they_need(ending: str, tmp_path: Path):
    values = np.float32([0.1, 0.444444, 2.5, 1 / 3])
    surf = volio.Surface(CORNERS, data={"value": values}, indices=range(4), space="tkras")
    name = tmp_path / f"lh.a{ending}"
    volio.save(surf, name)
    words = [line.split()[4] for line in name.read_text().splitlines()[-4:]]
    assert words == ["0.1", "0.444444", "2.5", "0.33333334"]
    (found,) = volio.load(name).data.arrays()
    np.testing.assert_array_equal(found.values, values)


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("lh.a.asc", "cortex_left"),
        ("some.rh.a.asc", "cortex_right"),
        ("sub-1_hemi-L_a.asc", "cortex_left"),
        ("lhasa.asc", ""),
    ],
)
def test_the_hemisphere_that_a_name_says(name: str, structure: str, tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, space="tkras", structure=structure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        volio.save(surf, tmp_path / name)
    assert volio.load(tmp_path / name).structure == structure


@pytest.mark.parametrize("name", ["a.asc", "a.label", "white.srf", "a.patch"])
def test_a_name_that_says_no_hemisphere_is_warned_of(name: str, tmp_path: Path):
    surf = volio.Surface(CORNERS, SIDES, space="tkras", structure="cortex_left")
    if name != "white.srf":
        surf = surf.cut([0, 1, 2])
    said = rf"{name}: the surface is of cortex_left, the name says nothing"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        with pytest.warns(GeometryWarning, match=said):
            volio.save(surf, tmp_path / name)
        assert volio.load(tmp_path / name).structure == ""
        surf.structure = ""
        with warnings.catch_warnings():
            warnings.simplefilter("error", GeometryWarning)
            volio.save(surf, tmp_path / name)


@pytest.mark.parametrize("name", ["lh.thickness", "lh.a.asc", "lh.a.label", "lh.white"])
def test_a_name_of_the_other_hemisphere_is_warned_of(name: str, tmp_path: Path):
    surf = volio.Surface(CORNERS, data={"value": [1, 2, 3, 4]}, indices=range(4), space="tkras")
    if name == "lh.white":
        surf.faces = SIDES
    surf.structure = "cortex_right"
    told = f"{name}: the surface is of cortex_right, the name says cortex_left"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        with pytest.warns(GeometryWarning, match=told):
            volio.save(surf, tmp_path / name)
        volio.save(surf, tmp_path / name.replace("lh", "rh"))
        surf.structure = ""
        volio.save(surf, tmp_path / name)


def test_flags_of_faces_are_told(tmp_path: Path):
    found = FreeSurferAscii.from_bytes(SURFACE)
    with pytest.warns(LossWarning, match=r"the space \(tkras\), which faces are cut off"):
        volio.save(found, tmp_path / "a.gii")
    assert volio.load(tmp_path / "a.gii").data["ripped"].tolist() == [0, 1, 0, 0]
    found.faces = SIDES[:2]
    assert found.to_bytes().endswith(b"\n0 2 1 0\n0 1 3 0\n")


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (b"4 4\n", HeaderDataError, "begins with b'4 4', not with b'#!ascii'"),
        (b"#!ascii\n", HeaderDataError, r"the numbers of vertices and faces, got \[\]"),
        (b"#!ascii\n4\n", HeaderDataError, "the numbers of vertices and faces"),
        (b"#!ascii\n-1 0\n", HeaderDataError, "the numbers of vertices and faces"),
        (
            b"#!ascii\n2000000000 1\n0 0 0 0\n",
            TruncatedFileError,
            "2000000000 and 1 lines .* got 1",
        ),
        (SURFACE[:-8], TruncatedFileError, "4 and 4 lines of numbers, got 7"),
        (SURFACE[:-1], TruncatedFileError, "the last line, .* may be cut short"),
        (SURFACE + b"1 2 3 0\n", CorruptFileError, "has 1 lines more than vertices and faces"),
        (SURFACE.replace(b"5.0", b"5.x"), CorruptFileError, "vertices: line 6, '5.x00000'"),
        (SURFACE.replace(b"1 2 3 0", b"1 2 3.5 0"), CorruptFileError, "faces: line 10, '3.5'"),
        (SURFACE.replace(b"1 2 3 0", b"1 2 4 0"), HeaderDataError, r"\[1, 2, 4\] of 4 vertices"),
        (b"#!ascii\n1 0\n1 2\n", CorruptFileError, "vertices: 3 or 4 numbers in a line, got 2"),
        (
            b"#!ascii\n1 0\n1 2 1e39 0\n",
            CorruptFileError,
            "'1e39', is not a number of type float32",
        ),
        (PATCH.replace(b"0 3 2", b"0 1 2"), HeaderDataError, "vertex 1 is not in the patch"),
        (PATCH.replace(b"3 vno", b"4 vno"), HeaderDataError, "vertices: 3 is there twice"),
        (PATCH[:-8], TruncatedFileError, "needs 6 and 2 lines of numbers, got 6"),
    ],
)
def test_damaged_texts(text: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        FreeSurferAscii.from_bytes(text)


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"\xff\xff\xff", TruncatedFileError, "the magic number: needs 4 bytes, the file has 3"),
        (b"\xff" * 4, TruncatedFileError, "the number of vertices: needs 8 bytes"),
        (b"\xff" * 4 + b"\x7f" * 4, TruncatedFileError, "positions of 2139062143 vertices: needs"),
        (b"\xff" * 8, HeaderDataError, "lengths must not be negative"),
        (NEW_PATCH[:-1], TruncatedFileError, "needs 56 bytes, the file has 55"),
        (NEW_PATCH.replace(struct.pack(">i", 4), bytes(4)), CorruptFileError, "from 1, .*; got 0"),
    ],
)
def test_damaged_patches(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        FreeSurferPatch.from_bytes(data)


# Values.

TEXT_VALUES = b"000 0.00000 0.00000 0.00000 2.50000\n001 2.00000 0.00000 0.00000 -0.12500\n"


def test_values_as_text(tmp_path: Path):
    (tmp_path / "lh.thickness.asc").write_bytes(TEXT_VALUES)
    found = volio.load(tmp_path / "lh.thickness.asc")
    assert type(found) is FreeSurferAsciiValues
    assert found.data["thickness"].tolist() == [2.5, -0.125]
    assert found.vertices.tolist() == CORNERS[:2].tolist()
    assert (found.faces, found.indices, found.space) == (None, None, "tkras")
    assert found.to_bytes() == b"000 0.0 0.0 0.0 2.5\n001 2.0 0.0 0.0 -0.125\n"
    # Some of the vertices.
    (tmp_path / "a.asc").write_bytes(TEXT_VALUES.replace(b"001", b"017"))
    found = volio.load(tmp_path / "a.asc")
    assert found.indices.tolist() == [0, 17]
    assert list(found.data) == ["values"]
    assert found.to_bytes().endswith(b"017 2.0 0.0 0.0 -0.125\n")


def test_values_as_text_are_written_with_positions(tmp_path: Path):
    surf = volio.Surface(CORNERS, data={"a": [1, 2, 3, 4], "b": [1, 2, 3, 5]}, space="tkras")
    with pytest.warns(LossWarning, match="the values 'b'"):
        volio.save(surf, tmp_path / "lh.a.asc")
    assert volio.load(tmp_path / "lh.a.asc").data["a"].tolist() == [1, 2, 3, 4]
    with pytest.raises(SaveError, match="vertices and faces; this has only values"):
        volio.save(volio.Surface(data={"a": [1.0]}), tmp_path / "lh.b.asc")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\n", "lines of a vertex, x, y, z and a value"),
        (b"1 2 3 4\n", "lines of a vertex, x, y, z and a value"),
        (b"1.5 2 3 4 5\n", "numbers of vertices must be integers"),
        (b"nan 2 3 4 5\n", "numbers of vertices must be integers"),
        (b"1 2 3 4 1e39\n", "values: numbers exceed float32"),
        (b"1 2 3 4 x\n", "values: line 1, 'x', is not a number"),
        (b"1 2 3 4 5\n1 2 3 4\n", "line 2 has 4 numbers, line 1 has 5"),
    ],
)
def test_damaged_values_as_text(text: bytes, told: str):
    with pytest.raises(CorruptFileError, match=told):
        FreeSurferAsciiValues.from_bytes(text)


def test_values_of_some_vertices(tmp_path: Path):
    data = b"\0\x0c\0\0\2" + b"\1\2\3" + struct.pack(">f", 0.5) + b"\0\0\7" + struct.pack(">f", 2)
    for name in ("lh.sig.w", "sig-lh.w", "sig-lh.w.gz"):
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("z") else data)
        found = volio.load(tmp_path / name)
        assert type(found) is FreeSurferSparseValues
        assert found.indices.tolist() == [66051, 7]
        assert (found.vertices, found.latency) == (None, 1.2)
        assert found.to_bytes() == data
    assert volio.load(tmp_path / "lh.sig.w").data["sig"].tolist() == [0.5, 2.0]
    assert list(volio.load(tmp_path / "sig-lh.w").data) == ["values"]


def test_mne_reads_values_of_some_vertices(tmp_path: Path):
    optional("mne")
    read = import_module("mne.source_estimate")._read_w
    numbers = [0, 65536, 2**24 - 1, 258]
    surf = volio.Surface(data={"a": [1.5, -2.0, 0.0, 3.25]}, indices=numbers)
    volio.save(surf, tmp_path / "a-lh.w")
    found = read(tmp_path / "a-lh.w")
    assert found["vertices"].tolist() == numbers
    assert found["data"].tolist() == [1.5, -2.0, 0.0, 3.25]


def test_what_values_of_some_vertices_cannot_be(tmp_path: Path):
    for surf, told in [
        (volio.Surface(data={"a": [1.0]}, indices=[2**24]), "from 0 to 16777215, got 16777216"),
        (volio.Surface(data={"a": [1.0]}, indices=[-1]), "from 0 to 16777215, got -1"),
        (volio.Surface(data={"a": [[1.0, 2.0]]}), "need one value of each vertex"),
    ]:
        with pytest.raises(SaveError, match=told):
            volio.save(surf, tmp_path / "a-lh.w")


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"\0\0\0", TruncatedFileError, "the number of values: needs 5 bytes"),
        (
            b"\0\0\0\0\2" + bytes(13),
            TruncatedFileError,
            "2 values: needs 19 bytes, the file has 18",
        ),
        (b"\0\0\0\0\2" + bytes(15), CorruptFileError, "1 bytes more than the file says"),
    ],
)
def test_damaged_values_of_some_vertices(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        FreeSurferSparseValues.from_bytes(data)
