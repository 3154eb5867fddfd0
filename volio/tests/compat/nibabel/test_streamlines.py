"""nibabel.streamlines, held against nibabel's own, and what it gets wrong."""

import gzip
import io
import struct
from itertools import permutations, product

import nibabel.streamlines as theirs
import numpy as np
import pytest
from nibabel.streamlines import trk as their_trk

from volio import streamlines
from volio.arrays.ragged import ArraySequence
from volio.errors import (
    HeaderDataError,
    ImageDataError,
    NotServedError,
    PrecisionWarning,
    UsageError,
    UsageTypeError,
)
from volio.streamlines import Field, LazyTractogram, TckFile, Tractogram, TrkFile, trk
from volio.streamlines.tractogram import (
    LazyDict,
    PerArrayDict,
    PerArraySequenceDict,
    TractogramItem,
    is_data_dict,
    is_lazy_dict,
)
from volio.streamlines.tractogram_file import DataError, DataWarning, HeaderError, HeaderWarning
from volio.streamlines.utils import get_affine_from_reference
from volio.tests.real_files import shared_path

LINES = [np.arange(1, 3 * n + 1, dtype="f4").reshape(n, 3) * 1.5 for n in (1, 3, 2)]
PER_LINE = {"ids": [[1, 2], [3, 4], [5, 6]], "w": [[0.5], [1.5], [2.5]]}
PER_POINT = {"fa": [line[:, :1] / 64 for line in LINES], "rgb": [line * 2 for line in LINES]}
AFFINE = np.array([[0, 0, 2.0, -10], [-3, 0, 0, 20], [0, 1.5, 0, 7], [0, 0, 0, 1]])


def made(module=streamlines, **kwargs):
    """A tractogram of volio's or nibabel's class."""
    given = {"affine_to_rasmm": np.eye(4), **kwargs}
    return module.Tractogram(LINES, PER_LINE, PER_POINT, **given)


def lazy(lines=LINES) -> LazyTractogram:
    """A tractogram whose functions yield what `made` holds."""
    return LazyTractogram(
        lambda: iter(lines),
        {"w": lambda: iter(np.array([[0.5], [1.5], [2.5]]))},
        {"fa": lambda: iter(PER_POINT["fa"])},
        np.eye(4),
    )


def header() -> dict[str, object]:
    """A header whose grid is turned and has three voxel sizes."""
    return {
        Field.DIMENSIONS: (5, 6, 7),
        Field.VOXEL_SIZES: (3, 1.5, 2),
        Field.VOXEL_TO_RASMM: AFFINE,
        Field.VOXEL_ORDER: b"PSR",
    }


def saved(file) -> bytes:
    stream = io.BytesIO()
    file.save(stream)
    return stream.getvalue()


def check_alike(found, wanted) -> None:
    """Two tractograms have the same lines and values."""
    assert len(found.streamlines) == len(wanted.streamlines)
    for one, other in zip(found.streamlines, wanted.streamlines, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)
        assert one.dtype == other.dtype
    for kind in ("data_per_streamline", "data_per_point"):
        ours, peers = getattr(found, kind), getattr(wanted, kind)
        assert sorted(ours) == sorted(peers)
        for key in ours:
            for one, other in zip(ours[key], peers[key], strict=True):
                np.testing.assert_array_equal(one, other)


def test_each_reads_the_trk_that_the_other_writes(tmp_path):
    ours, peers = tmp_path / "ours.trk", tmp_path / "peers.trk"
    streamlines.save(made(), ours, header=header())
    theirs.save(made(theirs), peers, header=header())
    check_alike(theirs.load(ours).tractogram, made())
    check_alike(streamlines.load(peers).tractogram, made())
    streamlines.save(made(), ours)
    theirs.save(made(theirs), peers)
    assert ours.read_bytes() == peers.read_bytes()


