"""The skeleton format is tested as a format that lives elsewhere would test itself."""

from __future__ import annotations

import numpy as np
import pytest

from volio.errors import HeaderDataError
from volio.formats.skeletons.volume import HEADER, SkeletonHeader, SkeletonImage

AFFINE = np.array([[-2, 0.1, 0, 10], [0.1, 3, 0.2, -20.3], [0, -0.2, 4, 30], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("shape", [(7,), (3, 4), (3, 4, 5), (3, 4, 5, 2), (3, 0, 2)])
@pytest.mark.parametrize("dtype", SkeletonHeader.supported_dtypes(), ids=str)
def test_round_trips(dtype, shape, ending, tmp_path):
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    SkeletonImage(data, AFFINE).to_filename(tmp_path / f"a.vsk{ending}")
    img = SkeletonImage.load(tmp_path / f"a.vsk{ending}")
    assert img.shape == shape
    assert img.get_data_dtype() == dtype
    np.testing.assert_array_equal(np.asanyarray(img.dataobj), data)
    np.testing.assert_array_equal(img.affine, AFFINE)


def test_bytes_of_a_file():
    raw = SkeletonImage(np.arange(6, dtype=np.uint8).reshape(1, 2, 3), AFFINE).to_bytes()
    assert raw[:4] == b"VSK1"
    assert len(raw) == HEADER.itemsize + 6
    assert raw[-6:] == bytes([0, 3, 1, 4, 2, 5])


def test_zooms():
    header = SkeletonHeader()
    header.set_data_shape((3, 4, 5, 6))
    header.set_affine(AFFINE)
    header.set_zooms((1, 2, 3, 0.5))
    np.testing.assert_allclose(header.get_zooms(), (1, 2, 3, 0.5))
    header.set_data_shape((3, 4))
    header.set_zooms((5, 6))
    np.testing.assert_allclose(header.get_zooms(), (5, 6))


@pytest.mark.parametrize("shape", [(), (1,) * 5, (2**31,), (-1,)])
def test_shapes_that_do_not_fit(shape):
    with pytest.raises(HeaderDataError, match="shape"):
        SkeletonHeader().set_data_shape(shape)


@pytest.mark.parametrize(
    ("field", "value"),
    [("magic", b"VSK2"), ("dims", -1), ("axes", 5), ("axes", 0), ("rows", np.nan), ("type", 9)],
)
def test_damaged_headers(field, value):
    img = SkeletonImage(np.zeros((2, 3, 4), np.uint8), AFFINE)
    header = img.header.copy()
    header[field] = value
    with pytest.raises(HeaderDataError, match=f"{field}: must"):
        SkeletonImage.from_bytes(header.binaryblock + img.to_bytes()[HEADER.itemsize :])
