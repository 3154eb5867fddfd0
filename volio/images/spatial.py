"""SpatialImage: an array, its position in space, and its header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.views import lazy_flip, lazy_transpose
from volio.caller import warn_caller
from volio.errors import (
    GeometryWarning,
    HeaderDataError,
    LossWarning,
    OrientationError,
    UsageTypeError,
)
from volio.files.filemap import FileHolder
from volio.images.dataobj import DataobjImage
from volio.images.deprecated import DeprecatedGetter
from volio.images.describe import describe, describe_html, describe_png
from volio.images.file_image import Filename
from volio.images.headers.format import FormatHeader, length_scale
from volio.images.headers.metadata import lost_metadata, metadata_of
from volio.images.headers.shape_checks import Sizes
from volio.images.headers.spatial import SpatialHeader
from volio.images.headers.volume_metadata import HeaderVolume
from volio.images.kinds import Kind
from volio.images.slicer import ImageSlicer as Slicer
from volio.images.volume_labels import VolumeLabels, carry_labels, warn_of_unsaved_labels
from volio.space.affines import LAST_ROW, affine_and_last_row, voxel_sizes
from volio.space.orientations import inv_ornt_aff

if TYPE_CHECKING:
    import fastplotlib
    import napari

    from volio.display.ortho.viewer import OrthoSlicer3D
    from volio.images.levels import Space

__all__ = ["SpatialHeader", "SpatialImage"]


class SpatialImage(DataobjImage):
    """An array with a position in space.

    Parameters
    ----------
    dataobj : array-like
        Voxels, axes (i, j, k, ...); an array or a lazy array.
    affine : (4, 4) array-like or None
        Voxel indices (voxel centres at integers) to scanner RAS+ mm; None for unknown.
    header : header, optional
        What else is known, of any class (default: a new one with the array's dtype).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Files of the image.

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Warns
    -----
    GeometryWarning
        If the last row of the affine is not 0 0 0 1: files do not hold it.

    Examples
    --------
    >>> img = volio.SpatialImage(np.arange(8).reshape(2, 2, 2), np.diag([2, 2, 2, 1]))
    >>> img.shape, img.header.get_zooms()
    ((2, 2, 2), (2.0, 2.0, 2.0))
    >>> img.slicer[1:, :, :].affine[0]
    array([2., 0., 0., 2.])
    """

    header_class: ClassVar[type[Any]] = SpatialHeader
    kind: ClassVar[Kind] = "volume"
    ImageSlicer: ClassVar[type[Slicer]] = Slicer
    header: FormatHeader

    def __init__(
        self,
        dataobj: Any,
        affine: ArrayLike | None,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        super().__init__(dataobj, header, extra, file_map)
        self._last_row: tuple[float, ...] = LAST_ROW
        self._affine: NDArray[np.float64] | None = None
        if affine is not None:
            kept = "it is kept in memory, and left out of files"
            self._affine, self._last_row = affine_and_last_row(affine, kept)
        self._header.dtype_is_implied = False
        if header is None:
            self._imply_dtype()
        self._sizes: tuple[float, ...] | None = None
        self.update_header()
        if header is None and self._affine is not None:
            self._header.set_affine(self._affine)  # set, also where a new header implies it

    def _imply_dtype(self) -> None:
        self._header.set_data_dtype(self._storable(self._dataobj.dtype))
        self._header.dtype_is_implied = True

    def _has_implied_dtype(self) -> bool:
        implied = self._storable(self._dataobj.dtype).newbyteorder("=")
        found: np.dtype[Any] = self._header.get_data_dtype()
        return self._header.dtype_is_implied and found.newbyteorder("=") == implied

    def _storable(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        nearest = getattr(self._header, "nearest_dtype", None)
        return dtype if nearest is None else nearest(dtype)

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """Voxel indices to scanner RAS+ mm, shape (4, 4); None for unknown.

        A last row that is not 0 0 0 1 is there as it was given: then this is a copy.
        """
        if self._affine is None or self._last_row == LAST_ROW:
            return self._affine
        return np.vstack([self._affine[:3], self._last_row])

    labels = VolumeLabels()

    def to_filename(self, filename: Filename, **options: Any) -> None:
        """Save the image under the name of any of its files; see `FileImage.to_filename`."""
        warn_of_unsaved_labels(self)
        super().to_filename(filename, **options)

    def get_data_dtype(self) -> np.dtype[Any]:
        """Return the dtype of the voxels in the file."""
        dtype: np.dtype[Any] = self._header.get_data_dtype()
        return dtype

    def set_data_dtype(self, dtype: DTypeLike) -> None:
        """Set the dtype of the voxels in the file.

        Raises
        ------
        HeaderDataError
            If the format has no such dtype.
        """
        self._header.set_data_dtype(dtype)

    def update_header(self) -> None:
        """Bring shape, voxel sizes and affine in the header up to the image's.

        The affine of the image is the truth: a header that differs is corrected, with a
        GeometryWarning where voxel sizes had been set in the header alone.
        """
        header = self._header
        if header.get_data_shape() != self.shape:
            header.set_data_shape(self.shape)
            self._check_shape_kept(header)
        if self._affine is None:
            self._sizes = header.get_zooms()[:3]
        else:
            self._sizes = self._update_geometry(header, self._affine)

    def _check_shape_kept(self, header: Any) -> None:
        held = header.get_data_shape()
        if prod(held) != prod(self.shape):
            raise HeaderDataError(
                f"shape: {self.shape} cannot be stated by {type(header).__name__}, only {held}; "
                "give the array an axis, as array.reshape(1, 1, 1) does"
            )

    def _update_geometry(self, header: Any, affine: NDArray[np.float64]) -> tuple[float, ...]:
        """Bring the header up to the affine; return the voxel sizes that it then has."""
        stated: tuple[float, ...] = header.get_zooms()[:3]
        is_same = same_affine(affine, header.get_best_affine())
        if not is_same:
            header.set_affine(affine)
        set_with_qform = stated == getattr(header, "sizes_of_qform", None)
        if self._sizes not in (None, stated) and not set_with_qform:
            self._correct_sizes(header, affine, stated, self._sizes if is_same else None)
        elif is_same:
            return stated
        return tuple(header.get_zooms()[:3])

    def _correct_sizes(
        self, header: Any, affine: NDArray[np.float64], stated: Sizes, before: Sizes | None
    ) -> None:
        """Set voxel sizes back, with a warning, that were set in the header alone.

        Those of `before` may differ from the affine's: a qform to another space has its own.
        """
        sizes = tuple(voxel_sizes(affine)[: len(stated)].tolist())
        if np.allclose(stated, sizes, rtol=1e-5):
            return
        warn_caller(
            f"the header's voxel sizes were set to {stated}, but the image's affine has "
            f"{sizes}: the affine is kept; make a new image with another affine to change it",
            GeometryWarning,
        )
        header.set_zooms((*(before or sizes), *header.get_zooms()[3:]))

    #: Where voxels are that are not in memory, for texts about the image.
    _voxels_are: ClassVar[str] = "on disk"

    # Other images from this one.

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return an image of this class with voxels, affine and header facts of another.

        Parameters
        ----------
        img : SpatialImage
            Image of any class; lazy voxels stay lazy.

        Raises
        ------
        HeaderDataError
            If this format cannot hold its shape or dtype.

        Warns
        -----
        LossWarning
            If this format cannot hold all of the header; the message lists what is lost.
        """
        if not hasattr(img, "header"):
            raise UsageTypeError(f"img: must be an image, got {type(img).__name__}")
        header = cls.header_class.from_header(img.header)
        affine = img.affine
        scale = length_scale(img.header, header)
        if affine is not None and scale != 1:
            affine = np.diag([scale, scale, scale, 1]) @ affine
        new = cls(img.dataobj, affine, header, extra=dict(img.extra))
        if isinstance(img, SpatialImage) and img._has_implied_dtype():
            new._imply_dtype()  # of the array, not what the other format has nearest to it
        _warn_of_losses(img, new)
        carry_labels(img, new)
        return new

    def _derived(
        self,
        dataobj: Any,
        affine: NDArray[np.float64] | None,
        later: Sequence[float] = (),
        volumes: Sequence[HeaderVolume] | None = None,
        voxels: NDArray[np.float64] | None = None,
    ) -> Self:
        """Return an image of this class in the same space; parameters are of `derived_image`."""
        from volio.images.derivation import derived_image  # most programs only read

        return derived_image(self, dataobj, affine, later, volumes, voxels)

    @property
    def slicer(self) -> Slicer:
        """Crop and subsample: ``img.slicer[10:20, ::-1, :, 0]`` gives an image.

        World positions of the voxels that remain stay what they were; lazy voxels stay lazy.
        """
        return self.ImageSlicer(self)

    @property
    def levels(self) -> tuple[Self, ...]:
        """The image in each of its resolutions, the finest first; itself alone where it has one."""
        return (self,)

    def patch(
        self,
        corner: Sequence[int],
        size: Sequence[int],
        *,
        level: int = 0,
        pad: complex | ArrayLike = 0,
    ) -> NDArray[Any]:
        """Read a box of voxels, which may reach out of the image.

        Parameters
        ----------
        corner : sequence of int
            First voxel (x, y, z), in voxels of the level; negative ones are outside.
        size : sequence of int
            Lengths along these axes.
        level : int
            Of `levels`, 0 for the finest.
        pad : scalar
            Value of voxels outside.

        Returns
        -------
        ndarray, shape ``(*size, ...)``
            Further axes as the image has them.

        Raises
        ------
        UsageError
            If there is no such level, or the numbers do not fit the axes.

        Examples
        --------
        >>> img = volio.SpatialImage(np.arange(8).reshape(2, 2, 2), np.eye(4))
        >>> img.patch((1, 1, 1), (1, 1, 2), pad=-1)
        array([[[ 7, -1]]])
        """
        from volio.images.levels import level_of, read_patch  # few programs need it

        return read_patch(level_of(self, level), corner, size, pad)

    def roi(self, bounds: ArrayLike, space: Space = "voxel", *, level: int = 0) -> Self:
        """Return the part of the image within bounds, lazily: every voxel that touches them.

        Parameters
        ----------
        bounds : (2, 3) array-like
            Lowest and highest corner, order x, y, z. In voxels the second is the first voxel
            that is not taken.
        space : {"voxel", "world", "project"}
            What the bounds are in: voxel indices of the level, mm, or the unit of the file.
        level : int
            Of `levels`, 0 for the finest.

        Raises
        ------
        UsageError
            If nothing of the image is within the bounds, or they make no sense.

        Examples
        --------
        >>> img = volio.SpatialImage(np.zeros((4, 4, 4)), np.diag([2, 2, 2, 1]))
        >>> part = img.roi([[1, 1, 1], [3, 5, 20]], "world")
        >>> part.shape, part.affine[:3, 3]
        ((1, 2, 3), array([2., 2., 2.]))
        """
        from volio.images.levels import level_of, region  # few programs need it

        part: Self = region(level_of(self, level), bounds, space)
        return part

    def __getitem__(self, index: object) -> None:
        raise TypeError(
            f"{type(self).__name__} cannot be indexed: img.slicer[...] gives an image, "
            "img.dataobj[...] gives voxels"
        )

    def as_reoriented(self, ornt: ArrayLike) -> Self:
        """Return the image with its first axes reordered and flipped.

        World positions of the voxels stay what they were; lazy voxels stay lazy.

        Parameters
        ----------
        ornt : (3, 2) array-like
            For each voxel axis, the axis it becomes and 1 or -1 for its direction, as
            `volio.orientations.io_orientation` and `ornt_transform` give.

        Returns
        -------
        SpatialImage
            Of the same class; this image itself when nothing changes.

        Raises
        ------
        OrientationError
            If `ornt` does not take each of the three axes once.
        """
        target = np.asarray(ornt, np.float64)
        if np.array_equal(target, [[0, 1], [1, 1], [2, 1]]):
            return self
        back = inv_ornt_aff(target, self.shape[:3])
        if len(back) != 4:
            raise OrientationError(f"ornt: must have shape (3, 2), got {target.shape}")
        flipped = self._dataobj
        for axis in np.flatnonzero(target[:, 1] == -1).tolist():
            flipped = lazy_flip(flipped, axis)
        order = [*np.argsort(target[:, 0]).tolist(), *range(3, self.ndim)]
        affine = None if self._affine is None else self._affine @ back
        return self._derived(lazy_transpose(flipped, order), affine, voxels=back)

    def orthoview(self, **options: Any) -> OrthoSlicer3D:
        """Look at the image in three planes, in a window or a notebook.

        Parameters
        ----------
        **options
            Of `volio.display.ortho.viewer.OrthoSlicer3D`: `axes`, `start`, `radiological`, ...

        Returns
        -------
        OrthoSlicer3D
            Of a lazy image three slices and a subsample have been read, of the level in `levels`
            that fits the window; ``show()`` waits until its window is closed.
        """
        from volio.display.ortho.viewer import OrthoSlicer3D

        name = self.get_filename()
        given = {"title": None if name is None else str(name), **options}
        if self._affine is None:
            given.setdefault("start", "centre")
        return OrthoSlicer3D(self, **given)

    def to_html(
        self, path: str | PathLike[str], overlays: Sequence[Any] = (), **options: Any
    ) -> None:
        """Write one HTML page that shows the image, in any browser of 2023 or later, offline.

        Linked planes, with coordinates in mm and voxels and the value of the voxel; wheel,
        keys, opacity of overlays and contours, window and level, and a radiological switch.

        Parameters
        ----------
        path : str or path
            Name of the page.
        overlays : sequence of image, Surface, ImageLayer, Overlay or Contours
            Shown over the image, the lowest first. Their values are those of the voxels nearest
            to the image's. Contours are drawn by the browser from their values at the voxels of the
            page, between these; regions exactly, other values in 250 steps around the levels. Of
            surfaces the browser draws the outline, from their triangles.
        volume : int
            Which volume of a series (default 0), axes after the third taken as one, the last
            fastest. Overlays with fewer volumes show their last.
        limit : int or None
            Bytes that the page may have (default 2,000,000). Where all voxels take more, the page
            has the finest of the image's `levels` that fits; where none does, every second,
            third, ... along some axes of the coarsest is left out: those that are left keep their
            values. A note on the page says so. None is for all voxels.
        title : str, optional
            Default: the name of the file.
        cmap : str or anything `volio.display.as_colormap` takes
        vmin, vmax : float, optional
            Values of the first and the last colour.
        threshold : float or (float, float), optional
            Values nearer to 0 than this, or between the two, are not drawn.
        alpha : float
            How opaque the image is.
        colormap, contrast_limits : optional
            Other names of `cmap`, and of both `vmin` and `vmax`, as layers have them.
        radiological : bool
            Begin with the subject's left on the right.
        display_mode : {"ortho", "tiled", "xz", "yx", "yz", "x", "y", "z"}
            Which planes: x is sagittal, y coronal, z axial (default: all three, but of a single
            slice its own).

        Raises
        ------
        UsageError
            If the image has no such volume, the limit is too small for any page, a value is too
            large for the numbers of a browser, or one setting is given under two names.
        ImageDataError
            If the image has no voxels.
        """
        from volio.display.page.html import write_page

        write_page(self, path, overlays, **options)

    def to_napari(self, **options: Any) -> napari.layers.Image:
        """Return a napari layer of the image, which ``viewer.add_layer`` shows.

        Parameters
        ----------
        **options
            Parameters of `ImageLayer`: ``colormap``, ``contrast_limits``, ...

        See Also
        --------
        ImageLayer.to_napari : axes, and errors.
        """
        from volio.display.layers.layer import ImageLayer

        return ImageLayer.from_image(self, **options).to_napari()

    def to_fastplotlib(self, volume: int = 0, **options: Any) -> fastplotlib.ImageVolumeGraphic:
        """Return a fastplotlib ImageVolumeGraphic, which ``subplot.add_graphic`` shows.

        See Also
        --------
        ImageLayer.to_fastplotlib : parameters, and errors.
        """
        from volio.display.layers.layer import ImageLayer

        return ImageLayer.from_image(self).to_fastplotlib(volume, **options)

    get_affine = DeprecatedGetter("affine")
    get_header = DeprecatedGetter("header")
    get_shape = DeprecatedGetter("shape")

    def _further_facts(self) -> dict[str, str]:
        """Return what is to be shown of this kind of image besides the facts of all, by name."""
        return {}

    def __repr__(self) -> str:
        return describe(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return describe_html(self)

    def _repr_png_(self) -> bytes | None:
        return describe_png(self)


def same_affine(one: ArrayLike, other: ArrayLike) -> bool:
    """Return whether two affines are the same at the precision of float32 headers."""
    exactly = np.asarray(one).tolist() == np.asarray(other).tolist()  # much faster than the rest
    return exactly or np.allclose(one, other, rtol=1e-6, atol=1e-6)


def _warn_of_losses(img: Any, new: SpatialImage) -> None:
    """Warn of the metadata of an image that the header of its conversion cannot hold."""
    if lost := lost_metadata(metadata_of(img.header), new.header.metadata()):
        what = f"{type(new).__name__} cannot hold all of the header of {type(img).__name__}"
        warn_caller(f"{what}; lost: {'; '.join(lost)}", LossWarning)
