"""NRRD: what is special about it; the conformance suite tests what every format must do."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    ImageFileError,
    LimitError,
    MissingFileError,
    UsageError,
    VolioError,
)
from volio.files.codecs import gzip_checkpoints
from volio.formats.nrrd.axes import Axis, reshaped
from volio.formats.nrrd.fields import TYPES
from volio.images.headers.metadata import Metadata
from volio.tests.formats.peers import TURNED, itk, pynrrd
from volio.tests.requirements import optional

DATA = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
RAW = DATA.tobytes(order="F")
HEAD = "NRRD0005\ntype: short\ndimension: 3\nsizes: 2 3 4\nendian: little\nencoding: raw\n"


WAYS = "space: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"


def written(folder: Path, text: str, payload: bytes = RAW, name: str = "a.nrrd") -> Path:
    """Write a file; the text gets its empty line unless it stands alone."""
    path = folder / name
    end = "" if name.endswith(".nhdr") else "\n"
    path.write_bytes(f"{text}{end}".encode() + payload)
    return path


def values(path: Path, **options) -> np.ndarray:
    """Return the voxels of a file."""
    return np.asanyarray(volio.load(path, **options).dataobj)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii", "hex"])
@pytest.mark.parametrize("ending", [".nrrd", ".nhdr"])
def test_others_read_what_volio_writes(tmp_path, encoding, ending):
    for dtype in dict.fromkeys(TYPES.values()):
        path, array = tmp_path / f"a{ending}", DATA.astype(dtype)
        cls = volio.NrrdImage if ending == ".nrrd" else volio.NrrdPair
        image = cls(array, TURNED, dtype=dtype)
        image.header["encoding"] = encoding
        image.to_filename(path)
        back = volio.load(path)
        assert type(back) is cls
        assert back.get_data_dtype() == dtype
        np.testing.assert_array_equal(np.asanyarray(back.dataobj), array)
        np.testing.assert_allclose(back.affine, TURNED, atol=1e-12)
        if encoding != "hex":  # which neither reads
            found = pynrrd(path)[0]
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, array)
        if encoding in ("raw", "gzip", "ascii"):
            found, affine = itk(path)
            np.testing.assert_array_equal(found, array)
            np.testing.assert_allclose(affine, TURNED, atol=1e-6)


@pytest.mark.parametrize("name", TYPES)
def test_every_name_of_a_type_is_known(tmp_path, name):
    array = DATA.astype(TYPES[name].newbyteorder(">"))
    text = HEAD.replace("type: short", f"type: {name}").replace("little", "big")
    path = written(tmp_path, text, array.tobytes(order="F"))
    np.testing.assert_array_equal(values(path), DATA)
    assert volio.load(path).get_data_dtype().newbyteorder("=") == TYPES[name]


SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "RAS": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "LPS": (-1, -1, 1),
    "scanner-xyz": (-1, -1, 1),
    "3D-right-handed": (-1, -1, 1),
}


@pytest.mark.parametrize("space", SPACES)
def test_spaces_lead_to_ras(tmp_path, space):
    text = f"{HEAD}space: {space}\nspace directions: (0,2,0) (-3,0,0) (0,0,4)\n"
    path = written(tmp_path, f"{text}space origin: (1,2,3)\n")
    signs = np.diag([*SPACES[space], 1])
    expected = signs @ [[0, -3, 0, 1], [2, 0, 0, 2], [0, 0, 4, 3], [0, 0, 0, 1]]
    np.testing.assert_allclose(volio.load(path).affine, expected)
    np.testing.assert_allclose(itk(path)[1], expected)
    image = volio.load(path).slicer[::-1, 1:]
    image.to_filename(tmp_path / "part.nrrd")
    np.testing.assert_allclose(volio.load(tmp_path / "part.nrrd").affine, image.affine)
    assert image.header["space"] == space


@pytest.mark.parametrize(
    ("more", "sizes", "first"),
    [
        ("", (1, 1, 1), (0, 0, 0)),
        ("spacings: 2 3 nan\n", (2, 3, 1), (0, 0, 0)),
        ("spacings: 2 3 4\naxis mins: 5 6 7\n", (2, 3, 4), (6, 7.5, 9)),
        ("spacings: 2 3 4\naxis mins: 5 6 7\ncenterings: node node node\n", (2, 3, 4), (5, 6, 7)),
        ("axis mins: 0 0 0\naxis maxs: 4 9 16\n", (2, 3, 4), (1, 1.5, 2)),
        (
            "axis mins: 5 6 7\naxis maxs: 7 12 19\ncenterings: node node node\n",
            (2, 3, 4),
            (5, 6, 7),
        ),
        ('spacings: 2 3 4\nunits: "cm" "mm" "um"\n', (20, 3, 0.004), (0, 0, 0)),
        (
            "spacings: 2 3 4\naxis mins: 5 6 7\ncenterings: node node cell\n"
            'units: "cm" "mm" "um"\n',
            (20, 3, 0.004),
            (50, 6, 0.009),
        ),
    ],
)
def test_places_without_directions(tmp_path, more, sizes, first):
    path = written(tmp_path, HEAD + more)
    affine = volio.load(path).affine
    np.testing.assert_allclose(np.abs(np.diag(affine)[:3]), sizes)
    np.testing.assert_allclose(affine[:3, 3], np.array([-1, -1, 1]) * first)


def test_units_of_space_become_mm(tmp_path):
    text = f'{HEAD}space: RAS\nspace units: "cm" "cm" "cm"\nspace origin: (1,2,3)\n'
    path = written(tmp_path, f"{text}space directions: (.1,0,0) (0,.2,0) (0,0,.3)\n")
    image = volio.load(path)
    np.testing.assert_allclose(
        image.affine, [[1, 0, 0, 10], [0, 2, 0, 20], [0, 0, 3, 30], [0, 0, 0, 1]]
    )
    volio.NrrdImage(DATA, TURNED, image.header).to_filename(path)
    np.testing.assert_allclose(volio.load(path).affine, TURNED)


@pytest.mark.parametrize("axis", range(4))
def test_a_list_may_be_any_axis(tmp_path, axis):
    array = np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5)
    sizes, kinds, ways = [2, 3, 4], ["space"] * 3, ["(1,0,0)", "(0,2,0)", "(0,0,3)"]
    for entries, entry in ((sizes, 5), (kinds, "list"), (ways, "none")):
        entries.insert(axis, entry)
    text = (
        "NRRD0005\ntype: short\ndimension: 4\nspace: RAS\n"
        f"sizes: {' '.join(map(str, sizes))}\nspace directions: {' '.join(ways)}\n"
        f"kinds: {' '.join(kinds)}\nendian: little\nencoding: raw\n"
    )
    stored = np.moveaxis(array, -1, axis)
    path = written(tmp_path, text, stored.tobytes(order="F"))
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), array)
    np.testing.assert_array_equal(image.dataobj[1, ..., ::-2], array[1, ..., ::-2])
    np.testing.assert_allclose(np.diag(image.affine), [1, 2, 3, 1])
    np.testing.assert_array_equal(pynrrd(path)[0], stored)
    image.to_filename(tmp_path / "again.nrrd")
    assert (tmp_path / "again.nrrd").read_bytes() == path.read_bytes()
    volume = image.slicer[..., 2]
    volume.to_filename(tmp_path / "one.nrrd")
    np.testing.assert_array_equal(pynrrd(tmp_path / "one.nrrd")[0], array[..., 2])


def test_a_list_of_planes_has_an_axis_of_one_slice(tmp_path):
    text = "NRRD0005\ntype: short\ndimension: 3\nsizes: 4 2 3\nkinds: vector space space\n"
    path = written(tmp_path, f"{text}endian: little\nencoding: raw\n")
    stored = np.frombuffer(RAW, "<i2").reshape(4, 2, 3, order="F")
    np.testing.assert_array_equal(values(path), np.moveaxis(stored, 0, -1)[:, :, None])
    volio.load(path).to_filename(path)
    np.testing.assert_array_equal(pynrrd(path)[0], stored)


def test_colours_and_complex_numbers_are_voxels(tmp_path):
    colours = np.arange(72, dtype=np.uint8).view(volio.NrrdImage.header_class.type_names["RGB"])
    complexes = DATA * (1 - 2j)
    for array, kind in ((colours.reshape(2, 3, 4), "RGB-color"), (complexes, "complex")):
        path = tmp_path / "a.nrrd"
        volio.NrrdImage(array, TURNED).to_filename(path)
        image = volio.load(path)
        np.testing.assert_array_equal(np.asanyarray(image.dataobj), array)
        assert image.header["kinds"].split()[0] == kind
        found = pynrrd(path)[0]
        first = array["R"] if array.dtype.names else array.real
        np.testing.assert_array_equal(found[0], first)
        image.set_data_dtype(array.dtype)
        assert image.header.get_data_shape() == (2, 3, 4)


@pytest.mark.parametrize(
    ("skip", "before", "after"),
    [
        ("byte skip: 5", b"12345", b"more"),
        ("byte skip: -1", b"12345", b""),
        ("line skip: 2", b"a\nb\n", b""),
        ("line skip: 1\nbyte skip: 2", b"a\nbb", b""),
    ],
)
@pytest.mark.parametrize("ending", [".nrrd", ".nhdr"])
def test_bytes_and_lines_are_skipped(tmp_path, skip, before, after, ending):
    payload = before + RAW + after
    if ending == ".nrrd":
        path = written(tmp_path, f"{HEAD}{skip}\n", payload)
    else:
        (tmp_path / "b.raw").write_bytes(payload)
        path = written(tmp_path, f"{HEAD}{skip}\ndata file: b.raw\n", b"", "a.nhdr")
    np.testing.assert_array_equal(values(path), DATA)
    volio.save(volio.load(path), tmp_path / "c.nrrd")
    assert "skip" not in str(volio.load(tmp_path / "c.nrrd").header)
    np.testing.assert_array_equal(pynrrd(tmp_path / "c.nrrd")[0], DATA)


@pytest.mark.parametrize("skip", [3, -1])
def test_decoded_bytes_are_skipped_in_compressed_files(tmp_path, skip):
    import gzip

    text = HEAD.replace("raw", "gzip") + f"line skip: 1\nbyte skip: {skip}\n"
    path = written(tmp_path, text, b"a line\n" + gzip.compress(b"123" + RAW))
    np.testing.assert_array_equal(values(path), DATA)


@pytest.mark.parametrize(
    ("names", "files"),
    [
        ("LIST\nx.raw\nsub/y.raw", ["x.raw", "sub/y.raw"]),
        ("LIST 3\nx.raw\ny.raw", ["x.raw", "y.raw"]),
        ("LIST 2\na\nb\nc\nd", "abcd"),
        ("s%03d.raw 1 4 1", ["s001.raw", "s002.raw", "s003.raw", "s004.raw"]),
        ("s%d.raw 9 3 -2 2", ["s9.raw", "s7.raw", "s5.raw", "s3.raw"]),
    ],
)
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_several_files_hold_the_voxels(tmp_path, names, files, encoding):
    import gzip

    (tmp_path / "sub").mkdir()
    share = len(RAW) // len(files)
    for place, name in enumerate(files):
        part = RAW[place * share : (place + 1) * share]
        (tmp_path / name).write_bytes(gzip.compress(part) if encoding == "gzip" else part)
    text = HEAD.replace("raw", encoding)
    path = written(tmp_path, f"{text}data file: {names}\n", b"", "a.nhdr")
    image = volio.load(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), DATA)
    np.testing.assert_array_equal(image.dataobj[:, 1, ::-1], DATA[:, 1, ::-1])
    image.to_filename(tmp_path / "new.nhdr")
    np.testing.assert_array_equal(pynrrd(tmp_path / "new.nhdr")[0], DATA)


@pytest.mark.parametrize("name", ["../b.raw", "sub/../../b.raw", "..\\b.raw", "{folder}/b.raw"])
def test_files_outside_the_folder_are_read_only_when_asked_for(tmp_path, name):
    folder = tmp_path / "inside"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "b.raw").write_bytes(RAW)
    name = name.format(folder=tmp_path)
    path = written(folder, f"{HEAD}data file: {name}\n", b"", "a.nhdr")
    with pytest.raises(ImageFileError, match="allow_external"):
        volio.load(path)
    if "\\" not in name:
        np.testing.assert_array_equal(values(path, allow_external=True), DATA)


def test_options_are_those_of_the_format(tmp_path):
    volio.save(volio.Nifti1Image(DATA, TURNED), tmp_path / "a.nii")
    with pytest.raises(UsageError, match=r"allow_external.*NIfTI-1"):
        volio.load(tmp_path / "a.nii", allow_external=True)


def test_keys_comments_and_unknown_fields_survive(tmp_path):
    text = f"{HEAD}# a comment\ncontent: a head\nodd field: of some program\nkey one:=1\\nand 2\n"
    path = written(tmp_path, f"{text}thicknesses: nan nan 4\n")
    image = volio.load(path)
    assert image.header["key one"] == "1\nand 2"
    assert image.header["odd field"] == "of some program"
    image.header["key two"] = "c:\\data\nnew"
    volio.NrrdImage(DATA[:1], TURNED, image.header).to_filename(path)
    again = volio.load(path).header
    assert str(again).count("# a comment") == 1
    assert (again["content"], again["thicknesses"]) == ("a head", "nan nan 4")
    assert again["key two"] == "c:\\data\nnew"
    assert b"key two:=c:\\\\data\\nnew\n" in path.read_bytes()
    del again["key two"]
    assert "key two" not in again


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("type: short", "type: block\nblock size: 2", "type.*block"),
        ("type: short", "type: quad", "type.*quad"),
        ("encoding: raw", "encoding: zip", "encoding.*zip"),
        ("endian: little\n", "", "endian"),
        ("sizes: 2 3 4", "sizes: 2 3", "sizes.*3"),
        ("sizes: 2 3 4", "sizes: 2 -3 4", "sizes"),
        ("sizes: 2 3 4", "sizes: 2 3_0 4", "sizes.*3_0"),
        ("sizes: 2 3 4", f"sizes: 2 3 {'9' * 40}", "sizes"),
        ("dimension: 3", "dimension: 17", "dimension"),
        ("raw\n", "raw\nspace: RAS\nspace directions: (1,0,nan) (0,1,0) (0,0,1)\n", "finite"),
        ("raw\n", "raw\nspace: RAS\nspace directions: (1,0) (0,1) (0,0)\n", "directions"),
        ("raw\n", f"raw\n{WAYS}space origin: (1,2\n", "origin"),
        ("raw\n", "raw\nbyte skip: -7\n", "skip"),
        ("raw\n", "raw\nbyte skip: -2\n", "byte skip"),
        ("raw\n", "raw\nline skip: -1\n", "line skip"),
        ("raw\n", "raw\nmeasurement frame: (1,0,0)\n", "measurement"),
        ("raw\n", "raw\nno field\n", "line 7"),
        ("raw\n", "raw\ndata file: a%d%d.raw 1 2 1\n", "data file"),
        ("raw\n", "raw\ndata file: a%d.raw 1 2 0\n", "data file"),
        ("raw\n", "raw\ndata file: SKIPLIST\n", "SKIPLIST"),
    ],
)
def test_fields_that_make_no_sense_are_named(tmp_path, old, new, words):
    path = written(tmp_path, HEAD.replace(old, new, 1))
    with pytest.raises(HeaderDataError, match=f"(?s)a.nrrd.*{words}"):
        volio.load(path)


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ("a%d.raw 0 999999999 1", LimitError, "name 1000000000 files"),
        ("a%d.raw 0 90000 1", MissingFileError, "a0.raw: no such file"),
        ("missing.raw", MissingFileError, "missing.raw: no such file"),
        ("LIST\nmissing.raw\nother.raw", MissingFileError, "missing.raw: no such file"),
    ],
)
def test_hostile_lists_take_no_memory(tmp_path, files, error, words):
    text = HEAD.replace("2 3 4", "2 3 9000000000000")
    path = written(tmp_path, f"{text}data file: {files}\n", b"", "a.nhdr")
    tracemalloc.start()
    try:
        with pytest.raises(error, match=words):
            volio.load(path).dataobj[0, 0, 0]  # what is missing is only seen here
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_huge_declarations_take_no_memory(tmp_path):
    for encoding in ("raw", "gzip", "ascii", "hex"):
        text = HEAD.replace("raw", encoding).replace("2 3 4", "30000 30000 1100")
        path = written(tmp_path, text)
        with pytest.raises(VolioError, match=r"a\.nrrd"):
            values(path)


def test_the_real_scan_is_what_others_read(shared_data: Path):
    path = shared_data / "volumes" / "FLAIR.nrrd"
    image = volio.load(path)
    found, affine = itk(path)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), found)
    np.testing.assert_array_equal(pynrrd(path)[0], found)
    np.testing.assert_allclose(image.affine, affine, atol=1e-9)


def test_lists_may_say_what_to_skip_in_each_file(tmp_path):
    for number in range(4):
        part = RAW[12 * number : 12 * number + 12]
        (tmp_path / f"{number}.raw").write_bytes(b"x" * number + part)
        (tmp_path / f"{number}.gz").write_bytes(gzip.compress(b"x" * number + part))
    for ending, encoding in (("raw", "raw"), ("gz", "gzip")):
        files = "".join(f"{n} {n}.{ending}\n" for n in range(3)) + f"-1 3.{ending}\n"
        head = HEAD.replace("encoding: raw", f"encoding: {encoding}")
        text = f"{head}data file: SKIPLIST\n{files}"
        path = written(tmp_path, text, b"", "a.nhdr")
        np.testing.assert_array_equal(values(path), DATA)
        assert volio.load(path).header.to_bytes() == text.encode()
    for files in ("0.raw\n", "", "-2 0.raw\n", "x 0.raw\n"):
        path = written(tmp_path, f"{HEAD}data file: SKIPLIST 2\n{files}", b"", "a.nhdr")
        with pytest.raises(HeaderDataError, match=r"SKIPLIST|byte skip"):
            volio.load(path)


TIME = (
    "NRRD0005\ntype: short\ndimension: 4\nsizes: 2 3 2 2\nspace: LPST\n"
    "space directions: (1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,2500)\nspace origin: (1,2,3,0)\n"
    'space units: "mm" "mm" "mm" "ms"\nendian: little\nencoding: raw\n'
)


@pytest.mark.parametrize(("unit", "seconds"), [("ms", 1e-3), ("sec", 1), ("ns", 1e-9), ("h", 3600)])
def test_time_as_an_axis_of_space(tmp_path, unit, seconds):
    path = written(tmp_path, TIME.replace('"ms"', f'"{unit}"'))
    image = volio.load(path)
    assert image.header.get_zooms() == (1, 2, 3, 2500)
    assert image.header.time_unit == seconds
    np.testing.assert_allclose(image.affine, itk(path)[1])
    moved = volio.NrrdImage(image.dataobj, TURNED, image.header)
    moved.to_filename(path)
    back = volio.load(path)
    assert back.header.get_zooms()[3] == 2500
    assert back.header.time_unit == seconds
    np.testing.assert_allclose(back.affine, TURNED, atol=1e-12)
    volio.save(back, tmp_path / "a.nii")
    nifti = volio.load(tmp_path / "a.nii").header
    assert nifti.get_zooms()[3] * nifti.time_unit == pytest.approx(2500 * seconds)


def test_a_slice_of_a_compressed_file_decodes_its_chunks_alone(tmp_path, decoded_bytes):
    array = np.random.default_rng(2).integers(0, 900, (64, 64, 400), np.int16)
    for name, cls in (("a.nrrd", volio.NrrdImage), ("a.nhdr", volio.NrrdPair)):
        image = cls(array, TURNED)
        image.header["encoding"] = "gzip"
        image.to_filename(tmp_path / name)
        decoded_bytes.clear()
        lazy = volio.load(tmp_path / name)
        assert not decoded_bytes
        np.testing.assert_array_equal(lazy.dataobj[..., 399], array[..., 399])
        chunk = 100 * array[..., 0].nbytes
        assert sum(decoded_bytes) == 2 * chunk  # the first one too, which proves the index
        decoded_bytes.clear()
        np.testing.assert_array_equal(lazy.dataobj[..., 390], array[..., 390])
        assert sum(decoded_bytes) == chunk
        np.testing.assert_array_equal(pynrrd(tmp_path / name)[0], array)
        np.testing.assert_array_equal(itk(tmp_path / name)[0], array)


# pynrrd dates its files with a function that newer versions of Python deprecate.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_places_are_noted_in_what_others_compressed(tmp_path, decoded_bytes):
    nrrd = optional("nrrd")
    array = np.random.default_rng(2).normal(0, 90, (64, 64, 800)).astype(np.int16)
    nrrd.write(str(tmp_path / "a.nrrd"), array)
    volio.load(tmp_path / "a.nrrd").dataobj[..., 700]
    decoded_bytes.clear()
    again = volio.load(tmp_path / "a.nrrd").dataobj[..., 701]  # of another image of the file
    assert array[..., 701].nbytes <= sum(decoded_bytes) < gzip_checkpoints.SPACING
    np.testing.assert_array_equal(again, array[..., 701])


def test_flat_planes_have_a_space_of_two_axes(tmp_path):
    plane, flat = DATA[..., 0], np.diag([-2.0, -3, 1, 1])
    flat[:2, 3] = 4, 5
    volio.NrrdImage(plane, flat).to_filename(tmp_path / "a.nrrd")
    image = volio.load(tmp_path / "a.nrrd")
    assert image.header["space dimension"] == "2"
    np.testing.assert_array_equal(image.affine, flat)
    np.testing.assert_array_equal(pynrrd(tmp_path / "a.nrrd")[0], plane)
    found, affine = itk(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(found, plane)
    np.testing.assert_array_equal(affine[:2, :2], flat[:2, :2])
    moved = volio.NrrdImage(plane, TURNED, image.header)
    moved.to_filename(tmp_path / "b.nrrd")
    found = volio.load(tmp_path / "b.nrrd").affine
    np.testing.assert_allclose(found[:, [0, 1, 3]], TURNED[:, [0, 1, 3]], atol=1e-12)


@pytest.mark.parametrize(
    "fields",
    [
        "kinds: vector space space space time\nspace: RAS\n"
        "space directions: none (1,0,0) (0,1,0) (0,0,1) none\n",
        "kinds: vector domain domain domain domain\n",
        "kinds: vector domain domain domain domain\nspace: RAST\n"
        "space directions: none (1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,2)\n",
    ],
)
def test_time_is_the_fourth_axis(tmp_path, fields):
    array = np.arange(240, dtype=np.int16).reshape(2, 3, 4, 5, 2)
    text = HEAD.replace("dimension: 3", "dimension: 5").replace("2 3 4", "2 2 3 4 5")
    path = written(tmp_path, text + fields, np.moveaxis(array, -1, 0).tobytes(order="F"))
    image = volio.load(path)
    np.testing.assert_array_equal(image.dataobj, array)
    image.to_filename(tmp_path / "again.nrrd")
    assert (tmp_path / "again.nrrd").read_bytes() == path.read_bytes()


def test_gradients_in_a_measurement_frame_that_is_flat(tmp_path):
    text = (
        "NRRD0005\ntype: int16\ndimension: 4\nsizes: 2 3 4 1\nendian: little\nencoding: raw\n"
        "space: left-posterior-superior\nspace directions: (2,0,0) (0,2,0) (0,0,3) none\n"
        "measurement frame: (1,0,0) (0,1,0) (1,1,0)\nmodality:=DWMRI\n"
        "DWMRI_b-value:=1000\nDWMRI_gradient_0000:=0 0 1\n\n"
    )
    path = tmp_path / "a.nrrd"
    path.write_bytes(text.encode() + np.arange(24, dtype=np.int16).tobytes())
    with pytest.warns(GeometryWarning, match=r"a\.nrrd: measurement frame: .* one plane"):
        img = volio.load(path)
    np.testing.assert_array_equal(np.ravel(img.dataobj, order="F"), np.arange(24))
    assert img.header.metadata().gradients == ()
    with pytest.raises(HeaderDataError, match="measurement frame"):
        img.header.set_metadata(Metadata(gradients=((1.0, 0.0, 0.0, 1000.0),)))


def test_sixteen_axes_are_the_most():
    header = volio.NrrdImage.header_class()
    header.set_data_shape((2,) * 16)
    assert header.get_data_shape() == (2,) * 16
    with pytest.raises(HeaderDataError, match="16"):
        header.set_data_shape((2,) * 17)
    colours = volio.NrrdImage(np.zeros((2, 2, 2), [(c, "u1") for c in "RGB"]), None).header
    colours.set_data_shape((2,) * 15)  # after that of the colours
    with pytest.raises(HeaderDataError, match="15"):
        colours.set_data_shape((2,) * 16)


@pytest.mark.parametrize(
    ("file_axes", "lengths", "places"),
    [
        ((0, 1, None), (4, 5, 1), [0, 1, 2]),
        ((0, 1, None, 2), (4, 5, 1, 6), [0, 1, 3]),  # the file does without the third axis
        ((0, 1, None, 2), (4, 5, 2, 6), [0, 1, 3, 2]),
        ((3, 1, 2), (4, 5, 6, 1), [1, 2, 0, 3]),  # a new axis of length 1 at the end comes
        ((3, 1, 2), (4, 5), [1, 0]),
        ((None, 0, None), (1, 5, 1, 7), [1, 3]),
    ],
)
def test_axes_of_the_file_for_an_image_of_another_shape(file_axes, lengths, places):
    assert reshaped(file_axes, lengths) == places


@pytest.mark.parametrize("cls", [volio.NrrdImage, volio.MetaImage])
def test_text_that_is_cut_inside_its_last_number_is_refused(cls):
    """Whatever is left of 3456 is a number, too."""
    img = cls(np.array([[[1234, 5678], [9012, 3456]]], np.int16), np.eye(4))
    field = {"encoding": "ascii"} if cls is volio.NrrdImage else {"BinaryData": "False"}
    for key, value in field.items():
        img.header.set_field(key, value)
    content = img.to_bytes()
    assert content.endswith(b"3456\n")
    np.testing.assert_array_equal(cls.from_bytes(content).dataobj, img.dataobj)
    for cut in range(1, 12):
        with pytest.raises(volio.errors.TruncatedFileError, match=r"cut short|voxels can be read"):
            np.asarray(cls.from_bytes(content[:-cut]).dataobj)


@pytest.mark.parametrize(
    ("direction", "of_time", "backwards"),
    [
        ((0, 0, 0, -0.5), True, True),
        ((0, 0, 0, 0.5), True, False),
        ((2, 0, 0, 0.5), False, False),
        ((0, 2, 0, -0.5), False, False),
        ((0, 0, 2, 0.5), False, False),
        ((0, 0, 2), False, False),
    ],
)
def test_an_axis_of_time_leads_along_time_alone(direction, of_time, backwards):
    axis = Axis(5, direction=direction)
    assert abs(axis.time_step) == (0.5 if of_time else 0)
    assert axis.of_time is of_time
    assert axis.of_space is not of_time
    assert (axis.time_step < 0) is backwards
