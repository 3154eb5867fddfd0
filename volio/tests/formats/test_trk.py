"""TrackVis: what nibabel reads and writes, bytes by the definition, and files that are odd."""

from __future__ import annotations

import struct
from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.streamlines import Field, Tractogram, TrkFile

import volio
from volio.errors import (
    CorruptFileError,
    GeometryWarning,
    HeaderDataError,
    LimitError,
    LossWarning,
    PrecisionWarning,
    SaveError,
    TruncatedFileError,
    UsageError,
    VolioWarning,
)
from volio.testing.samples import FOLDER
from volio.tests.real_files import shared_path

TURNED = np.array([[0, 2.5, 0, -50], [-1.5, 0, 0, 60], [0, 0, 2, -30], [0, 0, 0, 1.0]])
ANGLE = np.deg2rad(20)
OBLIQUE = np.array(
    [
        [2 * np.cos(ANGLE), -3 * np.sin(ANGLE), 0, -40],
        [2 * np.sin(ANGLE), 3 * np.cos(ANGLE), 0, -70],
        [0, 0, 1.5, 10],
        [0, 0, 0, 1],
    ]
)
SHAPE = (40, 50, 30)


def some_lines(seed: int, count: int) -> list[np.ndarray]:
    """Lines of 1 to 40 points, RAS+ mm."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 40, count)
    return [random.normal(scale=40, size=(length, 3)).astype("f4") for length in lengths]


def nibabel_header(affine: np.ndarray) -> dict:
    return {
        Field.VOXEL_TO_RASMM: affine,
        Field.VOXEL_SIZES: np.sqrt((affine[:3, :3] ** 2).sum(axis=0)),
        Field.DIMENSIONS: np.array(SHAPE),
        Field.VOXEL_ORDER: "".join(nibabel.aff2axcodes(affine)),
    }


def changed(path: Path, **fields) -> bytes:
    """The bytes of a file with other values in its header."""
    data = bytearray(path.read_bytes())
    header = np.frombuffer(data, volio.formats.trk.header.HEADER, 1)
    for name, value in fields.items():
        header[name] = value
    return bytes(data)


@pytest.fixture
def plain(tmp_path) -> Path:
    """A file of 30 lines without values."""
    path = tmp_path / "plain.trk"
    lines = some_lines(1, 30)
    TrkFile(Tractogram(lines, affine_to_rasmm=np.eye(4)), nibabel_header(TURNED)).save(path)
    return path


@pytest.mark.parametrize("affine", [TURNED, OBLIQUE], ids=["turned", "oblique"])
@pytest.mark.parametrize("columns", [0, 3])
def test_files_of_nibabel(tmp_path, affine, columns):
    lines = some_lines(2, 300)
    random = np.random.default_rng(3)
    fa = [random.random((len(line), 1), np.float32) for line in lines]
    colours = [random.random((len(line), 3), np.float32) for line in lines]
    named = {"fa": fa, "colours": colours} if columns else {}
    weights = {"w": random.random((300, 2), np.float32)} if columns else {}
    tracts = Tractogram(lines, weights, named, np.eye(4))
    TrkFile(tracts, nibabel_header(affine)).save(tmp_path / "a.trk")
    peer = nibabel.streamlines.load(tmp_path / "a.trk")
    found = volio.load(tmp_path / "a.trk")
    assert found.lengths_in_points.tolist() == [len(line) for line in lines]
    np.testing.assert_allclose(found.points, np.concatenate(lines), rtol=0, atol=4e-5)
    np.testing.assert_allclose(found.points, peer.streamlines.get_data(), rtol=0, atol=4e-5)
    assert found.reference == volio.tracts.grid.Grid(SHAPE, affine.astype("f4").astype(float))
    if columns:
        np.testing.assert_array_equal(found.per_point["fa"], np.concatenate(fa)[:, 0])
        np.testing.assert_array_equal(found.per_point["colours"], np.concatenate(colours))
        np.testing.assert_array_equal(found.per_line["w"], weights["w"])


@pytest.mark.parametrize("name", ["a.trk", "a.trk.gz"])
def test_files_for_nibabel(tmp_path, name):
    lines = some_lines(4, 200)
    random = np.random.default_rng(5)
    lengths = [len(line) for line in lines]
    total = sum(lengths)
    tracts = volio.Tractogram(
        np.concatenate(lines),
        lengths,
        {"fa": random.random(total, np.float32), "rgb": random.random((total, 3), np.float32)},
        {"w": random.random(200, np.float32), "xy": random.random((200, 2), np.float32)},
        reference=(SHAPE, OBLIQUE),
    )
    volio.save(tracts, tmp_path / name)
    volio.save(volio.load(tmp_path / name), tmp_path / "plain.trk")
    peer = nibabel.streamlines.load(tmp_path / "plain.trk")
    np.testing.assert_allclose(peer.streamlines.get_data(), tracts.points, rtol=0, atol=4e-5)
    assert peer.streamlines._lengths.tolist() == lengths
    per_point = peer.tractogram.data_per_point
    np.testing.assert_array_equal(per_point["fa"].get_data()[:, 0], tracts.per_point["fa"])
    np.testing.assert_array_equal(per_point["rgb"].get_data(), tracts.per_point["rgb"])
    per_line = peer.tractogram.data_per_streamline
    np.testing.assert_array_equal(per_line["w"][:, 0], tracts.per_line["w"])
    np.testing.assert_array_equal(per_line["xy"], tracts.per_line["xy"])
    assert peer.header["nb_streamlines"] == 200
    np.testing.assert_allclose(peer.header["voxel_to_rasmm"], OBLIQUE, rtol=1e-6)
    assert tuple(peer.header["dimensions"]) == SHAPE


def test_every_field_that_is_written(tmp_path):
    """Bytes of one line, by the definition: half a voxel from centre to corner, sizes in mm."""
    affine = np.array([[0, 2.5, 0, -50], [-1.5, 0, 0, 60], [0, 0, 2, -30], [0, 0, 0, 1.0]])
    voxel = np.array([3, 4, 5.0])
    tracts = volio.Tractogram(
        [affine[:3, :3] @ voxel + affine[:3, 3]],
        per_point={"fa": [0.25]},
        per_line={"two": [[7, 8]]},
        reference=(SHAPE, affine),
    )
    volio.save(tracts, tmp_path / "a.trk")
    data = (tmp_path / "a.trk").read_bytes()
    assert data[:6] == b"TRACK\0"
    assert struct.unpack_from("<3h3f", data, 6) == (*SHAPE, 1.5, 2.5, 2)
    assert struct.unpack_from("<h", data, 36) == (1,)
    assert data[38:58] == b"fa".ljust(20, b"\0")
    assert struct.unpack_from("<h", data, 238) == (2,)
    assert data[240:260] == b"two\x002".ljust(20, b"\0")
    assert struct.unpack_from("<16f", data, 440) == tuple(affine.ravel())
    assert data[948:952] == b"PRS\0"
    assert struct.unpack_from("<3i", data, 988) == (1, 2, 1000)
    corner = (voxel + 0.5) * (1.5, 2.5, 2)
    assert struct.unpack_from("<i6f", data, 1000) == (1, *corner, 0.25, 7, 8)
    assert len(data) == 1028


@pytest.mark.parametrize("axes", list(permutations(range(3))))
@pytest.mark.parametrize("flips", list(product([False, True], repeat=3)))
def test_every_order_of_axes(axes, flips):
    """A file by the definition: voxels counted along other axes, from the other end."""
    codes = nibabel.aff2axcodes(OBLIQUE)
    opposite = dict(zip("LRPAIS", "RLAPSI", strict=True))
    voxels = np.random.default_rng(3).uniform(0, 29, (20, 3))
    header = volio.TrkHeader()
    sizes = [1.5, 2, 2.5]
    order = ""
    columns = []
    for axis, is_flipped, size in zip(axes, flips, sizes, strict=True):
        along = voxels[:, axis]
        if is_flipped:
            along = SHAPE[axis] - 1 - along
        # From the corner of the first voxel, half a voxel before its centre.
        columns.append((along + 0.5) * size)
        order += opposite[codes[axis]] if is_flipped else codes[axis]
    header["dim"] = [SHAPE[axis] for axis in axes]
    header["voxel_size"] = sizes
    header["vox_to_ras"] = OBLIQUE
    header["voxel_order"] = order.encode()
    header["n_count"] = 1
    record = struct.pack("<i", 20) + np.stack(columns, axis=1).astype("<f4").tobytes()
    with pytest.warns(GeometryWarning, match="voxel_size"):
        found = volio.load(header.binaryblock + record)
    world = voxels @ OBLIQUE[:3, :3].T + OBLIQUE[:3, 3]
    np.testing.assert_allclose(found.points, world, atol=3e-5)
    assert found.reference.shape == SHAPE


def test_a_cyclic_order_of_axes(tmp_path):
    """Posterior, superior, left in the file, left, anterior, superior in the volume."""
    header = volio.TrkHeader()
    header["dim"] = 5, 7, 11
    header["voxel_order"] = b"PSL"
    header["vox_to_ras"] = np.diag([-1, 1, 1, 1])
    point = np.array([1.5, 3.5, 2.5])  # voxels 1, 3, 2 along P, S, L
    # Along L it is voxel 2, along A the fifth from the other end, along S voxel 3.
    expected = (-2, 4 - 1, 3)
    np.testing.assert_allclose((header.world_affine() @ [*point, 1])[:3], expected, atol=1e-6)
    assert header.grid.shape == (11, 5, 7)


def test_origin_at_the_centre():
    header = volio.TrkHeader()
    header["voxel_size"] = 2, 3, 4
    header["vox_to_ras"] = np.diag([2, 3, 4, 1])
    assert (header.world_affine("centre") @ [0, 0, 0, 1]).tolist() == [0, 0, 0, 1]
    assert (header.world_affine() @ [0, 0, 0, 1]).tolist() == [-1, -1.5, -2, 1]


@pytest.fixture
def dsi(plain) -> Path:
    """A file as DSI Studio writes it."""
    affine = np.diag([2, 3, 1.5, 1])
    affine[:3, 3] = -40, -50, -60
    data = changed(
        plain,
        vox_to_ras=affine,
        voxel_size=(2, 3, 1.5),
        voxel_order=b"LPS",
        pad2=b"LPS",
        image_orientation_patient=(1, 0, 0, 0, 1, 0),
        reserved=b"Deterministic fiber tracking was run",
    )
    plain.write_bytes(data)
    return plain


def test_files_of_dsi_studio_are_told(dsi, tmp_path):
    with pytest.warns(GeometryWarning, match=r"DSI Studio.*half a voxel.*origin='centre'") as told:
        corner = volio.load(dsi)
    assert told[0].filename == __file__
    centre = volio.load(dsi, origin="centre")
    assert centre.header.report == "Deterministic fiber tracking was run"
    # Left and posterior in the file: half a voxel more there is less in the volume.
    apart = centre.points - corner.points
    np.testing.assert_allclose(apart, np.tile([-1, -1.5, 0.75], (len(apart), 1)), atol=1e-4)


def test_points_of_dsi_studio_are_saved_where_they_are(dsi, tmp_path):
    centre = volio.load(dsi, origin="centre")
    volio.save(centre, tmp_path / "moved.trk")
    again = volio.load(tmp_path / "moved.trk")  # as a file of TrackVis, without a warning
    np.testing.assert_allclose(again.points, centre.points, atol=2e-5)
    assert again.header.report == centre.header.report


@pytest.mark.parametrize(
    "fields",
    [
        {"voxel_order": b"RPS"},
        {"pad2": b"RAS"},
        {"image_orientation_patient": (1, 0, 0, 0, -1, 0)},
        {"reserved": b""},
    ],
)
def test_files_that_only_look_like_those_of_dsi_studio(dsi, fields):
    dsi.write_bytes(changed(dsi, **fields))
    assert not volio.load(dsi).header.is_of_dsi_studio


def test_an_unknown_origin_is_refused(plain):
    with pytest.raises(UsageError, match="origin: must be one of corner, centre, got 'middle'"):
        volio.load(plain, origin="middle")


@pytest.mark.parametrize("fields", [{"version": 1}, {"vox_to_ras": np.zeros((4, 4))}])
def test_files_that_do_not_say_where_they_are(plain, tmp_path, fields):
    plain.write_bytes(changed(plain, **fields))
    with pytest.warns(GeometryWarning, match=r"vox_to_ras: is not recorded.*order PRS"):
        tracts = volio.load(plain)
    assert (tracts.space, tracts.reference) == ("unknown", None)
    with pytest.warns(GeometryWarning, match="it is not known what the coordinates mean"):
        volio.save(tracts, tmp_path / "b.trk")
    assert (tmp_path / "b.trk").read_bytes() == plain.read_bytes()


def test_sizes_that_disagree_are_told(plain):
    plain.write_bytes(changed(plain, voxel_size=(1.5, 2.5, 2.1)))
    with pytest.warns(
        GeometryWarning, match=r"voxel_size: is \[1.5, 2.5, 2.1\] mm.*\[1.5, 2.5, 2.0\]"
    ):
        volio.load(plain)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hdr_size": 999}, "hdr_size: must be 1000, got 999"),
        ({"version": 4}, r"version: must be one of \[1, 2, 3\], got 4"),
        ({"n_scalars": -1}, "n_scalars: must be 0 to 4096, got -1"),
        ({"n_properties": 4097}, "n_properties: must be 0 to 4096, got 4097"),
        ({"n_count": -5}, "n_count: must not be negative, got -5"),
        ({"dim": (1, -2, 3)}, r"dim: must not be negative, got \[1, -2, 3\]"),
        ({"voxel_size": (1, 0, 1)}, "voxel_size: must be above 0 and finite"),
        ({"voxel_size": (1, 1, np.nan)}, "voxel_size: must be above 0 and finite"),
        ({"vox_to_ras": np.diag([1, 0, 1, 1])}, "vox_to_ras: must be an affine with an inverse"),
        ({"vox_to_ras": np.diag([1, 1, 1, 2])}, "vox_to_ras: must be an affine with an inverse"),
        ({"voxel_order": b"LLS"}, "voxel_order: must be axis codes, as LPS, got 'LLS'"),
        ({"voxel_order": b"XYZ"}, "voxel_order: must be axis codes, as LPS, got 'XYZ'"),
    ],
)
def test_headers_without_sense(plain, fields, message):
    plain.write_bytes(changed(plain, **fields))
    with pytest.raises(HeaderDataError, match=message):
        volio.load(plain, format="trk")


def test_names_in_small_letters_and_blanks(plain):
    plain.write_bytes(changed(plain, voxel_order=b"prs"))
    assert volio.load(plain).header.axis_codes == "PRS"


# How many lines there are.


def test_a_count_that_is_not_recorded(plain):
    expected = volio.load(plain).points
    plain.write_bytes(changed(plain, n_count=0))
    tracts = volio.load(plain)
    assert len(tracts) == 30
    np.testing.assert_array_equal(tracts.points, expected)


def test_more_lines_than_are_counted_are_told_and_not_read(plain):
    expected = volio.load(plain)[:20].points
    plain.write_bytes(changed(plain, n_count=20))
    tracts = volio.load(plain)
    with pytest.warns(VolioWarning, match="n_count: more follows the 20 lines"):
        found = tracts.points
    np.testing.assert_array_equal(found, expected)


def test_fewer_lines_than_are_counted(plain):
    size = plain.stat().st_size
    plain.write_bytes(changed(plain, n_count=31))
    message = f"plain.trk: line 30 of 31: the file ends before it, at byte {size}; permissive=True"
    with pytest.raises(TruncatedFileError, match=message):
        volio.load(plain).points  # noqa: B018
    assert len(volio.load(plain, permissive=True)) == 30
    assert len(volio.load(plain, permissive=True).points) == (size - 1000 - 30 * 4) // 12


def test_a_file_cut_short(plain):
    data = plain.read_bytes()
    expected = volio.load(plain).points
    plain.write_bytes(data[:-5])
    message = f"line 29 of 30: the file ends within it, at byte {len(data) - 5}"
    with pytest.raises(TruncatedFileError, match=message):
        volio.load(plain).points  # noqa: B018
    found = volio.load(plain, permissive=True)
    assert len(found) == 29
    np.testing.assert_array_equal(found.points, expected[: len(found.points)])


def test_a_count_that_no_file_has(plain):
    plain.write_bytes(changed(plain, n_count=2**31 - 1))
    with pytest.raises(TruncatedFileError, match="2147483647 lines: needs 8589935588 bytes"):
        volio.load(plain)
    volio.save(volio.load(plain, permissive=True), plain.with_name("b.trk"))
    assert len(volio.load(plain.with_name("b.trk"))) == 30


def test_a_count_that_no_compressed_file_has(plain, tmp_path):
    import gzip

    path = tmp_path / "b.trk.gz"
    path.write_bytes(gzip.compress(changed(plain, n_count=2**31 - 1)))
    with pytest.raises(LimitError, match="2147483647 lines"):
        volio.load(path)


def test_a_negative_number_of_points(plain):
    data = bytearray(plain.read_bytes())
    first = struct.unpack_from("<i", data, 1000)[0]
    second = 1000 + 4 + 12 * first
    struct.pack_into("<i", data, second, -7)
    plain.write_bytes(data)
    message = rf"plain.trk: line 1 of 30: has -7 points, at byte {second}; permissive=True"
    with pytest.raises(CorruptFileError, match=message):
        volio.load(plain).points  # noqa: B018
    found = volio.load(plain, permissive=True)
    assert found.lengths_in_points.tolist() == [first]


def test_a_line_that_is_longer_than_the_file(plain):
    data = bytearray(plain.read_bytes())
    struct.pack_into("<i", data, 1000, 2**31 - 1)
    plain.write_bytes(data)
    with pytest.raises(TruncatedFileError, match="line 0 of 30: the file ends within it"):
        volio.load(plain).points  # noqa: B018


@pytest.mark.parametrize("name", ["a.trk", "a.trk.gz"])
def test_one_line_longer_than_a_block(tmp_path, name):
    points = np.random.default_rng(6).normal(size=(5000, 3)).astype("f4")
    tracts = volio.Tractogram(points, [1, 4990, 9], reference=(SHAPE, TURNED))
    volio.save(tracts, tmp_path / name)
    blocks = list(volio.load(tmp_path / name).blocks(points=100))
    assert [block.lengths_in_points.tolist() for block in blocks] == [[1], [4990], [9]]
    found = np.concatenate([block.points for block in blocks])
    np.testing.assert_allclose(found, points, atol=3e-5)


def test_lines_without_points_keep_their_values(tmp_path):
    points = np.arange(9, dtype="f4").reshape(3, 3)
    tracts = volio.Tractogram(
        points, [0, 2, 0, 0, 1, 0], per_line={"w": [1, 2, 3, 4, 5, 6.0]}, reference=(SHAPE, TURNED)
    )
    volio.save(tracts, tmp_path / "a.trk")
    found = volio.load(tmp_path / "a.trk")
    assert found.lengths_in_points.tolist() == [0, 2, 0, 0, 1, 0]
    assert found.per_line["w"].tolist() == [1, 2, 3, 4, 5, 6]


def test_no_lines(tmp_path):
    volio.save(volio.Tractogram(reference=(SHAPE, TURNED)), tmp_path / "a.trk")
    found = volio.load(tmp_path / "a.trk")
    assert (len(found), found.points.shape, found.reference.shape) == (0, (0, 3), SHAPE)
    assert len(nibabel.streamlines.load(tmp_path / "a.trk").streamlines) == 0


# Names and values.


def test_names_are_packed_and_what_has_no_room_is_told(tmp_path):
    names = ["a" * 25, "b" * 19, "", *[f"v{number}" for number in range(9)]]
    values = {name: np.full(2, number, "f4") for number, name in enumerate(names)}
    values["b" * 19] = np.ones((2, 2), "f4")
    tracts = volio.Tractogram(
        np.zeros((2, 3)), None, values, {"c" * 21: [1.0]}, reference=(SHAPE, TURNED)
    )
    message = r"names of values \(a{25}, b{19}, , v7, v8, c{21}\)"
    with pytest.warns(LossWarning, match=message) as told:
        volio.save(tracts, tmp_path / "a.trk")
    assert (len(told), told[0].filename) == (1, __file__)
    found = volio.load(tmp_path / "a.trk")
    expected = ["a" * 20, "b" * 18, "values 2", *[f"v{number}" for number in range(7)], "scalars"]
    assert list(found.per_point) == expected
    assert found.per_point["scalars"].tolist() == [[10, 11], [10, 11]]
    assert found.per_point["b" * 18].tolist() == [[1, 1], [1, 1]]
    assert found.per_point["v0"].tolist() == [3, 3]


def test_names_filled_up_with_blanks():
    with pytest.warns(GeometryWarning, match="vox_to_ras"):
        tracts = volio.load(shared_path("tracts/colby.trk"))
    assert list(tracts.per_point) == ["effect", "pval", "pval_corr"]


def test_odd_names_of_a_file(plain):
    names = np.array([b"fa\0nonsense", b"fa", b"rgb\x009", b"late"], "S20")
    data = changed(plain, n_scalars=6)
    data = data[:38] + names.tobytes() + data[38 + 80 :]
    header = volio.TrkHeader(data[:1000])
    assert header.names("scalar_name") == [("fa", 1), ("fa", 1), ("rgb", 4)]


def test_values_that_are_rounded_are_told(tmp_path):
    tracts = volio.Tractogram(
        np.full((2, 3), 12345.678),
        per_point={"id": np.array([2**24 + 1, 5])},
        per_line={"exact": np.array([3], np.int64), "p": np.array([0.1])},
        reference=(SHAPE, TURNED),
    )
    with pytest.warns(PrecisionWarning, match="rounded to float32") as told:
        volio.save(tracts, tmp_path / "a.trk")
    message = str(told[0].message)
    assert message.startswith("trk: rounded to float32: points by up to")
    assert "id by up to 1, p by up to 1.49e-09" in message
    assert "exact" not in message
    assert (len(told), told[0].filename) == (1, __file__)


def test_values_beyond_float32_are_refused(tmp_path):
    tracts = volio.Tractogram(np.zeros((1, 3)), per_line={"w": [1e39]}, reference=(SHAPE, TURNED))
    with pytest.raises(volio.errors.ImageDataError, match=r"w: values beyond what float32 holds"):
        volio.save(tracts, tmp_path / "a.trk")
    assert not list(tmp_path.iterdir())


def test_more_values_than_there_is_room_for(tmp_path):
    tracts = volio.Tractogram(
        np.zeros((1, 3)), per_line={"w": np.zeros((1, 5000))}, reference=(SHAPE, TURNED)
    )
    with pytest.raises(SaveError, match="n_properties: at most 4096, got 5000"):
        volio.save(tracts, tmp_path / "a.trk")
    assert not list(tmp_path.iterdir())


# The volume that tracts belong to.


def test_tracts_without_a_volume_get_the_smallest(tmp_path):
    tracts = volio.Tractogram([[-3.2, 10.6, 0.4], [5.5, 12.2, 0.4]])
    with pytest.warns(GeometryWarning, match=r"the smallest grid of 1 mm.*shape \(10, 2, 1\)"):
        volio.save(tracts, tmp_path / "a.trk")
    found = volio.load(tmp_path / "a.trk")
    assert found.reference.affine[:3, 3].tolist() == [-3, 11, 0]
    assert found.inside(found.reference).all()
    np.testing.assert_allclose(found.points, tracts.points, atol=2e-6)


def test_a_reference_is_taken(tmp_path, plain):
    image = volio.Nifti1Image(np.zeros(SHAPE, np.uint8), OBLIQUE)
    before = volio.load(plain).points
    volio.save(volio.load(plain), tmp_path / "b.trk", reference=image)
    found = volio.load(tmp_path / "b.trk")
    np.testing.assert_allclose(found.reference.affine, OBLIQUE, rtol=1e-6)
    np.testing.assert_allclose(found.points, before, atol=5e-5)
    with pytest.raises(UsageError, match="reference: must be an image of three axes"):
        volio.save(found, tmp_path / "c.trk", reference=np.eye(4))


def test_a_grid_that_is_too_large_is_told(tmp_path):
    tracts = volio.Tractogram(np.zeros((1, 3)), reference=((40000, 2, 2), np.eye(4)))
    with pytest.warns(LossWarning, match=r"a grid of \(40000, 2, 2\) \(the largest is 32767\)"):
        volio.save(tracts, tmp_path / "a.trk")
    assert volio.load(tmp_path / "a.trk").reference.shape == (32767, 2, 2)


# Copies.


@pytest.mark.parametrize("name", ["plain.trk", "values.trk"])
def test_selected_lines_are_copied_bit_for_bit(tmp_path, name):
    sample = FOLDER / "trk" / name
    tracts = volio.load(sample)
    volio.save(tracts[1:], tmp_path / "b.trk")
    data = sample.read_bytes()
    lines = tracts.header["n_scalars"] + 3, tracts.header["n_properties"]
    first = 4 * (1 + int(tracts.lengths_in_points[0]) * int(lines[0]) + int(lines[1]))
    assert (tmp_path / "b.trk").read_bytes()[1000:] == data[1000 + first :]


def test_a_file_saved_over_itself_with_fewer_lines(plain):
    expected = volio.load(plain)[::3].points
    tracts = volio.load(plain)[::3]
    volio.save(tracts, plain)
    volio.save(tracts, plain)
    np.testing.assert_array_equal(tracts.points, expected)
    np.testing.assert_array_equal(volio.load(plain).points, expected)


def test_a_stream_that_is_read_and_written(plain):
    import io

    stream = io.BytesIO(plain.read_bytes())
    tracts = volio.TrkTractogram.from_stream(stream)
    tracts.to_file_map({"image": volio.FileHolder(fileobj=stream)})
    assert stream.getvalue() == plain.read_bytes()


def test_real_file():
    path = shared_path("tracts/tract.IFOF_R.trk")
    peer = nibabel.streamlines.load(path)
    tracts = volio.load(path)
    assert tracts.lengths_in_points.tolist() == peer.streamlines._lengths.tolist()
    np.testing.assert_array_equal(tracts.points, peer.streamlines.get_data())
    assert tracts.reference.shape == (157, 189, 136)
