"""Stacks of CATMAID as images: opened, positions, levels, parts, pickles, kinds of mirrors."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.arrays.chunk_cache import chunk_cache
from volio.errors import (
    CorruptFileError,
    HeaderDataError,
    LimitError,
    LossWarning,
    RemoteError,
    RemoteMissingError,
    UnknownFormatError,
    UsageError,
    VolioWarning,
)
from volio.files.remote import http
from volio.testing.servers.tile_images import TileEncoding
from volio.testing.servers.tile_server import SHAPE, TileServer, pixels
from volio.testing.servers.web_server import Fault, serving
from volio.tests.requirements import optional


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TileServer]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(http, "sleep", lambda seconds: None)
    chunk_cache().clear()
    with serving(TileServer()) as server:
        yield server
    chunk_cache().clear()


def test_opening_is_one_request(server: TileServer):
    img = volio.load(server.address)
    assert (img.shape, img.get_data_dtype()) == (SHAPE, np.uint8)
    assert [level.shape for level in img.levels] == [SHAPE, (350, 265, 6), (175, 133, 6)]
    text = str(img)
    assert "4 × 5 × 40 (nanometer)" in text
    assert "levels 3" in text
    assert "broken slices 4" in text
    assert "5.0000e-06" in text  # of the affine
    assert [path for path, _ in server.asked] == ["/1/stack/5/info"]
    assert volio.identify(server.address).name == "catmaid"
    assert len(server.asked) == 1


def test_what_the_server_says(server: TileServer):
    server.changes = {"metadata": {"lab": 3}, "broken_slices": {"4": 1, "2": -1}}
    header = volio.load(server.address).header
    assert (header.pid, header.sid, header.title, header.attribution) == (1, 5, "waves", "nobody")
    assert header.broken_slices == (2, 4)
    assert header.canary_location == {"x": 300, "y": 200, "z": 1}
    assert header.stack_metadata == {"lab": 3}
    assert [mirror.title for mirror in header.mirrors] == ["type 4"]
    assert (header.unit, header.axes, header.anatomical) == ("nanometer", ("x", "y", "z"), False)
    assert header.stack.resolution == {"x": 4.0, "y": 5.0, "z": 40.0}


def test_voxels_of_every_level(server: TileServer):
    img = volio.load(server.address)
    for number, level in enumerate(img.levels):
        part = level.dataobj[20:120, 30:90, 1]
        assert np.array_equal(part, server.level(number)[20:120, 30:90, 1])
    direct = volio.load(server.address, level=2)
    assert np.array_equal(direct.dataobj[..., 0], server.level(2)[..., 0])
    assert len(direct.levels) == 1
    assert set(server.tiles.values()) == {1}


def test_positions_are_those_of_centres_in_mm(server: TileServer):
    """Voxel i covers resolution x i to resolution x (i + 1) nm after the translation."""
    levels = volio.load(server.address).levels
    for number, level in enumerate(levels):
        sizes = np.array([4.0 * 2**number, 5.0 * 2**number, 40.0])
        first = np.array([1000.0, 2000.0, 3000.0]) + sizes / 2
        assert np.allclose(level.affine[:3, 3] * 1e6, first, rtol=1e-12)
        assert np.allclose(level.affine[:3, :3] * 1e6, np.diag(sizes), rtol=1e-12)


@pytest.mark.parametrize(("orientation", "along"), [("xy", "xyz"), ("xz", "xzy"), ("zy", "zyx")])
def test_orientations(server: TileServer, orientation: str, along: str):
    """Stack axes x, y, z run along these axes of the project."""
    server.orientation = orientation
    img = volio.load(server.address)
    sizes = {"x": 4.0, "y": 5.0, "z": 40.0}
    for column, name in enumerate(along):
        direction = np.zeros(3)
        direction["xyz".index(name)] = sizes[name]
        assert np.allclose(img.affine[:3, column] * 1e6, direction)


def test_parts_in_project_space(server: TileServer):
    img = volio.load(server.address)
    # x from 1800 nm: voxel 200; y from 2250: voxel 50; z from 3080: voxel 2.
    part = img.roi([[1800, 2250, 3080], [2200, 2500, 3120]], space="project")
    assert part.shape == (100, 50, 1)
    assert np.allclose(part.affine[:3, 3] * 1e6, [1802, 2252.5, 3100])
    assert server.tiles.total() == 0
    assert np.array_equal(part.get_fdata(), pixels()[200:300, 50:100, 2:3])
    assert server.tiles.total() == 2


def test_parts_have_levels(server: TileServer):
    img = volio.load(server.address)
    part = img.roi([[201, 50, 2], [300, 103, 3]])
    shapes = [level.shape for level in part.levels]
    assert shapes == [(99, 53, 1), (50, 27, 1), (25, 14, 1)]
    for number, level in enumerate(part.levels):
        step = 2**number
        assert np.array_equal(
            level.dataobj[..., 0],
            server.level(number)[200 // step : -(-300 // step), 50 // step : -(-103 // step), 2][
                (1 if number == 0 else 0) :
            ],
        )
    again = part.levels[1].roi([[5, 5, 0], [10, 9, 1]]).levels
    assert [level.shape for level in again] == [(5, 4, 1), (3, 2, 1)]
    assert len(img.roi([[0, 0, 0], [8, 8, 2]], level=2).levels) == 1


def test_levels_of_a_part_cover_it(server: TileServer):
    """Every voxel of a part lies in the coarser one."""
    server.orientation = "xz"
    part = volio.load(server.address).roi([[33, 77, 1], [95, 190, 5]])
    corners = part.affine @ np.array([*np.array(part.shape) - 1, 1.0])
    for level in part.levels:
        inverse = np.linalg.inv(level.affine)
        for place in (part.affine[:, 3], corners):
            index = (inverse @ place)[:3]
            assert (index > -0.5 - 1e-6).all()
            assert (index < np.array(level.shape) - 0.5 + 1e-6).all()


# Pickles, processes and threads.


def test_pickles_are_small_and_share_what_is_in_memory(server: TileServer):
    img = volio.load(server.address)
    voxels = img.dataobj[10:20, 20:30, 0]
    pickled = pickle.dumps(img)
    assert len(pickled) <= 6000
    assert len(pickle.dumps(img.roi([[0, 0, 0], [50, 50, 2]]))) <= 6000
    again = pickle.loads(pickled)
    assert np.array_equal(again.affine, img.affine)
    assert again.header.title == "waves"
    before = len(server.asked)
    assert np.array_equal(again.dataobj[10:20, 20:30, 0], voxels)
    assert np.array_equal(
        again.levels[1].dataobj[10:20, 20:30, 0], server.level(1)[10:20, 20:30, 0]
    )
    assert len(server.asked) == before + 1


def test_pickles_have_credentials_only_if_asked(server: TileServer):
    server.token = "t0ken"
    img = volio.load(server.address, token="t0ken", auth=("me", "s3cret"))
    pickled = pickle.dumps(img)
    assert b"t0ken" not in pickled
    assert b"s3cret" not in pickled
    with pytest.raises(RemoteError, match="answered 401"):
        pickle.loads(pickled).dataobj[0, 0, 0]
    img = volio.load(server.address, token="t0ken", pickle_auth=True)
    assert pickle.loads(pickle.dumps(img)).dataobj[0, 0, 0] == pixels()[0, 0, 0]


def _read_in_child(img, queue) -> None:
    queue.put(np.asarray(img.dataobj[250:260, 120:130, :3]))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_read(server: TileServer, method: str):
    img = volio.load(server.address)
    expected = pixels()[250:260, 120:130, :3]
    assert np.array_equal(img.dataobj[250:260, 120:130, :3], expected)
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_read_in_child, args=(img, queue))
    child.start()
    assert np.array_equal(queue.get(timeout=60), expected)
    child.join()
    assert np.array_equal(img.dataobj[250:260, 120:130, :3], expected)


def test_sixteen_threads(server: TileServer):
    img = volio.load(server.address)
    with ThreadPoolExecutor(16) as pool:
        columns = list(pool.map(lambda x: np.asarray(img.dataobj[x, :, :3]), range(0, 640, 40)))
    for x, column in zip(range(0, 640, 40), columns, strict=True):
        assert np.array_equal(column, pixels()[x, :, :3])
    assert set(server.tiles.values()) == {1}


def test_a_cluster_reads(server: TileServer):
    """Two processes of dask.distributed; starting them takes seconds."""
    distributed = optional("distributed")
    part = volio.load(server.address).roi([[100, 100, 0], [500, 400, 3]])
    with (
        distributed.LocalCluster(2, threads_per_worker=2, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        mean = part.to_dask().mean().compute()
    assert mean == pytest.approx(pixels()[100:500, 100:400, :3].mean(), rel=1e-12)


READ = """
import signal, sys, volio
# Shells have it ignored in what they run in the background, and their children.
signal.signal(signal.SIGINT, signal.default_int_handler)
img = volio.load(sys.argv[1])
print("opened", flush=True)
try:
    img.dataobj[..., 0]
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.requires("POSIX")
def test_ctrl_c_stops_at_once(server: TileServer):
    """Not after the 10 seconds that a slow server may take; Python takes a second to start."""
    server.every = Fault(wait=60.0)
    program = [sys.executable, "-c", READ, server.address]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "opened\n"
        while server.tiles.total() < 12:
            time.sleep(0.01)
        begin = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        assert child.wait() == 0  # where its threads have ended
        assert time.monotonic() - begin < 5
    assert server.tiles.total() <= 15


