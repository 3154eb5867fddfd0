from __future__ import annotations

import io

import nibabel as nib
import numpy as np
import pytest

import volio
from volio.errors import HeaderDataError, PrecisionWarning, WriterError
from volio.formats.mgh import MGHHeader

VALUES = np.linspace(0, 1, 24).reshape(2, 3, 4)


def header(dtype=np.int16, order="<") -> volio.Nifti1Header:
    found = volio.Nifti1Header(endianness=order)
    found.set_data_shape((2, 3, 4))
    found.set_data_dtype(dtype)
    found.set_data_offset(352)
    return found


@pytest.mark.parametrize("order", ["<", ">"])
def test_voxels_through_a_header(order):
    ours, file = header(order=order), io.BytesIO()
    with pytest.warns(PrecisionWarning, match="largest error"):
        ours.data_to_fileobj(VALUES, file)
    theirs = nib.Nifti1Header(ours.binaryblock)
    for reader in (ours, theirs):
        np.testing.assert_allclose(reader.data_from_fileobj(file), VALUES, atol=1e-5)
    np.testing.assert_array_equal(
        ours.raw_data_from_fileobj(file), theirs.raw_data_from_fileobj(file)
    )


def test_voxels_without_scaling():
    ours, file = header(), io.BytesIO()
    ours.data_to_fileobj(VALUES * 100, file, rescale=False)
    np.testing.assert_array_equal(ours.data_from_fileobj(file), np.rint(VALUES * 100))
    with pytest.raises(WriterError, match="int16"):
        ours.data_to_fileobj(VALUES * 1e6, file, rescale=False)


def test_voxels_of_another_shape():
    with pytest.raises(HeaderDataError, match="shape"):
        header().data_to_fileobj(VALUES[0], io.BytesIO())


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("i1", "i2"),
        ("u4", "i4"),
        ("i8", "i4"),
        ("u8", "i4"),
        ("f2", "f4"),
        ("c16", "c8"),
        ("?", "u1"),
    ],
)
def test_nearest_dtype_of_analyze(wanted, nearest):
    assert volio.AnalyzeImage.header_class.nearest_dtype(wanted) == nearest


def test_time_units():
    generic = volio.spatialimages.SpatialHeader(np.float32, (2, 3, 4, 5), (1, 2, 3, 2.5))
    assert generic.time_unit is None
    assert MGHHeader.from_header(generic).get_zooms() == (1, 2, 3, 2500)
    nifti = volio.Nifti1Header.from_header(generic)
    assert nifti.get_zooms() == (1, 2, 3, 2.5)
    assert nifti.get_xyzt_units() == ("unknown", "unknown")
    nifti.set_xyzt_units("mm", "msec")
    assert nifti.time_unit == 1e-3
    assert volio.Nifti2Header.from_header(nifti).get_zooms() == (1, 2, 3, 2.5)
    assert MGHHeader.from_header(nifti).get_zooms() == (1, 2, 3, 2.5)
