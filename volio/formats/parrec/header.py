"""The header of a Philips PAR/REC or XML/REC scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.codes import Recoder
from volio.errors import UsageError
from volio.files.opener import open_source
from volio.formats.parrec.geometry import affine_of_slices
from volio.formats.parrec.slice_order import (
    check_times,
    check_truncation,
    is_full,
    lax_order,
    strict_order,
)
from volio.formats.parrec.slice_order import vol_numbers as numbers_of_volumes
from volio.formats.parrec.parse import PARRECError, parse_text, read_text
from volio.formats.parrec.volumes import Volumes

__all__ = ["PARRECHeader", "slice_orientation_codes"]

#: Codes and names of slice orientations.
slice_orientation_codes = Recoder(
    ((1, "transverse"), (2, "sagittal"), (3, "coronal")), fields=("code", "label")
)


class PARRECHeader(Volumes):
    """The header of a Philips scan.

    Parameters
    ----------
    info : mapping
        General information, as `parse_PAR_header` returns it.
    image_defs : structured array, shape (images,)
        A record for each image, as `parse_PAR_header` returns it.
    permit_truncated : bool
        Warn where something is missing, and leave incomplete volumes out; False refuses.
    strict_sort : bool
        Order volumes by all that tells them apart; False by the lines of the header.
    orientation : {'transverse', 'sagittal', 'coronal'}, optional
        Which slices to take of a scan that has several orientations.

    Raises
    ------
    PARRECError
        If slices are missing, or differ where they must not, as in orientation or size.

    Warns
    -----
    VolioWarning
        If something is missing and that is permitted; if there are several repetition times.
    """

    scales_volumes: ClassVar[bool] = True

    def __init__(
        self,
        info: Mapping[str, Any],
        image_defs: NDArray[Any],
        permit_truncated: bool = False,
        strict_sort: bool = False,
        orientation: str | None = None,
    ) -> None:
        self.general_info = dict(info)
        self.image_defs = image_defs.copy()
        self._in_file = len(image_defs)
        self.permit_truncated, self.strict_sort = permit_truncated, strict_sort
        if orientation is not None:
            self._pick(orientation)
        check_truncation(self.general_info, self.image_defs, permit_truncated)
        check_times(self.general_info)
        bits = int(self._get_unique_image_prop("image pixel size"))
        if bits not in (8, 16):
            raise PARRECError(f"image pixel size: must be 8 or 16 bits, got {bits}")
        super().__init__(np.dtype(f"<u{bits // 8}"), self._calc_data_shape(), self._calc_zooms())

    @classmethod
    def from_header(cls, header: Any = None, check: bool = True) -> Self:
        """Return a copy of a header of this class.

        Raises
        ------
        PARRECError
            For any other: only scanners write such headers.
        """
        if type(header) is not cls:
            raise PARRECError("PAR/REC: a header comes from a file; volio writes none")
        copied: Self = header.copy()
        return copied

    @classmethod
    def from_fileobj(
        cls, fileobj: Iterable[str] | str | PathLike[str], *args: Any, **options: Any
    ) -> Self:
        """Read a header from a text file object, or from the name of a .PAR or .xml file.

        Further arguments are those of the class; the REC file need not be there.
        """
        if isinstance(fileobj, str | PathLike):
            text = read_text(open_source(fileobj))
        else:
            text = "".join(fileobj)
        return cls(*parse_text(text), *args, **options)

    def copy(self) -> Self:
        """Return a header of its own with the same facts."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.general_info, new.image_defs = dict(self.general_info), self.image_defs.copy()
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PARRECHeader):
            return super().__eq__(other)
        same = super().__eq__(other) and self.image_defs.dtype == other.image_defs.dtype
        return bool(same and np.array_equal(self.image_defs, other.image_defs))

    __hash__ = None  # type: ignore[assignment]

    # Orientation.

    def get_slice_orientation(self) -> str:
        """Return 'transverse', 'sagittal' or 'coronal'.

        Raises
        ------
        PARRECError
            If the slices have several; the message names them.
        """
        names = self._orientations()
        if len(names) > 1:
            raise PARRECError(
                f"slice orientation: the slices have several, {', '.join(names)}; "
                f"orientation={names[0]!r} takes those of one"
            )
        return names[0]

    def _orientations(self) -> list[str]:
        codes = np.unique(self.image_defs["slice orientation"]).tolist()
        if unknown := [code for code in codes if code not in slice_orientation_codes]:
            raise PARRECError(f"slice orientation: must be 1, 2 or 3, got {unknown[0]}")
        return [str(slice_orientation_codes.label[code]) for code in codes]

    def _pick(self, orientation: str) -> None:
        """Keep the slices of one orientation, numbered from 1, and what places them."""
        names = self._orientations()
        if orientation not in names:
            raise UsageError(f"orientation: must be one of {', '.join(names)}, got {orientation!r}")
        if len(names) == 1:
            return
        defs = self.image_defs
        code = slice_orientation_codes.code[orientation]
        places = self._places()
        defs["index in REC file"] = places
        self.image_defs = defs = defs[defs["slice orientation"] == code]
        kept, defs["slice number"] = np.unique(defs["slice number"], return_inverse=True)
        defs["slice number"] += 1
        self.general_info["max_slices"] = len(kept)
        self.general_info["angulation"] = defs["image angulation"][0]
        self.general_info["off_center"] = defs["image offcentre"].mean(axis=0)

    # Shape, sizes and place.

    def _get_unique_image_prop(self, name: str) -> Any:
        """Return what all images have in common.

        Raises
        ------
        PARRECError
            If they differ.
        """
        values = self.image_defs[name]
        if np.any(values != values[:1]):
            found = np.unique(values, axis=0)[:6].tolist()
            raise PARRECError(f"{name}: must be the same for all images, got {found}")
        return values[0]

    def _volumes(self) -> int:
        slices = self.image_defs["slice number"]
        full = is_full(self.general_info, slices)
        return len(np.unique(np.array(numbers_of_volumes(slices.tolist()))[full]))

    def _calc_data_shape(self) -> tuple[int, ...]:
        columns, rows = (int(n) for n in self._get_unique_image_prop("recon resolution"))
        slices, volumes = len(np.unique(self.image_defs["slice number"])), self._volumes()
        if min(columns, rows, volumes) < 1:
            raise PARRECError(
                f"no complete volume: {volumes} of {slices} slices, {columns} x {rows} voxels"
            )
        return (columns, rows, slices, volumes)[: 4 if volumes > 1 else 3]

    def _calc_zooms(self) -> tuple[float, ...]:
        thick = self._get_unique_image_prop("slice thickness")
        gap = self._get_unique_image_prop("slice gap")
        zooms = [*self._get_unique_image_prop("pixel spacing").tolist(), float(thick + gap)]
        if any(not np.isfinite(size) or size <= 0 for size in zooms):
            raise PARRECError(f"pixel spacing, slice thickness: must be positive, got {zooms}")
        if self._volumes() < 2:
            return tuple(zooms)
        return (*zooms, self._step())

    def _step(self) -> float:
        """Return seconds from volume to volume; 1 where there are no dynamics."""
        if not self.general_info.get("dyn_scan"):
            return 1.0
        times = np.atleast_1d(self.general_info.get("repetition_time", 0.0))
        if times[0] > 0:
            return float(times[0]) / 1000
        begins = np.unique(self.image_defs["dyn_scan_begin_time"])
        return float(begins[1] - begins[0]) if len(begins) > 1 else 0.0

    @property
    def time_unit(self) -> float | None:
        """1 where the fourth axis is one of dynamics, in seconds."""
        return 1.0 if self.general_info.get("max_dynamics", 1) > 1 else None

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return self.get_affine()

    def get_affine(self, origin: str = "scanner") -> NDArray[np.float64]:
        """Return the affine from voxels to RAS+ mm.

        Parameters
        ----------
        origin : {'scanner', 'fov'}
            Whether 0 is the scanner's isocentre or the centre of the volume.

        Raises
        ------
        PARRECError
            If angles or offsets are not stated, or not finite.
        """
        none = np.array([np.nan])
        values = [self.general_info.get(name, none) for name in ("angulation", "off_center")]
        if not all(np.isfinite(value).all() for value in values):
            raise PARRECError(f"angulation, off_center: must be stated and finite, got {values}")
        orientation, shape = self.get_slice_orientation(), self._calc_data_shape()
        return affine_of_slices(
            shape, self.get_zooms(), orientation, values[0], values[1], origin=origin
        )

    def get_data_offset(self) -> int:
        """Return 0: a REC file has voxels alone."""
        return 0

    def set_data_offset(self, offset: int) -> None:
        """Take 0 alone: a REC file has voxels alone.

        Raises
        ------
        PARRECError
            For another number.
        """
        if offset != 0:
            raise PARRECError(f"offset: must be 0 for REC files, got {offset}")

    # Voxels.

    def get_rec_shape(self) -> tuple[int, ...]:
        """Return columns, rows and images of the REC file."""
        columns, rows = (int(n) for n in self._get_unique_image_prop("recon resolution"))
        return columns, rows, self._in_file

    def _places(self) -> NDArray[np.int64]:
        """Return where in the REC file each image is: its index, or its line where that is none."""
        places = self.image_defs["index in REC file"]
        fine = len(np.unique(places)) == len(places)
        fine = fine and places.min() >= 0 and places.max() < self._in_file
        return places if fine else np.arange(len(places))

    def get_places(self) -> NDArray[np.int64]:
        """Return the place in the REC file of each slice of each volume, slices fastest."""
        return self._places()[self.get_sorted_slice_indices()]

    def get_sorted_slice_indices(self) -> NDArray[np.intp]:
        """Return which records of `image_defs` the slices of each volume have, slices fastest.

        Volumes that are not complete are left out.
        """
        order = (strict_order if self.strict_sort else lax_order)(
            self.general_info, self.image_defs
        )
        return order[: int(np.prod(self._calc_data_shape()[2:]))]

    def get_data_scaling(self, method: str = "dv") -> tuple[NDArray[Any], NDArray[Any]]:
        """Return slope and intercept of each slice, shapes (1, 1, slices[, volumes]).

        Parameters
        ----------
        method : {'dv', 'fp'}
            'dv' gives what the scanner's console shows, stored * RS + RI; 'fp' floating point
            values, dv / (RS * SS), which compare between scans.

        Raises
        ------
        UsageError
            For another method.
        PARRECError
            If a slope is 0 or not finite.
        """
        rows = self.image_defs[self.get_sorted_slice_indices()]
        slope, inter = rows["rescale slope"], rows["rescale intercept"]
        if method == "fp":
            if not np.all(rows["scale slope"] * slope):
                raise PARRECError("rescale slope, scale slope: must not be 0")
            slope, inter = 1 / rows["scale slope"], inter / (slope * rows["scale slope"])
        elif method != "dv":
            raise UsageError(f"scaling: must be 'dv' or 'fp', got {method!r}")
        if not (np.isfinite(slope).all() and np.isfinite(inter).all()):
            raise PARRECError("rescale slope, rescale intercept, scale slope: must be finite")
        shape = (1, 1, *self._calc_data_shape()[2:])
        return slope.reshape(shape, order="F"), inter.reshape(shape, order="F")

    def get_slope_inter(self) -> tuple[Any, Any]:
        """Return slope and intercept of what the console shows; see `get_data_scaling`."""
        return self.get_data_scaling()