# Saving in other formats.


def test_a_part_as_ome_zarr(server: TileServer, tmp_path: Path):
    part = volio.load(server.address).roi([[100, 100, 0], [500, 400, 3]])
    volio.save(part, tmp_path / "part.ome.zarr")
    again = volio.load(tmp_path / "part.ome.zarr")
    assert np.array_equal(again.dataobj, pixels()[100:500, 100:400, :3])
    assert np.allclose(again.affine, part.affine, rtol=1e-9)
    assert set(server.tiles.values()) == {1}


def test_a_part_as_nifti_is_in_the_same_place_for_another_reader(server: TileServer, tmp_path):
    part = volio.load(server.address).roi([[100, 100, 0], [500, 400, 3]]).levels[1]
    volio.save(part, tmp_path / "part.nii.gz")
    other = nibabel.load(tmp_path / "part.nii.gz")
    assert np.array_equal(np.asarray(other.dataobj), server.level(1)[50:250, 50:200, :3])
    assert np.allclose(other.affine, part.affine, rtol=1e-5)


# Descriptions.


def test_saved_descriptions_need_no_server(server: TileServer, tmp_path: Path):
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(server.info()))
    img = volio.load(path)
    assert server.asked == []
    assert (volio.identify(path).name, img.shape) == ("catmaid", SHAPE)
    assert np.array_equal(img.dataobj[..., 0], pixels()[..., 0])
    assert volio.load(path.read_bytes()).shape == SHAPE


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", '{"dimension": ', "{}"])
def test_files_that_are_no_description(tmp_path: Path, text: str):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises((UnknownFormatError, HeaderDataError), match=r"other\.json: "):
        volio.load(path)