def test_each_writes_the_same_tck(tmp_path):
    ours, peers = tmp_path / "ours.tck", tmp_path / "peers.tck"
    texts = {**TckFile.create_empty_header(), "method": "iFOD2"}
    streamlines.save(Tractogram(LINES, affine_to_rasmm=np.eye(4)), ours, header=texts)
    theirs.save(theirs.Tractogram(LINES, affine_to_rasmm=np.eye(4)), peers, header=texts)
    assert ours.read_bytes() == peers.read_bytes()
    check_alike(streamlines.load(peers).tractogram, Tractogram(LINES))


def test_bytes_of_a_turned_grid():
    raw = saved(TrkFile(made(), header()))
    assert struct.unpack_from("<h", raw, 36) == (4,)
    assert raw[38:78] == b"fa".ljust(20, b"\0") + b"rgb\x003".ljust(20, b"\0")
    assert struct.unpack_from("<h", raw, 238) == (3,)
    assert struct.unpack_from("<i", raw, 988) == (3,)
    count, x, y, z = struct.unpack_from("<i3f", raw, 1000)
    # Line 0 is (1.5, 3, 4.5): voxel (k, i, j) by the rows of the affine, plus half, times size.
    voxel = [(3 - 20) / -3, (4.5 - 7) / 1.5, (1.5 + 10) / 2]
    assert count == 1
    np.testing.assert_allclose([x, y, z], (np.array(voxel) + 0.5) * [3, 1.5, 2], rtol=1e-6)


def test_real_files_read_as_by_nibabel():
    for name in ("tract.IFOF_R.trk", "tract.SLF1_R.tck"):
        path = shared_path(f"tracts/{name}")
        ours, peer = streamlines.load(path), theirs.load(path)
        check_alike(ours.tractogram, peer.tractogram)
        assert ours.header[Field.NB_STREAMLINES] == peer.header[Field.NB_STREAMLINES]
        assert set(ours.header) == set(peer.header)


PAIRS = ("RL", "AP", "SI")
ORDERS = ["".join(codes).encode() for axes in permutations(PAIRS) for codes in product(*axes)]


def world_of(order: bytes, dims: tuple[int, ...], sizes: np.ndarray, point: np.ndarray) -> list:
    """Where a point of a file is, with an affine whose voxels run along L, A and S by 1 mm."""
    world = {}
    for code, length, size, coordinate in zip(order.decode(), dims, sizes, point, strict=True):
        voxel = coordinate / size - 0.5
        backwards = code in "RPI"
        index = length - 1 - voxel if backwards else voxel
        axis = next(pair for pair in PAIRS if code in pair)
        world[axis] = index
    return [-world["RL"], world["AP"], world["SI"]]


@pytest.mark.parametrize("orders", [ORDERS[:24], ORDERS[24:]], ids=["first", "second"])
def test_orders_of_axes_are_applied_forwards(orders: list[bytes]):
    dims = (4, 5, 6)
    sizes = np.array([1, 2, 4])
    point = np.array([1.5, 3, 5])
    for order in orders:
        fields = {
            **TrkFile.create_empty_header(),
            Field.DIMENSIONS: dims,
            Field.VOXEL_SIZES: sizes,
            Field.VOXEL_TO_RASMM: np.diag([-1, 1, 1, 1]),
            Field.VOXEL_ORDER: order,
        }
        affine = trk.get_affine_trackvis_to_rasmm(fields)
        assert affine.dtype == np.float32
        wanted = world_of(order, dims, sizes, point)
        np.testing.assert_allclose((affine @ [*point, 1])[:3], wanted, err_msg=order.decode())
        inverse = trk.get_affine_rasmm_to_trackvis(fields)
        np.testing.assert_allclose(inverse @ [*wanted, 1], [*point, 1], atol=1e-5)


def test_orders_without_a_turn_are_as_by_nibabel():
    for order in (b"RAS", b"LAS", b"ALS", b"LSA", b"SAL", b"LPI"):
        fields = {
            **TrkFile.create_empty_header(),
            Field.DIMENSIONS: (4, 5, 6),
            Field.VOXEL_TO_RASMM: np.diag([-1, 1, 1, 1]),
            Field.VOXEL_ORDER: order,
        }
        wanted = their_trk.get_affine_trackvis_to_rasmm(fields)
        np.testing.assert_array_equal(trk.get_affine_trackvis_to_rasmm(fields), wanted)


