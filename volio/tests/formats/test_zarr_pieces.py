"""OME-Zarr folders written piece by piece: any order, many threads, other processes."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volio
from volio.errors import CorruptFileError, PrecisionWarning, UsageError, WriterError

SHAPE = (37, 20, 21)
VALUES = np.random.default_rng(3).integers(0, 900, SHAPE).astype(np.uint16)
AFFINE = np.diag([0.5, 0.5, 0.7, 1])


def create(path, shape=SHAPE, dtype="uint16", **choices):
    return volio.create(path, shape, dtype, AFFINE, **{"chunks": (16, 8, 8)} | choices)


def values(path, **choices):
    return np.asarray(volio.load(path, **choices).dataobj)


def test_what_comes_in_pieces_is_what_is_saved_at_once(tmp_path):
    volio.save(volio.Nifti1Image(VALUES, AFFINE), tmp_path / "whole.ome.zarr", chunks=(16, 8, 8))
    with create(tmp_path / "a.ome.zarr") as writer:
        for z in reversed(range(SHAPE[2])):
            writer[..., z] = VALUES[..., z]
    files = {p.relative_to(tmp_path / "whole.ome.zarr") for p in tmp_path.glob("whole*/**/*")}
    assert len(files) > 30
    for file in files:
        expected = tmp_path / "whole.ome.zarr" / file
        if expected.is_file():
            assert (tmp_path / "a.ome.zarr" / file).read_bytes() == expected.read_bytes()


SIDES = st.tuples(st.integers(0, 36), st.integers(0, 37), st.integers(1, 5))


@settings(max_examples=25, deadline=None)
@given(
    pieces=st.lists(st.tuples(SIDES, SIDES, SIDES), min_size=1, max_size=8), sharded=st.booleans()
)
def test_pieces_come_as_numpy_assigns_them(tmp_path_factory, pieces, sharded):
    path = tmp_path_factory.mktemp("pieces") / "a.ome.zarr"
    expected = np.zeros(SHAPE, np.uint16)
    shards = (32, 16, 16) if sharded else None
    with create(path, levels=1, shards=shards) as writer:
        for number, sides in enumerate(pieces, 1):
            index = tuple([slice(*side) for side in sides])
            piece = number * 1000 + VALUES[: len(expected[index])][:1, :1, :1]
            expected[index] = piece
            writer[index] = piece
    np.testing.assert_array_equal(values(path), expected)


@pytest.mark.parametrize("version", ["0.4", "0.6"])
def test_series_and_other_versions(tmp_path, version):
    series = np.arange(9 * 8 * 7 * 3 * 2, dtype=np.int32).reshape(9, 8, 7, 3, 2)
    path = tmp_path / "a.ome.zarr"
    with create(path, series.shape, "int32", version=version, chunks=(4, 4, 4)) as writer:
        assert writer.chunks == (4, 4, 4, 1, 1)
        writer[..., 0] = series[..., 0]
        writer[::-1, :, :, 1:, 1] = series[::-1, :, :, 1:, 1]
        writer[..., :, 0, 1] = series[..., :, 0, 1]
    np.testing.assert_array_equal(values(path), series)
    assert volio.load(path).header.version == version
    assert volio.load(path, level=1).shape == (5, 4, 4, 3, 2)


def test_a_channel_axis_over_time_that_stands_in(tmp_path):
    image = np.arange(6 * 5 * 4 * 2, dtype=np.uint8).reshape(6, 5, 4, 1, 2)
    with create(tmp_path / "a.ome.zarr", image.shape, "uint8", chunks=(4, 4, 4)) as writer:
        writer[...] = image
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr"), image)


def test_planes_alone(tmp_path):
    plane = np.arange(30, dtype=np.uint8).reshape(6, 5)
    with volio.create(tmp_path / "a.ome.zarr", (6, 5), "uint8") as writer:
        writer[:3] = plane[:3]
        writer[3:] = plane[3:]
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr")[..., 0], plane)


def test_threads_write_at_once(tmp_path):
    with create(tmp_path / "a.ome.zarr") as writer, ThreadPoolExecutor(8) as pool:

        def write(z):
            writer[..., z] = VALUES[..., z]

        list(pool.map(write, range(SHAPE[2])))
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr"), VALUES)


def test_the_pyramid_is_made_at_the_end(tmp_path):
    with create(tmp_path / "a.ome.zarr", levels=2) as writer:
        writer[...] = VALUES
    padded = np.pad(VALUES.astype(float), [(0, 1), (0, 0), (0, 1)], constant_values=np.nan)
    eight = padded.reshape(19, 2, 10, 2, 11, 2)
    means = np.nanmean(eight, axis=(1, 3, 5))
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr", level=1), np.floor(means + 0.5))


def test_zeros_replace_what_a_chunk_had(tmp_path):
    with create(tmp_path / "a.ome.zarr") as writer:
        writer[...] = VALUES
        writer[:16, :8, :8] = 0
        writer[20, 9, 9] = 0
    expected = VALUES.copy()
    expected[:16, :8, :8] = 0
    expected[20, 9, 9] = 0
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr"), expected)


def test_other_processes_write_whole_chunks(tmp_path):
    with create(tmp_path / "a.ome.zarr") as writer:
        other = pickle.loads(pickle.dumps(writer))
        assert writer.chunks == (16, 8, 8)
        other[:16, 8:16, :8] = VALUES[:16, 8:16, :8]
        other[32:, 16:, 16:] = VALUES[32:, 16:, 16:]
        with pytest.raises(UsageError, match=r"whole chunks, \(16, 8, 8\)"):
            other[:4] = 7
        with pytest.raises(WriterError, match=r"rounded to fit uint16, largest error 0\.5"):
            other[:16, :8, :8] = 0.5
    expected = np.zeros_like(VALUES)
    expected[:16, 8:16, :8] = VALUES[:16, 8:16, :8]
    expected[32:, 16:, 16:] = VALUES[32:, 16:, 16:]
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr"), expected)
    with (
        volio.create(tmp_path / "b.nii", (2, 2, 2), "uint8", np.eye(4)) as writer,
        pytest.raises(UsageError, match="only folders of chunks"),
    ):
        pickle.dumps(writer)


def test_rounding_is_told_at_the_end(tmp_path):
    writer = create(tmp_path / "a.ome.zarr")
    writer[...] = np.full(SHAPE, 1.25)
    with pytest.warns(PrecisionWarning, match=r"largest error 0\.25"):
        writer.close()


def test_nothing_is_left_of_what_failed(tmp_path):
    volio.save(volio.Nifti1Image(VALUES, AFFINE), tmp_path / "a.ome.zarr")
    with pytest.raises(UsageError, match="shape"), create(tmp_path / "a.ome.zarr") as writer:
        writer[:20] = np.ones(3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.ome.zarr"]
    np.testing.assert_array_equal(values(tmp_path / "a.ome.zarr"), VALUES)


def test_choices_are_checked_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match=r"shards: \(9, 9, 9\) are not multiples"):
        create(tmp_path / "a.ome.zarr", shards=(9, 9, 9))
    with pytest.raises(UsageError, match=r"nix: OME-Zarr .* has no such choice"):
        create(tmp_path / "a.ome.zarr", nix=1)
    assert list(tmp_path.iterdir()) == []


def test_a_chunk_that_was_damaged_meanwhile_is_not_taken_for_zeros(tmp_path):
    writer = create(tmp_path / "a.ome.zarr")
    writer[:16, :8, :8] = 5
    (key,) = tmp_path.glob(".*/0/c/0/0/0")
    key.write_bytes(key.read_bytes()[:-3])
    with pytest.raises(CorruptFileError, match=r"0/c/0/0/0: ends early"):
        writer[3, 3, 3] = 1
    writer.discard()
