"""FreeSurfer's surface files: against nibabel, by bytes, and where nibabel reads them wrongly."""

from __future__ import annotations

import struct
from pathlib import Path

import nibabel
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
    UnknownFormatError,
    UsageError,
    VolioError,
)
from volio.formats.freesurfer import FreeSurferSurface
from volio.formats.freesurfer import quads as quads_module
from volio.formats.freesurfer.quads import quads_to_triangles
from volio.space.meshes import triangle_areas
from volio.testing.comparison import same_image
from volio.tests.surfaces.shapes import CORNERS, SIDES

GEOMETRY = volio.VolumeGeometry(
    (10, 20, 30),
    (1.0, 1.5, 2.0),
    ((0.0, -1.0, 0.0), (0.6, 0.0, 0.8), (-0.8, 0.0, 0.6)),
    (4.0, -5.0, 6.5),
)


def surface(**more) -> volio.Surface:
    return volio.Surface(CORNERS, SIDES, **({"space": "tkras"} | more))


def triangle_file(tags: bytes = b"", stamp: bytes = b"made by hand\n\n") -> bytes:
    """A triangle file, by hand."""
    counts = struct.pack(">2i", len(CORNERS), len(SIDES))
    mesh = CORNERS.astype(">f4").tobytes() + SIDES.astype(">i4").tobytes()
    return b"\xff\xff\xfe" + stamp + counts + mesh + tags


# Surfaces.


def test_nibabel_reads_what_is_written(tmp_path: Path):
    path = tmp_path / "lh.pial"
    volio.save(surface(geometry=GEOMETRY, structure="cortex_left"), path)
    coords, faces, info, stamp = nibabel.freesurfer.read_geometry(path, True, True)
    assert coords.tolist() == CORNERS.tolist()
    assert faces.tolist() == SIDES.tolist()
    assert stamp == "created by volio"
    assert info["valid"].startswith("1")
    assert info["volume"].tolist() == [10, 20, 30]
    assert info["voxelsize"].tolist() == [1, 1.5, 2]
    # In the file each line is the direction of one axis of the volume.
    assert [info[f"{axis}ras"].tolist() for axis in "xyz"] == np.transpose(
        GEOMETRY.directions
    ).tolist()
    assert info["cras"].tolist() == [4, -5, 6.5]
    found = volio.load(path)
    assert (found.space, found.geometry, found.structure) == ("tkras", GEOMETRY, "cortex_left")
    np.testing.assert_allclose(
        found.vertices_in("scanner"),
        (GEOMETRY.scanner_from_tkras @ np.column_stack([CORNERS, np.ones(4)]).T)[:3].T,
        atol=1e-5,
    )


def test_untouched_files_are_written_byte_for_byte(tmp_path: Path):
    text = (
        b"valid = 1  # volume info valid\nfilename = a \xff b.mgz\nvolume = 9 9 9\n"
        b"voxelsize = 1 1 1\nxras   = -1 0 0\nyras   = 0 0 -1\nzras   = 0 1 0\ncras   = 1 2 3\n"
    )
    command = b"mris_smooth -n 3\0"
    tags = (
        struct.pack(">3i", 2, 0, 20)
        + text
        + struct.pack(">iq", 3, len(command))
        + command
        + struct.pack(">i", 99)
        + b"what is this"
    )
    raw = triangle_file(tags, b"made \xff by hand\n\n")
    path = tmp_path / "rh.white"
    path.write_bytes(raw)
    surf = volio.load(path)
    assert surf.commands == ("mris_smooth -n 3",)
    assert surf.geometry.centre == (1, 2, 3)
    volio.save(surf, tmp_path / "rh.copy")
    assert (tmp_path / "rh.copy").read_bytes() == raw
    surf.geometry = GEOMETRY
    volio.save(surf, tmp_path / "rh.copy")
    assert volio.load(tmp_path / "rh.copy").geometry == GEOMETRY


def sized(number: int, content: bytes) -> bytes:
    """A tag with a length, as most are."""
    return struct.pack(">iq", number, len(content)) + content


