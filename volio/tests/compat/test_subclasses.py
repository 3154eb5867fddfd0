"""Classes that others derive from volio's, written as they are for nibabel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio as nib
from volio.arrayproxy import ArrayProxy
from volio.errors import UsageError
from volio.spatialimages import HeaderDataError, SpatialHeader, SpatialImage
from volio.volumeutils import array_to_file
from volio.wrapstruct import LabeledWrapStruct

AFFINE = np.array([[0, -2, 0, 10], [3, 0, 0, -20], [0, 0, 4, 5], [0, 0, 0, 1.0]])
VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


class BrickHeader(LabeledWrapStruct, SpatialHeader):
    """A header of its own layout, which never calls `SpatialHeader.__init__`."""

    template_dtype = np.dtype([("magic", "S4"), ("shape", "i4", 3), ("affine", "f8", (4, 4))])

    def __init__(self, binaryblock: Any = None, endianness: Any = "<", check: bool = True) -> None:
        super().__init__(binaryblock, endianness, check)
        if binaryblock is None:
            self["magic"], self["affine"] = b"BRCK", np.eye(4)

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Any:
        return "<"

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        return binaryblock[:4] == b"BRCK"

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> BrickHeader:
        if type(header) is cls:
            return header.copy()
        new = cls()
        if header is not None:
            new.set_data_shape(header.get_data_shape())
        return new

    def get_data_dtype(self) -> np.dtype[Any]:
        return np.dtype("<i2")

    def set_data_dtype(self, dtype: Any) -> None:
        if np.dtype(dtype) != np.int16:
            raise HeaderDataError("bricks are int16")

    def get_data_shape(self) -> tuple[int, ...]:
        return tuple(int(length) for length in self["shape"])

    def set_data_shape(self, shape: Any) -> None:
        self["shape"] = shape

    def get_zooms(self) -> tuple[float, ...]:
        return tuple(np.sqrt((self["affine"][:3, :3] ** 2).sum(0)).tolist())

    def set_zooms(self, zooms: Any) -> None:
        raise HeaderDataError("the affine has the sizes")

    def get_best_affine(self) -> Any:
        return self["affine"].copy()

    def set_affine(self, affine: Any) -> None:
        self["affine"] = affine

    def get_data_offset(self) -> int:
        return self.template_dtype.itemsize

    def get_slope_inter(self) -> tuple[Any, Any]:
        return None, None


class BrickProxy(ArrayProxy):
    """Voxels whose last axis varies fastest."""

    order = "C"


class BrickImage(SpatialImage):
    """An image with from_file_map and to_file_map of its own."""

    header_class = BrickHeader
    files_types = (("image", ".brick"),)
    valid_exts = (".brick",)
    ImageArrayProxy = BrickProxy

    @classmethod
    def from_file_map(cls, file_map: Any, *, mmap: Any = True, keep_file_open: Any = None) -> Any:
        holder = file_map["image"]
        with holder.get_prepare_fileobj("rb") as fobj:
            header = cls.header_class.from_fileobj(fobj)
        data = cls.ImageArrayProxy(
            holder.file_like, header.copy(), mmap=mmap, keep_file_open=keep_file_open
        )
        img = cls(data, header.get_best_affine(), header, file_map=file_map)
        img._affine = header.get_best_affine()
        return img

    def to_file_map(self, file_map: Any = None) -> None:
        file_map = self.file_map if file_map is None else file_map
        data = np.asanyarray(self.dataobj)
        self.update_header()
        fobj = file_map["image"].get_prepare_fileobj("wb")
        self.header.write_to(fobj)
        array_to_file(data, fobj, np.dtype("<i2"), offset=None, order="C")
        fobj.close_if_mine()
        self.file_map = file_map


@pytest.fixture
def brick() -> BrickImage:
    """An image of the derived class."""
    return BrickImage(VOXELS, AFFINE)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_an_image_class_of_others_loads_and_saves(brick: Any, tmp_path: Path, ending: str):
    path = tmp_path / f"a.brick{ending}"
    brick.to_filename(path)
    back = BrickImage.load(path)
    assert isinstance(back.dataobj, BrickProxy)
    assert nib.is_proxy(back.dataobj)
    np.testing.assert_array_equal(back.get_fdata(), VOXELS)
    np.testing.assert_array_equal(back.dataobj[1, ::-1, 2:], VOXELS[1, ::-1, 2:])
    np.testing.assert_array_equal(back.affine, AFFINE)
    assert back.header.get_zooms() == (3, 2, 4)
    assert back.get_filename() == str(path)
    assert BrickImage.path_maybe_image(path)[0]
    assert not BrickImage.path_maybe_image(tmp_path / "a.nii")[0]


def test_it_goes_through_file_objects_that_stay_open(brick: Any):
    file_map = BrickImage.make_file_map({"image": io.BytesIO()})
    brick.to_file_map(file_map)
    back = BrickImage.from_file_map(file_map)
    np.testing.assert_array_equal(back.dataobj, VOXELS)
    assert not file_map["image"].fileobj.closed
    np.testing.assert_array_equal(BrickImage.from_bytes(brick.to_bytes()).get_fdata(), VOXELS)


def test_what_is_made_from_it_is_of_its_class(brick: Any, tmp_path: Path):
    brick.to_filename(tmp_path / "a.brick")
    back = BrickImage.load(tmp_path / "a.brick")
    parts = (
        back.slicer[:, 1:, ::-1],
        back.as_reoriented([[1, 1], [0, -1], [2, 1]]),
        nib.as_closest_canonical(back),
    )
    for part in parts:
        assert type(part) is BrickImage
        assert type(part.header) is BrickHeader
        assert part.header.get_data_shape() == part.shape
        np.testing.assert_array_equal(part.header.get_best_affine(), part.affine)
    assert nib.aff2axcodes(parts[-1].affine) == ("R", "A", "S")


def test_it_converts_to_and_from_other_formats(brick: Any, tmp_path: Path):
    brick.to_filename(tmp_path / "a.brick")
    nifti = nib.Nifti1Image.from_image(BrickImage.load(tmp_path / "a.brick"))
    nib.save(nifti, tmp_path / "a.nii.gz")
    again = BrickImage.from_image(nib.load(tmp_path / "a.nii.gz"))
    np.testing.assert_array_equal(again.get_fdata(), VOXELS)
    np.testing.assert_array_equal(again.affine, AFFINE)
    BrickImage.instance_to_filename(nifti, tmp_path / "b.brick")
    np.testing.assert_array_equal(BrickImage.load(tmp_path / "b.brick").dataobj, VOXELS)


def test_its_header_refuses_what_it_cannot_hold(brick: Any):
    with pytest.raises(HeaderDataError, match="int16"):
        brick.set_data_dtype(np.float32)
    with pytest.raises(HeaderDataError, match="int16"):
        BrickImage(VOXELS.astype(np.float32), AFFINE)


class Lazybones(SpatialHeader):
    """A header that does not call the `__init__` of its base."""

    def __init__(self) -> None:
        self.note = "hello"


def test_a_header_that_skips_init_has_the_defaults():
    header = Lazybones()
    fresh = SpatialHeader()
    assert header.get_data_dtype() == fresh.get_data_dtype() == np.float32
    assert header.get_data_shape() == fresh.get_data_shape() == (0,)
    assert header.get_zooms() == fresh.get_zooms() == (1.0,)
    header.set_data_shape((2, 3, 4))
    header.set_zooms((2, 2, 2))
    assert header.get_zooms() == (2, 2, 2)
    assert Lazybones().get_data_shape() == (0,)


class NamedImage(nib.Nifti1Image):
    """A NIfTI image with one more attribute, and its own header class."""

    class header_class(nib.Nifti1Header):
        """A NIfTI header that says more."""

        def get_intent(self, code_repr: str = "label") -> tuple[Any, ...]:
            return ("mine", *super().get_intent(code_repr)[1:])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.called = "named"


def test_a_subclass_of_a_format_stays_what_it_is(tmp_path: Path):
    img = NamedImage(VOXELS, AFFINE)
    img.to_filename(tmp_path / "a.nii")
    back = NamedImage.from_filename(tmp_path / "a.nii")
    for each in (img, back, back.slicer[:1], NamedImage.from_image(nib.load(tmp_path / "a.nii"))):
        assert type(each) is NamedImage
        assert isinstance(each, nib.spatialimages.SpatialImage)
        assert isinstance(each.header, nib.nifti1.Nifti1Header)
        assert each.called == "named"
        assert each.header.get_intent()[0] == "mine"
        assert each.header["magic"] == b"n+1"
    new = back.__class__(back.get_fdata(), back.affine, header=back.header)
    assert type(new) is NamedImage


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image, nib.MGHImage, NamedImage])
def test_an_image_like_another_as_analysis_programs_make_it(kind: Any, tmp_path: Path):
    name = tmp_path / ("a.mgh" if kind is nib.MGHImage else "a.nii")
    kind(VOXELS, AFFINE).to_filename(name)
    reference = kind.from_filename(name)
    mask = VOXELS > 5
    header = reference.header.copy()
    for field, value in {"scl_slope": 0.0, "scl_inter": 0.0, "cal_max": 1, "cal_min": 0}.items():
        if field in header:
            header[field] = value
    data = mask.astype(np.uint8)
    header.set_data_dtype(data.dtype)
    new = reference.__class__(data, reference.affine, header=header)
    new.to_filename(name)
    np.testing.assert_array_equal(np.asanyarray(kind.load(name).dataobj), mask)
    assert kind.load(name).get_data_dtype() == np.uint8


def test_the_order_of_a_proxy_class(tmp_path: Path):
    path = tmp_path / "raw"
    path.write_bytes(VOXELS.tobytes())
    np.testing.assert_array_equal(BrickProxy(path, ((2, 3, 4), "i2")), VOXELS)
    np.testing.assert_array_equal(BrickProxy(path, ((4, 3, 2), "i2"), order="F"), VOXELS.T)
    assert ArrayProxy(path, ((4, 3, 2), "i2"), order=None).order == "F"
    with pytest.raises(UsageError, match="order"):
        ArrayProxy(path, ((4, 3, 2), "i2"), order="A")


@pytest.mark.parametrize("name", ["shape", "dtype", "offset", "slope", "inter", "ndim"])
def test_what_a_file_says_cannot_be_set(name: str):
    proxy = ArrayProxy(io.BytesIO(VOXELS.tobytes()), ((2, 3, 4), "i2"), order="C")
    with pytest.raises(AttributeError, match=f"{name}.*(cannot be set to 3|no setter)"):
        setattr(proxy, name, 3)
