from __future__ import annotations

import io
import json
import struct

import nibabel as nib
import numpy as np
import pydicom
import pytest

import volio
from volio.errors import HeaderDataError, LimitError, VolioWarning
from volio.files.filemap import FileHolder
from volio.formats.nifti1 import (
    Nifti1DicomExtension,
    Nifti1Extension,
    Nifti1Header,
    Nifti1Image,
    Nifti1Pair,
    extension_codes,
)
from volio.formats.nifti1.extensions import Nifti1Extensions
from volio.ops.examine import examine, repair
from volio.tests.formats.nifti1_cases import AFFINE, both, saved

CONTENTS = [b"", b"x", b"a comment", b"\0\1\2\xff", b"12345678", b"trailing\0\0", b"y" * 5000]


@pytest.mark.parametrize("code", [*sorted(extension_codes.value_set()), 3, 1234, 2**30])
@pytest.mark.parametrize("order", ["<", ">"])
def test_extensions_come_back_byte_for_byte(code, order):
    header, written = Nifti1Header(endianness=order), b""
    raw = [text.ljust(-(-(len(text) + 8) // 16) * 16 - 8, b"\0") for text in CONTENTS]
    for content in raw:
        written += struct.pack(f"{order}ii", len(content) + 8, code) + content
    header["vox_offset"] = 352 + len(written)
    block = header.binaryblock + b"\1\0\0\0" + written
    again = Nifti1Header.from_fileobj(io.BytesIO(block))
    assert again.extensions.get_codes() == [code] * len(CONTENTS)
    assert [extension.content for extension in again.extensions] == raw
    out = io.BytesIO()
    again.write_to(out)
    assert out.getvalue() == block
    assert again == again.copy()


def test_extensions_in_images_and_in_the_other_program(tmp_path):
    img = Nifti1Image(np.ones((2, 3, 4), np.uint8), AFFINE)
    img.header.extensions.append(Nifti1Extension("comment", b"first"))
    img.header.extensions.append(Nifti1Extension(1234, b"\0binary"))
    img.header.extensions.append(Nifti1Extension(6, "text"))
    for name in ("a.nii", "b.img"):
        path = tmp_path / name
        volio.save(img if name == "a.nii" else Nifti1Pair.from_image(img), path)
        ours, theirs = volio.load(path), nib.load(path)
        assert [e.get_code() for e in theirs.header.extensions] == [6, 1234, 6]
        assert ours.header.extensions.get_codes() == [6, 1234, 6]
        assert ours.header.extensions.count("comment") == 2
        for one, other in zip(ours.header.extensions, theirs.header.extensions, strict=True):
            assert one.content.rstrip(b"\0") == other.content.rstrip(b"\0")
        assert ours.get_fdata().sum() == theirs.get_fdata().sum() == 24


def test_typed_extensions():
    comment = Nifti1Extension("comment", "für mich")
    assert comment.text == "für mich"
    assert comment.get_content() == "für mich".encode()
    spectra = extension_codes.handler["mrs"].from_object({"ResonantNucleus": ["1H"]})
    assert spectra.json() == {"ResonantNucleus": ["1H"]}
    spectra.get_object()["EchoTime"] = 0.03
    assert spectra.json()["EchoTime"] == 0.03
    xml = (
        b'<AFNI_attributes><AFNI_atr ni_type="String" atr_name="NAME"> "a\\"b" </AFNI_atr>'
        b'<AFNI_atr ni_type="float" atr_name="F"> 1.5 2 </AFNI_atr>'
        b'<AFNI_atr ni_type="int" atr_name="I"> 3 4 </AFNI_atr></AFNI_attributes>'
    )
    found = extension_codes.handler["afni"](4, xml).attributes
    assert found["F"] == [1.5, 2]
    assert found["I"] == [3, 4]
    with pytest.raises(HeaderDataError, match="XML"):
        extension_codes.handler["afni"](4, b"<a").get_object()
    cifti = extension_codes.handler["cifti"](32, b"<CIFTI Version='2'><Matrix/></CIFTI>\0\0")
    assert cifti.get_content().to_xml() == b'<CIFTI Version="2"><Matrix /></CIFTI>'
    assert type(cifti).from_object(cifti.get_object()).content == cifti.get_content().to_xml()
    with pytest.raises(HeaderDataError, match="not a known name"):
        Nifti1Extension("nothing", b"")
    assert "comment" in repr(comment)


@pytest.mark.parametrize(
    ("code", "content", "read"),
    [
        ("comment", b"\xff\xfe", lambda extension: extension.text),
        ("comment", b"{", lambda extension: extension.json()),
        ("mrs", b"[" * 100_000, lambda extension: extension.get_object()),
        ("afni", b"<a><AFNI_atr ni_type='int'>x</AFNI_atr></a>", lambda ext: ext.attributes),
        ("dicom", b"\x08\0\x05\0SQ\0\0\xff\xff\xff\xff123456789", lambda ext: ext.get_content()),
    ],
)
def test_extensions_that_are_not_what_their_code_says(code, content, read):
    extension = extension_codes.handler[code](code, content)
    with pytest.raises((HeaderDataError, LimitError), match=r"[Ee]xtension"):
        read(extension)
    assert extension.content == content


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("mrs", b'{"b":1,\n "a": 2.50}\0\0'),
        ("cifti", b"<?xml version='1.0'?>\n<CIFTI  Version='2'><Matrix /><!-- x --></CIFTI>\n\0"),
        ("dicom", b"\x08\0\x60\0CS\x02\0MR"),
    ],
)
def test_looking_at_an_extension_keeps_its_bytes(code, content):
    extension = extension_codes.handler[code](code, content)
    found = extension.get_object()
    assert extension.content == content
    if code == "mrs":
        found["a"] = 3
        assert json.loads(extension.content) == {"b": 1, "a": 3}


def test_a_code_that_is_none_changes_nothing():
    header, _ = both()
    before = header.binaryblock
    for setter in (header.set_qform, header.set_sform):
        with pytest.raises(HeaderDataError, match="xform code"):
            setter(AFFINE, "nowhere")
    assert header.binaryblock == before


@pytest.mark.parametrize("order", ["<", ">"])
def test_dicom_extension(order):
    data = pydicom.Dataset()
    data.PatientName = "Nobody"
    data.Rows = 256
    header = Nifti1Header(endianness=order)
    extension = Nifti1DicomExtension("dicom", data, parent_hdr=header)
    img = Nifti1Image(np.zeros((2, 2, 2), np.uint8), AFFINE, header)
    img.header.extensions.append(extension)
    raw = saved(img)
    found = nib.Nifti1Image.from_bytes(raw).header.extensions[0]
    assert found.get_code() == 2
    again = Nifti1Image.from_bytes(raw).header.extensions[0]
    assert isinstance(again, Nifti1DicomExtension)
    assert again.content.rstrip(b"\0") == extension.content.rstrip(b"\0")
    read = Nifti1DicomExtension("dicom", extension.content, parent_hdr=header)
    assert read.get_object().PatientName == "Nobody"
    assert read.get_object().Rows == 256
    assert Nifti1DicomExtension("dicom", b"").get_object() == pydicom.Dataset()


@pytest.mark.parametrize("size", [-16, 0, 7, 1 << 20, 2**31 - 1])
def test_extensions_that_lie_about_their_size(size):
    header = Nifti1Header()
    header["vox_offset"] = 400
    block = header.binaryblock + b"\1\0\0\0" + struct.pack("=ii", size, 6) + b"x" * 40
    with pytest.warns(VolioWarning, match=f"size must be 8 to 48 bytes, got {size}; .*dropped"):
        header = Nifti1Header.from_fileobj(io.BytesIO(block))
    assert list(header.extensions) == []
    with pytest.raises(HeaderDataError, match=f"size must be 8 to 48 bytes, got {size}$"):
        Nifti1Extensions.from_fileobj(io.BytesIO(block[352:]), 48, False)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (struct.pack("2i", 9999, 4), "size must be 8 to"),
        (b"\xde\xad\xbe\xef" * 4, "size must be 8 to"),
        (b"\0\0\0\0\1\0\0\1", "got 0"),
    ],
)
def test_a_damaged_extension_is_dropped_and_the_voxels_are_read(tmp_path, order, damage, match):
    voxels = np.arange(24, dtype=f"{order}i2").reshape(2, 3, 4)
    good = struct.pack(f"{order}2i", 32, 6) + b"kept".ljust(24, b"\0")
    header = Nifti1Header(endianness=order)
    header.set_data_shape(voxels.shape)
    header.set_data_dtype(np.int16)
    header["vox_offset"] = 352 + len(good) + 32
    content = good + damage.ljust(32, b"y")
    path = tmp_path / "a.nii"
    path.write_bytes(header.binaryblock + b"\1\0\0\0" + content + voxels.tobytes("F"))
    with pytest.warns(VolioWarning, match=rf"a\.nii: header extension.*{match}.*dropped"):
        img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj, voxels)
    assert [extension.content for extension in img.header.extensions] == [good[8:]]
    with pytest.warns(VolioWarning, match="dropped"):
        found = [finding for finding in examine(path) if "header ext" in finding.where]
    assert [(finding.level, finding.fixable) for finding in found] == [("suspicious", True)]
    volio.save(repair(img, found), tmp_path / "fixed.nii")
    assert not any("header ext" in each.where for each in examine(tmp_path / "fixed.nii"))