@pytest.mark.parametrize(
    "name", ["{url}/1/stack/5", "{url}/1/stack/5/info", "catmaid://{url}/1/stack/5"]
)
def test_other_ways_to_write_the_address(server: TileServer, name: str):
    img = volio.load(name.format(url=server.url))
    assert img.header.sid == 5
    assert np.array_equal(img.dataobj[:9, :9, 0], pixels()[:9, :9, 0])


def test_a_stack_that_is_not_there(server: TileServer):
    with pytest.raises(RemoteMissingError, match=r"stack/6/info: .*Stack 6 does not exist"):
        volio.load(server.address.replace("stack/5", "stack/6"))


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (
            Fault(body=b"<html>login</html>"),
            CorruptFileError,
            "else than JSON, which begins '<html>",
        ),
        (Fault(body=b""), CorruptFileError, "else than JSON"),
        (Fault(401), RemoteError, r"answered 401 .*asked with no credentials"),
        (Fault(500), RemoteError, r"answered 500 .*\(tried 4 times\)"),
        (Fault(body=b'{"a": "' + bytes(17 << 20) + b'"}'), LimitError, "at most 16777216 are read"),
        (Fault(body=b'{"dimension": {"x": -1, "y": 1, "z": 1}}'), HeaderDataError, "translation"),
    ],
)
def test_what_a_server_may_send_instead(server: TileServer, fault, error, message: str):
    server.faults = [fault] * 4
    with pytest.raises(error, match=f"stack/5.*{message}"):
        volio.load(server.address)


def test_servers_on_the_web_cannot_lead_into_a_private_network(server: TileServer, tmp_path):
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(server.info()))
    with pytest.raises(HeaderDataError, match=r"leads into a private network.*allow_private=True"):
        volio.load(path, server="https://catmaid.example")
    img = volio.load(path, server="https://catmaid.example", allow_private=True)
    assert img.dataobj[0, 0, 0] == pixels()[0, 0, 0]


# Choices.


