"""Images of every format at an http address, and files of them that a server has not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import MissingFileError, RemoteError
from volio.formats.lookup import format_named
from volio.formats.table import FORMATS
from volio.testing.samples import FOLDER, Sample, samples_of
from volio.testing.servers.web_server import Server, serving

SAMPLES = [
    pytest.param(row, sample, id=f"{row.name}-{sample.path.name}")
    for row in FORMATS
    if row.kind == "volume"
    for sample in samples_of(row.name)
]
PAIRS = [
    pytest.param(each.values[1], id=each.id)
    for each in SAMPLES
    if len(volio.load(each.values[1].path).file_map) > 1
]


@pytest.fixture(scope="module")
def server():
    """A server that has all samples."""
    with serving(Server()) as running:
        files = (path for path in FOLDER.rglob("*") if path.is_file())
        running.files = {f"/{p.relative_to(FOLDER).as_posix()}": p.read_bytes() for p in files}
        yield running


def address(server, path: Path) -> str:
    return f"{server.url}/{path.relative_to(FOLDER).as_posix()}"


@pytest.mark.parametrize(("row", "sample"), SAMPLES)
def test_the_table_says_what_is_read_from_servers(row, sample: Sample, server):
    where = address(server, sample.path)
    if not row.remote:
        with pytest.raises(RemoteError, match=r"server|download"):
            volio.load(where)
        return
    image, local = volio.load(where), volio.load(sample.path)
    assert type(image) is type(local)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), np.asanyarray(local.dataobj))
    np.testing.assert_array_equal(image.affine, local.affine)


@pytest.mark.parametrize("sample", PAIRS)
def test_any_file_of_a_pair_stands_for_both(sample: Sample, server):
    local = volio.load(sample.path)
    for part, holder in local.file_map.items():
        path = Path(str(holder.filename))
        if part in ("image", "header"):
            found = volio.load(address(server, path))
            np.testing.assert_array_equal(
                np.asanyarray(found.dataobj), np.asanyarray(local.dataobj)
            )


@pytest.mark.parametrize("sample", PAIRS)
def test_voxels_that_a_server_has_not_are_named(sample: Sample, server):
    voxels = Path(str(volio.load(sample.path).file_map["image"].filename))
    with serving(Server()) as other:
        gone = address(server, voxels)[len(server.url) :]
        other.files = {name: data for name, data in server.files.items() if name != gone}
        with pytest.raises(MissingFileError, match=rf"{re.escape(voxels.stem)}.*404") as caught:
            np.asarray(volio.load(address(other, sample.path)).dataobj)
        assert isinstance(caught.value, RemoteError)


@pytest.mark.parametrize("name", ["spm2", "spm99"])
def test_a_mat_file_that_a_server_has_not_is_no_error(name, tmp_path):
    affine = np.diag([-2.0, 3, 4, 1])
    affine[:3, 3] = 5, 6, 7
    image = format_named(name).image_class()(np.ones((3, 4, 5), np.int16), affine)
    image.to_filename(tmp_path / "a.img")
    with serving(Server()) as server:
        server.files = {f"/{p.name}": p.read_bytes() for p in tmp_path.iterdir()}
        url = f"{server.url}/a.img"
        np.testing.assert_allclose(volio.load(url, format=name).affine, affine)
        del server.files["/a.mat"]
        (tmp_path / "a.mat").unlink()
        local = volio.load(tmp_path / "a.img", format=name)
        np.testing.assert_array_equal(volio.load(url, format=name).affine, local.affine)
        server.asked.clear()
        volio.load(url, format=name)
        place = [path for path, _ in server.asked].index("/a.mat")
        server.files["/a.mat"], server.faults = b"", [*[None] * place, 403]
        with pytest.raises(RemoteError, match=r"a\.mat.*403"):
            volio.load(url, format=name)


def test_afni_voxels_are_found_under_any_compression(server):
    for name in ("bytes+tlrc.HEAD", "bytes+tlrc.BRIK", "bytes+tlrc.BRIK.gz", "bytes+tlrc"):
        assert volio.load(f"{server.url}/afni/{name}").shape == (5, 4, 3, 1)


def test_names_of_data_files_are_quoted_in_addresses():
    head = "NRRD0004\ntype: uchar\ndimension: 1\nsizes: 3\nencoding: raw\n"
    head += "data file: my data#1.raw\n"
    with serving(Server()) as server:
        server.files = {"/a.nhdr": head.encode(), "/my%20data%231.raw": b"abc"}
        assert bytes(np.asarray(volio.load(f"{server.url}/a.nhdr").dataobj)) == b"abc"
