"""TRX tracts: both ways of counting offsets, names, dtypes, archives and folders."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    ImageDataError,
    ImageFileError,
    LossWarning,
    MissingFileError,
    PrecisionWarning,
    SaveError,
    UnknownFormatError,
    UsageError,
    VolioWarning,
)
from volio.formats.trx import TrxTractogram
from volio.formats.trx.halves import convert_into
from volio.formats.trx.names import ArrayName, array_name, plain_names, safe_names
from volio.tests.real_files import shared_path
from volio.tests.requirements import optional

POINTS = np.arange(30, dtype="f4").reshape(10, 3) + 0.25
LENGTHS = [3, 0, 7]
AFFINE = np.array([[0, 2, 0, -9], [-3, 0, 0, 8], [0, 0, 1.5, 7], [0, 0, 0, 1.0]])
MEMBERS: dict[str, Any] = {
    "positions.3.float32": POINTS,
    "offsets.uint32": np.array([0, 3, 3, 10], "u4"),
}


def tracts(**kwargs: Any) -> volio.Tractogram:
    return volio.Tractogram(POINTS, LENGTHS, reference=((5, 6, 7), AFFINE), **kwargs)


def packed(members: dict[str, Any] | None = None, **header: Any) -> bytes:
    """A TRX file made by zipfile, of these members or those of three lines."""
    document = {"DIMENSIONS": [5, 6, 7], "VOXEL_TO_RASMM": AFFINE.tolist()}
    document |= {"NB_VERTICES": 10, "NB_STREAMLINES": 3} | header
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("header.json", json.dumps(document))
        for name, data in (MEMBERS if members is None else members).items():
            archive.writestr(name, data if isinstance(data, bytes) else data.tobytes())
    return stream.getvalue()


def loaded(members: dict[str, Any] | None = None, **header: Any) -> Any:
    return volio.load(packed(members, **header))


def test_names_of_arrays():
    assert array_name("positions.3.float16") == ArrayName("positions", 3, np.dtype("<f2"))
    assert array_name("a.b.uint8") == ArrayName("a.b", 1, np.dtype("u1"))
    assert array_name("mask.bit") == ArrayName("mask", 1, np.dtype(bool))
    assert array_name("a.0.int8") == ArrayName("a.0", 1, np.dtype("i1"))
    assert array_name("readme.txt") is None
    assert array_name("float32") is None
    assert plain_names([" a ", "b"]) == {" a ": "a", "b": "b"}
    assert plain_names(["a ", "a"]) == {"a ": "a ", "a": "a"}
    assert safe_names(["a.b", "a/b", "c"]) == {"a.b": "a_b", "a/b": "a_b_2", "c": "c"}


def test_members_of_a_saved_file(tmp_path):
    made = tracts(
        per_point={"rgb": np.arange(30, dtype="u1").reshape(10, 3)},
        per_line={"on": [True, False, True]},
        groups={"left": [0, 2]},
        per_group={"left": {"mean": [1.5, 2.5]}},
    )
    volio.save(made, tmp_path / "a.trx")
    with zipfile.ZipFile(tmp_path / "a.trx") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(found.pop("header.json"))
    assert document == {
        "DIMENSIONS": [5, 6, 7],
        "VOXEL_TO_RASMM": AFFINE.tolist(),
        "NB_VERTICES": 10,
        "NB_STREAMLINES": 3,
    }
    assert found == {
        "positions.3.float32": POINTS.astype("<f4").tobytes(),
        "offsets.uint32": np.array([0, 3, 3, 10], "<u4").tobytes(),
        "dpv/rgb.3.uint8": bytes(range(30)),
        "dps/on.bit": b"\1\0\1",
        "groups/left.uint32": np.array([0, 2], "<u4").tobytes(),
        "dpg/left/mean.2.float64": np.array([1.5, 2.5], "<f8").tobytes(),
    }


def test_trx_python_reads_what_is_saved(tmp_path):
    optional("trx")
    from trx.trx_file_memmap import load

    made = tracts(per_point={"fa": np.arange(10) / 8}, groups={"left": [0, 2]})
    for name, options in (("stored", {}), ("deflated", {"compression": "small"})):
        path = tmp_path / f"{name}.trx"
        volio.save(made, path, **options)
        found = load(str(path))
        np.testing.assert_array_equal(found.streamlines._data, POINTS)
        assert found.streamlines._lengths.tolist() == LENGTHS
        np.testing.assert_array_equal(found.header["VOXEL_TO_RASMM"], AFFINE)
        np.testing.assert_array_equal(found.data_per_vertex["fa"]._data[:, 0], np.arange(10) / 8)
        assert found.groups["left"].tolist() == [0, 2]
        found.close()  # removes what it has unpacked


@pytest.mark.parametrize(
    ("offsets", "header", "per_line", "lengths"),
    [
        ([0, 3, 3, 10], {}, None, [3, 0, 7]),  # with the end
        ([0, 3, 3], {}, None, [3, 0, 7]),  # without it
        ([0, 3, 3], {"NB_STREAMLINES": 9}, None, [3, 0, 7]),
        ([0, 3, 10], {"NB_STREAMLINES": 3}, None, [3, 7, 0]),  # a last line without points
        ([0, 3, 10], {"NB_STREAMLINES": 2}, None, [3, 7]),
        ([0, 3, 10], {"NB_STREAMLINES": 3}, 2, [3, 7]),  # values per line tell
        ([0, 3, 8], {"NB_STREAMLINES": 2}, 3, [3, 5, 2]),
    ],
)
def test_offsets_of_both_forms(offsets, header, per_line, lengths):
    members = {**MEMBERS, "offsets.uint32": np.array(offsets, "u4")}
    if per_line:
        members["dps/w.float32"] = np.zeros(per_line, "f4")
    stated = {"NB_STREAMLINES": 3, **header}["NB_STREAMLINES"]
    if stated != len(lengths):
        with pytest.warns(VolioWarning, match=f"states {stated} lines .* have {len(lengths)} and"):
            found = loaded(members, **header)
    else:
        found = loaded(members, **header)
    assert found.lengths_in_points.tolist() == lengths
    assert len(found) == len(lengths)


def test_values_of_a_group_that_is_not_there_are_kept_aside(tmp_path):
    members = {
        **MEMBERS,
        "groups/left .uint32": np.array([0], "u4"),
        "dpg/left /mean.float32": np.array([0.5], "f4"),
        "dpg/none/mean.float32": np.array([0.25], "f4"),
    }
    found = loaded(members)
    assert {group: list(values) for group, values in found.per_group.items()} == {"left": ["mean"]}
    found.to_filename(tmp_path / "a.trx")
    with zipfile.ZipFile(tmp_path / "a.trx") as archive:
        assert archive.read("dpg/none/mean.float32") == np.array([0.25], "<f4").tobytes()


def test_arrays_that_do_not_fit_are_refused():
    for offsets, message in (
        ([0, 5, 3, 10], "must ascend, line 1 goes from 5 to 3"),
        ([1, 3, 3, 10], "must go from 0 to 10 points, got 1 to 10"),
        ([0, 3, 3, 11], "must be at most 10 points, got 11"),
    ):
        members = {**MEMBERS, "offsets.uint32": np.array(offsets, "u4")}
        found = loaded(members, NB_STREAMLINES=3 if offsets[-1] == 10 else 4)
        with pytest.raises(CorruptFileError, match=message):
            found.points  # noqa: B018
    for members, message in (
        ({"dps/w.float32": np.zeros(5, "f4")}, "dps/w.float32: has 5 rows, and there are 3 lines"),
        (
            {"dpv/w.float32": np.zeros(9, "f4")},
            "dpv/w.float32: has 9 rows, and there are 10 points",
        ),
        ({"dpv/w.float32": bytes(41)}, "41 bytes are not rows of 4"),
        ({"groups/g.uint32": np.array([0, 3], "u4")}, "must be lines 0 to 2, got 0 to 3"),
        ({"groups/g.float32": np.zeros(1, "f4")}, "must be numbers of lines"),
        ({"offsets.uint64": np.zeros(4, "u8")}, "there is offsets.uint32 too"),
    ):
        with pytest.raises(CorruptFileError, match=message):
            loaded({**MEMBERS, **members})
    for name, message in (
        ("positions.2.float32", "floats in 3 columns"),
        ("positions.3.int32", "floats in 3 columns"),
        ("nothing.3.float32", "has no positions"),
    ):
        with pytest.raises(CorruptFileError, match=message):
            loaded({name: POINTS, "offsets.uint32": MEMBERS["offsets.uint32"]})
    with pytest.raises(CorruptFileError, match="has no offsets"):
        loaded({"positions.3.float32": POINTS})
    with pytest.raises(CorruptFileError, match="offsets must be whole numbers"):
        loaded({"positions.3.float32": POINTS, "offsets.float32": np.zeros(4, "f4")})


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"NB_STREAMLINES": -1}, "NB_STREAMLINES: must be a whole number, not negative, got -1"),
        ({"NB_VERTICES": True}, "NB_VERTICES: must be a whole number"),
        ({"DIMENSIONS": [1, 2]}, "DIMENSIONS: must be finite numbers of shape"),
        ({"DIMENSIONS": [1, 2, 1e9]}, "must be 0 to 65535 voxels"),
        ({"VOXEL_TO_RASMM": "x"}, "VOXEL_TO_RASMM: must be finite numbers"),
        ({"VOXEL_TO_RASMM": np.zeros((4, 4)).tolist()}, "VOXEL_TO_RASMM: "),
    ],
)
def test_headers_that_make_no_sense_are_refused(header, message):
    with pytest.raises(HeaderDataError, match=message):
        loaded(**header)


def test_documents_that_are_none_are_refused():
    for document, message in ((b"{", "is not JSON"), (b'["NB_STREAMLINES"]', "must be an object")):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("header.json", document)
        with pytest.raises(HeaderDataError, match=message):
            TrxTractogram.from_bytes(stream.getvalue())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("positions.3.float32", b"")
    with pytest.raises(MissingFileError, match=r"has no header\.json"):
        TrxTractogram.from_bytes(stream.getvalue())
    with pytest.raises(UnknownFormatError, match="looks like a zip archive"):
        volio.load(stream.getvalue())


@pytest.mark.parametrize("document", [b"{", b"[]", b'{"NB_STREAMLINES": -1}'])
def test_damaged_headers_are_told_with_the_name_of_the_file(tmp_path, document):
    with zipfile.ZipFile(tmp_path / "a.trx", "w") as archive:
        archive.writestr("header.json", document)
    (tmp_path / "b.trx").mkdir()
    (tmp_path / "b.trx" / "header.json").write_bytes(document)
    for name in ("a.trx", "b.trx"):
        with pytest.raises(HeaderDataError, match=rf"{name}: (header\.json|NB_STREAMLINES): "):
            volio.load(tmp_path / name)


def test_a_wrong_checksum_is_noticed():
    data = bytearray(packed())
    place = bytes(data).index(POINTS.tobytes())
    data[place + 5] ^= 1
    with pytest.raises(CorruptFileError, match=r"positions.*checksum is not that"):
        volio.load(bytes(data)).points  # noqa: B018


def test_no_lines(tmp_path):
    for members in ({}, {"positions.3.float32": b"", "offsets.uint32": np.zeros(1, "u4")}):
        found = loaded(members, NB_VERTICES=0, NB_STREAMLINES=0)
        assert len(found) == 0
        assert found.points.shape == (0, 3)
    volio.save(volio.Tractogram(), tmp_path / "none.trx")
    again = volio.load(tmp_path / "none.trx")
    assert len(again) == 0
    assert again.reference is None
    with zipfile.ZipFile(tmp_path / "none.trx") as archive:
        assert archive.read("offsets.uint32") == bytes(4)


def test_points_keep_their_dtype_unless_another_is_asked_for(tmp_path):
    path = tmp_path / "a.trx"
    volio.save(volio.Tractogram(POINTS.astype("f8") / 3, LENGTHS), path)
    assert volio.load(path).points.dtype == np.float64
    with pytest.warns(PrecisionWarning, match="rounded to float16: points by up to 0.00"):
        volio.save(volio.Tractogram(POINTS / 3, LENGTHS), path, dtype="float16")
    half = volio.load(path)
    assert half.points.dtype == np.float32
    half.to_filename(tmp_path / "b.trx")  # untouched: as it was
    half.transformed(np.diag([1, 1, 1 / 3, 1])).to_filename(tmp_path / "c.trx")
    with zipfile.ZipFile(tmp_path / "b.trx") as archive:
        assert "positions.3.float16" in archive.namelist()
    with zipfile.ZipFile(tmp_path / "c.trx") as archive:
        assert "positions.3.float32" in archive.namelist()
    with pytest.raises(UsageError, match="dtype: must be one of float16, float32, float64"):
        half.to_filename(tmp_path / "d.trx", dtype="int16")
    with pytest.raises(ImageDataError, match="points: values beyond what float16 holds"):
        volio.save(volio.Tractogram([[7e4, 0, 0]]), path, dtype="float16")
    wide = tracts(per_line={"w": np.zeros(3, np.longdouble)})
    with pytest.raises(SaveError, match="TRX has no float128"):
        volio.save(wide, path)


def test_folders(tmp_path):
    path = tmp_path / "lines.trx"
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        archive.extractall(path)
    (path / "notes").mkdir()
    (path / "notes/a.txt").write_text("kept")
    found = volio.load(path)
    np.testing.assert_array_equal(found.points, POINTS)
    moved = found.transformed(np.diag([2, 1, 1, 1]))
    found.to_filename(path)  # over itself
    assert (path / "notes/a.txt").read_text() == "kept"
    np.testing.assert_array_equal(found.points, POINTS)
    moved.to_filename(path)
    assert volio.load(path).points[1].tolist() == [6.5, 4.25, 5.25]
    assert sorted(each.name for each in path.iterdir()) == [
        "header.json",
        "offsets.uint32",
        "positions.3.float32",
    ]


def test_new_folders(tmp_path):
    path = tmp_path / "lines.trx"
    made = tracts(per_line={"w": [1, 2, 3]}, groups={"left": [2]})
    volio.save(made, path, folder=True)
    names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*.*"))
    assert names == [
        "dps/w.int64",
        "groups/left.uint32",
        "header.json",
        "offsets.uint32",
        "positions.3.float32",
    ]
    assert (path / "positions.3.float32").read_bytes() == POINTS.tobytes()
    assert volio.load(path).group("left").lengths_in_points.tolist() == [7]
    with pytest.raises(UsageError, match="files in a folder are not compressed"):
        volio.save(made, path, compression="fast")
    with pytest.raises(UsageError, match="folder: needs a name"):
        TrxTractogram.from_image(made).to_stream(io.BytesIO(), folder=True)
    (tmp_path / "file.trx").write_bytes(b"")
    with pytest.raises(ImageFileError, match="is a file, and a folder is to be written"):
        volio.save(made, tmp_path / "file.trx", folder=True)


def test_saving_over_the_own_file(tmp_path):
    path = tmp_path / "a.trx"
    path.write_bytes(packed({**MEMBERS, "notes/a.txt": b"kept"}, PROGRAM="other"))
    found = volio.load(path)
    found[::2].to_filename(path)
    again = volio.load(path)
    assert again.lengths_in_points.tolist() == [3, 7]
    path.write_bytes(packed({**MEMBERS, "notes/a.txt": b"kept"}, PROGRAM="other"))
    found = volio.load(path)
    found.to_filename(path)
    found.to_filename(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("notes/a.txt") == b"kept"
        assert json.loads(archive.read("header.json"))["PROGRAM"] == "other"
    np.testing.assert_array_equal(found.points, POINTS)


def test_streams_get_the_same_bytes(tmp_path):
    made = tracts(per_line={"w": [1, 2, 3]})
    volio.save(made, tmp_path / "a.trx")
    stored = (tmp_path / "a.trx").read_bytes()
    assert TrxTractogram.from_image(made).to_bytes() == stored
    volio.save(made, tmp_path / "a.trx.gz")
    again = volio.load(tmp_path / "a.trx.gz")
    np.testing.assert_array_equal(again.points, POINTS)


def test_names_that_files_cannot_have_are_told(tmp_path):
    made = tracts(per_line={"a.b": [1, 2, 3]})
    with pytest.warns(LossWarning, match=r"names of values \(a\.b\)"):
        volio.save(made, tmp_path / "a.trx")
    assert volio.load(tmp_path / "a.trx").per_line["a_b"].tolist() == [1, 2, 3]


def test_values_that_grow_in_a_save_are_noticed(tmp_path):
    from volio.formats.trx.sinks import StoredSink

    sink = StoredSink(io.BytesIO(), [("a", 3)])
    sink.put("a", np.zeros(2, "u1"))
    with pytest.raises(ImageDataError, match="a: fewer values come"):
        sink.finish()
    with pytest.raises(ImageDataError, match="a: more values come"):
        sink.put("a", np.zeros(2, "u1"))
    sink.close()


@pytest.mark.requires("real files")
def test_real_files():
    colby = volio.load(shared_path("tracts/colby.trx"))
    assert list(colby.per_point) == ["effect", "pval_corr", "pval"]
    assert colby.lengths_in_points.tolist() == [2, 30]
    with pytest.warns(VolioWarning, match="states 459 lines and 95865 points"):
        named = volio.load(shared_path("tracts/dpsv.trx"))
    assert len(named) == len(named.per_line["DataSetID"]) == 460
    raw = zipfile.ZipFile(shared_path("tracts/dpsv.trx")).read("positions.3.float16")
    np.testing.assert_array_equal(named.points.ravel(), np.frombuffer(raw, "<f2"))
    assert Path(named.get_filename()).name == "dpsv.trx"


def test_lines_that_the_header_does_not_count_are_counted_by_the_file(tmp_path: Path) -> None:
    grid = ((5, 6, 7), AFFINE)
    volio.save(volio.Tractogram(POINTS, LENGTHS, reference=grid), tmp_path / "all.trk")
    data = bytearray((tmp_path / "all.trk").read_bytes())
    data[988:992] = np.array(2, "<i4").tobytes()  # n_count: the last line is one too many
    (tmp_path / "fewer.trk").write_bytes(data)
    with pytest.warns(VolioWarning, match="more follows the 2 lines"):
        volio.save(volio.load(tmp_path / "fewer.trk"), tmp_path / "fewer.trx")
    found = volio.load(tmp_path / "fewer.trx")
    assert found.header.n_lines == 2
    assert found.header.n_points == 3
    np.testing.assert_allclose(found.points, POINTS[:3], atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_of_16_bits_becomes_the_one_that_numpy_makes_of_it(dtype: str) -> None:
    every = np.arange(1 << 16, dtype="u2").view("f2")
    out = np.empty(len(every), dtype)
    convert_into(out, every)
    np.testing.assert_array_equal(out, every.astype(dtype))


def test_a_checksum_is_checked_where_numbers_are_converted() -> None:
    members = {
        "positions.3.float16": POINTS.astype("f2"),
        "offsets.uint32": MEMBERS["offsets.uint32"],
    }
    data = packed(members)
    assert loaded(members).points.dtype == np.float32
    place = data.index(POINTS.astype("f2").tobytes())
    broken = data[:place] + b"\x01" + data[place + 1 :]
    with pytest.raises(CorruptFileError, match="checksum"):
        volio.load(broken).held()