def test_mirrors_by_position_and_title(server: TileServer):
    server.types = (4, 5, 8)
    for wanted, kind in ((None, 4), (1, 5), ("type 8", 8), ("2", 8)):
        chunk_cache().clear()
        server.asked.clear()
        voxel = volio.load(server.address, mirror=wanted).dataobj[0, 0, 0]
        assert voxel == pixels()[0, 0, 0]
        assert [path.split("/")[2] for path, _ in server.asked[1:]] == [str(kind)]
    with pytest.raises(UsageError, match="0: 'type 4', 1: 'type 5', 2: 'type 8', got 'fast'"):
        volio.load(server.address, mirror="fast")
    server.types = ()
    server.changes = {"mirrors": []}
    with pytest.raises(HeaderDataError, match="mirrors: there are none"):
        volio.load(server.address)


def test_the_fastest_mirror_is_chosen_at_the_first_read(server: TileServer, monkeypatch):
    server.types = (4, 12, 5, 8)  # the second has tiles of another size
    slow = {"/tiles/4/": Fault(wait=0.3), "/tiles/5/": Fault(body=b"<html>")}

    def next_fault(path: str) -> Fault | None:
        return next((fault for begin, fault in slow.items() if path.startswith(begin)), None)

    monkeypatch.setattr(server, "next_fault", next_fault)
    img = volio.load(server.address, mirror="fastest")
    assert len(server.asked) == 1
    assert img.dataobj[0, 0, 0] == pixels()[0, 0, 0]
    asked = [path.split("/")[2] for path, _ in server.asked[1:]]
    assert asked[-1] == "8"
    assert set(asked) == {"4", "5", "8"}
    before = len(server.asked)
    assert img.levels[1].dataobj[0, 0, 0] == pixels()[0, 0, 0]
    assert len(server.asked) == before + 1
    slow |= {"/tiles/4/": Fault(404), "/tiles/8/": Fault(404)}
    with pytest.raises(UsageError, match="no mirror of the stack can be used"):
        volio.load(server.address, mirror="fastest").dataobj[0, 0, 0]


def test_choices_reach_the_tiles(server: TileServer):
    server.encoding = TileEncoding(depth=16)
    img = volio.load(server.address, dtype="uint16", broken="above", cval=9)
    assert img.get_data_dtype() == np.uint16
    with pytest.warns(VolioWarning, match="no such tile; 15 in all are filled with 9"):
        values = np.asarray(img.dataobj[..., 2:5])
    assert np.array_equal(values[..., 0], pixels(16)[..., 2])
    assert set(values[..., 1].ravel().tolist()) == {9}
    with pytest.raises(RemoteMissingError, match="no such tile"):
        volio.load(server.address, missing="error", dtype="uint16").dataobj[0, 0, 3]
    with pytest.raises(UsageError, match="broken slices: must be one of"):
        volio.load(server.address, broken="skip")
    with pytest.raises(UsageError, match="has levels 0 to 2, got 3"):
        volio.load(server.address, level=3)


def test_colours(server: TileServer):
    server.encoding = TileEncoding(color="rgb")
    img = volio.load(server.address, color="rgb")
    assert img.dataobj[3, 4, 0].tolist() == (
        pixels()[3, 4, 0],
        255 - pixels()[3, 4, 0],
        pixels()[3, 4, 0] // 2,
    )
    with pytest.warns(LossWarning, match="luminance"):
        volio.load(server.address).dataobj[3, 4, 0]


def test_tokens_of_the_environment(server: TileServer, monkeypatch):
    server.token = "t0ken"
    monkeypatch.setenv("VOLIO_CATMAID_TOKEN", f"{server.url.partition('//')[2]}=t0ken")
    assert volio.load(server.address).dataobj[0, 0, 0] == pixels()[0, 0, 0]


def test_tiles_are_kept_on_disk(server: TileServer, tmp_path: Path):
    for _ in range(2):
        chunk_cache().clear()
        img = volio.load(server.address, cache=str(tmp_path))
        assert np.array_equal(img.dataobj[..., :3], pixels()[..., :3])
        with pytest.warns(VolioWarning, match="no such tile"):
            img.dataobj[0, 0, 3]
    assert server.tiles.total() == 3 * 15 + 1
    assert set(server.tiles.values()) == {1}


# Mirrors in chunks.


