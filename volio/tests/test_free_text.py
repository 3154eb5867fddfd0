"""Bytes that are not text, in each free text of each format: kept, shown harmlessly, or refused."""

from __future__ import annotations

import json
import os
import unicodedata
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

import volio
from volio.cli import main
from volio.errors import VolioError
from volio.formats.lookup import format_named
from volio.formats.table import FORMATS
from volio.testing.conformance.case import quiet
from volio.testing.fuzz.mutations import unpacked
from volio.testing.fuzz.seeds import Seed, lay_out, seeds_of, zip_of
from volio.tests.requirements import optional


class Text(NamedTuple):
    """A free text of a sample.

    Parameters
    ----------
    sample : str
        Name of the file to load.
    known : bytes or int
        What stands there; a number is the offset of a field in the first file.
    template : bytes, optional
        What is written for it, ``%s`` are the bytes; by default the bytes alone, filled up to the
        length of `known` with blanks, a field of a record with zeros.
    length : int
        Of a field.
    """

    sample: str
    known: bytes | int
    template: bytes = b""
    length: int = 0


def field(sample: str, offset: int, length: int) -> Text:
    return Text(sample, offset, length=length)


#: The free texts of each format; each that has none says why.
TEXTS: dict[str, tuple[Text, ...] | str] = {
    "nifti1": (
        field("series.nii", 148, 80),
        field("series.nii", 228, 24),
        field("series.nii", 328, 16),
        field("series.nii", 14, 18),
        field("pair.img", 148, 80),
    ),
    "nifti2": (field("series.nii", 240, 80), field("series.nii", 320, 24)),
    "cifti2": (
        Text("scalars.nii", b"<MapName>", b"<MapName>%s"),
        Text("series.nii", b'SeriesUnit="SECOND"', b'SeriesUnit="SECOND" Note="%s"'),
    ),
    "mgh": (Text("tags.mgh", b"a command"),),
    "afni": (
        Text("bytes+tlrc.BRIK.gz", b"3DIM_HEAD_ANAT"),
        Text("bytes+tlrc.BRIK.gz", b"TYPESTRING", b"%s"),
    ),
    "parrec": (
        Text("release5.rec", b"someone", b"%s"),
        Text("series.REC", b"Patient name                       :   ", b"Patient name : %s "),
        Text("series.REC", b"CLINICAL TRYOUT", b"CLINICAL %s TRYOUT"),
    ),
    "minc1": (Text("slices.mnc", b"made>>> by hand"), Text("slices.mnc", b"lab_number")),
    "minc2": (Text("slices.mnc", b"made>>> by hand"), Text("slices.mnc", b"lab_number")),
    "ecat": (field("series.v", 28, 10), field("series.v", 166, 16), field("series.v", 182, 32)),
    "spm2": (field("big.img", 148, 80), field("big.img", 228, 24)),
    "spm99": (field("big.img", 148, 80), field("big.img", 228, 24)),
    "analyze": (field("little.img", 148, 80), field("little.img", 14, 18)),
    "nrrd": (
        Text("hex.nrrd", b"# by hand\n", b"# %s\n"),
        Text("hex.nrrd", b"# by hand\n", b"content: %s\n"),
        Text("hex.nrrd", b"# by hand\n", b"key:=%s\n"),
        Text("hex.nrrd", b"# by hand\n", b"%s:=value\n"),
    ),
    "metaimage": (
        Text("channels.mha", b"NDims = 3\n", b"NDims = 3\nComment = %s\n"),
        Text("channels.mha", b"NDims = 3\n", b"NDims = 3\n%s = 1\n"),
    ),
    "mif": (
        Text("plain.mif", b"mrtrix image\n", b"mrtrix image\ncomments: %s\n"),
        Text("plain.mif", b"mrtrix image\n", b"mrtrix image\n%s: 1\n"),
    ),
    "tiff": (
        Text("hyperstack.tif", b"mode=grayscale"),
        Text("channels.ome.tif", b"tifffile.py"),
        Text("channels.ome.tif", b'Creator="'),
    ),
    "zarr": (
        Text("anatomical.ozx", b'"z"', b'"%s"'),
        Text("anatomical.ozx", b'"node_type"', b'"note": "%s", "node_type"'),
    ),
    "hdf5": (Text("series.h5", b'"description": ""'), Text("cells.ims", b"0.000 1.000 0.000")),
    "n5": (
        Text("pyramid.n5", b'"unit": "nm"', b'"unit": "%s"'),
        Text("pyramid.n5", b'"dataType"', b'"note": "%s", "dataType"'),
    ),
    "precomputed": (Text("grey.precomputed", b'"data_type"', b'"note": "%s", "data_type"'),),
    "czi": (Text("two_scenes.czi", b"<RetilingId>7833f47a-ba7d"),),
    "catmaid": "answers of servers: volio/tests/formats/catmaid",
    "gifti": (
        Text("mesh.gii", b"<Value>today", b"<Value>%s"),
        Text("mesh.gii", b"<Name>Date", b"<Name>%s"),
        Text("values.gii", b">insula<", b">%s<"),
    ),
    "freesurfer": (
        Text("mesh", b"somebody", b"%s"),
        Text("mesh", b"../mri/filled.mgz", b"%s"),
        Text("parts.annot", b"bankssts"),
        Text("part.label", b"bert", b"%s"),
        Text("text.asc", b"lh.white", b"%s"),
    ),
    "mz3": (Text("parts.mz3", b'"insula"'), Text("parts.mz3", b'"labels"')),
    "off": (Text("mesh.off", b"OFF\n", b"OFF\n# %s\n"),),
    "wavefront": (
        Text("objects.obj", b"o near", b"o %s"),
        Text("mesh.obj", b"Created by", b"%s"),
        Text("mesh.obj", b"# Created by", b"g %s\n# "),
    ),
    "vtk": (
        Text("text.vtk", b"by hand", b"%s"),
        Text("mesh.vtk", b"my%20height", b"%s"),
    ),
    "vtp": (Text("mesh.vtp", b'Name="my height"', b'Name="%s"'),),
    "mniobj": "numbers alone",
    "tri": "numbers alone",
    "brainvisa": "numbers, and words of the format",
    "brainvoyager": (Text("maps.smp", b"t of faces", b"%s"), Text("maps.smp", b"<default>", b"%s")),
    "ply": (
        Text("text.ply", b"https://github.com/mikedh/trimesh", b"%s"),
        Text("text.ply", b"float height", b"float %s"),
    ),
    "stl": (Text("text.stl", b"solid ", b"solid %s"), field("binary.stl", 0, 80)),
    "trk": tuple(field("values.trk", *at) for at in ((38, 20), (240, 20), (504, 40))),
    "tck": (
        Text("plain.tck", b"iFOD2", b"%s"),
        Text("plain.tck", b"method: ", b"%s: "),
    ),
    "trx": (Text("values.trx", b'"DIMENSIONS"', b'"note": "%s", "DIMENSIONS"'),),
    "bundles": (
        Text("named.bundles", b"'left'", b"'%s'"),
        Text("named.bundles", b"'0d3f'", b"'%s'"),
    ),
    "camino": "numbers alone",
    "dpy": (Text("plain.dpy", b"0.0.1"),),
    "dsi_studio": (Text("masked.fz", b"index0"),),
    "tinytrack": (Text("steps.tt", b"A diffusion scan"), Text("steps.tt", b"report\0")),
    "vtk_lines": (
        Text("text.fib", b"by hand", b"%s"),
        Text("text.fib", b"SCALARS n", b"SCALARS n%s"),
        Text("xml.vtp", b'Name="FA"', b'Name="%s"'),
    ),
}

