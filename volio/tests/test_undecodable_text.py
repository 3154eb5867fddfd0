"""Text that is not UTF-8: kept byte for byte by its own format, and no obstacle to any other."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.errors import LossWarning, VolioError
from volio.formats.nifti1.contents import AfniExtension
from volio.images.headers.metadata import Metadata
from volio.testing.samples import FOLDER

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
AFFINE = np.diag([2.0, 2, 3, 1])
RAW = VOXELS.tobytes("F")
TEXT = b"caf\xe9\xff!"

NRRD = b"NRRD0005\ntype: int16\ndimension: 3\nsizes: 2 3 4\nendian: little\nencoding: raw\n"
META = (
    b"ObjectType = Image\nNDims = 3\nComment = %s\nName = %s\nKey = %s\nElementSpacing = 2 2 3\n"
    b"DimSize = 2 3 4\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
)
MIF = (
    b"mrtrix image\ndim: 2,3,4\nvox: 2,2,3\nlayout: +0,+1,+2\ndatatype: Int16LE\nkey: %s\n"
    b"comments: %s\ncommand_history: %s\nfile: . 300\nEND\n"
)
AFNI = b"\ntype = string-attribute\nname = %s\ncount = %d\n'%s~\n"


def in_file(name: str, content: bytes) -> Callable[[Path], Path]:
    """Return what writes a file."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return write


def write_afni(folder: Path) -> Path:
    path = folder / "a+orig.HEAD"
    volio.save(volio.AFNIImage(VOXELS, AFFINE), path)
    names = (b"HISTORY_NOTE", b"BRICK_LABS", b"NOTE_NUMBER_001")
    more = b"".join(AFNI % (name, len(TEXT) + 1, TEXT) for name in names)
    path.write_bytes(path.read_bytes() + more)
    return path


def write_minc(folder: Path) -> Path:
    path = folder / "a.mnc"
    img = volio.Minc1Image(VOXELS, AFFINE)
    text = TEXT.decode("utf-8", "surrogateescape")
    img.header.set_metadata(Metadata(history=text, description=text))
    volio.save(img, path, format="minc1")
    return path


def write_record(cls: type, name: str, *fields: str) -> Callable[[Path], Path]:
    """Return what writes a file with text in fields of its record."""

    def write(folder: Path) -> Path:
        img = cls(VOXELS, None if name.endswith(".hdr") else AFFINE)
        for field in fields:
            img.header[field] = TEXT
        volio.save(img, folder / name)
        return folder / name

    return write


def write_mgh(folder: Path) -> Path:
    img = volio.MGHImage(VOXELS, AFFINE)
    img.header.tags = struct.pack(">iq", 3, len(TEXT) + 1) + TEXT + b"\0"
    volio.save(img, folder / "a.mgh")
    return folder / "a.mgh"


WRITERS = {
    "nrrd": in_file(
        "a.nrrd", NRRD + b"content: %s\nkey:=%s\n%s:=value\n# %s\n\n" % ((TEXT,) * 4) + RAW
    ),
    "metaimage": in_file("a.mha", META % ((TEXT,) * 3) + RAW),
    "mif": in_file("a.mif", (MIF % ((TEXT,) * 3)).ljust(300, b"\0") + RAW),
    "afni": write_afni,
    "minc1": write_minc,
    "nifti1": write_record(volio.Nifti1Image, "a.nii", "descrip", "aux_file", "intent_name"),
    "analyze": write_record(volio.AnalyzeImage, "a.hdr", "descrip", "patient_id"),
    "ecat": write_record(volio.EcatImage, "a.v", "patient_name", "study_description"),
    "mgh": write_mgh,
}
TARGETS = ["b.nii", "b.hdr", "b.mgh", "b+orig.HEAD", "b.mnc", "b.v", "b.nrrd", "b.mha", "b.mif"]


@pytest.mark.filterwarnings("ignore::volio.errors.LossWarning")
@pytest.mark.filterwarnings("ignore::volio.errors.GeometryWarning")
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_bytes_that_are_not_utf_8(writer: Callable[[Path], Path], tmp_path: Path):
    path = writer(tmp_path)
    count = path.read_bytes().count(TEXT)
    assert count > 0
    img = volio.load(path)
    assert str(img.header)
    again = path.with_name(path.name.replace("a", "again", 1))
    volio.save(img, again)
    assert again.read_bytes().count(TEXT) == count
    for target in TARGETS:
        volio.save(img, tmp_path / target)
        read = volio.load(tmp_path / target)
        assert read.get_fdata().sum() == VOXELS.sum()
        read.header.metadata()


def test_names_that_hdf5_cannot_have_are_refused(tmp_path: Path):
    img = volio.load(WRITERS["nrrd"](tmp_path))
    with pytest.raises(VolioError, match="HDF5 cannot hold"):
        volio.save(img, tmp_path / "b.mnc", format="minc2")


def test_text_that_xml_cannot_hold(tmp_path: Path):
    given = {"NAME\"'<": 'a "b" <c>\r\n\t&', "BYTES": "caf\udce9", "CONTROL": "a\x01\0b"}
    read = AfniExtension.from_attributes(given).attributes
    assert read == {**given, "BYTES": "caf\ufffd", "CONTROL": "a\ufffd\ufffdb"}


def test_text_of_par_files_goes_to_descriptions(tmp_path: Path):
    par = FOLDER / "parrec" / "series.PAR"
    text = par.read_bytes().replace(
        b"Examination name                   :   ", b"Examination name : \xe9 "
    )
    (tmp_path / "a.PAR").write_bytes(text)
    (tmp_path / "a.REC").write_bytes(par.with_suffix(".REC").read_bytes())
    img = volio.load(tmp_path / "a.PAR")
    with pytest.warns(LossWarning, match="fields of PAR/REC"):
        nifti = volio.Nifti1Image.from_image(img)
    assert b"\xe9" in nifti.header["descrip"].item()
