import gzip

import pytest

from volio.errors import LimitError, TruncatedFileError
from volio.files.limits import check_declared, read_limited
from volio.files.opener import open_source

SMALL_GZ = gzip.compress(bytes(20), mtime=0)


@pytest.mark.parametrize("need", [0, 20])
@pytest.mark.parametrize("data", [bytes(20), SMALL_GZ], ids=["plain", "gzip"])
def test_enough(data, need):
    source = open_source(data)
    assert check_declared(source, need, "voxels") is None


def test_too_short():
    with pytest.raises(TruncatedFileError, match=r"<bytes>: voxels: needs 21 .* has 20$"):
        check_declared(open_source(bytes(20)), 21, "voxels")


def test_more_than_it_can_expand_to():
    most = len(SMALL_GZ) * 1032
    with pytest.raises(LimitError, match=f"needs {most + 1} bytes.* at most {most}"):
        check_declared(open_source(SMALL_GZ), most + 1, "voxels")


def test_negative():
    with pytest.raises(LimitError, match="negative"):
        check_declared(open_source(b""), -1, "voxels")


@pytest.mark.parametrize(
    "data", [bytes(range(20)), gzip.compress(bytes(range(20)))], ids=["plain", "gzip"]
)
def test_reading_to_the_end_has_a_limit(data):
    source = open_source(data)
    assert read_limited(source, 20, "a header") == bytes(range(20))
    assert read_limited(source, 5, "a footer", start=15) == bytes(range(15, 20))
    assert read_limited(source, 5, "a footer", start=25) == b""
    with pytest.raises(LimitError, match=r"^<bytes>: more than 19 bytes, too many for a header$"):
        read_limited(source, 19, "a header")
    with pytest.raises(LimitError, match="more than 4 bytes after byte 15, too many for a foot"):
        read_limited(source, 4, "a footer", start=15)
