"""MetaImage and NRRD files that SimpleITK writes, of every rank, and those that it reads again."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.tests.requirements import optional

SIZES, SPACING, ORIGIN = (5, 4, 3, 2), (1.5, 2.0, 2.5, 3.0), (7.0, -8.0, 9.0, 0.0)


def made(rank: int, dtype: str, channels: int):
    """An image of SimpleITK with axes that are turned, and its values with channels last."""
    sitk = optional("SimpleITK")
    rng = np.random.default_rng(rank)
    shape = (*SIZES[:rank][::-1], *([channels] if channels > 1 else []))
    array = (100 * rng.random(shape)).astype(dtype)
    image = sitk.GetImageFromArray(array, isVector=channels > 1)
    turned = np.eye(rank)
    side = min(rank, 3)
    turned[:side, :side] = np.linalg.qr(rng.normal(size=(side, side)))[0]
    image.SetDirection(turned.ravel().tolist())
    image.SetSpacing(SPACING[:rank])
    image.SetOrigin(ORIGIN[:rank])
    affine = np.eye(4)
    affine[:side, :side] = (turned * SPACING[:rank])[:side, :side]
    affine[:side, 3] = ORIGIN[:side]
    values = np.moveaxis(array.T, 0, -1) if channels > 1 else array.T
    return image, values, np.diag([-1, -1, 1, 1]) @ affine


def each_kind() -> list:
    """Return rank, dtype, channels, ending and compression: what two of them do to each other.

    Ranks and channels meet in the header, which both files of a format have alike; compressed
    files and files of their own for the voxels meet in how the voxels are found.
    """
    kinds = [("i2", 1), ("u1", 3), ("f8", 2), ("f4", 5)]
    headers = [
        (rank, dtype, channels, ending, False)
        for rank in (2, 3, 4)
        for dtype, channels in kinds
        for ending in (".mha", ".nrrd")
    ]
    voxels = [
        (3, dtype, channels, ending, compressed)
        for dtype, channels in kinds[:2]
        for ending in (".mha", ".mhd", ".nrrd", ".nhdr")
        for compressed in (False, True)
    ]
    return list(dict.fromkeys([*headers, *voxels]))


@pytest.mark.parametrize(("rank", "dtype", "channels", "ending", "compressed"), each_kind())
def test_files_of_itk(tmp_path, rank, dtype, channels, ending, compressed):
    sitk = optional("SimpleITK")
    image, values, affine = made(rank, dtype, channels)
    sitk.WriteImage(image, str(tmp_path / f"a{ending}"), compressed)
    found = volio.load(tmp_path / f"a{ending}")
    voxels = np.asanyarray(found.dataobj)
    if voxels.dtype.names:
        voxels = np.stack([voxels[name] for name in voxels.dtype.names], -1)
    np.testing.assert_array_equal(voxels.reshape(values.shape), values)
    np.testing.assert_allclose(found.affine, affine, atol=1e-6)
    if rank == 4:
        assert found.header.get_zooms()[3] == pytest.approx(3)
    found.to_filename(tmp_path / f"b{ending}")
    again = sitk.ReadImage(str(tmp_path / f"b{ending}"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(image))
    np.testing.assert_allclose(again.GetOrigin(), image.GetOrigin())
    np.testing.assert_allclose(again.GetDirection(), image.GetDirection(), atol=1e-12)
    np.testing.assert_allclose(again.GetSpacing(), image.GetSpacing())
