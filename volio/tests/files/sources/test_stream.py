import gzip
import io
import pickle

import pytest

from volio.errors import CorruptFileError, SourceChangedError, TruncatedFileError
from volio.files.sources.stream import StreamSource

DATA = bytes(range(200))


class OnlyRead:
    """The least a file object can do."""

    def __init__(self, data):
        self._file = io.BytesIO(data)
        self.read, self.seek, self.tell = self._file.read, self._file.seek, self._file.tell


@pytest.mark.parametrize("kind", [io.BytesIO, OnlyRead])
def test_read_from_the_current_position_and_restore_it(kind):
    stream = kind(DATA)
    stream.seek(50)
    source = StreamSource(stream)
    stream.seek(7)
    assert source.size() == source.most() == 150
    assert source.read(10, 20) == DATA[60:80]
    assert source.read_upto(140, 20) == DATA[-10:]
    assert stream.tell() == 7
    assert source.name == f"<{kind.__name__}>"


def test_start_and_truncation():
    source = StreamSource(io.BytesIO(DATA), start=0)
    assert source.read(0, 200) == DATA
    with pytest.raises(TruncatedFileError, match="<BytesIO>: ends at byte 200"):
        source.read(190, 20)


def test_never_closed_and_named(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(DATA)
    with path.open("rb") as stream:
        source = StreamSource(stream)
        assert source.read(0, 3) == DATA[:3]
        assert source.name == str(path)
        assert not stream.closed
    with pytest.raises(SourceChangedError, match="was closed"):
        source.read(0, 3)


def test_pickles_as_its_bytes():
    copy = pickle.loads(pickle.dumps(StreamSource(io.BytesIO(DATA), start=100)))
    assert copy.read(0, 100) == DATA[100:]


def test_decompressing_objects():
    packed = gzip.compress(DATA)
    assert StreamSource(gzip.GzipFile(fileobj=io.BytesIO(packed))).read(20, 5) == DATA[20:25]
    with pytest.raises(CorruptFileError, match="cannot be read"):
        StreamSource(gzip.GzipFile(fileobj=io.BytesIO(packed[:-4]))).read(0, 300)
