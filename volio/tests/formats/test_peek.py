"""What a format may see of a file, folder or zip before it is read."""

from __future__ import annotations

import gzip
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest

from volio.errors import ImageFileError
from volio.files.opener import open_source
from volio.files.sources.source import BytesSource
from volio.formats.peek import Peek


def seen(data: bytes, name: str = "") -> Peek:
    """A peek at a file with these bytes."""
    return Peek(name, open_source(data))


def zipped(*names: str) -> bytes:
    """The bytes of a zip file with members of these names."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as members:
        for name in names:
            members.writestr(name, name)
    return stream.getvalue()


def test_a_file_shows_its_first_bytes_and_its_size(tmp_path: Path):
    path = tmp_path / "a.raw"
    path.write_bytes(bytes(range(256)) * 40)
    peek = Peek(str(path), open_source(path))
    assert (peek.name, peek.head, peek.size) == (str(path), bytes(range(256)) * 16, 10240)
    assert (peek.listing, peek.is_folder) == (None, False)
    assert peek.source.read(10000, 2) == bytes([16, 17])


@pytest.mark.parametrize(("length", "size"), [(0, 0), (4095, 4095), (4096, None), (9000, None)])
def test_a_size_that_only_decoding_can_tell_is_not_known(length: int, size: int | None):
    peek = seen(gzip.compress(bytes(length)))
    assert (peek.head, peek.size) == (bytes(min(length, 4096)), size)


def test_nothing_is_read_before_it_is_asked_for():
    class Watched(BytesSource):
        reads = 0

        def open(self):
            self.reads += 1
            return super().open()

    source = Watched(zipped("a", "b/c"))
    peek = Peek("a.zip", source)
    assert (peek.name, peek.size, source.reads) == ("a.zip", len(zipped("a", "b/c")), 1)
    assert peek.source is source
    assert source.reads == 1  # the first bytes


def test_a_folder_shows_the_names_directly_in_it(tmp_path: Path):
    for name in ("b.raw", "A.json"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "deep").touch()
    peek = Peek(str(tmp_path), None)
    assert peek.listing == ("0", "A.json", "b.raw")
    assert (peek.head, peek.size, peek.is_folder) == (b"", None, True)
    with pytest.raises(ImageFileError, match="is a folder, a file is needed"):
        _ = peek.source


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path):
    with pytest.raises(ImageFileError, match=r"gone: cannot be listed: No such file"):
        _ = Peek(str(tmp_path / "gone"), None).listing


@pytest.mark.parametrize(
    ("names", "listing"),
    [
        ((), ()),
        (("zarr.json",), ("zarr.json",)),
        (("x.zarr/0/c/0", "x.zarr/zarr.json", "a"), ("a", "x.zarr")),
        (tuple(f"member {number:04}" for number in range(999)), None),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_zip_shows_the_names_directly_in_it(names, listing, pack):
    peek = seen(pack(zipped(*names)), "a.zip")
    assert peek.listing == (names if listing is None else listing)
    assert peek.source.read(0, 2) == b"PK"  # still open


@pytest.mark.parametrize("keep", [4, 30, -1])
def test_a_damaged_zip_shows_no_names(keep: int):
    assert seen(zipped("a", "b")[:keep]).listing is None


def test_names_in_folders_and_zip_files_can_be_read(tmp_path: Path):
    (tmp_path / "info").write_bytes(bytes(70_000))
    (tmp_path / "a").mkdir()
    folder = Peek(str(tmp_path), None)
    assert folder.begin_of("info") == bytes(1 << 16)
    assert (folder.begin_of("a"), folder.begin_of("b")) == (b"", b"")
    assert seen(zipped("info", "b")).begin_of("info") == b"info"
    assert seen(zipped("x/info", "x/b")).begin_of("info") == b"x/info"
    assert seen(zipped("x/info", "b")).begin_of("info") == b""
    for data in (b"info", zipped(), zipped("info")[:-30]):
        assert seen(data).begin_of("info") == b""
    damaged = bytearray(zipped("info"))
    damaged[34] ^= 1  # the header of a member takes 30 bytes, its name 4
    assert seen(bytes(damaged)).begin_of("info") == b""


@pytest.mark.parametrize(
    ("name", "ending", "there"),
    [
        ("scan.raw", ".json", True),
        ("scan.raw", ".JSON", False),
        ("scan.raw", ".mat", False),
        ("scan.raw.gz", ".json", True),  # the header is not compressed
        ("scan.raw.gz", ".txt", True),  # it is compressed too
        ("scan.raw", ".txt", False),
        ("scan", ".json", True),
        ("SCAN.RAW", ".json", True),
        ("SCAN.RAW", ".txt", True),
        ("sub-1.5T.raw", ".json", True),
        ("sub-1.raw", ".json", False),
        (".json", ".json", False),
        ("scan.raw", ".folder", True),
    ],
)
def test_a_file_beside_it_is_looked_for(tmp_path: Path, name: str, ending: str, there: bool):
    for each in ("scan.json", "scan.txt.gz", "SCAN.JSON", "SCAN.txt", "sub-1.5T.json", ".json"):
        (tmp_path / each).touch()
    (tmp_path / "scan.folder").mkdir()
    assert Peek(str(tmp_path / name), BytesSource(b"")).beside(ending) is there


def test_nothing_is_beside_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path(".json").touch()
    assert not seen(b"x").beside(".json")


def test_a_server_is_asked_for_files_beside_one(tmp_path: Path):
    (tmp_path / "scan.json").write_bytes(b"{}")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        peek = seen(b"x", f"http://127.0.0.1:{server.server_port}/scan.raw")
        assert peek.beside(".json")
        assert not peek.beside(".mat")
        server.shutdown()
        thread.join()
