"""SPM2 images: SPM99 with an intercept, and scaling by ranges where there is no slope.

Source: spm_vol_ana.m of SPM2, https://www.fil.ion.ucl.ac.uk/spm
"""

from __future__ import annotations

import numpy as np

from volio.arrays.scaling import SlopeIntercept
from volio.formats.spm99 import HEADER as SPM99_HEADER
from volio.formats.spm99 import Spm99AnalyzeImage, SpmAnalyzeHeader
from volio.images.headers.shape_checks import check_finite

__all__ = ["HEADER", "Spm2AnalyzeHeader", "Spm2AnalyzeImage"]

HEADER = np.dtype(
    [("scl_inter", "<f4") if row[0] == "funused2" else row for row in SPM99_HEADER.descr]
)


class Spm2AnalyzeHeader(SpmAnalyzeHeader):
    """The header of an SPM2 image.

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
    >>> header = volio.Spm2AnalyzeHeader()
    >>> header.set_slope_inter(2, 1)
    >>> header.get_slope_inter()
    (2.0, 1.0)
    """

    counts_as = ("Spm99AnalyzeHeader",)
    layout = HEADER
    can_scale = "slope+inter"
    has_data_intercept = True

    def get_slope_inter(self) -> SlopeIntercept:
        """Return slope and intercept; None where the file states no scaling.

        Without a slope the stored range `glmin` to `glmax` stands for the values `cal_min` to
        `cal_max`, where both are stated.
        """
        slope = super().get_slope_inter()[0]
        if slope is None:
            return self._scaling_of_ranges()
        inter = float(self["scl_inter"])
        return slope, inter if np.isfinite(inter) else 0.0

    def _scaling_of_ranges(self) -> SlopeIntercept:
        fields = self.unpacked
        low = fields["cal_min"]
        values = fields["cal_max"] - low
        minimum = fields["glmin"]
        stored = fields["glmax"] - minimum
        if not stored or not values or not np.isfinite(values):
            return None, None
        slope = values / stored
        return slope, low - slope * minimum

    def set_slope_inter(self, slope: float | None, inter: float | None = None) -> None:
        """Set slope and intercept; None or NaN for the slope states no scaling.

        Raises
        ------
        HeaderDataError
            If the slope is 0 or infinite, or the intercept infinite.
        """
        inter = 0.0 if inter is None or np.isnan(inter) else float(inter)
        check_finite("scl_inter", inter)
        super().set_slope_inter(slope)
        self["scl_inter"] = inter


class Spm2AnalyzeImage(Spm99AnalyzeImage):
    """An SPM2 image: .hdr, .img and .mat.

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
    >>> img = volio.Spm2AnalyzeImage(np.zeros((2, 3, 4), np.int16), np.diag([-2, 2, 2, 1]))
    >>> img.header.set_slope_inter(0.5, 10)
    >>> img.header.get_slope_inter()
    (0.5, 10.0)
    """

    header_class = Spm2AnalyzeHeader
