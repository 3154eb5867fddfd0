"""The header of a Philips PAR/REC or XML/REC scan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import Array, DType
from volio.codes import Recoder
from volio.errors import GeometryWarning, UsageError
from volio.files.opener import open_source
from volio.flags import check_flags
from volio.formats.parrec import slice_order, volumes
from volio.formats.parrec.geometry import ACQ_TO_PSL, NEAR, affine_of_slices, slice_step
from volio.formats.parrec.parse import PARRECError, Records, parse_text, read_text
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.shape_checks import Shape, Sizes, check_alike, check_finite
from volio.images.headers.spatial import SpatialHeader
from volio.images.headers.volume_metadata import HeaderVolume
from volio.space.affines import Affine

__all__ = ["PARRECHeader", "slice_orientation_codes"]

#: Codes and names of slice orientations.
slice_orientation_codes = Recoder(
    ((1, "transverse"), (2, "sagittal"), (3, "coronal")), fields=("code", "label")
)


class PARRECHeader(SpatialHeader):
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
        Order volumes by all that distinguishes them; False by the lines of the header.
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

    Examples
    --------
    >>> from volio.testing.samples import samples_of
    >>> header = volio.load(samples_of("parrec")[1].path).header
    >>> header.get_data_shape(), header.get_data_dtype().name
    ((4, 3, 2, 3), 'uint16')
    """

    scales_volumes = True

    def __init__(
        self,
        info: Mapping[str, Any],
        image_defs: Records,
        permit_truncated: bool = False,
        strict_sort: bool = False,
        orientation: str | None = None,
    ) -> None:
        check_flags(permit_truncated=permit_truncated, strict_sort=strict_sort)
        self.general_info = dict(info)
        self.image_defs = image_defs.copy()
        self._in_file = len(image_defs)
        self.permit_truncated = permit_truncated
        self.strict_sort = strict_sort
        if orientation is not None:
            self._keep_orientation(orientation)
        slice_order.check_truncation(self.general_info, self.image_defs, permit_truncated)
        slice_order.check_times(self.general_info)
        #: Shape of all voxels of the file.
        self.file_shape = self._calc_data_shape()
        #: Which volumes of the file the image has, in its order.
        self._selected: Sequence[int] = range(math.prod(self.file_shape[3:]))
        super().__init__(self._stored_dtype(), self.file_shape, self._calc_zooms())

    def _stored_dtype(self) -> DType:
        """Return the dtype of the voxels in the file."""
        bits = int(self._get_unique_image_prop("image pixel size"))
        if bits not in (8, 16):
            raise PARRECError(f"image pixel size: must be 8 or 16 bits, got {bits}")
        return np.dtype(f"<u{bits // 8}")

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
        return super().from_header(header, check)

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

    def _keep_orientation(self, orientation: str) -> None:
        """Keep the slices of one orientation, numbered from 1, and their angles and offsets."""
        names = self._orientations()
        if orientation not in names:
            raise UsageError(f"orientation: must be one of {', '.join(names)}, got {orientation!r}")
        if len(names) == 1:
            return
        code = slice_orientation_codes.code[orientation]
        self.image_defs = slice_order.with_orientation(self.image_defs, code, self._in_file)
        self.general_info |= {
            "max_slices": self.image_defs["slice number"].max(),
            "angulation": self.image_defs["image angulation"][0],
            "off_center": self.image_defs["image offcentre"].mean(axis=0),
        }

    # Shape, voxel sizes and affine.

    def _get_unique_image_prop(self, name: str) -> Any:
        """Return what all images have in common.

        Raises
        ------
        PARRECError
            If they differ.
        """
        values = self.image_defs[name]
        check_alike(name, values, "images", PARRECError)
        return values[0]

    def _resolution(self) -> tuple[int, int]:
        columns, rows = self._get_unique_image_prop("recon resolution").tolist()
        return columns, rows

    def _calc_data_shape(self) -> Shape:
        columns, rows = self._resolution()
        slices = len(np.unique(self.image_defs["slice number"]))
        in_full = slice_order.is_full(self.general_info, self.image_defs)
        count = int(np.count_nonzero(in_full)) // slices  # volumes that have all slices
        if min(columns, rows, count) < 1:
            raise PARRECError(
                f"no complete volume: {count} of {slices} slices, {columns} x {rows} voxels"
            )
        return (columns, rows, slices, count)[: 4 if count > 1 else 3]

    def _calc_zooms(self) -> Sizes:
        x, y = self._get_unique_image_prop("pixel spacing").tolist()
        self._slice_step = self._calc_slice_step()
        zooms = (x, y, abs(self._slice_step))
        if not all(0 < size < math.inf for size in zooms):
            raise PARRECError(
                f"pixel spacing, slice thickness: must be positive, got {list(zooms)}"
            )
        if len(self.file_shape) < 4:
            return zooms
        return (*zooms, volumes.time_step(self.general_info, self.image_defs))

    def _calc_slice_step(self) -> float:
        """Return thickness and gap, or what the positions of the slices have in their place, mm.

        Warns
        -----
        GeometryWarning
            If they disagree.
        """
        thickness = self._get_unique_image_prop("slice thickness")
        stated = float(thickness + self._get_unique_image_prop("slice gap"))
        if len(self._orientations()) > 1:
            return stated
        found = slice_step(
            self.volume_records()["image offcentre"][:, 0],
            self.get_slice_orientation(),
            self.general_info.get("angulation", np.nan),
        )
        # The last slice may be off by the rounding of the file.
        off = abs(found - stated) * (self.file_shape[2] - 1)
        if not off > NEAR * abs(found):
            return stated if stated > 0 else np.nan
        warn_of_content(
            f"slice thickness, slice gap: add up to {stated:g} mm, but the slices are "
            f"{found:.6g} mm apart, which counts",
            GeometryWarning,
        )
        return found

    @property
    def time_unit(self) -> float | None:
        """1 where the fourth axis is one of dynamics, in seconds."""
        return 1.0 if self.general_info.get("max_dynamics", 1) > 1 else None

    @property
    def affine(self) -> Affine:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        return self.get_affine()

    def get_affine(self, origin: str = "scanner") -> Affine:
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
        x, y, z = self.get_zooms()[:3]
        return affine_of_slices(
            self.file_shape,
            (x, y, math.copysign(z, self._slice_step)),
            self.get_slice_orientation(),
            self.general_info.get("angulation", np.nan),
            self.general_info.get("off_center", np.nan),
            origin=origin,
        )

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

    def get_rec_shape(self) -> Shape:
        """Return columns, rows and images of the REC file."""
        return (*self._resolution(), self._in_file)

    def get_places(self) -> NDArray[np.int64]:
        """Return the index in the REC file of each slice of each volume, slices fastest."""
        indices = slice_order.file_indices(self.image_defs, self._in_file)
        return indices[self.get_sorted_slice_indices()]

    def get_sorted_slice_indices(self) -> NDArray[np.intp]:
        """Return which records of `image_defs` the slices of each volume have, slices fastest.

        Volumes that are not complete are left out.
        """
        in_order = slice_order.strict_order if self.strict_sort else slice_order.lax_order
        slices = math.prod(self.file_shape[2:])
        return in_order(self.general_info, self.image_defs)[:slices]

    def volume_records(self) -> Records:
        """Return the record of each slice of each volume of the image, shape (slices, volumes)."""
        records = self.image_defs[self.get_sorted_slice_indices()]
        return records.reshape(self.file_shape[2], -1, order="F")[:, [*self._selected]]

    def get_data_scaling(self, method: str = "dv") -> tuple[Array, Array]:
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
        if method not in ("dv", "fp"):
            raise UsageError(f"scaling: must be 'dv' or 'fp', got {method!r}")
        records = self.image_defs[self.get_sorted_slice_indices()]
        slope = records["rescale slope"]
        inter = records["rescale intercept"]
        if method == "fp":
            divisor = slope * records["scale slope"]
            if not divisor.all():
                raise PARRECError("rescale slope, scale slope: must not be 0")
            slope = 1 / records["scale slope"]
            inter = inter / divisor
        fields = "rescale slope, rescale intercept, scale slope"
        check_finite(fields, slope, inter, error=PARRECError)
        shape = (1, 1, *self.file_shape[2:])
        return slope.reshape(shape, order="F"), inter.reshape(shape, order="F")

    def get_slope_inter(self) -> tuple[Array, Array]:  # type: ignore[override]
        """Return slope and intercept of what the console shows; see `get_data_scaling`."""
        return self.get_data_scaling()

    # Volumes and metadata.

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Keep what is known of these volumes alone; of several files none. See `SpatialHeader`."""
        self._selected = ()
        if len({id(header) for header, _ in volumes}) == 1:
            before = getattr(volumes[0][0], "_selected", ())
            self._selected = [before[each] for _, each in volumes if before]

    get_volume_labels = volumes.labels_of

    def get_def(self, name: str) -> Array | None:
        """Return a field of all images; None where the version has none."""
        return self.image_defs[name] if name in (self.image_defs.dtype.names or ()) else None

    def get_water_fat_shift(self) -> float:
        """Return the water-fat shift, in pixels."""
        shift: float = self.general_info["water_fat_shift"]
        return shift

    def get_echo_train_length(self) -> int:
        """Return the EPI factor."""
        factor: int = self.general_info["epi_factor"]
        return factor

    def get_bvals_bvecs(self) -> tuple[Array | None, Array | None]:
        """Return b-values and directions of the diffusion gradients.

        Returns
        -------
        bvals : ndarray, shape (volumes,), or None
            s/mm²; None for scans without diffusion, or of one volume.
        bvecs : ndarray, shape (volumes, 3), or None
            Along columns, rows and slices of the stored images, as if these were not angulated;
            None where the version does not state them. `metadata` has them in RAS+.
        """
        bvals, directions = volumes.diffusion_of(self)
        if directions is None:
            return bvals, None
        return bvals, directions @ ACQ_TO_PSL[self.get_slice_orientation()][:3, :3]

    def get_q_vectors(self) -> Array | None:
        """Return b-values times directions, shape (volumes, 3), in the frame of `bvecs`."""
        bvals, bvecs = self.get_bvals_bvecs()
        return None if bvals is None or bvecs is None else bvecs * bvals[:, np.newaxis]

    def as_analyze_map(self) -> dict[str, Any]:
        """Return description and units as NIfTI has them."""
        units = 2 + (8 if self.time_unit else 0)  # mm and s
        description = volumes.description_of(self.general_info)
        return {"descrip": description, "descr": description, "xyzt_units": units}

    metadata = volumes.metadata_of_scan
