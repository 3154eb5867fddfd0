"""Commands on images at several resolutions: in folders, and on servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import volio
from volio.display import plot_ortho
from volio.errors import ImageFileError
from volio.testing.samples import samples_of
from volio.testing.servers.web_server import Server, serving

SHAPE = (80, 64, 48)


@pytest.fixture
def brain(folder: Path) -> Path:
    """A folder with three levels, in chunks of 32 voxels a side."""
    voxels = np.random.default_rng(2).integers(0, 900, SHAPE).astype(np.uint16)
    img = volio.OmeZarrImage(voxels, np.diag([0.01, 0.01, 0.01, 1]))
    volio.save(img, "brain.ome.zarr", chunks=(32, 32, 32))
    return folder / "brain.ome.zarr"


@pytest.fixture(params=["refused", "listed"])
def server(request, brain: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with that folder, whose own address gives 404, or a page that lists it."""
    monkeypatch.setenv("no_proxy", "*")
    with serving(Server()) as server:
        for file in brain.rglob("*"):
            if file.is_file():
                server.files[f"/brain.ome.zarr/{file.relative_to(brain)}"] = file.read_bytes()
        if request.param == "listed":
            server.files["/brain.ome.zarr"] = b"<!DOCTYPE HTML><html><title>Directory listing"
        yield server


def test_levels_chunks_and_channels_are_listed(run, brain):
    head, line = run("ls", "brain.ome.zarr").out
    assert head.split() == ["file", "dtype", "shape", "zooms", "axes", "levels", "chunks"]
    assert line.split()[2:] == ["80x64x48", "0.01x0.01x0.01", "RAS", "3", "32x32x32"]
    lines = run("ls", "-v", "brain.ome.zarr").out
    assert "  chunks  32x32x32" in lines
    start = lines.index("  levels  0: 80x64x48, 0.01x0.01x0.01")
    assert lines[start + 1].strip() == "1: 40x32x24, 0.02x0.02x0.02"
    assert lines[start + 2].strip() == "2: 20x16x12, 0.04x0.04x0.04"
    facts = json.loads("".join(run("ls", "--json", "brain.ome.zarr", "head.nii.gz").out))
    shapes = [level["shape"] for level in facts[0]["levels"]]
    assert shapes == [[80, 64, 48], [40, 32, 24], [20, 16, 12]]
    assert facts[0]["levels"][1]["zooms"] == pytest.approx([0.02] * 3)
    assert (facts[0]["chunks"], facts[0]["length_unit"]) == ([32, 32, 32], "millimeter")
    assert (facts[1]["chunks"], facts[1]["length_unit"], facts[1]["channels"]) == (None, None, [])
    assert [level["shape"] for level in facts[1]["levels"]] == [[6, 5, 4]]


def test_images_of_one_level_without_chunks_are_listed_as_before(run):
    assert run("ls", "head.nii.gz").out[0].split()[-1] == "qform"
    assert not any("levels" in line for line in run("ls", "-v", "head.nii.gz").out)


def test_channels_have_their_names(run):
    series = next(str(each.path) for each in samples_of("zarr") if "series" in str(each.path))
    assert "DAPI, GFP, RFP" in run("ls", series).out[1]
    facts = json.loads("".join(run("ls", "--json", series).out))
    assert facts[0]["channels"] == ["DAPI", "GFP", "RFP"]


def test_folders_need_no_index(run, brain):
    ran = run("index", "brain.ome.zarr", "bold.nii")
    assert ran.code == 0
    assert ran.out[0] == (
        "brain.ome.zarr: is in chunks, each of which is read alone: needs no index"
    )
    assert ran.out[1].startswith("bold.nii: is not compressed by gzip")


def test_images_on_a_server_are_listed_and_looked_at(run, server):
    address = f"{server.url}/brain.ome.zarr"
    assert run("ls", address).out[1].split()[-2:] == ["3", "32x32x32"]
    server.asked.clear()
    look = ("--size", "40", "--limits", "0,900", "--bare", "--png", "seen.png")
    assert run("view", address, *look) == (0, [], [])
    asked = {path for path, _ in server.asked}
    assert not any(path.startswith("/brain.ome.zarr/0/c") for path in asked)
    assert any(path.startswith("/brain.ome.zarr/1/c") for path in asked)
    seen = np.asarray(Image.open("seen.png"))
    local = volio.load("brain.ome.zarr")
    expected = plot_ortho(local, size=40, vmin=0, vmax=900, annotate=False, draw_cross=False)
    np.testing.assert_array_equal(seen, expected)
    assert run("view", address, "--html", "seen.html").code == 0
    assert "Every voxel is on this page" in Path("seen.html").read_text()
    ran = run("verify", address)
    assert ran.code == 0
    cells = ran.out[1].split()
    assert (cells[0], cells[1], cells[-1]) == (address, "zarr", "fine")
    with pytest.raises(ImageFileError, match=r"other\.ome\.zarr"):
        volio.load(f"{server.url}/other.ome.zarr")
