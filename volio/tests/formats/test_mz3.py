"""MZ3: against files of Surf Ice, by bytes, and what damaged files ask for."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    LimitError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    UnknownFormatError,
)
from volio.formats.mz3 import Mz3Surface
from volio.surfaces.vertex_data import VertexArray
from volio.tests.surfaces.shapes import CORNERS, SIDES

VALUES = np.array([1.5, 2.5, -3.5, 4.25], "f4")
TABLE = {"R": [1, 2], "G": [3, 4], "B": [5, 6], "A": [7, 8], "I": [-4, 9], "labels": ["a", "ü"]}


def mz3_bytes(bits: int, *blocks: np.ndarray, skipped: bytes = b"", counts=(4, 4)) -> bytes:
    header = struct.pack("<2sH3I", b"MZ", bits, *counts, len(skipped))
    return header + skipped + b"".join(block.tobytes() for block in blocks)


def mesh_bytes(more: int = 0, *blocks: np.ndarray, **options) -> bytes:
    return mz3_bytes(3 + more, SIDES, CORNERS, *blocks, **options)


def load(data: bytes) -> Mz3Surface:
    return Mz3Surface.from_bytes(data)


def with_labels(table: object, keys: np.ndarray = VALUES) -> bytes:
    return mesh_bytes(8 + 64, keys, skipped=json.dumps(table).encode())


# Files of other programs.


def test_real_files_are_read(shared_data: Path):
    folder = shared_data / "surfaces"
    brain = volio.load(folder / "BrainMesh_ICBM152.lh.mz3")
    assert (brain.n_vertices, brain.faces.shape) == (40962, (81920, 3))
    values = volio.load(folder / "BrainMesh_ICBM152.lh.curv", format="freesurfer")
    assert list(brain.with_data(values).data) == ["values"]
    cortex = volio.load(folder / "cortex_5124.mz3")
    assert (cortex.n_vertices, cortex.faces.shape) == (5124, (10240, 3))
    # The octahedra of the format's own examples: six corners at a distance of 1, eight faces.
    plain = volio.load(folder / "3Mesh.mz3")
    coloured = volio.load(folder / "11ScalarMesh.mz3")
    for surf in (plain, coloured):
        assert np.linalg.norm(surf.vertices, axis=1).tolist() == [1.0] * 6
        assert surf.faces.shape == (8, 3)
        assert surf.areas.sum() == pytest.approx(8 * 3**0.5 / 2)
    assert len(plain.data) == 0
    assert coloured.data["scalar"].shape == (6,)
    assert brain.is_compressed


# Bytes by hand.


def test_corners_of_a_face_and_levels_of_a_colour_follow_each_other():
    colours = np.arange(16, dtype=np.uint8).reshape(4, 4)
    found = load(mesh_bytes(4, colours))
    assert found.faces.tolist() == SIDES.tolist()
    assert found.vertices.tolist() == CORNERS.tolist()
    assert found.colors.tolist() == colours.tolist()
    assert found.space == "unknown"


def test_values_are_as_many_as_the_file_has():
    rows = np.arange(12, dtype="f4").reshape(3, 4)
    assert load(mesh_bytes(8, rows)).data["scalar"].tolist() == rows.T.tolist()
    assert load(mesh_bytes(8, VALUES)).data["scalar"].tolist() == VALUES.tolist()
    both = load(mesh_bytes(8 + 32, rows[:2])).data
    assert both["ambient occlusion"].tolist() == [0, 1, 2, 3]
    assert both["scalar"].tolist() == [4, 5, 6, 7]


@pytest.mark.parametrize("bits", [16, 8 + 16])
def test_values_may_be_doubles(bits: int):
    found = load(mesh_bytes(bits, np.array([0.1, 0.2, 0.3, 1e300]))).data["scalar"]
    assert found.dtype == np.float64
    assert found.tolist() == [0.1, 0.2, 0.3, 1e300]


def test_bytes_before_the_blocks_are_skipped_and_kept():
    data = mesh_bytes(skipped=b"what is this")
    found = load(data)
    assert found.vertices.tolist() == CORNERS.tolist()
    assert found.to_bytes() == data


def test_labels():
    found = load(with_labels(TABLE, np.array([9, -4, 9, 9], "f4")))
    assert found.data["scalar"].dtype == np.int32
    assert found.labels.names_of(found.data["scalar"]) == ["ü", "a", "ü", "ü"]
    assert found.labels[9].colour == (2, 4, 6, 8)
    assert load(found.to_bytes()).labels == found.labels


def test_labels_without_keys_and_opacities():
    table = {name: TABLE[name] for name in "RGB"}
    found = load(with_labels(table, np.array([0, 1, 1, 0], "f4"))).labels
    assert found.keys == (0, 1)
    assert found.names == ("", "")
    assert found[1].colour == (2, 4, 6, 255)


def test_values_between_keys_stay_what_they_are():
    assert load(with_labels(TABLE)).data["scalar"].tolist() == VALUES.tolist()


# Writing.


def test_bytes_that_are_written(tmp_path: Path):
    colours = np.arange(16, dtype=np.uint8).reshape(4, 4)
    surf = volio.Surface(CORNERS, SIDES, {"scalar": VALUES}, colors=colours)
    volio.save(surf, path := tmp_path / "a.mz3")
    assert gzip.decompress(path.read_bytes()) == mesh_bytes(4 + 8, colours, VALUES)
    volio.save(surf, other := tmp_path / "a.mz3.gz")
    assert gzip.decompress(other.read_bytes()) == mesh_bytes(4 + 8, colours, VALUES)


def test_files_that_were_not_compressed_are_not(tmp_path: Path):
    path = tmp_path / "raw.mz3"
    path.write_bytes(mesh_bytes(8, VALUES))
    found = volio.load(path)
    assert not found.is_compressed
    volio.save(found, tmp_path / "again.mz3")
    assert (tmp_path / "again.mz3").read_bytes() == path.read_bytes()
    found.is_compressed = True
    volio.save(found, tmp_path / "packed.mz3")
    assert gzip.decompress((tmp_path / "packed.mz3").read_bytes()) == path.read_bytes()


def test_blocks_after_labels_begin_at_a_multiple_of_four():
    for name in ("a", "ab", "abc", "abcd"):
        found = load(with_labels(TABLE | {"labels": [name, "b"]}))
        (skip,) = struct.unpack("<I", found.to_bytes()[12:16])
        assert skip % 4 == 0


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        (np.array([0.1, 0.2, 0.3, 0.4]), 16),
        (np.array([1, 2, 3, 1 << 24]), 8),
        (np.array([1, 2, 3, (1 << 24) + 1]), 16),
        (np.array([True, False, True, True]), 8),
        (np.array([0.5, 1, 2, 3], "f2"), 8),
    ],
)
def test_values_are_written_without_rounding(values: np.ndarray, bits: int):
    made = Mz3Surface.from_image(volio.Surface(data={"values": values})).to_bytes()
    assert made[2:4] == struct.pack("<H", bits)
    assert load(made).data["scalar"].tolist() == values.tolist()


def test_several_arrays_become_one_and_their_names_are_lost():
    rows = {"height": VALUES, "depth": np.stack([VALUES * 2, VALUES * 3], 1)}
    surf = volio.Surface(CORNERS, SIDES, rows, space="mni", structure="cortex_left")
    with pytest.warns(LossWarning, match=r"space \(mni\).*cortex_left.*names.*\(height, depth\)"):
        made = Mz3Surface.from_image(surf)
    expected = np.stack([VALUES, VALUES * 2, VALUES * 3], 1)
    assert load(made.to_bytes()).data["scalar"].tolist() == expected.tolist()


def test_one_array_of_labels_keeps_them():
    labels = volio.Labels([volio.Label(1, "a", (1, 2, 3, 4)), volio.Label(2, "b")])
    surf = volio.Surface(CORNERS, SIDES)
    surf.data.put(VertexArray("parts", np.array([1, 2, 2, 1]), labels))
    found = load(Mz3Surface.from_image(surf).to_bytes())
    assert found.labels.names == ("a", "b")
    assert found.labels[2].colour == (0, 0, 0, 0)
    surf.data["height"] = VALUES
    with pytest.warns(LossWarning, match=r"names of values \(parts, height\).*labels of 'parts'"):
        Mz3Surface.from_image(surf)


def test_ambient_occlusion_is_written_first():
    surf = volio.Surface(CORNERS, SIDES, {"height": VALUES, "ambient occlusion": VALUES * 2})
    assert Mz3Surface.from_image(surf).to_bytes() == mesh_bytes(8 + 32, VALUES * 2, VALUES)


def test_values_of_no_vertices_are_refused(tmp_path: Path):
    nothing = volio.Surface(data={"thickness": np.zeros(0, np.float32)})
    with pytest.raises(SaveError, match="values of no vertices"):
        volio.save(nothing, tmp_path / "a.mz3")
    assert not list(tmp_path.iterdir())


def test_what_the_format_cannot_hold_is_told():
    with pytest.warns(PrecisionWarning, match="vertices: rounded to float32"):
        Mz3Surface.from_image(volio.Surface(CORNERS.astype(float) + 0.1, SIDES))
    with pytest.raises(ImageDataError, match="vertices: values up to 1e\\+300 exceed float32"):
        Mz3Surface.from_image(volio.Surface(CORNERS.astype(float) + 1e300, SIDES))
    with pytest.raises(SaveError, match="neither vertices, colours nor values"):
        Mz3Surface.from_image(volio.Surface())
    with pytest.raises(SaveError, match="no complex values, and 'waves' are"):
        Mz3Surface.from_image(volio.Surface(data={"waves": VALUES * 1j}))


# Files that are wrong.


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"MZ", TruncatedFileError, "the header: needs 16 bytes, the file has 2"),
        (b"XZ" + mesh_bytes()[2:], HeaderDataError, "must begin with b'MZ', got b'XZ'"),
        (mz3_bytes(128 + 3, SIDES, CORNERS), HeaderDataError, "attributes are 131, of a later"),
        (mz3_bytes(32), HeaderDataError, "attributes are 32: neither a mesh nor values"),
        (mesh_bytes()[:-1], TruncatedFileError, "4 vertices: needs 112 bytes, the file has 111"),
        (mesh_bytes() + b"\0", CorruptFileError, "1 bytes follow what the header announces"),
        (mesh_bytes(8), TruncatedFileError, "values of 4 vertices take 16 bytes.*0 follow"),
        (mesh_bytes(8, VALUES)[:-4], TruncatedFileError, "16 bytes.*12 follow"),
        (mesh_bytes(8, VALUES, VALUES)[:-4], TruncatedFileError, "16 bytes.*28 follow"),
        (mz3_bytes(8, VALUES, counts=(0, 0)), HeaderDataError, "values of no vertices"),
        (mesh_bytes(counts=(2**32 - 1, 4)), TruncatedFileError, "4294967295 faces"),
        (mesh_bytes(counts=(4, 2**32 - 1)), TruncatedFileError, "4294967295 vertices"),
        (mz3_bytes(3, SIDES + 1, CORNERS), HeaderDataError, "vertices that are not there"),
        (mz3_bytes(3, SIDES - 1, CORNERS), HeaderDataError, "vertices that are not there"),
    ],
)
def test_files_that_are_not_what_they_say(data: bytes, error: type, message: str):
    with pytest.raises(error, match=message):
        load(data)


def test_skipped_bytes_are_bounded():
    data = struct.pack("<2sH3I", b"MZ", 3, 4, 4, (16 << 20) + 1)
    with pytest.raises(LimitError, match="16777217 bytes before the first block"):
        load(data)
    with pytest.raises(TruncatedFileError, match="needs 116 bytes, the file has 16"):
        load(struct.pack("<2sH3I", b"MZ", 3, 4, 4, 100))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1], "must be a mapping"),
        ({}, "R: must be a list"),
        (TABLE | {"G": [1]}, "R has 2 rows, G has 1"),
        (TABLE | {"labels": ["a"]}, "R has 2 rows, labels has 1"),
        (TABLE | {"I": [1, 2.5]}, "I must be integers, got 2.5"),
        (TABLE | {"I": [1, True]}, "I must be integers, got True"),
        (TABLE | {"I": [1, float("inf")]}, "I must be integers, got inf"),
        (TABLE | {"I": [1, "x"]}, "I must be integers, got 'x'"),
        (TABLE | {"B": [1, 256]}, "four numbers from 0 to 255"),
        ({"R": [0] * (10**6 + 1)}, "at most 1000000 rows"),
    ],
)
def test_tables_of_labels_that_are_wrong(table: object, message: str):
    with pytest.raises(HeaderDataError, match=message):
        load(with_labels(table))


def test_tables_that_are_no_json():
    with pytest.raises(HeaderDataError, match="is not JSON"):
        load(mesh_bytes(8 + 64, VALUES, skipped=b"hello"))


def test_programs_of_dos_are_not_taken_for_mz3(tmp_path: Path):
    program = b"MZ\x90\0" + bytes(range(60))
    (tmp_path / "a.exe").write_bytes(program)
    with pytest.raises(UnknownFormatError, match=r"a\.exe"):
        volio.load(tmp_path / "a.exe")
    (tmp_path / "a.mz3").write_bytes(program)
    with pytest.raises(HeaderDataError, match="attributes are 144, of a later version"):
        volio.load(tmp_path / "a.mz3")


def test_errors_name_the_file(tmp_path: Path):
    (tmp_path / "a.mz3").write_bytes(mesh_bytes() + b"\0")
    with pytest.raises(CorruptFileError, match=r"a\.mz3: MZ3: 1 bytes follow"):
        volio.load(tmp_path / "a.mz3")
