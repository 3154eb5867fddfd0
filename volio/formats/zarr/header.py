"""OmeZarrHeader: axes, units and channels, and the NIfTI header that is kept with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import COLOURS, DType, Floats
from volio.formats.nifti1 import Nifti1Header
from volio.formats.nifti2 import Nifti2Header
from volio.images.headers.metadata import Metadata, lost_metadata
from volio.images.microscopy import MicroscopyHeader
from volio.images.saving.scaling_history import ScalingHistory

if TYPE_CHECKING:
    from volio.images.label_tables.text_files import Rows

__all__ = ["TIME_UNITS", "OmeZarrHeader", "new_nifti"]

MOST_AXES = 7  # of NIfTI
#: Units of time that NIfTI has, by their length in seconds.
TIME_UNITS = {1.0: "sec", 1e-3: "msec", 1e-6: "usec"}


def new_nifti(header: MicroscopyHeader) -> Nifti1Header | None:
    """Return a NIfTI header with the shape, dtype and time of another one, in mm.

    None where there are more axes than NIfTI has.
    """
    shape = header.get_data_shape()
    if len(shape) > MOST_AXES:
        return None
    is_large = max(shape, default=0) > np.iinfo(np.int16).max
    new: Nifti1Header = (Nifti2Header if is_large else Nifti1Header)()
    new.set_data_dtype(new.nearest_dtype(header.get_data_dtype()))
    new.set_data_shape(shape)
    new.set_zooms((*new.get_zooms()[:3], *header.get_zooms()[3:])[: len(shape)])
    new.set_xyzt_units("mm", TIME_UNITS.get(header.time_unit or 0))
    new.set_affine(header.get_best_affine())
    return new


class OmeZarrHeader(MicroscopyHeader):
    """The header of an image in a Zarr store: axes, unit, channels, shape, dtype and affine.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the store says (default: axes x, y, z of an image in RAS+).

    Attributes
    ----------
    nifti : Nifti1Header or None
        A NIfTI header of the image, whose metadata count where OME-Zarr has no place for them:
        intents, descriptions, codes of spaces, extensions.
    keeps_scaling : bool
        Whether the image was read from a store with slope and intercept, and is saved so.

    Examples
    --------
    >>> img = volio.OmeZarrImage(np.zeros((4, 3, 2), np.uint8), np.diag([0.1, 0.1, 0.3, 1]))
    >>> img.header.axes, img.header.anatomical, img.header.get_zooms()
    (('x', 'y', 'z'), True, (0.1, 0.1, 0.3))
    """

    nifti: Nifti1Header | None = None
    keeps_scaling = False

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have; colours are stored as three or four channels."""
        return [*super().supported_dtypes(), *COLOURS.values()]

    def nifti_of_shape(self) -> Nifti1Header | None:
        """Return a copy of the NIfTI header with this shape; None where there is none."""
        if self.nifti is None or len(self.shape) > MOST_AXES:
            return None
        found = self.nifti.copy()
        if found.get_data_shape() != self.shape:
            found.set_data_shape(self.shape)
        return found

    @property
    def needs_nifti(self) -> bool:
        """Whether the NIfTI header holds what OME-Zarr has no place for."""
        return self.anatomical and bool(lost_metadata(self.metadata(), super().metadata()))

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine, for other formats."""
        own = super().metadata()
        nifti = self.nifti_of_shape()
        if nifti is None:
            return own
        kept = nifti.metadata()
        return replace(
            kept,
            step=own.step,
            unit=own.unit,
            start=own.start,
            # 'aligned' is what a NIfTI header says of any affine that it is given.
            space="" if kept.space == "aligned" else kept.space,
            labels=own.labels or kept.labels,
            intents=own.intents or kept.intents,
            window=own.window or kept.window,
            others=(*kept.others, *own.others),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Store what OME-Zarr holds of another header's metadata; whether values are labels too."""
        super().set_metadata(metadata)
        is_labels = {intent.name for intent in metadata.intents} == {"label"}
        self.facts = replace(self.facts, is_labels=is_labels)
        if self.nifti is None and self.anatomical and lost_metadata(metadata, super().metadata()):
            self.nifti = new_nifti(self)
        if self.nifti is not None:
            self.nifti.set_metadata(metadata)

    def set_label_rows(self, rows: Rows | None) -> None:
        """Store labels as ``image-label`` has them; None takes them away."""
        source = None if rows is None else partial(tuple, rows)
        is_labels = self.facts.is_labels or rows is not None
        self.facts = replace(self.facts, label_source=source, is_labels=is_labels)

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold; of NIfTI a copy."""
        super().copy_from(header)
        nifti = header if isinstance(header, Nifti1Header) else getattr(header, "nifti", None)
        self.nifti = None if nifti is None else nifti.copy()
        if self.nifti is not None and self.nifti.has_new_scaling():
            # Somebody has set slope and intercept: they are not those of the values.
            self.nifti.set_slope_inter(1, 0)
            self.nifti.scaling_history = ScalingHistory()

    # The NIfTI header follows the voxels.

    def move_to(self, affine: NDArray[np.floating[Any]], voxels: Floats | None = None) -> None:
        """Store an affine in mm, to RAS+ as the one before; see `FormatHeader.move_to`."""
        super().move_to(affine, voxels)
        if self.nifti is not None:
            self.nifti.move_to(affine, voxels)

    def move_slices(self, before: Any, voxels: Floats | None) -> None:
        """Let slice times follow the slices; see `FormatHeader.move_slices`."""
        earlier = before.nifti_of_shape()
        self.nifti = self.nifti_of_shape()
        if self.nifti is not None and earlier is not None:
            self.nifti.move_slices(earlier, voxels)

    def select_volumes(self, volumes: Sequence[tuple[Any, int]]) -> None:
        """Take names of channels, and what NIfTI has of single volumes, from other headers."""
        super().select_volumes(volumes)
        self.nifti = self.nifti_of_shape()
        theirs = [(header.nifti_of_shape(), number) for header, number in volumes]
        if self.nifti is not None and all(nifti is not None for nifti, _ in theirs):
            self.nifti.select_volumes(theirs)