def test_tags_after_one_that_is_not_known_are_read(tmp_path: Path):
    area = sized(32, struct.pack(">f", 82220.5))
    old_transform = struct.pack(">2i", 30, 9) + b"some.xfm\0"
    later = sized(99, b"of later times")
    commands = sized(3, b"mris_one\0") + sized(3, b"mris_two\0")
    matrix = sized(22, b"tkras\0") + sized(23, bytes(64)) + sized(24, b"scanner\0")
    end = struct.pack(">iq", 98, 1 << 40) + b"longer than the file"
    tags = struct.pack(">2i", 2, 0) + area + matrix + old_transform + later + commands + end
    surf = FreeSurferSurface.from_bytes(triangle_file(tags))
    assert surf.commands == ("mris_one", "mris_two")
    assert surf.space == "tkras"
    assert surf.to_bytes() == triangle_file(tags)
    # What says nothing of positions is still true in another space.
    surf.space = "scanner"
    kept = area + old_transform + later + commands
    assert surf.to_bytes() == triangle_file(struct.pack(">2i", 2, 1) + kept)


def test_the_space_may_be_stated_by_a_tag_with_a_length():
    surf = FreeSurferSurface.from_bytes(triangle_file(sized(4, struct.pack(">i", 1))))
    assert surf.space == "scanner"


def test_many_volumes_that_make_no_sense_take_no_time():
    tags = struct.pack(">i", 20) * 1_000_000 + b"\n"
    surf = FreeSurferSurface.from_bytes(triangle_file(tags))
    assert surf.geometry is None
    assert surf.to_bytes() == triangle_file(tags)


@pytest.mark.parametrize(
    "stamp",
    [b"one line feed\n", b"two\n\n", b"\n\n"]
    + [b"x" * count + b"\n\n" for count in (510, 511, 512, 4000)],
)
def test_one_or_two_line_feeds_follow_the_stamp(stamp: bytes):
    surf = FreeSurferSurface.from_bytes(triangle_file(stamp=stamp))
    assert surf.vertices.tolist() == CORNERS.tolist()
    assert surf.stamp == stamp.decode().strip()


def test_coordinates_may_be_those_of_the_scanner(tmp_path: Path):
    surf = FreeSurferSurface.from_bytes(triangle_file(struct.pack(">2i", 2, 1)))
    assert (surf.space, surf.geometry) == ("scanner", None)
    volio.save(surface(space="scanner"), tmp_path / "lh.a")
    assert (tmp_path / "lh.a").read_bytes().endswith(struct.pack(">2i", 2, 1))
    assert volio.load(tmp_path / "lh.a").space == "scanner"


@pytest.mark.parametrize(
    "text",
    [
        b"valid = 0  # volume info invalid\nfilename = x\nvolume = 9 9 9\nvoxelsize = 1 1 1\n"
        b"xras = -1 0 0\nyras = 0 0 -1\nzras = 0 1 0\ncras = 1 2 3\n",
        b"valid = 1\nfilename = x\nvolume = 9 9\nvoxelsize = 1 1 1\nxras = -1 0 0\n"
        b"yras = 0 0 -1\nzras = 0 1 0\ncras = 1 2 3\n",
        b"valid = 1\nfilename = x\nvolume = 9 9 9\ncras = 1 2 3\n",
        b"nonsense\n",
    ],
)
def test_a_volume_that_is_not_known(text: bytes):
    surf = FreeSurferSurface.from_bytes(triangle_file(struct.pack(">i", 20) + text))
    assert surf.geometry is None
    with pytest.raises(volio.errors.SpaceError, match="nothing says how to get to 'scanner'"):
        surf.vertices_in("scanner")


def quads(old: bool) -> bytes:
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 2, 0], [0, 2, 0], [1, 0, 3], [1, 2, 3]])
    faces = np.array([[0, 1, 2, 3], [1, 4, 5, 2]])
    counts = b"".join(int(n).to_bytes(3, "big") for n in (len(corners), len(faces)))
    positions = (corners * 100).astype(">i2") if old else corners.astype(">f4")
    digits = b"".join(int(n).to_bytes(3, "big") for n in faces.ravel())
    return (b"\xff\xff\xff" if old else b"\xff\xff\xfd") + counts + positions.tobytes() + digits


