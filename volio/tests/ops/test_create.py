import os
import pickle
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Lock, Thread
from time import sleep

import numpy as np
import pytest

import volio
from volio.errors import (
    FilenameError,
    GeometryWarning,
    HeaderDataError,
    HeaderTypeError,
    ImageFileError,
    IndexingError,
    MissingFileError,
    PrecisionWarning,
    UsageError,
    WriterError,
)
from volio.files.opener import open_source
from volio.files.saving import atomic
from volio.formats.lookup import layouts
from volio.formats.skeletons.volume import SkeletonImage
from volio.images.saving.outline import Blank
from volio.images.saving.writer import ImageWriter
from volio.testing.conformance import COMPRESSIONS
from volio.testing.faults import FailingCall

AFFINE = np.diag([2.0, 3, 4, 1])
SHAPE = (5, 6, 7, 4)
DATA = np.random.default_rng(0).integers(-100, 100, SHAPE).astype(np.int16)
ROWS = [
    pytest.param(row, layout, compression, id=f"{row.name}-{layout.image}{compression}")
    for row, layout in layouts()
    if row.write and hasattr(row.image_class(layout), "outlined")
    # Codecs are below the formats: one format shows that each of them can be written in pieces.
    for compression in (COMPRESSIONS if layout.image == "Nifti1Image" else ("", ".gz"))
]
BOTH = pytest.mark.parametrize("ending", [".nii", ".nii.gz"])


def names(folder):
    return {path.name for path in folder.iterdir()}


def values(path, **options):
    return np.asanyarray(volio.load(path, **options).dataobj)


def create(path, dtype="int16", shape=SHAPE, **options):
    return volio.create(path, shape, dtype, AFFINE, **options)


def assign_all(writer):
    for t in range(SHAPE[3]):
        writer[..., t] = DATA[..., t]


def assign_mixed(writer):
    """Every voxel once, in no order: backwards, with steps, across the order of storage."""
    writer[::-2] = DATA[::-2]
    writer[3:0:-2, :, :, :2] = DATA[3:0:-2, :, :, :2]
    writer[1::2, :, 2:, 2:] = DATA[1::2, :, 2:, 2:]
    writer[1::2, :, :2, None, 2:] = DATA[1::2, :, :2, None, 2:]


@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")  # Analyze
@pytest.mark.parametrize("assign", [assign_all, assign_mixed])
@pytest.mark.parametrize(("row", "layout", "compression"), ROWS)
def test_every_format_holds_what_was_assigned(row, layout, compression, assign, tmp_path):
    cls = row.image_class(layout)
    path = tmp_path / f"a{layout.files[-1]}{compression}"
    with create(path, format=row.name) as writer:
        assign(writer)
    img = cls.from_filename(path)
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), DATA)
    created = contents(tmp_path)
    usual, again = (saved_as_usual(tmp_path / name, cls, path.name) for name in ("a", "b"))
    assert set(created) == set(usual)
    for name, data in usual.items():
        if data == again[name]:  # some formats give each file a number of its own
            assert created[name] == data, name


