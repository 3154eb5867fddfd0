import gzip
import io
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import volio
from volio.errors import (
    MissingFileError,
    RemoteError,
    SourceChangedError,
    TruncatedFileError,
    UsageError,
)
from volio.files.opener import open_source
from volio.files.remote import http, ranges, sources
from volio.files.remote.addresses import is_address
from volio.testing.servers.nginx import nginx
from volio.testing.servers.web_server import CUT, Server, serving
from volio.tests.requirements import optional, require

VOXELS = np.arange(64 * 64 * 32 * 6, dtype=np.int16).reshape(64, 64, 32, 6)
DATA = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    with serving(Server()) as server:
        server.files["/data"] = DATA
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    img = volio.Nifti1Image(VOXELS, np.diag([2, 2, 2, 1]))
    img.to_filename(folder / "a.nii")
    img.to_filename(folder / "a.nii.gz")
    volio.Nifti1Pair(VOXELS, None).to_filename(folder / "pair.img")
    (folder / "foreign.nii.gz").write_bytes(gzip.compress((folder / "a.nii").read_bytes(), 1))
    return folder


@pytest.fixture
def host(request, folder, tmp_path, monkeypatch):
    """The address of a server that has the folder, by the name of its kind."""
    monkeypatch.setenv("no_proxy", "*")
    if request.param == "nginx":
        require("nginx")
        with nginx(tmp_path, folder) as address:
            yield address
        return
    with serving(Server()) as server:
        server.files = {f"/{path.name}": path.read_bytes() for path in folder.iterdir()}
        yield server.url


both = pytest.mark.parametrize("host", ["threads", "nginx"], indirect=True)


@both
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "foreign.nii.gz"])
def test_images(host, name):
    img = volio.load(f"{host}/{name}")
    assert img.shape == VOXELS.shape
    assert np.array_equal(img.dataobj[..., 3], VOXELS[..., 3])
    assert np.array_equal(img.dataobj[5], VOXELS[5])
    assert np.array_equal(np.asanyarray(img.dataobj), VOXELS)
    copy = pickle.loads(pickle.dumps(img))
    assert np.array_equal(copy.dataobj[3, 4], VOXELS[3, 4])


@both
def test_from_many_threads(host):
    img = volio.load(f"{host}/a.nii.gz")
    with ThreadPoolExecutor(8) as pool:
        volumes = list(pool.map(lambda t: img.dataobj[..., t], range(6)))
    assert np.array_equal(np.stack(volumes, -1), VOXELS)


@both
@pytest.mark.parametrize("name", ["pair.hdr", "pair.img"])
def test_pairs(host, name):
    img = volio.load(f"{host}/{name}")
    assert np.array_equal(img.dataobj[..., 3], VOXELS[..., 3])
    assert img.get_filename() == f"{host}/pair.img"


@both
def test_no_such_file(host):
    with pytest.raises(RemoteError, match=r"missing\.nii.*404"):
        volio.load(f"{host}/missing.nii")


