"""BrainVoyager: surfaces and maps by bytes from their definition, bvbabel, hostile files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageFileError,
    LossWarning,
    TruncatedFileError,
    VolioError,
)
from volio.formats.brainvoyager import BrainVoyagerMaps, BrainVoyagerMesh
from volio.space.meshes import enclosed_volume
from volio.tests.requirements import optional
from volio.tests.surfaces.shapes import CORNERS, SIDES

#: Right, anterior and superior are along the third, first and second axis, backwards.
CENTRE = np.array([128, 127, 126], "f4")
PLACES = CENTRE - CORNERS[:, [1, 2, 0]]
TONES = struct.pack("<8f", 0.2, 0.4, 0.6, 1, 0, 0.2, 1, 0.8)


def surface(
    version: float = 4,
    numbers: tuple[int, ...] = (0, 1, 0x3F0A141E, 0x3FFF0001),
    neighbours: bytes = struct.pack("<10i", 2, 1, 2, 1, 0, 3, 0, 1, 3, 0),
    end: bytes = struct.pack("<3i", 2, 0, 1) + b"linked.mtc\0",
    counts: tuple[int, int] = (4, 4),
) -> bytes:
    data = struct.pack("<f3i3f", version, 0, *counts, *CENTRE)
    data += PLACES.T.astype("<f4").tobytes() + bytes(48) + TONES
    data += struct.pack("<4i", *numbers) + neighbours
    return data + SIDES.astype("<i4").tobytes() + end


def test_axes_are_turned_to_right_anterior_and_superior(tmp_path: Path):
    for name in ("a.srf", "a.srf.gz", "a"):
        data = surface()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
        found = volio.load(tmp_path / name)
        assert type(found) is BrainVoyagerMesh
        assert found.vertices.tolist() == CORNERS.tolist()
        assert found.faces.tolist() == SIDES.tolist()
        assert (found.space, found.centre) == ("unknown", (128, 127, 126))
        assert dict(found.meta) == {"linked MTC": "linked.mtc"}
    assert enclosed_volume(found.vertices, found.faces) == pytest.approx(5)


def test_a_point_of_the_head():
    """In front of the centre, above it and to the right: less along each axis."""
    at = CENTRE - np.array([10, 20, 30], "f4")
    data = struct.pack("<f3i3f", 4, 0, 1, 0, *CENTRE) + at.tobytes() + bytes(12) + TONES
    found = BrainVoyagerMesh.from_bytes(data + bytes(4) + bytes(4) + bytes(4) + b"\0")
    assert found.vertices.tolist() == [[30, 10, 20]]


def test_colours_are_numbers_of_curvatures_or_colours_themselves():
    found = BrainVoyagerMesh.from_bytes(surface())
    assert found.colors.tolist() == [
        [51, 102, 153, 255],
        [0, 51, 255, 204],
        [10, 20, 30, 255],
        [255, 0, 1, 255],
    ]
    with pytest.warns(LossWarning, match="the colours of 2 vertices, which the file does not have"):
        found = BrainVoyagerMesh.from_bytes(surface(numbers=(0, 10000, 1005, 1)))
    assert found.colors[1].tolist() == [51, 102, 153, 255]


def test_the_older_version_has_no_name_at_its_end():
    found = BrainVoyagerMesh.from_bytes(surface(3, end=bytes(4)))
    assert found.faces.tolist() == SIDES.tolist()
    assert dict(found.meta) == {}


def test_bvbabel_reads_the_same(tmp_path: Path):
    bvbabel = optional("bvbabel")
    path = tmp_path / "a.srf"
    path.write_bytes(surface())
    header, data = bvbabel.srf.read_srf(str(path))
    found = volio.load(path)
    assert header["MTC name"] == found.meta["linked MTC"]
    np.testing.assert_array_equal(data["vertices"], PLACES)
    np.testing.assert_array_equal(data["faces"], found.faces)
    # It gives blue, green, red.
    np.testing.assert_array_equal(data["vertex colors"][2:, 2::-1], found.colors[2:, :3])


def test_surfaces_are_only_read(tmp_path: Path):
    found = BrainVoyagerMesh.from_bytes(surface())
    with pytest.raises(ImageFileError, match="cannot be written, only read"):
        found.to_filename(tmp_path / "b.srf")
    found.meta.clear()
    volio.save(found, tmp_path / "a.mz3")
    back = volio.load(tmp_path / "a.mz3")
    assert back.vertices.tolist() == CORNERS.tolist()
    assert back.colors.tolist() == found.colors.tolist()


def test_names_of_freesurfer_are_of_texts(tmp_path: Path):
    volio.save(volio.Surface(CORNERS, SIDES, space="tkras"), tmp_path / "a.srf")
    assert type(volio.load(tmp_path / "a.srf")).__name__ == "FreeSurferAscii"


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (surface(5), HeaderDataError, "the version must be 3 or 4, got 5.0"),
        (surface(float("nan")), HeaderDataError, "the version must be 3 or 4, got nan"),
        (surface(counts=(-1, 4)), HeaderDataError, "lengths must not be negative"),
        (surface(counts=(2**31 - 1, 4)), TruncatedFileError, "vertices: needs 25769803792 bytes"),
        (surface(counts=(4, 2**31 - 1)), TruncatedFileError, "triangles: needs"),
        (surface(neighbours=struct.pack("<i", -1)), CorruptFileError, "vertex 0 cannot have -1"),
        (surface(neighbours=struct.pack("<i", 99999)), CorruptFileError, "cannot have 99999"),
        (surface(neighbours=struct.pack("<i", 6000)), TruncatedFileError, "neighbours of vertices"),
        (surface(end=b""), TruncatedFileError, "the number of elements of strips"),
        (surface(end=struct.pack("<i", -1)), HeaderDataError, "lengths must not be negative"),
        (surface(end=bytes(4) + b"name"), TruncatedFileError, "no end of the text within 4"),
        (surface() + b"\0", CorruptFileError, "1 bytes more than the file says"),
        (surface().replace(TONES[:4], b"\0\0\xc0\x7f"), HeaderDataError, "from 0 to 1, got"),
    ],
)
def test_damaged_surfaces(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        BrainVoyagerMesh.from_bytes(data)


# Maps.


def one_map(version: int, name: bytes, values: list[float], kind: int = 1) -> bytes:
    data = struct.pack("<i", kind) + (bytes(16) if version >= 3 and kind == 3 else b"")
    data += struct.pack("<iB2f", 4, 0, 1.5, 8) + (bytes(4) if version >= 4 else b"")
    data += struct.pack("<2i", 17, 0) + (bytes(4) if version >= 5 else b"") + bytes(4)
    data += bytes(12 if version >= 4 else 6) + b"\1" + (b"<default>\0" if version >= 5 else b"")
    return data + struct.pack("<f", 1) + name + b"\0" + np.array(values, "<f4").tobytes()


def maps(version: int, *each: bytes, vertices: int = 3) -> bytes:
    return struct.pack("<hih", version, vertices, len(each)) + b"lh.srf\0" + b"".join(each)


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_maps_of_each_version(version: int, tmp_path: Path):
    data = maps(
        version,
        one_map(version, b"t", [1, 2, 3]),
        one_map(version, b"delays", [4, 5, 6], kind=3),
        one_map(version, b"t", [7, 8, 9]),
        one_map(version, b"", [0, 0, 1]),
    )
    (tmp_path / "a.smp").write_bytes(data)
    found = volio.load(tmp_path / "a.smp")
    assert type(found) is BrainVoyagerMaps
    assert {name: values.tolist() for name, values in found.data.items()} == {
        "t": [1, 2, 3],
        "delays": [4, 5, 6],
        "t (2)": [7, 8, 9],
        "map 4": [0, 0, 1],
    }
    known = {"type": "1", "threshold": "1.5 8", "degrees of freedom": "17 0"}
    assert dict(found.data.array("t").meta) == known
    assert found.data.array("delays").meta["type"] == "3"
    assert (found.vertices, dict(found.meta)) == (None, {"mesh": "lh.srf"})


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_bvbabel_reads_the_same_maps(version: int, tmp_path: Path):
    bvbabel = optional("bvbabel")
    path = tmp_path / "a.smp"
    kinds = (1, 3)
    path.write_bytes(maps(version, *(one_map(version, b"a", [1, 2, 3], kind) for kind in kinds)))
    header, values = bvbabel.smp.read_smp(str(path))
    found = volio.load(path)
    assert [row["Map type"] for row in header["Map"]] == [1, 3]
    np.testing.assert_array_equal(values.T, [found.data["a"], found.data["a (2)"]])


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (maps(6), HeaderDataError, "the version must be from 2 to 5, got 6"),
        (struct.pack("<hih", 4, 3, -1), HeaderDataError, "the number of maps must not be negative"),
        (maps(4, one_map(4, b"a", [1, 2])), TruncatedFileError, "values of the map 'a': needs"),
        (maps(4, b""), TruncatedFileError, "the type of a map: needs"),
        (maps(4, one_map(4, b"a", [1, 2, 3, 4])), CorruptFileError, "4 bytes more than the file"),
        (maps(4, one_map(4, b"a", []), vertices=-1), HeaderDataError, "must not be negative"),
        (maps(4, one_map(4, b"a", []), vertices=2**31 - 1), TruncatedFileError, "needs 85899346"),
        (struct.pack("<hih", 4, 3, 1) + b"x" * 5000, TruncatedFileError, "within 4096 bytes"),
    ],
)
def test_damaged_maps(data: bytes, error: type[VolioError], told: str):
    with pytest.raises(error, match=told):
        BrainVoyagerMaps.from_bytes(data)
