"""Boolean options outside of pictures: text is refused, for loading, saving and operations."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

import volio
from volio.errors import UsageError
from volio.flags import as_flag
from volio.space.affines import apply_affine
from volio.stacks import ZarrImageStack
from volio.testing.samples import samples_of

IMG = volio.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
HEADER = volio.Nifti1Header()
#: The flag and what takes it.
CALLS = {
    "keep_file_open": lambda given: volio.load("scan.nii", keep_file_open=given),
    "overwrite": lambda given: volio.convert("scan.nii", "other.nii", overwrite=given),
    "imagej": lambda given: volio.save(IMG, "scan.tif", imagej=given),
    "bigtiff": lambda given: volio.save(IMG, "scan.ome.tif", bigtiff=given),
    "labels": lambda given: volio.save(IMG, "scan.ome.zarr", labels=given),
    "allow_external": lambda given: volio.load("stack.zarr", allow_external=given),
    "check_affines": lambda given: volio.concat_images([IMG, IMG], check_affines=given),
    "enforce_diag": lambda given: volio.as_closest_canonical(IMG, enforce_diag=given),
    "coded": lambda given: IMG.get_qform(coded=given),
    "coded sform": lambda given: IMG.get_sform(coded=given),
    "coded qform of a header": lambda given: HEADER.get_qform(coded=given),
    "coded sform of a header": lambda given: HEADER.get_sform(coded=given),
    "strip_shears": lambda given: IMG.set_qform(np.eye(4), strip_shears=given),
    "strip_shears of a header": lambda given: HEADER.set_qform(np.eye(4), strip_shears=given),
    "update_affine": lambda given: IMG.set_sform(np.eye(4), update_affine=given),
    "update_affine of a qform": lambda given: IMG.set_qform(np.eye(4), update_affine=given),
    "inplace": lambda given: apply_affine(np.eye(4), np.eye(3), inplace=given),
    "force": lambda given: volio.compat.install_as_nibabel(force=given),
}


@pytest.mark.parametrize("name", CALLS)
def test_text_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    volio.save(IMG, "scan.nii")
    volio.save(IMG, "stack.zarr")
    flag = name.split()[0]
    for given in ("no", "False", "", 2):
        with pytest.raises(UsageError, match=f"^{flag}: must be True or False, got {given!r}"):
            CALLS[name](given)


def test_stacks_of_zarr_arrays_refuse_it_too():
    with pytest.raises(UsageError, match="allow_external: must be True or False, got 'no'"):
        ZarrImageStack.from_path("stack.zarr", "", "XYZ", allow_external="no")


@pytest.mark.parametrize("name", ["Nifti1Header", "Nifti2Header", "AnalyzeHeader", "MGHHeader"])
def test_headers_refuse_it_too(name):
    cls = getattr(volio, name)
    block = cls().binaryblock
    for given in ("no", 2, None, np.zeros(3)):
        for make in (cls, cls.from_header):
            with pytest.raises(UsageError, match=r"^check: must be True or False, got"):
                make(check=given)
        with pytest.raises(UsageError, match=r"^check: must be True or False, got"):
            cls(block, check=given)
        with pytest.raises(UsageError, match=r"^check: must be True or False, got"):
            cls.from_fileobj(BytesIO(block), check=given)


@pytest.mark.parametrize("name", ["NrrdImage", "MetaImage", "MifImage", "AFNIImage", "Minc1Image"])
def test_headers_of_text_refuse_it_too(name):
    cls = getattr(volio, name).header_class
    with pytest.raises(UsageError, match=r"^check: must be True or False, got 'no'"):
        cls.from_header(IMG.header, check="no")


def test_headers_of_parrec_refuse_it_too():
    header = volio.load(samples_of("parrec")[0].path).header
    for name in ("permit_truncated", "strict_sort"):
        with pytest.raises(UsageError, match=f"^{name}: must be True or False, got 'no'"):
            type(header)(header.general_info, header.image_defs, **{name: "no"})


def test_flags_are_returned_as_booleans():
    assert as_flag("a", np.True_) is True
    assert as_flag("a", np.uint8(0)) is False
    assert as_flag("a", np.array(True)) is True
    for given in (None, np.array([True]), np.float64(1), "1", float("nan")):
        with pytest.raises(UsageError, match="a: must be True or False"):
            as_flag("a", given)
