"""Volumes of DSI Studio: matrices by name, voxels of a mask, slopes, and where volumes are."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    ImageFileError,
    TruncatedFileError,
    UsageError,
)
from volio.formats.dsi_studio import DsiStudioImage
from volio.testing.faults import CountingSource

SHAPE = (3, 4, 2)
AFFINE = np.array([[-2.0, 0, 0, 90], [0, -3, 0, 80], [0, 0, 1.5, -60], [0, 0, 0, 1]])
VALUES = np.arange(24, dtype="f4").reshape(SHAPE, order="F") + 0.5
MASK = VALUES.astype(int) % 3 != 1
INSIDE = MASK.ravel(order="F")


def matrix(name: str, values: Any, rows: int = 1) -> bytes:
    """A matrix of version 4, by its definition: its type, shape and name, then its columns."""
    array = np.asarray(values)
    kinds = {"f8": 0, "f4": 10, "i4": 20, "i2": 30, "u2": 40, "u1": 50, "u8": 60}
    label = name.encode() + b"\0"
    columns = array.size // rows
    head = struct.pack("<5i", kinds[array.dtype.str[1:]], rows, columns, 0, len(label))
    return head + label + array.tobytes(order="F")


def packed(*others: bytes, **changed: bytes) -> bytes:
    grid = {
        "dimension": matrix("dimension", np.array(SHAPE, "i4")),
        "voxel_size": matrix("voxel_size", np.array([2, 3, 1.5], "f4")),
        "trans": matrix("trans", AFFINE.astype("f4").ravel()),
        **changed,
    }
    return b"".join([*grid.values(), *others])


def test_volumes_by_the_definition():
    fa = matrix("fa0", VALUES, rows=12)
    index = matrix("index0", VALUES.astype("i2"))
    found = volio.load(packed(fa, index, matrix("odf_vertices", np.zeros(9, "f4"), 3)))
    assert type(found) is DsiStudioImage
    assert found.header.names == ("fa0", "index0")
    assert found.header.metadata().labels == ("fa0", "index0")
    np.testing.assert_array_equal(found.affine, AFFINE)
    np.testing.assert_array_equal(found.dataobj[..., 0], VALUES)
    np.testing.assert_array_equal(found.dataobj[..., 1], VALUES.astype("i2"))
    assert found.header.get_zooms() == (2, 3, 1.5, 1)


def test_peers_read_the_same_matrices(tmp_path: Path):
    path = tmp_path / "a.fib.gz"
    path.write_bytes(gzip.compress(packed(matrix("gfa", VALUES, rows=12))))
    with gzip.open(path) as stream:
        peer = scipy.io.loadmat(stream)
    assert peer["gfa"].shape == (12, 2)
    np.testing.assert_array_equal(
        volio.load(path).dataobj[..., 0], peer["gfa"].reshape(SHAPE, order="F")
    )
    np.testing.assert_array_equal(volio.load(path).matrix("gfa"), peer["gfa"])


def test_complex_and_sparse_matrices_are_passed_over():
    stream = io.BytesIO()
    others = {
        "waves": VALUES.reshape(12, 2) * 1j,
        "links": scipy.sparse.csc_array(np.eye(24)[:3]),
        "phases": scipy.sparse.csc_array(np.eye(24)[:3] * 1j),
    }
    scipy.io.savemat(stream, others, format="4")
    found = volio.load(packed(stream.getvalue(), matrix("gfa", VALUES, rows=12)))
    assert found.header.names == ("gfa",)
    np.testing.assert_array_equal(found.dataobj[..., 0], VALUES)
    with pytest.raises(CorruptFileError, match="waves: must be of real numbers"):
        found.matrix("waves")


def test_voxels_of_the_mask_are_put_back_and_scaled():
    stored = np.arange(INSIDE.sum(), dtype="u1")
    raw = packed(
        matrix("mask", MASK.astype("u1"), rows=12),
        matrix("qa", stored),
        matrix("qa.slope", np.array([0.5], "f4")),
        matrix("qa.inter", np.array([-3], "f4")),
        matrix("index0", stored.astype("i2")),
    )
    found = volio.load(raw)
    assert found.header.names == ("qa", "index0")
    wanted = np.zeros(24)
    wanted[INSIDE] = stored * 0.5 - 3  # outside is 0, not the intercept
    np.testing.assert_array_equal(found.dataobj[..., 0], wanted.reshape(SHAPE, order="F"))
    wanted[INSIDE] = stored
    whole = wanted.reshape(SHAPE, order="F")
    np.testing.assert_array_equal(found.dataobj[..., 1], whole)
    # Any part is the part of the whole.
    for index in np.ndindex(SHAPE):
        assert found.dataobj[(*index, 1)] == whole[index]
    np.testing.assert_array_equal(found.dataobj[::2, 1:3, 1, 1], whole[::2, 1:3, 1])


def test_vectors_are_three_volumes():
    vectors = np.arange(72, dtype="f4").reshape(3, *SHAPE, order="F")
    inside = vectors.reshape(3, -1, order="F")[:, INSIDE]
    raw = packed(
        matrix("dir0", vectors, rows=3),
        matrix("mask", MASK.astype("u1"), rows=12),
        matrix("dir1", inside, rows=3),
    )
    found = volio.load(raw)
    assert found.header.names == ("dir0 x", "dir0 y", "dir0 z", "dir1 x", "dir1 y", "dir1 z")
    np.testing.assert_array_equal(found.dataobj[..., :3], np.moveaxis(vectors, 0, -1))
    np.testing.assert_array_equal(
        found.dataobj[..., 3:], np.moveaxis(np.where(MASK, vectors, 0), 0, -1)
    )


def test_without_a_matrix_axes_are_those_of_dsi_studio_with_a_warning():
    with pytest.warns(GeometryWarning, match="trans: there is no such matrix"):
        found = volio.load(packed(matrix("fa0", VALUES), trans=b""))
    # initial_LPS_nifti_srow: left and posterior, the last voxel of both axes at 0.
    assert found.affine.tolist() == [[-2, 0, 0, 4], [0, -3, 0, 9], [0, 0, 1.5, 0], [0, 0, 0, 1]]


def test_a_part_of_a_file_on_disk_is_read(tmp_path: Path):
    path = tmp_path / "a.fib"
    path.write_bytes(packed(matrix("fa0", VALUES), matrix("gfa", VALUES + 1)))
    found = volio.load(path)
    counting = CountingSource(found.dataobj.source)
    for metric in found.dataobj.metrics:
        metric.proxy.source = counting
    found.dataobj.source = counting
    np.testing.assert_array_equal(found.dataobj[..., 1, 1], VALUES[..., 1] + 1)
    assert 48 <= counting.count <= 2 * 48


def test_names_follow_volumes_into_other_formats(tmp_path: Path):
    found = volio.load(packed(matrix("fa0", VALUES), matrix("gfa", VALUES + 1)))
    assert found.slicer[..., 1:].header.names == ("gfa",)
    volio.save(found, tmp_path / "a.nii.gz")
    again = volio.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(again.dataobj, found.dataobj)
    with pytest.raises(ImageFileError, match="cannot be written, only read"):
        found.to_filename(tmp_path / "a.fib.gz")
    with pytest.raises(UsageError, match="there is no matrix 'odf_faces'; there are: dimension"):
        found.matrix("odf_faces")


def test_files_of_matlab_are_known_by_the_name(tmp_path: Path):
    # In the order of the alphabet sizes of voxels come last, behind all voxels.
    large = matrix("image0", np.zeros(4096, "u1"), rows=64)
    raw = b"".join(
        [
            matrix("dimension", np.array([64, 8, 8], "f8")),
            large,
            matrix("trans", AFFINE.ravel()),
            matrix("voxel_size", np.array([1.0, 1, 1])),
        ]
    )
    path = tmp_path / "a.src"
    path.write_bytes(raw)
    assert volio.identify(path).name == "dsi_studio"
    assert volio.load(path).shape == (64, 8, 8, 1)


@pytest.mark.parametrize(
    ("raw", "error", "message"),
    [
        (packed(), HeaderDataError, r"none has the 24 voxels of \(3, 4, 2\)"),
        (packed(matrix("fa0", VALUES))[:-1], TruncatedFileError, "fa0: the file ends"),
        (packed(matrix("fa0", VALUES)) + b"rest", CorruptFileError, "no variable of MATLAB"),
        (
            packed(matrix("fa0", VALUES), matrix("fa0", VALUES)),
            HeaderDataError,
            "matrices: fa0: must have one each",
        ),
        (
            packed(matrix("fa0", VALUES), voxel_size=matrix("voxel_size", np.array([2.0, 0, 1]))),
            HeaderDataError,
            "voxel_size: must be above 0",
        ),
        (
            packed(matrix("fa0", VALUES), voxel_size=matrix("voxel_size", np.array([2, 1], "f4"))),
            HeaderDataError,
            "voxel_size: must be 3 finite numbers, got 1 x 2",
        ),
        (
            packed(matrix("fa0", VALUES), dimension=matrix("dimension", np.array([3, 4, 2.5]))),
            HeaderDataError,
            "dimension: must be 3 lengths from 1",
        ),
        (
            packed(matrix("fa0", VALUES), dimension=matrix("dimension", np.array([3, 0, 2], "i4"))),
            HeaderDataError,
            "dimension: must be 3 lengths from 1",
        ),
        (
            packed(matrix("fa0", VALUES), trans=matrix("trans", np.zeros(16, "f4"))),
            HeaderDataError,
            "trans: ",
        ),
        (
            packed(matrix("fa0", VALUES), trans=matrix("trans", AFFINE.T.astype("f4").ravel())),
            HeaderDataError,
            "trans: ",
        ),
        (
            packed(matrix("mask", np.ones(23, "u1")), matrix("fa0", VALUES)),
            HeaderDataError,
            "mask: must have the 24 voxels",
        ),
        (
            packed(matrix("fa0", VALUES), matrix("fa0.slope", np.array([2], "f4"))),
            HeaderDataError,
            r"fa0\.inter: there is no such matrix",
        ),
        (
            packed(matrix("mask", MASK.astype("u1")), matrix("fa0", np.zeros(INSIDE.sum(), "u1"))),
            TruncatedFileError,
            r"fa0: the file ends before fa0\.slope",
        ),
    ],
)
def test_bad_files_are_refused(raw: bytes, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        volio.load(raw, format="dsi_studio")