@pytest.mark.requires("nginx")
def test_nginx_without_ranges_and_broken(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    with nginx(tmp_path, folder) as address:
        img = volio.load(f"{address}/whole/a.nii.gz")
        assert np.array_equal(img.dataobj[..., 2], VOXELS[..., 2])
        with pytest.raises(RemoteError, match=r"broken/a\.nii.*500"):
            volio.load(f"{address}/broken/a.nii")


def test_a_slice_fetches_header_and_slice(server, folder):
    server.files["/a.nii"] = (folder / "a.nii").read_bytes()
    img = volio.load(f"{server.url}/a.nii")
    assert [span for _, span in server.asked] == [(0, ranges.FIRST)]
    assert np.array_equal(img.dataobj[..., 3], VOXELS[..., 3])
    volume = VOXELS[..., 3].nbytes
    assert server.asked[1:] == [("/a.nii", (352 + 3 * volume, 352 + 4 * volume))]


def test_a_slice_across_rows_is_few_requests(server, folder):
    server.files["/a.nii"] = (folder / "a.nii").read_bytes()
    img = volio.load(f"{server.url}/a.nii")
    assert np.array_equal(img.dataobj[5], VOXELS[5])
    assert len(server.asked) < 4


def test_a_volume_of_a_compressed_series_fetches_its_chunks(server, tmp_path):
    noise = np.random.default_rng(0).integers(0, 1 << 15, (64, 64, 64, 16), np.int16)
    volio.Nifti1Image(noise, None).to_filename(tmp_path / "a.nii.gz")
    server.files["/a.nii.gz"] = (tmp_path / "a.nii.gz").read_bytes()
    img = volio.load(f"{server.url}/a.nii.gz")
    assert np.array_equal(img.dataobj[..., 9], noise[..., 9])
    assert server.sent() < len(server.files["/a.nii.gz"]) // 3
    assert len(server.asked) < 5


def test_far_parts_are_fetched_together(server):
    with open_source(f"{server.url}/data").open() as reader:
        reader.expect([(100_000, 100_010), (100_500, 100_600), (900_000, 900_100)])
        assert reader.read(100_000, 10) == DATA[100_000:100_010]
        assert reader.read(100_500, 100) == DATA[100_500:100_600]
        assert reader.read(900_000, 100) == DATA[900_000:900_100]
    assert sorted(span for _, span in server.asked[1:]) == [(100_000, 100_600), (900_000, 900_100)]


def test_reading_on_fetches_more_each_time(server):
    with open_source(f"{server.url}/data").open() as reader:
        whole = b"".join(reader.read_upto(at, 1 << 14) for at in range(0, len(DATA), 1 << 14))
    assert whole == DATA
    assert len(server.asked) < 12


@pytest.mark.parametrize("faults", [[503], [429, 500], [CUT], [None, CUT, 502, 503]])
def test_failures_that_pass(server, faults):
    server.faults = list(faults)
    source = open_source(f"{server.url}/data")
    assert source.read(500_000, 1000) == DATA[500_000:501_000]
    assert not server.faults


@pytest.mark.parametrize("fault", [500, CUT])
def test_failures_that_stay(server, fault):
    source = open_source(f"{server.url}/data")
    server.faults = [fault] * 4
    with pytest.raises(RemoteError, match=r"/data: bytes 500000 to 500999.*"):
        source.read(500_000, 1000)
    assert len(server.asked) == 5


def test_what_the_server_asks_to_wait(server, monkeypatch):
    waits = []
    monkeypatch.setattr(http, "sleep", waits.append)
    server.faults = [503, 503]
    open_source(f"{server.url}/data")
    assert waits[0] == 1.0
    assert 2.0 <= waits[1] <= 2.5


def test_a_file_that_changed(server):
    source = open_source(f"{server.url}/data")
    server.tags["/data"] = 1
    with pytest.raises(SourceChangedError, match="has changed since it was opened"):
        source.read(500_000, 10)


def test_a_server_that_gives_no_ranges_any_more(server):
    source = open_source(f"{server.url}/data")
    server.ranges = False
    with pytest.raises(RemoteError, match="does not give byte ranges any more"):
        source.read(500_000, 10)


def test_behind_the_end(server):
    source = open_source(f"{server.url}/data")
    assert source.read_upto(len(DATA) - 3, 10) == DATA[-3:]
    with pytest.raises(TruncatedFileError, match="needed 10 bytes at byte"):
        source.read(len(DATA) - 3, 10)


def test_an_empty_file(server):
    server.files["/empty"] = b""
    assert open_source(f"{server.url}/empty").read_upto(0, 10) == b""


@pytest.mark.parametrize("memory", [1 << 30, 1 << 16])
def test_a_server_without_ranges(server, monkeypatch, memory):
    monkeypatch.setattr(sources, "MOST_IN_MEMORY", memory)
    server.ranges = False
    source = open_source(f"{server.url}/data")
    assert source.name == f"{server.url}/data"
    assert source.read(500_000, 1000) == DATA[500_000:501_000]
    assert len(server.asked) == 1
    assert pickle.loads(pickle.dumps(source)).read(5, 3) == DATA[5:8]


def test_fsspec(tmp_path):
    fsspec = optional("fsspec")
    fs = fsspec.filesystem("memory")
    volio.Nifti1Image(VOXELS, None).to_filename(tmp_path / "a.nii.gz")
    fs.pipe("/bucket/a.nii.gz", (tmp_path / "a.nii.gz").read_bytes())
    for where in ("memory://bucket/a.nii.gz", fsspec.open("memory://bucket/a.nii.gz")):
        img = volio.load(where)
        assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])
        copy = pickle.loads(pickle.dumps(img))
        assert np.array_equal(np.asanyarray(copy.dataobj), VOXELS)
    with fsspec.open("memory://bucket/a.nii.gz") as stream:
        assert np.array_equal(volio.load(stream).dataobj[..., 1], VOXELS[..., 1])
    fs.pipe("/bucket/a.nii.gz", b"something else")
    with pytest.raises(SourceChangedError, match=r"a\.nii\.gz: has changed"):
        img.dataobj[0]
    fs.rm("/bucket/a.nii.gz")
    with pytest.raises(MissingFileError, match="no such file"):
        img.dataobj[0]


def test_fsspec_through_a_cache(tmp_path):
    require("fsspec")
    volio.Nifti1Image(VOXELS, None).to_filename(tmp_path / "a.nii")
    img = volio.load(f"simplecache::file://{tmp_path}/a.nii")
    assert np.array_equal(img.dataobj[..., 4], VOXELS[..., 4])


def test_protocols_that_nobody_knows():
    require("fsspec")
    with pytest.raises(RemoteError, match=r"^nowhere://a: .*nowhere"):
        open_source("nowhere://a")


@pytest.mark.parametrize("name", ["a.nii", "C:\\a.nii", "a::b.nii", "/a//b", "x:/y"])
def test_paths_are_no_addresses(name):
    assert not is_address(name)


def test_nothing_is_written_to_an_address():
    with pytest.raises(UsageError, match="cannot write there"):
        volio.Nifti1Image(VOXELS, None).to_filename("https://host/a.nii")


def test_from_url(server):
    stream = io.BytesIO()
    volio.Nifti1Image(VOXELS, None).to_stream(stream)
    server.files["/a.nii"] = stream.getvalue()
    img = volio.Nifti1Image.from_url(f"{server.url}/a.nii")
    assert np.array_equal(img.dataobj[..., 5], VOXELS[..., 5])
    with pytest.raises(RemoteError, match="is not an address"):
        volio.Nifti1Image.from_url("a.nii")