def test_layout_of_the_header_is_that_of_nibabel():
    assert trk.header_2_dtype == their_trk.header_2_dtype
    ours, peers = TrkFile.create_empty_header(), their_trk.TrkFile.create_empty_header()
    assert list(ours) == list(peers)
    assert str(ours) == str(peers)


def test_names_of_values():
    assert trk.encode_value_in_name(3, "rgb") == b"rgb\x003".ljust(20, b"\0")
    with pytest.raises(UsageError, match="at most 18 letters"):
        trk.encode_value_in_name(3, "x" * 19)
    with pytest.raises(UsageError, match="Latin-1"):
        trk.encode_value_in_name(1, "δ")
    assert trk.decode_value_from_name(b"rgb\x003\0") == ("rgb", 3)
    with pytest.raises(HeaderDataError, match="followed by a number, got 'x'"):
        trk.decode_value_from_name(b"rgb\0x")


def test_text_after_a_name_does_not_hide_the_values():
    raw = bytearray(saved(TrkFile(made())))
    raw[38:58] = b"fa\0left over".ljust(20, b"\0")
    with pytest.raises(ValueError, match="invalid literal"):
        theirs.TrkFile.load(io.BytesIO(raw))
    found = TrkFile.load(io.BytesIO(raw)).tractogram
    np.testing.assert_array_equal(found.data_per_point["fa"][1], PER_POINT["fa"][1])


def test_damaged_files_are_data_errors():
    raw = saved(TrkFile(made()))
    with pytest.raises(DataError, match=r"line 2 of 3: the file ends within it"):
        TrkFile.load(io.BytesIO(raw[:-4]))
    longer = raw[:988] + struct.pack("<i", 4) + raw[992:]
    with pytest.raises(DataError, match=r"line 3 of 4"):
        TrkFile.load(io.BytesIO(longer))
    zero = bytearray(raw)
    zero[12:16] = struct.pack("<f", 0)
    with pytest.raises(HeaderError, match="voxel_size: must be above 0"):
        TrkFile.load(io.BytesIO(zero))
    tck = saved(TckFile(Tractogram(LINES, affine_to_rasmm=np.eye(4))))
    with pytest.raises(DataError, match="before the row of infinite numbers"):
        TckFile.load(io.BytesIO(tck[:-12]))
    with pytest.raises(HeaderError, match="END"):
        TckFile.load(io.BytesIO(tck.replace(b"END", b"EDN")))


def test_what_is_odd_in_a_header_is_warned_of():
    raw = bytearray(saved(TrkFile(made())))
    raw[440:504] = bytes(64)
    raw[948:952] = bytes(4)
    raw[992] = 3
    with pytest.warns(HeaderWarning, match="read as 2|identity|LPS") as caught:
        found = TrkFile.load(io.BytesIO(raw))
    assert len(caught) == 3
    assert caught[0].filename == __file__
    assert found.header[Field.VOXEL_ORDER] == b"LPS"
    np.testing.assert_array_equal(found.affine, np.eye(4))


def test_lines_without_points_keep_their_values():
    empty = ArraySequence.from_rows(np.concatenate(LINES), [1, 0, 3, 2])
    tractogram = Tractogram(empty, {"w": [1, 2, 3, 4]}, affine_to_rasmm=np.eye(4))
    found = TrkFile.load(io.BytesIO(saved(TrkFile(tractogram)))).tractogram
    assert found.streamlines._lengths.tolist() == [1, 0, 3, 2]
    assert found.data_per_streamline["w"].tolist() == [[1], [2], [3], [4]]


def test_large_numbers_are_not_rounded_in_silence():
    tractogram = Tractogram(LINES, {"id": [2**24 + 1, 2, 3]}, affine_to_rasmm=np.eye(4))
    with pytest.warns(PrecisionWarning, match="id by up to 1"):
        TrkFile(tractogram).save(io.BytesIO())


