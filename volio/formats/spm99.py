"""SPM99 images: Analyze with a slope, an origin in the header and an affine in a .mat file.

Source: spm_vol_ana.m, spm_get_space.m and spm_create_vol.m of SPM99, https://www.fil.ion.ucl.ac.uk/spm
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from volio.arrays.dtypes import Floats, integer_limits
from volio.arrays.scaling import ScalingKind, SlopeIntercept
from volio.caller import warn_caller
from volio.errors import (
    AffineError,
    CorruptFileError,
    GeometryWarning,
    MissingFileError,
)
from volio.files.filemap import FileHolder
from volio.files.opener import open_source
from volio.formats.analyze import HEADER as ANALYZE_HEADER
from volio.formats.analyze import AnalyzeHeader, AnalyzeImage
from volio.formats.containers.matlab import read_matrices, write_matrices
from volio.images.headers import dims
from volio.images.headers.checks import Check, Problem
from volio.images.headers.shape_checks import first_axes
from volio.images.saving.plan import SavePlan
from volio.images.saving.target import SaveTarget
from volio.images.slab import SlabImage
from volio.images.spatial import same_affine
from volio.space.affines import Affine, anchored_affine, check_affine, from_matvec, spans_space

__all__ = ["HEADER", "Spm99AnalyzeHeader", "Spm99AnalyzeImage", "SpmAnalyzeHeader"]

_SPM_FIELDS = {
    "funused1": ("scl_slope", "<f4"),  # value = stored * slope
    "originator": ("origin", "<i2", (5,)),  # voxel at 0, 0, 0 mm, counted from 1
}

HEADER = np.dtype([_SPM_FIELDS.get(row[0], row) for row in ANALYZE_HEADER.descr])

NIFTI_MAGICS = (b"n+1\0", b"ni1\0")

#: Variables of a .mat file that may have the affine, the one that counts first.
NAMES = ("mat", "M")

# More than the affines of 100,000 volumes take.
MAT_BYTES = 16 << 20

#: Voxels counted from 0 to voxels counted from 1.
FROM_ONE = from_matvec(np.eye(3), [1.0, 1, 1])

#: The flip of the first axis of space that SPM99 takes for granted.
X_FLIP = np.diag([-1.0, 1, 1, 1])


def _origin_problem(header: SpmAnalyzeHeader) -> Problem:
    if header.origin_is_likely():
        return None
    origin = header["origin"][:3].tolist()
    shape = header.get_data_shape()[:3]
    return f"{origin} is far outside the volume of shape {shape}; its centre is taken"


class SpmAnalyzeHeader(AnalyzeHeader):
    """What the headers of SPM99 and SPM2 share: a slope and an origin."""

    layout = HEADER
    checks = (*AnalyzeHeader.checks, Check("origin", _origin_problem, 20))
    can_scale: ClassVar[ScalingKind] = "slope"
    has_data_slope = True
    defaults = {**AnalyzeHeader.defaults, "scl_slope": 1}

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether bytes could be the start of such a header: Analyze, but not NIfTI."""
        nifti = bytes(binaryblock[344:348]) in NIFTI_MAGICS
        return super().may_contain_header(binaryblock) and not nifti

    def get_slope_inter(self) -> SlopeIntercept:
        """Return slope and intercept; None where the file states none."""
        slope = float(self["scl_slope"])
        return (slope, None) if slope and np.isfinite(slope) else (None, None)

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set the slope; None or NaN states no scaling.

        Raises
        ------
        HeaderDataError
            If the slope is 0 or infinite.
        HeaderTypeError
            If there is an intercept other than 0.
        """
        stored = dims.checked_slope(slope)
        super().set_slope_inter(None, inter)
        self["scl_slope"] = stored

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm by voxel sizes and origin."""
        return self.get_origin_affine()

    def origin_is_likely(self) -> bool:
        """Return whether the origin is in the volume or not too far from it."""
        origin = self["origin"][:3].astype(np.int64)
        shape = np.maximum(first_axes(self.get_data_shape()), 1)
        return bool(np.all((-shape < origin) & (origin < 2 * shape)))

    def get_origin_affine(self) -> Affine:
        """Return the affine of voxel sizes and origin.

        The centre of the volume is the origin where the header states none, or an unlikely one.
        The first axis points left where `default_x_flip` is set.
        """
        centred = self.get_base_affine()
        origin = self["origin"][:3].astype(np.float64)  # counted from 1 in the file
        is_stated = origin.any() and self.origin_is_likely()
        return anchored_affine(centred[:3, :3], origin - 1) if is_stated else centred

    def set_origin_from_affine(self, affine: ArrayLike) -> None:
        """Store the voxel at 0, 0, 0 mm; no origin where it is far outside the volume.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to RAS+ mm.
        """
        self["origin"] = 0
        with suppress(np.linalg.LinAlgError):
            voxel = np.linalg.solve(check_affine(affine), [0, 0, 0, 1])[:3]
            self["origin"][:3] = np.clip(np.rint(voxel + 1), *integer_limits(np.int16))
        if not self.origin_is_likely():
            self["origin"] = 0

    def set_affine(self, affine: ArrayLike) -> None:
        """Store voxel sizes and origin of an affine; none where it is the centre anyway.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        super().set_affine(np.asarray(affine, np.float64))
        self["origin"] = 0
        if not same_affine(affine, self.get_origin_affine()):
            self.set_origin_from_affine(affine)


class Spm99AnalyzeHeader(SpmAnalyzeHeader):
    """The header of an SPM99 image.

    Parameters
    ----------
    binaryblock, endianness, check
        As for `AnalyzeHeader`.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.Spm99AnalyzeHeader()
    >>> header.set_slope_inter(2)
    >>> header.get_slope_inter()
    (2.0, None)
    """


class Spm99AnalyzeImage(SlabImage):
    """An SPM99 image: .hdr, .img and .mat.

    The .mat file keeps the affine exactly. Without one it is that of voxel sizes and origin.

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
    dtype : dtype-like, optional
        dtype of the voxels in the file (default: the header's, or the array's).

    Raises
    ------
    AffineError
        If the affine is not 4x4 and finite.
    HeaderDataError
        If the format cannot hold the shape or the dtype.

    Examples
    --------
    >>> img = volio.Spm99AnalyzeImage(np.zeros((2, 3, 4), np.int16), np.diag([-2, 2, 2, 1]))
    >>> img.to_filename("scan.img")
    >>> volio.Spm99AnalyzeImage.from_filename("scan.img").affine[0]
    array([-2.,  0.,  0.,  0.])
    """

    header_class: ClassVar[type[AnalyzeHeader]] = Spm99AnalyzeHeader
    files_types = (
        ("header", ".hdr"),
        ("image", ".img"),
        ("mat", ".mat"),
    )

    valid_exts = AnalyzeImage.valid_exts
    kept_geometry = AnalyzeImage.kept_geometry
    geometry_hint = AnalyzeImage.geometry_hint

    counts_as = ("AnalyzeImage",)
    optional_parts = ("mat",)
    has_affine = True

    _loaded_affine: Affine | None = None

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], **options: Any) -> Self:
        """Load an image from its files; the .mat file need not be there.

        Parameters
        ----------
        file_map : mapping
            'header', 'image' and perhaps 'mat' to `FileHolder`.
        **options
            As for `SlabImage.from_file_map`.

        Raises
        ------
        ImageFileError, HeaderError
            As for `SlabImage.from_file_map`, and if the .mat file cannot be read.

        Warns
        -----
        GeometryWarning
            If the .mat file has no affine, or several.
        """
        img = super().from_file_map(file_map, **options)
        affine = read_mat(file_map.get("mat"), img._header.default_x_flip)
        if affine is not None:
            img._affine = affine
            img._loaded_affine = affine.copy()
        return img

    def _update_geometry(self, header: Any, affine: Affine) -> tuple[float, ...]:
        # The header of a file need not agree with the .mat file: it stays as it is until one of
        # the two is changed.
        loaded = self._loaded_affine
        sizes: tuple[float, ...] = header.get_zooms()[:3]
        if loaded is not None and np.array_equal(affine, loaded) and sizes == self._sizes:
            return sizes
        return super()._update_geometry(header, affine)

    def _keeps_affine(self, file_map: Mapping[str, FileHolder]) -> bool:
        return "mat" in self._parts(dict(file_map)) or super()._keeps_affine(file_map)

    def _write(self, target: SaveTarget, header: Any, plan: SavePlan) -> None:
        super()._write(target, header, plan)
        if "mat" in target.streams:
            affine = header.get_best_affine() if self._affine is None else self._affine
            target.streams["mat"].write(mat_bytes(affine, header.default_x_flip))


def mat_bytes(affine: Affine, x_flip: bool) -> bytes:
    """Return a .mat file with an affine.

    `mat` is the affine for voxels counted from 1; `M`, which SPM99 reads, is the same without the
    flip of the first axis in space that SPM99 takes for granted.
    """
    mat = affine @ np.linalg.inv(FROM_ONE)
    return write_matrices({"M": X_FLIP @ mat if x_flip else mat, "mat": mat})


def read_mat(holder: FileHolder | None, x_flip: bool) -> Affine | None:
    """Read the affine of a .mat file; None where the file or its affine is absent.

    Parameters
    ----------
    holder : FileHolder or None
    x_flip : bool
        Whether `M` has to be flipped to lead to RAS+ mm; `mat` leads there as it is and goes first.

    Raises
    ------
    CorruptFileError
        If it is not a .mat file or its variables are not affines.
    """
    if holder is None or holder.file_like is None:
        return None
    try:
        source = open_source(holder)
    except MissingFileError:
        return None
    content = source.read_upto(0, MAT_BYTES)
    try:
        found = read_matrices(content, NAMES)
    except CorruptFileError as error:
        hint = "it should hold the image's affine, without it the header's origin is taken"
        raise CorruptFileError(f"{source.name}: {error}; {hint}") from error
    for name in NAMES:
        if name in found:
            affine = _matrix(found[name], f"{source.name}: {name}")
            return X_FLIP @ affine if x_flip and name == "M" else affine
    if content:
        what = "has neither mat nor M; the header's origin is taken"
        warn_caller(f"{source.name}: {what}", GeometryWarning)
    return None


def _matrix(array: Floats, what: str) -> Affine:
    """Return the affine of a matrix for voxels that are counted from 1, or of a stack of them."""
    if array.shape[:2] != (4, 4) or not array.size:
        raise CorruptFileError(f"{what}: must be a 4x4 matrix, got shape {array.shape}")
    volumes = array.reshape(4, 4, -1)
    try:
        first = check_affine(volumes[..., 0])
    except AffineError as error:
        raise CorruptFileError(f"{what}: {error}") from error
    if not spans_space(first):
        raise CorruptFileError(f"{what}: its axes span no volume")
    if not same_affine(volumes, volumes[..., :1]):
        differ = f"has {volumes.shape[2]} affines that differ; the first is taken"
        warn_caller(f"{what}: {differ}", GeometryWarning)
    affine: Affine = first @ FROM_ONE
    return affine