@pytest.mark.parametrize("at_once", [1, 5000])
@pytest.mark.parametrize("old", [False, True])
def test_quadrangles_become_triangles(old: bool, at_once: int, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(quads_module, "AT_ONCE", at_once)
    path = tmp_path / "lh.orig"
    path.write_bytes(quads(old))
    surf = volio.load(path)
    assert type(surf) is FreeSurferSurface
    coords, faces = nibabel.freesurfer.read_geometry(path)
    assert surf.vertices.tolist() == coords.tolist()
    assert surf.faces.tolist() == faces.tolist()
    assert triangle_areas(surf.vertices, surf.faces).sum() == pytest.approx(2 + 6)
    with pytest.raises(TruncatedFileError, match="faces: needs"):
        FreeSurferSurface.from_bytes(quads(old)[:-1])


def test_how_quadrangles_are_cut():
    cut = quads_to_triangles(np.array([[4, 5, 6, 7], [1, 2, 3, 0]], np.int32))
    assert cut.tolist() == [[4, 5, 7], [6, 7, 5], [1, 2, 3], [1, 3, 0]]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (b"\0", "a tag after the faces is cut"),
        (struct.pack(">i", 2), "a tag after the faces is cut"),
        (struct.pack(">iq", 3, 9) + b"mris", "a command line of 9 bytes, the file has 4"),
        (struct.pack(">iq", 3, -1), "a command line of -1 bytes"),
        (struct.pack(">i", 20) + b"valid = 1\nfilename = x\n", "ends before 'volume'"),
        (struct.pack(">i", 20) + b"valid = 1\nfilename = x\nvolu", "ends before 'volume'"),
    ],
)
def test_tags_that_are_cut(tags: bytes, told: str):
    with pytest.raises(TruncatedFileError, match=told):
        FreeSurferSurface.from_bytes(triangle_file(tags))


@pytest.mark.parametrize(
    ("raw", "error", "told"),
    [
        (triangle_file()[:-1], TruncatedFileError, "faces: needs"),
        (triangle_file()[:60], TruncatedFileError, "vertices: needs"),
        (b"\xff\xff\xfe" + b"x" * 5000, HeaderDataError, "no end of the first line"),
        (b"\xff\xff\xfe\n\n" + struct.pack(">2i", -1, 2), HeaderDataError, "must not be negative"),
        (b"\xff\xff\xfe\n\n" + struct.pack(">2i", 2**31 - 1, 2), TruncatedFileError, "needs"),
        (b"\xff\xff\xfc", HeaderDataError, "not as FreeSurfer's surfaces do"),
    ],
)
def test_damaged_surfaces(raw: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        FreeSurferSurface.from_bytes(raw)


def test_faces_beyond_the_vertices_are_refused():
    raw = triangle_file()[:-4] + struct.pack(">i", 4)
    with pytest.raises(HeaderDataError, match=r"\[1, 2, 4\] of 4 vertices"):
        FreeSurferSurface.from_bytes(raw)


# Values.


def test_values_are_those_of_nibabel(tmp_path: Path):
    values = np.random.default_rng(1).normal(size=50).astype("f4")
    path = tmp_path / "rh.thickness"
    volio.save(volio.Surface(data={"thickness": values}, structure="cortex_right"), path)
    np.testing.assert_array_equal(nibabel.freesurfer.read_morph_data(path), values)
    found = volio.load(path)
    assert (list(found.data), found.structure) == (["thickness"], "cortex_right")
    np.testing.assert_array_equal(found.data["thickness"], values)
    raw = path.read_bytes()
    assert raw[:15] == b"\xff\xff\xff" + struct.pack(">3i", 50, 0, 1)


def test_several_values_of_a_vertex_are_kept(tmp_path: Path):
    path = tmp_path / "lh.many"
    numbers = np.arange(6, dtype=">f4")
    raw = b"\xff\xff\xff" + struct.pack(">3i", 3, 9, 2) + numbers.tobytes()
    path.write_bytes(raw)
    found = volio.load(path)
    assert found.data["many"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.to_bytes() == raw
    path.write_bytes(raw[:-4])
    with pytest.raises(TruncatedFileError, match="values of 3 vertices: needs 39 bytes"):
        volio.load(path)


def test_older_values_are_in_hundredths(tmp_path: Path):
    path = tmp_path / "lh.curv"
    path.write_bytes(b"\0\0\3\0\0\7" + struct.pack(">3h", 150, -25, 7))
    found = volio.load(path)
    assert found.data["curv"].tolist() == [np.float32(1.5), np.float32(-0.25), np.float32(0.07)]
    assert found.face_count == 7
    np.testing.assert_allclose(found.data["curv"], nibabel.freesurfer.read_morph_data(path), 1e-7)
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UnknownFormatError, match=r"lh\.curv"):
        volio.load(path)


# Labels.


LABEL = (
    b"#!ascii label  , from subject bert vox2ras=TkReg coords=white\n"
    b"2\n7 1.5 -2 3 0.25\n-1 0 0 0 1\n"
)


def test_labels_are_a_part_of_a_surface(tmp_path: Path):
    path = tmp_path / "lh.V1.label"
    path.write_bytes(LABEL)
    found = volio.load(path)
    assert found.indices.tolist() == [7, -1]
    assert found.vertices.tolist() == [[1.5, -2, 3], [0, 0, 0]]
    assert found.data["value"].tolist() == [0.25, 1]
    assert (found.space, found.structure) == ("tkras", "cortex_left")
    with pytest.warns(GeometryWarning, match="the name says cortex_right"):
        volio.save(found, tmp_path / "rh.V1.label")
    again = volio.load(tmp_path / "rh.V1.label")
    assert again.comment == ", from subject bert vox2ras=TkReg coords=white"
    assert (again.indices.tolist(), again.structure) == ([7, -1], "cortex_right")
    indices, values = volio.freesurfer.read_label(path, read_scalars=True)
    assert (indices.tolist(), values.tolist()) == ([7, -1], [0.25, 1])
    assert nibabel.freesurfer.read_label(tmp_path / "rh.V1.label").tolist() == [7, -1]
    found.space = "scanner"
    volio.save(found, path)
    assert b"coords=white vox2ras=scanner" in path.read_bytes()


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (b"#!ascii label\n2\n1 2 3 4 5\n", CorruptFileError, "2 vertices are 10 numbers, got 5"),
        (b"#!ascii label\n1\n1 2 3 4 x\n", CorruptFileError, "label: number 5, .x."),
        (b"#!ascii label\n", CorruptFileError, "must be numbers"),
        (b"#!ascii label\n1\n1.5 2 3 4 5\n", CorruptFileError, "must be integers"),
        (b"ascii label\n1\n1 2 3 4 5\n", HeaderDataError, "not with a comment"),
    ],
)
def test_damaged_labels(text: bytes, error: type[VolioError], told: str):
    from volio.formats.freesurfer import FreeSurferLabel

    with pytest.raises(error, match=told):
        FreeSurferLabel.from_bytes(text)


