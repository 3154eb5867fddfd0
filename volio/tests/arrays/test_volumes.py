"""Volumes of several dtypes, one after the other in a file."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from volio.arrays.slabs import iterate_slabs
from volio.arrays.volumes import VolumesArray
from volio.errors import TruncatedFileError
from volio.files.sources.source import BytesSource
from volio.tests.arrays.arrays import numbered

DTYPES = [np.dtype(code) for code in ("<i2", "<i2", ">f4", "u1", ">f4")]
VALUES = numbered((3, 4, 5), "f8")  # volumes last; all values differ
SLOPES = (2.0, 3.0, 5.0, 7.0, 11.0)


class NotingSource(BytesSource):
    """Bytes that note how often they were opened and what was asked of their readers."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.notes: list[str] = []

    def open(self) -> Any:
        self.notes.append("open")
        reader = super().open()
        reader.keep_checkpoints = lambda: self.notes.append("keep")  # type: ignore[method-assign]
        reader.finish = lambda: self.notes.append("finish")  # type: ignore[method-assign]
        return reader


def volumes(slope: Any = None, missing: int = 0) -> VolumesArray:
    """The values, each volume in its dtype."""
    stored = [VALUES[..., n].astype(dtype).tobytes("F") for n, dtype in enumerate(DTYPES)]
    data = b"".join(stored)
    return VolumesArray(NotingSource(data[: len(data) - missing]), VALUES.shape, DTYPES, slope)


def test_volumes_have_the_dtype_that_holds_all():
    array = volumes()
    assert array.dtype == array.on_disk_dtype == np.float32
    assert [(run.start, run.stop) for run in array.runs] == [(0, 2), (2, 3), (3, 4), (4, 5)]
    assert array.nbytes_stored == 12 * (2 + 2 + 4 + 1 + 4)
    assert array.chunks == (3, 4, 1)
    np.testing.assert_array_equal(np.asarray(array), VALUES)


@pytest.mark.parametrize(
    "index", [np.s_[..., 1:4], np.s_[1, ::2, ::-2], np.s_[2, 3], np.s_[..., [4, 0]], np.s_[..., 3]]
)
@pytest.mark.parametrize("slope", [None, 2.0, SLOPES])
def test_volumes_have_their_own_slopes(index, slope):
    array = volumes(slope)
    assert array.dtype == (np.float64 if slope else np.float32)
    expected = VALUES * (1.0 if slope is None else slope)
    np.testing.assert_array_equal(array[index], expected[index])
    np.testing.assert_array_equal(array.unscaled()[index], VALUES[index])
    assert array.unscaled().get_unscaled().dtype == np.float32


def test_slabs_open_the_file_once_and_verify_its_end():
    array = volumes(SLOPES)
    for where, values in iterate_slabs(array, nbytes=1):
        np.testing.assert_array_equal(values, (VALUES * SLOPES)[where])
    assert array.source.notes == ["open", "finish"]


def test_later_volumes_keep_places_where_decoding_may_begin():
    array = volumes()
    assert array[0, 0, 2] == VALUES[0, 0, 2]
    assert array.source.notes == ["open", "keep"]
    array.source.notes.clear()
    assert array[0, 0, 0] == VALUES[0, 0, 0]
    assert array.source.notes == ["open"]
    array.source.notes.clear()
    with array.open() as fill:
        for volume in (1, 2, 3):
            fill(np.empty((3, 4, 1)), ((0, 3), (0, 4), (volume, volume + 1)))
    assert array.source.notes == ["open", "keep"]


def test_files_that_are_too_short_are_refused():
    with pytest.raises(TruncatedFileError, match=r"5 volumes of shape \(3, 4\)"):
        volumes(missing=1)[0]


def test_pickles():
    array = VolumesArray(BytesSource(volumes().source._view), VALUES.shape, DTYPES, SLOPES)
    copy = pickle.loads(pickle.dumps(array))
    np.testing.assert_array_equal(copy[:], VALUES * SLOPES)
    assert repr(copy) == "VolumesArray('<bytes>', shape=(3, 4, 5), dtypes: int16, >f4, uint8)"