def contents(folder):
    """The decoded bytes of each file."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: open_source(path).read_upto(0, 1 << 20) for path in files}


def saved_as_usual(folder, cls, name):
    folder.mkdir()
    cls(DATA, AFFINE).to_filename(folder / name)
    return contents(folder)


@BOTH
def test_nothing_is_left_after_an_exception(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    for before in (set(), {path.name}):
        with pytest.raises(ZeroDivisionError, match="by zero"):
            fail_half_way(path)
        assert names(tmp_path) == before
        path.write_bytes(b"old")
    assert path.read_bytes() == b"old"


def fail_half_way(path):
    with create(path) as writer:
        writer[..., 2] = 1
        writer[..., 1 // 0] = 2


@BOTH
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_nothing_is_left_when_the_disk_fails(tmp_path, monkeypatch, ending, call):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"old")
    failures = 0
    for n in range(1, 50):
        with monkeypatch.context() as patch:
            failing = FailingCall(getattr(atomic, call), n)
            patch.setattr(atomic, call, failing)
            failures += create_fails(path, failing.error)
        assert names(tmp_path) == {path.name}
        if failing.count < n:
            break
    assert failing.count < n
    assert failures >= 1
    np.testing.assert_array_equal(values(path), DATA)


def create_fails(path, error):
    """Tell whether creating the file fails, which leaves the old one."""
    raised = None
    try:
        with create(path) as writer:
            assign_mixed(writer)
    except OSError as found:
        raised = found
    assert raised in (None, error)
    assert raised is None or path.read_bytes() == b"old"
    return raised is not None


@BOTH
def test_voxels_that_are_never_assigned_are_zeros(tmp_path, ending):
    expected = np.zeros(SHAPE, np.int16)
    with create(tmp_path / f"a{ending}") as writer:
        writer[..., 0] = expected[..., 0] = 3
        writer[..., 2] = expected[..., 2] = DATA[..., 2]
    np.testing.assert_array_equal(values(tmp_path / f"a{ending}"), expected)
    with create(tmp_path / f"b{ending}"):
        pass
    assert not values(tmp_path / f"b{ending}").any()


def test_voxels_may_be_assigned_again_where_nothing_is_compressed(tmp_path):
    with create(tmp_path / "a.nii") as writer:
        writer[...] = 7
        assign_all(writer)
    np.testing.assert_array_equal(values(tmp_path / "a.nii"), DATA)
    with create(tmp_path / "a.nii.gz") as writer:
        writer[..., 1:] = 5  # waits, and may be replaced
        assign_all(writer)
    np.testing.assert_array_equal(values(tmp_path / "a.nii.gz"), DATA)


@pytest.mark.parametrize("index", [(0, 0, 0, 0), (..., 0), (0,), (slice(2, 4), 5, 6)])
def test_what_has_been_compressed_cannot_be_assigned_again(tmp_path, index):
    with pytest.raises(UsageError, match="has been compressed already"):
        refused_second(tmp_path / "a.nii.gz", index)
    assert names(tmp_path) == set()


def refused_second(path, index):
    with create(path) as writer:
        writer[..., :2] = DATA[..., :2]
        writer[index] = 1


@pytest.mark.parametrize(
    ("dtype", "bad"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("int16", 32768),
        ("int16", 32767.6),
        ("int16", np.nan),
        ("int16", np.inf),
        ("float32", 1e39),
        ("int32", 1j),
        ("float32", 1j),
        ("uint64", -1),
        ("int64", np.uint64(2**63)),
        ("int64", 2.0**63),
    ],
)
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_values_that_do_not_fit_are_refused(tmp_path, dtype, bad, ending):
    volume = np.zeros(SHAPE[:3], np.asarray(bad).dtype)
    volume[3, 4, 5] = bad
    path = tmp_path / f"a{ending}"
    words = f"not fit {dtype}|complex values cannot become {dtype}"
    with pytest.raises(WriterError, match=words), create(path, dtype) as writer:
        writer[..., 0] = volume
    assert names(tmp_path) == set()


@pytest.mark.parametrize("bad", [100.3, -28.3, np.nan])
def test_scaled_values_that_do_not_fit_are_refused(tmp_path, bad):
    with pytest.raises(WriterError, match=r"does not fit int8, which holds -28 to 99\.5 here"):
        assign_one(tmp_path / "a.nii", bad, slope=0.5, inter=36)
    assert names(tmp_path) == set()


def assign_one(path, value, **options):
    with create(path, "int8", **options) as writer:
        writer[0, 0, 0, 0] = value


def test_scaling(tmp_path):
    scaled = DATA * 0.25 + 10
    with create(tmp_path / "a.nii.gz", slope=0.25, inter=10) as writer:
        writer[...] = scaled
        assert (writer.slope, writer.inter) == (0.25, 10)
    img = volio.load(tmp_path / "a.nii.gz")
    assert img.header.get_slope_inter() == (0.25, 10)
    np.testing.assert_array_equal(img.get_fdata(), scaled)
    np.testing.assert_array_equal(img.dataobj.get_unscaled(), DATA)


def test_the_slope_of_the_header_counts(tmp_path):
    """0.1 is not what float32 holds: values are divided by what is."""
    path = tmp_path / "a.nii"
    with pytest.warns(PrecisionWarning, match=r"slope 0\.1"), create(path, slope=0.1) as writer:
        writer[...] = DATA * 0.1
    img = volio.load(tmp_path / "a.nii")
    np.testing.assert_array_equal(img.dataobj.get_unscaled(), DATA)
    assert writer.slope == img.dataobj.slope == np.float32(0.1)


def test_rounding_is_told_with_its_largest_error(tmp_path):
    with pytest.warns(PrecisionWarning, match=r"largest error 0\.25$"):
        save_quarters(tmp_path / "a.nii")
    np.testing.assert_array_equal(values(tmp_path / "a.nii"), DATA)
    with pytest.warns(PrecisionWarning, match="float32.*largest error 1$"):
        save_large(tmp_path / "b.nii")


def save_quarters(path):
    with create(path) as writer:
        writer[...] = DATA + 0.25


def save_large(path):
    with create(path, "float32") as writer:
        writer[0] = 2**24 + 1


@pytest.mark.parametrize(
    ("given", "stored"), [(bool, "uint8"), ("float16", "float32"), ("float64", "float64")]
)
def test_dtypes(tmp_path, given, stored):
    data = (DATA > 0).astype(given)
    with create(tmp_path / "a.nii", given) as writer:
        writer[...] = data
        assert writer.dtype == stored
    assert volio.load(tmp_path / "a.nii").get_data_dtype() == stored
    np.testing.assert_array_equal(values(tmp_path / "a.nii"), data)


def test_colours(tmp_path):
    rgb = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    data = np.zeros(SHAPE, rgb)
    data["G"] = DATA.astype(np.uint8)
    with create(tmp_path / "a.nii.gz", rgb) as writer:
        writer[...] = data
    np.testing.assert_array_equal(values(tmp_path / "a.nii.gz"), data)


def test_lazy_values_and_templates(tmp_path):
    source = tmp_path / "source.nii.gz"
    before = volio.Nifti2Image(DATA, AFFINE)
    before.header.set_xyzt_units("mm", "sec")
    before.header.set_zooms((2, 3, 4, 1.5))
    before.header["descrip"] = b"words"
    volio.save(before, source)
    img = volio.load(source)
    with volio.create(tmp_path / "a.nii.gz", header=img) as writer:
        writer[...] = img.dataobj
        assert writer.shape == SHAPE
        np.testing.assert_array_equal(writer.affine, AFFINE)
        assert writer.header["descrip"] == b"words"
    again = volio.load(tmp_path / "a.nii.gz")
    assert type(again) is volio.Nifti2Image
    assert again.header.binaryblock == img.header.binaryblock
    np.testing.assert_array_equal(values(tmp_path / "a.nii.gz"), DATA)
    with volio.create(tmp_path / "b.nii", (2, 2, 2), header=img.header) as writer:
        writer[...] = img.dataobj[:2, :2, :2, 0]
    again = volio.load(tmp_path / "b.nii")
    assert (type(again), again.shape) == (volio.Nifti2Image, (2, 2, 2))
    np.testing.assert_array_equal(again.affine, AFFINE)
    with volio.create(tmp_path / "c.mgz", header=img, dtype="float32") as writer:
        writer[...] = img.dataobj[:]
    np.testing.assert_array_equal(values(tmp_path / "c.mgz"), DATA)
    assert volio.load(tmp_path / "c.mgz").header.get_zooms() == (2, 3, 4, 1500)


@BOTH
def test_a_file_may_be_replaced_by_what_is_read_from_it(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    volio.save(volio.Nifti1Image(DATA, AFFINE), path)
    img = volio.load(path)
    with volio.create(path, header=img) as writer:
        for t in range(SHAPE[3]):
            writer[..., t] = img.dataobj[..., t] + np.int16(1)
    np.testing.assert_array_equal(values(path), DATA + 1)


def test_threads(tmp_path):
    for ending in (".nii", ".nii.gz"):
        with create(tmp_path / f"a{ending}") as writer:
            threads = [
                Thread(target=writer.__setitem__, args=((..., t), DATA[..., t])) for t in range(4)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        np.testing.assert_array_equal(values(tmp_path / f"a{ending}"), DATA)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_pieces_are_put_one_after_the_other(tmp_path, ending):
    with create(tmp_path / f"a{ending}") as writer:
        voxels = writer._voxels
        put = voxels.put
        entered = Lock()

        def put_alone(ranges, values):
            assert entered.acquire(blocking=False)
            sleep(0.005)  # for the others to come in, if they may
            put(ranges, values)
            entered.release()

        voxels.put = put_alone
        with ThreadPoolExecutor(4) as pool:
            written = [pool.submit(writer.__setitem__, (..., t), DATA[..., t]) for t in range(4)]
        assert [each.exception() for each in written] == [None] * 4
        with pytest.raises(UsageError, match="cannot be sent to another process"):
            pickle.dumps(writer)
    np.testing.assert_array_equal(values(tmp_path / f"a{ending}"), DATA)


@pytest.mark.parametrize(
    ("index", "value", "words"),
    [
        (5, 0, "outside axis 0, which has length 5"),
        ((0, 0, 0, 0, 0), 0, "names 5 axes, the array has 4"),
        ([0, 1], 0, "no arrays and no masks"),
        (np.ones(SHAPE, bool), 0, "no arrays and no masks"),
        ((..., 0), np.zeros((5, 6, 8)), r"shape \(5, 6, 8\) does not fit \(5, 6, 7\)"),
        ((..., 0), Blank((5, 6, 7, 1), np.int16), r"shape \(5, 6, 7, 1\), the index"),
        ("x", 0, "'x' is not an index"),
    ],
)
def test_wrong_indices(tmp_path, index, value, words):
    writer = create(tmp_path / "a.nii")
    with pytest.raises(IndexingError, match=words):
        writer[index] = value
    writer.discard()
    assert names(tmp_path) == set()


def test_the_end(tmp_path):
    writer = create(tmp_path / "a.nii")
    assert "open" in repr(writer)
    writer.close()
    writer.close()
    writer.discard()
    assert "closed" in repr(writer)
    assert names(tmp_path) == {"a.nii"}
    with pytest.raises(UsageError, match="closed"):
        writer[0] = 1


@pytest.mark.requires("reference counts")
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.mnc"])
def test_a_writer_that_is_forgotten(name, tmp_path):
    with pytest.warns(ResourceWarning, match="never closed"):
        forget_one(tmp_path / name)
    assert names(tmp_path) == set()


def forget_one(path):
    writer = create(path)
    writer[..., 1] = 5
    del writer  # no cycle holds it: it is gone at once


def test_refused_before_anything_is_opened(tmp_path):
    old = tmp_path / "a.nii"
    old.write_bytes(b"old")
    for error, words, arguments, options in (
        (UsageError, "shape, dtype: both", ((2, 2),), {}),
        (UsageError, "shape, dtype: both", (), {"dtype": int}),
        (UsageError, "got 'words'", ((2, 2, 2), "words"), {}),
        (HeaderDataError, "at most 7 axes", ((2,) * 8, int), {}),
        (HeaderDataError, "lengths from", ((40000, 2, 2), int, AFFINE), {"format": "nifti1"}),
        (HeaderDataError, r"datetime64\[s\]", ((2, 2, 2), "M8[s]"), {}),
        (UsageError, "got 'nothing'", ((2, 2, 2), int), {"format": "nothing"}),
        (volio.errors.AffineError, "must be 4x4", ((2, 2, 2), int, np.eye(3)), {}),
    ):
        with pytest.raises(error, match=words):
            volio.create(old, *arguments, **options)
    for name, error, words in (
        ("a.odd", FilenameError, "no format writes the ending '.odd'"),
        ("none/a.nii", MissingFileError, "there is no folder"),
        ("none/a.nii.gz", MissingFileError, "there is no folder"),
        ("", FilenameError, "has no ending"),
    ):
        with pytest.raises(error, match=words):
            create(tmp_path / name if name else "")
    (tmp_path / "folder.nii").mkdir()
    with pytest.raises(ImageFileError, match="folder"):
        create(tmp_path / "folder.nii")
    with pytest.raises(HeaderTypeError, match="cannot store slope"):
        create(tmp_path / "a.mgz", slope=2)
    with pytest.raises(HeaderDataError, match="float64"):
        create(tmp_path / "a.mgz", "float64")
    assert names(tmp_path) == {"a.nii", "folder.nii"}
    assert old.read_bytes() == b"old"


def test_long_axes_take_the_format_that_holds_them(tmp_path):
    with volio.create(tmp_path / "a.nii", (40000, 2, 1), np.uint8, np.eye(4)) as writer:
        writer[39999] = 9
    img = volio.load(tmp_path / "a.nii")
    assert type(img) is volio.Nifti2Image
    assert img.get_fdata().sum() == 18


def test_a_sheared_affine_is_told(tmp_path):
    sheared = AFFINE.copy()
    sheared[0, 1] = 1
    with pytest.warns(GeometryWarning, match="square"):
        volio.create(tmp_path / "a.nii", SHAPE, np.uint8, sheared).close()


@pytest.mark.requires("POSIX")
def test_devices(tmp_path):
    link = tmp_path / "a.nii"
    link.symlink_to(os.devnull)
    with create(link) as writer:
        assign_mixed(writer)
    assert names(tmp_path) == {"a.nii"}


class Encoded(SkeletonImage):
    """A format that compresses voxels within its file, so that it needs them all at once."""

    def _write(self, target, header, storing):
        voxels = BytesIO()
        storing.write(voxels, header.get_data_dtype())
        header.write_to(target.streams["image"])
        target.streams["image"].write(zlib.compress(voxels.getvalue()))


def test_a_format_that_needs_all_voxels_gets_them(tmp_path):
    path = tmp_path / "a.vsk"
    img = Encoded(Blank(SHAPE, np.int16), AFFINE)
    img.set_filename(path)
    with ImageWriter(img) as writer:
        assign_mixed(writer)
        assert not path.exists()
    assert names(tmp_path) == {"a.vsk"}
    header = img.header_class.layout.itemsize
    found = np.frombuffer(zlib.decompress(path.read_bytes()[header:]), "<i2")
    np.testing.assert_array_equal(found.reshape(SHAPE, order="F"), DATA)
    writer = ImageWriter(img)
    writer.discard()
    assert names(tmp_path) == {"a.vsk"}


def test_compressed_files_have_the_layout_of_saved_ones(tmp_path):
    values = np.arange(64 * 64 * 30 * 12, dtype=np.int16).reshape(64, 64, 30, 12)
    img = volio.Nifti1Image(values, np.eye(4))
    volio.save(img, tmp_path / "saved.nii.gz", compression="small")
    where = tmp_path / "made.nii.gz"
    with volio.create(where, header=img, compression="small") as writer:
        for t in range(12):
            writer[..., t] = values[..., t]
    assert where.read_bytes() == (tmp_path / "saved.nii.gz").read_bytes()