def serve_folder(server: TileServer, folder: Path, at: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            server.files[f"{at}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()


def save_n5(path: Path, values: np.ndarray) -> None:
    """Write an array with axes x, y, z, as N5 counts them."""
    tensorstore = optional("tensorstore")
    spec = {
        "driver": "n5",
        "kvstore": f"file://{path}",
        "metadata": {
            "dimensions": values.shape,
            "blockSize": [-(-length // 3) for length in values.shape],
            "dataType": str(values.dtype),
            "compression": {"type": "gzip"},
        },
    }
    tensorstore.open(spec, create=True).result().write(values).result()


def mirror_of(server: TileServer, kind: int, base: str) -> dict:
    return {**server.mirror(4), "tile_source_type": kind, "image_base": f"{server.url}/{base}"}


@pytest.mark.parametrize("dimensions", ["0_1_2", "2_1_0", "1_2_0"])
def test_n5_mirrors(server: TileServer, tmp_path: Path, dimensions: str):
    order = [int(each) for each in dimensions.split("_")]
    for level in range(3):
        stored = np.empty(np.array(server.level(level).shape)[np.argsort(order)], np.uint8)
        stored[...] = server.level(level).transpose(np.argsort(order))
        save_n5(tmp_path / f"s{level}", stored)
    serve_folder(server, tmp_path, "/cube.n5/em")
    base = f"cube.n5/em/%SCALE_DATASET%/{dimensions}"
    server.changes = {"mirrors": [mirror_of(server, 11, base)]}
    img = volio.load(server.address)
    for level, one in enumerate(img.levels):
        assert np.array_equal(one.dataobj, server.level(level))
    assert np.allclose(img.affine[:3, 3] * 1e6, [1002, 2002.5, 3020])
    assert len(pickle.dumps(img)) <= 6000


def test_precomputed_mirrors(server: TileServer, tmp_path: Path):
    tensorstore = optional("tensorstore")
    for level in range(3):
        spec = {
            "driver": "neuroglancer_precomputed",
            "kvstore": f"file://{tmp_path}",
            "multiscale_metadata": {"type": "image", "data_type": "uint8", "num_channels": 1},
            "scale_metadata": {
                "size": server.level(level).shape,
                "voxel_offset": [8 >> level, 4 >> level, 1],
                "chunk_size": [64, 64, 2],
                "encoding": "raw",
                "resolution": [4 << level, 5 << level, 40],
            },
        }
        store = tensorstore.open(spec, create=True).result()
        store[..., 0].write(server.level(level)).result()
    serve_folder(server, tmp_path, "/volume")
    server.changes = {
        "mirrors": [mirror_of(server, 14, "volume/%SCALE_DATASET%/0_1_2")],
        "metadata": {"voxelOffset": [8, 4, 1]},
    }
    for level, img in enumerate(volio.load(server.address).levels):
        assert np.array_equal(img.dataobj, server.level(level))
    server.changes["metadata"] = {"voxelOffset": [0, 0, 0]}
    with pytest.raises(HeaderDataError, match=r"begins at voxel \(8, 4, 1\)"):
        volio.load(server.address)


@pytest.mark.parametrize("base", ["cube.n5/em", "cube.n5/em/0_1_1", "cube.n5/em/0_1_3"])
def test_mirrors_in_chunks_without_their_dimensions(server: TileServer, base: str):
    server.changes = {"mirrors": [mirror_of(server, 11, base)]}
    with pytest.raises(HeaderDataError, match="must end in the dimensions of x, y and z"):
        volio.load(server.address)


def test_mirrors_in_chunks_that_are_smaller(server: TileServer, tmp_path: Path):
    save_n5(tmp_path / "s0", np.zeros((700, 529, 6), np.uint8))
    serve_folder(server, tmp_path, "/em")
    server.changes = {"mirrors": [mirror_of(server, 11, "em/%SCALE_DATASET%/0_1_2")]}
    with pytest.raises(HeaderDataError, match=r"level 0 must have \(6, 530, 700\) voxels"):
        volio.load(server.address)


def test_addresses_of_volumes_in_chunks(server: TileServer, tmp_path: Path):
    """A format before the address says what is there."""
    save_n5(tmp_path / "n5" / "s0", np.array(pixels()))
    img = volio.Nifti1Image(pixels()[:64, :50], np.diag([2, 3, 4, 1]))
    volio.save(img, tmp_path / "a.ome.zarr")
    serve_folder(server, tmp_path, "")
    assert np.array_equal(volio.load(f"n5://{server.url}/n5/s0").dataobj, pixels())
    for name in ("zarr://{}/a.ome.zarr", "{}/a.ome.zarr"):
        again = volio.load(name.format(server.url))
        assert np.array_equal(again.dataobj, img.dataobj)