def test_compressed_files(tmp_path):
    path = tmp_path / "lines.trk.gz"
    streamlines.save(made(), path)
    with gzip.open(path) as stream:
        assert stream.read() == saved(TrkFile(made()))
    check_alike(streamlines.load(path).tractogram, made())


def test_lazy_tractograms_are_saved_once_through(tmp_path):
    wanted = Tractogram(LINES, {"w": PER_LINE["w"]}, {"fa": PER_POINT["fa"]}, np.eye(4))
    once = (line for line in LINES)
    yielding = LazyTractogram(
        lambda: once, lazy().data_per_streamline, lazy().data_per_point, np.eye(4)
    )
    streamlines.save(yielding, tmp_path / "once.trk")
    check_alike(theirs.load(tmp_path / "once.trk").tractogram, wanted)
    assert saved(TrkFile(lazy())) == saved(TrkFile(wanted))
    moved = lazy().apply_affine(np.diag([2, 2, 2, 1]))
    assert saved(TrkFile(moved)) == saved(TrkFile(wanted))


def test_lazy_files_give_points_in_scanner_space():
    raw = saved(TrkFile(made(), header()))
    found = TrkFile.load(io.BytesIO(raw), lazy_load=True)
    for item, line in zip(found.tractogram, LINES, strict=True):
        np.testing.assert_allclose(item.streamline, line, atol=2e-5)
    assert found.header[Field.NB_STREAMLINES] == 3
    assert saved(TrkFile(found.tractogram, found.header)) == raw


def test_values_have_no_place_in_tck():
    with pytest.warns(DataWarning, match=r"values per (point|streamline)") as caught:
        raw = saved(TckFile(made(), {**TckFile.create_empty_header(), "command_history": "a: b"}))
    assert len(caught) == 2
    assert TckFile.load(io.BytesIO(raw)).header["command_history"] == "a: b"
    with pytest.raises(HeaderError, match="a key must be one line without a colon"):
        TckFile(Tractogram(affine_to_rasmm=np.eye(4)), {"a:b": 1}).save(io.BytesIO())


def test_tck_is_read_in_its_byte_order_and_from_its_offset():
    head = b"mrtrix tracks\ncount: 5\ncount: 1\ndatatype: Float64BE\nfile: . 80\nEND\n".ljust(80)
    rows = np.concatenate([LINES[1], np.full((1, 3), np.nan), np.full((1, 3), np.inf)])
    found = TckFile.load(io.BytesIO(head + rows.astype(">f8").tobytes()))
    np.testing.assert_array_equal(found.streamlines[0], LINES[1])
    assert found.header["count"] == "5\n1"
    assert found.header[Field.NB_STREAMLINES] == 1
    assert found.header["_dtype"] == np.dtype(">f8")


def test_open_files_stay_where_they_stand():
    raw = saved(TrkFile(made()))
    stream = io.BytesIO(b"before" + raw)
    stream.seek(6)
    assert streamlines.detect_format(stream) is TrkFile
    found = streamlines.load(stream)
    assert stream.tell() == 6
    assert found.header["_offset_data"] == 1006
    check_alike(found.tractogram, made())


def test_formats_are_found_by_content_and_then_by_name(tmp_path):
    path = tmp_path / "lines.xyz"
    path.write_bytes(saved(TrkFile(made())))
    assert streamlines.detect_format(path) is TrkFile
    assert streamlines.detect_format("none.TCK") is TckFile
    assert streamlines.detect_format("none.trk.gz") is TrkFile
    assert not streamlines.is_supported("none.nii")
    assert not streamlines.is_supported(io.BytesIO(b"mrtrix image\n"))
    with pytest.raises(UsageError, match=r"not of a format of streamlines: \.trk, \.tck"):
        streamlines.load("none.nii")
    with pytest.raises(UsageError, match="ending"):
        streamlines.save(made(), "none.nii")
    with pytest.raises(UsageError, match="header: is in the file already"):
        streamlines.save(TrkFile(made()), tmp_path / "a.trk", header={})
    with pytest.warns(streamlines.ExtensionWarning, match="extension"):
        streamlines.save(TrkFile(made()), tmp_path / "a.tck")
    assert streamlines.detect_format(tmp_path / "a.tck") is TrkFile