#: Not UTF-8, a zero, an escape of terminals, an overlong form, a surrogate, and ends of lines.
BYTES = {
    "latin-1": b"caf\xe9\xff!",
    "zero": b"a\0b",
    "control": b"\x1b[31mx\x07",
    "overlong": b"\xc0\xafx",
    "surrogate": b"\xed\xb3\xa9x",
    "carriage return": b"a\rb",
    "right to left": b"\xe2\x80\xaeab",
}


def test_each_format_is_in_the_table():
    assert set(TEXTS) == {row.name for row in FORMATS}


def damaged(seed: Seed, text: Text, raw: bytes) -> dict[str, bytes]:
    """Return the files of a sample with bytes in a text."""
    files = dict(seed.files)
    if isinstance(text.known, int):
        name = next(iter(files))
        stop = text.known + text.length
        new = raw.ljust(text.length, b"\0")[: text.length]
        files[name] = files[name][: text.known] + new + files[name][stop:]
        return files
    name = next(name for name, data in files.items() if text.known in data)
    # In C, % of bytes ends at a zero; replace does not.
    new = text.template.replace(b"%s", raw) or raw.ljust(len(text.known))[: len(text.known)]
    files[name] = files[name].replace(text.known, new, 1)
    return files


CASES = [
    pytest.param(row.name, text, id=f"{row.name} {text.sample} {str(text.known)[:30]}")
    for row in FORMATS
    for text in (TEXTS[row.name] if not isinstance(TEXTS[row.name], str) else ())
]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_bytes_that_are_not_text(
    name: str, text: Text, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    row = format_named(name)
    if row.extra:
        for package in {"minc2": ["h5py"], "zarr": ["zarr"]}.get(row.extra, []):
            optional(package)
    seed = next(seed for seed in seeds_of(row) if seed.name == text.sample)
    wrong = {}
    for kind, raw in BYTES.items():
        folder = tmp_path / kind
        files = damaged(seed, text, raw)
        lay_out({seed.name: zip_of(files)} if seed.is_packed else files, folder)
        problem = check(folder / seed.name, row.name, raw, files, folder)
        if problem:
            wrong[kind] = problem
    assert wrong == {}
    assert shows([tmp_path / kind / seed.name for kind in BYTES], capsys) == ""


def check(path: Path, name: str, raw: bytes, files: dict[str, bytes], folder: Path) -> str:
    """Return what is wrong with how a file is loaded and saved; "" for nothing."""
    try:
        with quiet():
            img = volio.load(path, format=name)
            assert str(img)
            assert str(img.header)
            target = folder / f"again{''.join(Path(path.name.lower()).suffixes[-2:])}"
            if not format_named(name).write:
                return ""
            volio.save(img, target, format=name)
            assert str(volio.load(target, format=name).header)
    except VolioError as error:
        return "" if str(error) else "an error without a message"
    if name in REWRITTEN:
        return ""
    before = sum(data.count(raw) for data in files.values())
    after = sum(
        unpacked(each.read_bytes()).count(raw) for each in folder.iterdir() if "again" in each.name
    )
    return "" if after >= before else f"{before} times in the file, {after} times in the saved one"


#: Formats whose files are written anew: what a text becomes is told by warnings of loss.
REWRITTEN = {"zarr", "hdf5", "tiff", "dpy", "vtp", "vtk", "off", "wavefront", "ply", "stl", "trx"}
# Bundles are written as Python writes texts, with escapes.
REWRITTEN |= {"bundles", "freesurfer", "vtk_lines", "mz3", "gifti"}


def shows(paths: list[Path], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what commands print of files that a terminal would act on, or that is not JSON."""
    names = [str(path) for path in paths]
    for words in (["ls"], ["doctor"], ["ls", "--json"]):
        with quiet():
            main([*words, *names])
        out, err = capsys.readouterr()
        if "Traceback" in err:
            return f"{words}: {err[-300:]}"
        acting = [
            letter
            for letter in out + err
            if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"
        ]
        if acting:
            return f"{words} prints {acting} in {out + err!r:.4000}"
        if "--json" in words:
            assert len(json.loads(out)) == len(names)
    return ""


#: Bytes at the end of a name of a member -> what is read: by the definition of zip files, without
#: a flag, they are those of code page 437, but programs of macOS write UTF-8 without it.
MEMBERS = {b"\xe9": "caf\u0398", "\u00e9".encode(): "caf\u00e9", b"\x1b": "caf\x1b", b"\\": None}


@pytest.mark.parametrize("raw", MEMBERS, ids=repr)
def test_names_of_members_of_trx(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "a.trx"
    known = b"caf" + b"X" * len(raw)
    per_line = {known.decode(): [1.0, 2]}
    lines = volio.Tractogram([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [1, 2], per_line=per_line)
    volio.save(lines, path)
    path.write_bytes(path.read_bytes().replace(known, b"caf" + raw))
    assert shows([path], capsys) == ""
    name = MEMBERS[raw]
    if name is None:
        with pytest.raises(VolioError, match="is not a key inside it: refused"):
            volio.load(path)
        return
    found = volio.load(path)
    assert list(found.per_line) == [name]
    volio.save(found, tmp_path / "b.trx")
    assert list(volio.load(tmp_path / "b.trx").per_line) == [name]


@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
@pytest.mark.requires("undecodable names")
def test_names_in_a_folder_of_trx_that_are_not_utf_8(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "a.trx"
    volio.save(volio.Tractogram([[0, 0, 0]], [1], per_line={"cafX": [1.0]}), tmp_path / "b.trx")
    with zipfile.ZipFile(tmp_path / "b.trx") as packed:
        packed.extractall(path)
    for file in (path / "dps").iterdir():
        file.rename(os.fsdecode(os.fsencode(file).replace(b"X", b"\xe9")))
    assert shows([path], capsys) == ""
    found = volio.load(path)
    assert list(found.per_line) == ["caf\udce9"]
    volio.save(found, tmp_path / "c.trx")  # a name of a zip file is text
    assert list(volio.load(tmp_path / "c.trx").per_line) == ["caf_"]


@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
@pytest.mark.parametrize("ending", [".trx", ".vtk", ".fib"])
def test_names_of_values_that_are_not_utf_8_go_to_other_formats(ending: str, tmp_path: Path):
    name = "caf\udce9"
    points = [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    tracts = volio.Tractogram(points, [1, 2], per_line={name: [1.0, 2]}, groups={name: [0]})
    path = tmp_path / f"a{ending}"
    volio.save(tracts, path)
    found = volio.load(path)
    assert found.points.tolist() == points
    assert list(found.per_line) == ["caf_" if ending == ".trx" else name]


def test_names_that_formats_cannot_have_are_refused(tmp_path: Path):
    corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    unnamed = volio.Surface(corners, [[0, 1, 2]], {"": [1.0, 2, 3]})
    with pytest.raises(VolioError, match="values without a name have no place"):
        volio.save(unnamed, tmp_path / "a.vtk")
    surf = volio.Surface(corners, [[0, 1, 2]], {"caf\udce9": [1.0, 2, 3]})
    with pytest.raises(VolioError, match="XML has no such letters in a name"):
        volio.save(surf, tmp_path / "a.vtp")