# Names and conversions.


def test_names_say_what_is_written(tmp_path: Path):
    surf = surface(structure="cortex_left", space="scanner")
    surf.data["height"] = CORNERS[:, 2]
    with pytest.warns(LossWarning, match="FreeSurferSurface: has no place for the values 'height'"):
        volio.save(surf, tmp_path / "lh.pial.gz")
    assert type(volio.load(tmp_path / "lh.pial.gz")) is FreeSurferSurface
    volio.save(surf, tmp_path / "lh.surf.gii")
    assert type(volio.load(tmp_path / "lh.surf.gii")).__name__ == "GiftiImage"
    volio.save(volio.Surface(data={"a": [1.0, 2.0]}), tmp_path / "lh.sphere.reg")
    assert volio.load(tmp_path / "lh.sphere.reg").data["sphere.reg"].tolist() == [1, 2]
    with pytest.raises(SaveError, match="annotations need labels"):
        volio.save(surface(), tmp_path / "lh.a.annot")
    with pytest.raises(SaveError, match="a part of a surface"):
        volio.save(surface(), tmp_path / "lh.a.label")
    with pytest.raises(SaveError, match=r"vertices and faces|need values"):
        volio.save(volio.Surface(CORNERS), tmp_path / "lh.a")


@pytest.mark.parametrize("name", ["white", "sub-1.white", "white.gz"])
def test_the_format_may_be_said_instead_of_a_name(name: str, tmp_path: Path):
    volio.save(surface(space="tkras"), tmp_path / name, format="freesurfer")
    assert type(volio.load(tmp_path / name)) is FreeSurferSurface
    volio.save(volio.Surface(data={"a": [1.0, 2.0]}), tmp_path / name, format="freesurfer")
    assert volio.load(tmp_path / name).data["values"].tolist() == [1, 2]
    volume = volio.Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.eye(4))
    with pytest.raises(UsageError, match="is for surfaces, and this is a volume"):
        volio.save(volume, tmp_path / name, format="freesurfer")


def test_gifti_and_back_keeps_everything(tmp_path: Path):
    volio.save(surface(geometry=GEOMETRY, structure="cortex_right"), tmp_path / "rh.white")
    volio.convert(tmp_path / "rh.white", tmp_path / "a.surf.gii")
    volio.convert(tmp_path / "a.surf.gii", tmp_path / "rh.back", format="freesurfer")
    same_image(volio.load(tmp_path / "rh.back"), volio.load(tmp_path / "rh.white"))
