import io

import numpy as np
import pytest

from volio.errors import UsageError
from volio.files.saving.target import LentStream


class Halves(io.BytesIO):
    """Writes only half of what it is given, as raw files may."""

    def write(self, data):
        return super().write(data[: max(1, len(data) // 2)])


@pytest.mark.parametrize("kind", [io.BytesIO, Halves])
def test_written_in_place_and_kept_open(kind):
    stream = kind(b"0123456789")
    target = LentStream(stream, 2)
    assert target.write(b"abcd") == 4
    assert target.tell() == 4
    target.finish()
    assert stream.getvalue() == b"01abcd6789"
    assert not stream.closed


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=">i2").reshape(3, 4),
        np.arange(12, dtype="<c16").reshape(3, 4)[:, ::2],
        np.zeros((0, 4)),
        np.zeros(3, [("r", "u1"), ("g", "u1")]),
    ],
)
def test_any_array_is_written(array):
    stream = io.BytesIO()
    assert LentStream(stream, 0).write(array) == array.nbytes
    assert stream.getvalue() == array.tobytes()


def test_objects_that_cannot_seek():
    class Pipe(io.RawIOBase):
        got = b""

        def writable(self):
            return True

        def write(self, data):
            self.got += bytes(data)

    stream = Pipe()
    LentStream(stream, 0).write(b"abc")
    assert stream.got == b"abc"


@pytest.mark.parametrize("stream", [io.StringIO(), object(), io.BufferedReader(io.BytesIO())])
def test_not_writable(stream):
    with pytest.raises(UsageError, match="fileobj: "):
        LentStream(stream, 0)