def test_what_cannot_be_saved_is_refused():
    with pytest.raises(UsageError, match="affine_to_rasmm: is None"):
        TrkFile(Tractogram(LINES)).save(io.BytesIO())
    many = {str(number): PER_LINE["w"] for number in range(11)}
    with pytest.raises(UsageError, match="property_name: at most 10 names fit, got 11"):
        TrkFile(Tractogram(LINES, many, affine_to_rasmm=np.eye(4))).save(io.BytesIO())
    unequal = Tractogram(LINES, {"c": [[1], [2, 3], [4]]}, affine_to_rasmm=np.eye(4))
    with pytest.raises(ImageDataError, match="c: must have as many values for each"):
        TrkFile(unequal).save(io.BytesIO())
    items = [TractogramItem(line, {"c": row}, {}) for line, row in zip(LINES, "abc", strict=True)]
    items[0].data_for_streamline = {"c": [1, 2]}
    items[1].data_for_streamline = {"c": [1]}
    items[2].data_for_streamline = {"d": [1]}
    for chosen, message in (([0, 1], "got 1 and 2"), ([0, 2], "names must be the same")):
        part = [items[number] for number in chosen]
        yielding = LazyTractogram.from_data_func(lambda part=part: iter(part))
        yielding.affine_to_rasmm = np.eye(4)
        with pytest.raises(ImageDataError, match=message):
            TrkFile(yielding).save(io.BytesIO())
    short = TractogramItem(LINES[1], {}, {"fa": [[1.0]]})
    yielding = LazyTractogram.from_data_func(lambda: iter([short]))
    yielding.affine_to_rasmm = np.eye(4)
    with pytest.raises(ImageDataError, match="has 1 values for a line of 3 points"):
        TrkFile(yielding).save(io.BytesIO())


def test_selections_and_sums_of_tractograms():
    tractogram = made()
    part = tractogram[[2, 0]]
    assert isinstance(part, Tractogram)
    np.testing.assert_array_equal(part.streamlines[0], LINES[2])
    np.testing.assert_array_equal(part.data_per_point["rgb"][1], PER_POINT["rgb"][0])
    item = tractogram[1]
    assert isinstance(item, TractogramItem)
    assert item.data_for_streamline["ids"].tolist() == [3, 4]
    joined = tractogram + part
    check_alike(joined[:3], tractogram)
    check_alike(joined[3:], part)
    assert len(tractogram) == 3
    with pytest.raises(UsageError, match=r"keys: must be the same, got \['ids', 'w'\] and \[\]"):
        tractogram.extend(Tractogram(LINES))
    check_alike(tractogram, made())


def test_affines_are_applied_in_place_and_compensated():
    tractogram, peer = made(), made(theirs)
    assert tractogram.apply_affine(AFFINE) is tractogram
    peer.apply_affine(AFFINE.astype("f4"))  # of float64 it makes points of float64
    check_alike(tractogram, peer)
    np.testing.assert_allclose(tractogram.affine_to_rasmm, peer.affine_to_rasmm)
    check_alike(tractogram.to_world(), made())
    whole = Tractogram([[[1, 2, 3]]])
    assert whole.apply_affine(np.diag([0.5, 1, 1, 1])).streamlines[0].tolist() == [[0.5, 2, 3]]
    view = made()
    twice = view[[0, 0]]
    twice.apply_affine(np.diag([2, 2, 2, 1]))
    np.testing.assert_array_equal(twice.streamlines[1], LINES[0] * 2)
    with pytest.raises(UsageError, match=r"must have shape \(4, 4\), got \(3, 3\)"):
        Tractogram(LINES, affine_to_rasmm=np.eye(3))


