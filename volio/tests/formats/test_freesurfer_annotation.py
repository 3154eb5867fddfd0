"""FreeSurfer's annotations: against nibabel, by bytes, and where nibabel reads them wrongly."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.errors import (
    HeaderDataError,
    LossWarning,
    SaveError,
    TruncatedFileError,
    VolioError,
    VolioWarning,
)
from volio.formats.containers.freesurfer.colours import ColourRow
from volio.formats.freesurfer import FreeSurferAnnotation
from volio.formats.freesurfer.annotation import FACTORS, _rows_of, _slots
from volio.surfaces.vertex_data import VertexArray

TABLE = np.array([[25, 5, 25, 0], [0, 0, 1, 0], [255, 0, 0, 155]])


def annotation(path: Path, rows: list[int], table=TABLE, names=("a", "b", "c")) -> Path:
    nibabel.freesurfer.write_annot(path, np.array(rows), table, list(names))
    return path


def test_annotations_are_those_of_nibabel(tmp_path: Path):
    path = annotation(tmp_path / "lh.parts.annot", [0, 2, 1, -1, 2])
    found = volio.load(path)
    assert found.data["parts"].tolist() == [0, 2, 1, -1, 2]
    assert found.structure == "cortex_left"
    assert found.labels.names == ("a", "b", "c")
    assert found.labels[2].colour == (255, 0, 0, 100)
    labels, table, names = volio.freesurfer.read_annot(path)
    theirs = nibabel.freesurfer.read_annot(path)
    assert labels.tolist() == theirs[0].tolist()
    assert table.tolist() == theirs[1].tolist()
    assert names == theirs[2]
    values = volio.freesurfer.read_annot(path, orig_ids=True)[0]
    assert values.tolist() == nibabel.freesurfer.read_annot(path, orig_ids=True)[0].tolist()
    volio.save(found, tmp_path / "lh.copy.annot")
    assert nibabel.freesurfer.read_annot(tmp_path / "lh.copy.annot")[0].tolist() == [0, 2, 1, -1, 2]
    assert volio.load(tmp_path / "lh.copy.annot").labels == found.labels


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_table_that_was_not_changed_is_written_as_it_was(ending: str, tmp_path: Path):
    name = f"lh.parts.annot{ending}"
    text = b"/home/colours.txt\0"
    rows = entry(0, b"a", 1, 2, 3, 0) + entry(2, b"b", 9, 2, 3, 0)
    newer = struct.pack(">4i", 1, -2, 4, len(text)) + text + struct.pack(">i", 2) + rows
    older = struct.pack(">3i", 1, 2, len(text)) + text
    older += entry(0, b"a", 1, 2, 3, 0)[4:] + entry(0, b"b", 9, 2, 3, 0)[4:]
    for table in (newer, older):
        data = annotation_file([197121, 0, 197129], table)
        packed = gzip.compress(data) if ending else data
        (tmp_path / name).write_bytes(packed)
        surf = volio.load(tmp_path / name)
        volio.save(surf, tmp_path / "lh.same.annot")
        assert (tmp_path / "lh.same.annot").read_bytes() == data
        surf.data["parts"][1] = surf.data["parts"][0]
        volio.save(surf, tmp_path / "lh.other.annot")
        assert (tmp_path / "lh.other.annot").read_bytes().endswith(table)
        assert nibabel.freesurfer.read_annot(tmp_path / "lh.other.annot")[2] == [b"a", b"b"]
    surf.data.set_labels(
        "parts", volio.Labels([volio.Label(0, "x"), volio.Label(1, "y", (1, 1, 1, 1))])
    )
    volio.save(surf, tmp_path / "lh.third.annot")
    assert volio.load(tmp_path / "lh.third.annot").labels.names == ("x", "y")


def annotation_file(values: list[int], table: bytes) -> bytes:
    pairs = b"".join(struct.pack(">2i", number, value) for number, value in enumerate(values))
    return struct.pack(">i", len(values)) + pairs + table


def entry(number: int, name: bytes, *levels: int) -> bytes:
    text = struct.pack(">2i", number, len(name) + 1) + name + b"\0"
    return text + struct.pack(">4i", *levels)


def table_file(highest: int, *entries: bytes) -> bytes:
    head = struct.pack(">4i", 1, -2, highest, 2) + b"x\0" + struct.pack(">i", len(entries))
    return head + b"".join(entries)


def test_a_table_with_gaps(tmp_path: Path):
    raw = annotation_file([0, 255, 255, 0], table_file(5, entry(3, b"red", 255, 0, 0, 0)))
    found = FreeSurferAnnotation.from_bytes(raw)
    assert found.data["annotation"].tolist() == [-1, 3, 3, -1]
    assert found.labels.keys == (3,)
    path = tmp_path / "a.annot"
    path.write_bytes(raw)
    _, table, names = volio.freesurfer.read_annot(path)
    assert names == [b"", b"", b"", b"red", b""]
    assert table.shape == (5, 5)
    again = FreeSurferAnnotation.from_bytes(found.to_bytes())
    assert again.data["annotation"].tolist() == [-1, 3, 3, -1]


def test_a_black_row_is_a_label():
    raw = annotation_file(
        [0, 255], table_file(2, entry(0, b"black", 0, 0, 0, 0), entry(1, b"red", 255, 0, 0, 0))
    )
    assert FreeSurferAnnotation.from_bytes(raw).data["annotation"].tolist() == [0, 1]


def test_colours_of_no_row_have_no_label():
    raw = annotation_file([255, 256, 257, 0], table_file(1, entry(0, b"red", 255, 0, 0, 0)))
    with pytest.warns(VolioWarning, match=r"2 vertices have a colour .* \(256, 257\)"):
        found = FreeSurferAnnotation.from_bytes(raw)
    assert found.data["annotation"].tolist() == [0, -1, -1, -1]
    with pytest.warns(VolioWarning, match="2 vertices have a colour"):
        again = FreeSurferAnnotation.from_bytes(found.to_bytes())
    assert again.colours_of_vertices.tolist() == [255, 256, 257, 0]


@pytest.mark.parametrize("is_dense", [False, True])
def test_rows_of_colours(is_dense: bool):
    # Many colours that differ in one bit each, and some that two products cannot tell apart.
    rng = np.random.default_rng(4)
    values = np.unique(rng.integers(0, 1 << 24, 3000 if is_dense else 40)).astype(np.int32)
    rows = tuple(
        ColourRow(str(number), value & 255, value >> 8 & 255, value >> 16, 0)
        for number, value in enumerate(values.tolist())
    )
    slots = [len(np.unique(_slots(values, factor))) for factor in FACTORS]
    assert (max(slots) < len(values)) == is_dense
    asked = np.concatenate([values[::-1], [0, 1 << 24, -1], values + 1]).astype(np.int32)
    place = {value: number for number, value in enumerate(values.tolist())}
    expected = [place.get(value, -1) for value in asked.tolist()]
    assert _rows_of(asked, rows).tolist() == expected
    beyond = (*rows, ColourRow("beyond", 1 << 30, 0, 1 << 30, 0))
    assert _rows_of(asked, beyond).tolist() == expected


def test_the_first_version_of_tables_and_vertices_in_any_order():
    pairs = struct.pack(">7i", 3, 2, 10, 0, 20, 1, 10)
    rows = [struct.pack(">i", 2) + name + struct.pack(">4i", *levels)
            for name, levels in ((b"a\0", (10, 0, 0, 0)), (b"b\0", (20, 0, 0, 0)))]  # fmt: skip
    table = struct.pack(">3i", 1, 2, 2) + b"x\0" + b"".join(rows)
    found = FreeSurferAnnotation.from_bytes(pairs + table)
    assert found.data["annotation"].tolist() == [1, 0, 0]
    assert found.labels.names == ("a", "b")


def test_an_annotation_without_a_table():
    found = FreeSurferAnnotation.from_bytes(annotation_file([5, 6], b""))
    assert found.data["annotation"].tolist() == [5, 6]
    assert found.labels is None
    assert found.to_bytes() == annotation_file([5, 6], b"")


@pytest.mark.parametrize("stranger", [2, -2, 7])
def test_values_of_no_row_are_refused(tmp_path: Path, stranger: int):
    rows = [volio.Label(key, name, (key, 9, 9, 255)) for key, name in ((0, "a"), (1, "b"))]
    surf = volio.Surface(data={"x": [0, 1, -1]})
    surf.data.set_labels("x", volio.Labels(rows))
    volio.save(surf, tmp_path / "lh.a.annot")
    loaded = volio.load(tmp_path / "lh.a.annot")
    loaded.data["a"] = np.array([0, stranger, -1], np.int32)
    message = rf"or -1 for none, got {stranger}; 2 labels have the keys 0 to 1"
    with pytest.raises(SaveError, match=message):
        volio.save(loaded, tmp_path / "lh.a.annot")
    assert volio.load(tmp_path / "lh.a.annot").data["a"].tolist() == [0, 1, -1]


def test_labels_of_one_colour_cannot_be_told_apart(tmp_path: Path):
    labels = volio.Labels(
        [volio.Label(key, name, (9, 9, 9, 255)) for key, name in ((1, "a"), (2, "b"))]
    )
    both = volio.Surface(data={"x": [1, 2]})
    both.data.put(VertexArray("x", np.array([1, 2]), labels))
    with (
        pytest.raises(SaveError, match="the labels a and b have one colour"),
        pytest.warns(LossWarning, match="the keys of the labels"),
    ):
        volio.save(both, tmp_path / "lh.a.annot")
    both.data.put(VertexArray("x", np.array([2, 2]), labels))
    with (
        pytest.warns(
            LossWarning, match="label 'b' will be read as 'a', which has the colour 592137"
        ),
        pytest.warns(LossWarning, match="numbered from 0"),
    ):
        volio.save(both, tmp_path / "lh.a.annot")
    found = volio.load(tmp_path / "lh.a.annot")
    assert found.colours_of_vertices.tolist() == [9 + 9 * 256 + 9 * 65536] * 2


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (struct.pack(">2i", 1, -3), "version 3 is not known"),
        (struct.pack(">3i", 1, -2, 2_000_000), "0 to 1000000 rows, got 2000000"),
        (struct.pack(">2i", 1, 2_000_000), "0 to 1000000 rows, got 2000000"),
        (table_file(1, entry(-1, b"a", 0, 0, 0, 0)), "numbers are 0 to 1000000, got -1"),
        (struct.pack(">4i", 1, -2, 1, -5), "must not be negative, got -5"),
    ],
)
def test_tables_that_make_no_sense(table: bytes, told: str):
    with pytest.raises(HeaderDataError, match=told):
        FreeSurferAnnotation.from_bytes(annotation_file([1], table))


def test_cut_annotations():
    raw = annotation_file([1, 2], table_file(1, entry(0, b"long name", 1, 2, 3, 0)))
    for size in (3, 12, 19, 27, 40, len(raw) - 1):
        with pytest.raises(TruncatedFileError, match="needs"):
            FreeSurferAnnotation.from_bytes(raw[:size])
    with pytest.raises(VolioError, match="needs"):
        FreeSurferAnnotation.from_bytes(struct.pack(">3i", 2**31 - 1, 0, 1))