def test_a_size_that_is_not_a_multiple_of_16_is_read_with_a_warning():
    header = Nifti1Header()
    header["vox_offset"] = 352 + 32
    content = struct.pack("=2i", 30, 6) + b"x" * 24
    with pytest.warns(VolioWarning, match="code 6: its size is not a multiple of 16"):
        read = Nifti1Header.from_fileobj(io.BytesIO(header.binaryblock + b"\1\0\0\0" + content))
    assert [extension.content for extension in read.extensions] == [b"x" * 22]


@pytest.mark.parametrize("most", [("MOST", 3), ("MOST_BYTES", 60)])
def test_extensions_beyond_a_count_or_size_are_dropped(monkeypatch, most):
    monkeypatch.setattr(f"volio.formats.nifti1.extensions.{most[0]}", most[1])
    header = Nifti1Header()
    one = struct.pack("=2i", 16, 6) + b"12345678"
    header["vox_offset"] = 352 + 16 * 5
    block = header.binaryblock + b"\1\0\0\0" + one * 5
    with pytest.warns(VolioWarning, match="are the most; .* dropped"):
        read = Nifti1Header.from_fileobj(io.BytesIO(block))
    assert read.extensions.get_codes() == [6, 6, 6]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_an_offset_of_0_and_extensions(tmp_path, count):
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    one = struct.pack("=2i", 32, 6) + b"text".ljust(24, b"\0")
    header = Nifti1Header()
    header.set_data_shape(voxels.shape)
    header.set_data_dtype(np.int16)
    path = tmp_path / "a.nii"
    content = header.binaryblock + b"\1\0\0\0" + one * count + voxels.tobytes("F")
    path.write_bytes(content)
    if count:
        with pytest.warns(VolioWarning, match=f"states 0; .* at byte {352 + 32 * count}"):
            img = volio.load(path)
    else:
        img = volio.load(path)
    np.testing.assert_array_equal(img.dataobj, voxels)
    assert img.header.extensions.get_codes() == [6] * count
    path.write_bytes(content + b"more")
    if count:
        with pytest.raises(HeaderDataError, match="leaves the place of the voxels open"):
            volio.load(path)


def test_the_bytes_after_the_header_of_a_pair_stay():
    files = {part: FileHolder(fileobj=io.BytesIO()) for part in ("header", "image")}
    Nifti1Pair(np.ones((2, 2, 2), np.uint8), AFFINE).to_file_map(files)
    header = files["header"].fileobj.getvalue()
    assert len(header) == 348
    for extender in (b"", b"\0\0\0\0", b"\0abc"):
        source = {**files, "header": FileHolder(fileobj=io.BytesIO(header + extender))}
        target = {part: FileHolder(fileobj=io.BytesIO()) for part in files}
        Nifti1Pair.from_file_map(source).to_file_map(target)
        assert target["header"].fileobj.getvalue() == header + extender