def test_lazy_tractograms():
    tractogram = lazy()
    with pytest.warns(Warning, match="determined manually") as caught:
        assert len(tractogram) == 3
    assert caught[0].filename == __file__
    assert [item.data_for_streamline["w"].tolist() for item in tractogram] == [[0.5], [1.5], [2.5]]
    moved = tractogram.apply_affine(AFFINE).to_world()
    check_alike(Tractogram(moved.streamlines), Tractogram(LINES))
    doubled = Tractogram(tractogram.apply_affine(np.diag([2, 2, 2, 1])).streamlines)
    check_alike(doubled, Tractogram([line.astype("f8") * 2 for line in LINES]))
    with pytest.raises(NotServedError, match="no numbers"):
        tractogram[0]
    with pytest.raises(NotServedError, match="cannot be extended"):
        tractogram += tractogram
    with pytest.raises(UsageTypeError, match="streamlines: must be a function"):
        LazyTractogram(LINES)
    with pytest.raises(UsageTypeError, match="data_func: must be a function"):
        LazyTractogram.from_data_func(iter([]))
    with pytest.raises(UsageError, match="lazy: must be True"):
        tractogram.apply_affine(AFFINE, lazy=False)
    copied = LazyTractogram.from_tractogram(made())
    assert len(copied) == 3
    check_alike(Tractogram(copied.streamlines), Tractogram(LINES))
    more = lazy([*LINES, LINES[0]])
    with pytest.raises(ImageDataError, match="streamline 3: has no values"):
        for _ in more:
            pass


def test_dictionaries():
    rows = PerArrayDict(3, PER_LINE, c=[[1], [2, 3], [4]])
    assert rows["w"].tolist() == [[0.5], [1.5], [2.5]]
    assert rows["ids"].dtype == np.float64
    assert rows["c"].dtype == object
    assert rows[1:]["ids"].tolist() == [[3, 4], [5, 6]]
    assert is_data_dict(rows)
    assert not is_lazy_dict(rows)
    assert is_lazy_dict(LazyDict(a=lambda: iter([])))
    with pytest.raises(KeyError, match="none"):
        rows["none"]
    with pytest.raises(UsageError, match="x: has 2 rows, needs 3"):
        rows["x"] = [1, 2]
    with pytest.raises(UsageError, match="must have two axes, got 3"):
        rows["x"] = np.zeros((3, 1, 1))
    with pytest.raises(UsageError, match="each row must be an array"):
        rows["x"] = np.array([None] * 3)
    points = PerArraySequenceDict(6, PER_POINT)
    assert points[[2]]["fa"].total_nb_rows == 2
    with pytest.raises(UsageError, match="x: has 1 rows, needs 6"):
        points["x"] = [[[1]]]
    points.extend(PerArraySequenceDict(1, {key: value[:1] for key, value in PER_POINT.items()}))
    assert points["rgb"].total_nb_rows == points.n_rows == 7
    with pytest.raises(UsageTypeError, match="a: must be a function"):
        LazyDict(a=[1])


def test_affines_of_references(tmp_path):
    import volio

    image = volio.Nifti1Image(np.zeros((2, 3, 4), "u1"), AFFINE)
    image.to_filename(tmp_path / "image.nii")
    for reference in (AFFINE, image, tmp_path / "image.nii"):
        np.testing.assert_array_equal(get_affine_from_reference(reference), AFFINE)
    with pytest.raises(UsageError, match=r"must have shape \(4, 4\), got \(2, 3\)"):
        get_affine_from_reference(np.zeros((2, 3)))


def test_files_show_their_header():
    text = str(TrkFile(made(), TrkFile.load(io.BytesIO(saved(TrkFile(made())))).header))
    assert "scalar_name: fa, rgb x 3" in text
    assert "voxel_order: RAS" in text
    assert "count: 0000000003" in str(
        TckFile.load(io.BytesIO(saved(TckFile(Tractogram(LINES, affine_to_rasmm=np.eye(4))))))
    )
