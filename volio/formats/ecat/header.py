"""The headers of an ECAT7 image: the main one, and one for each frame.

Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.axis_map import AxisMap
from volio.arrays.dtypes import DType, Floats
from volio.errors import HeaderDataError
from volio.files.sources.source import ByteSource
from volio.formats.ecat.directory import (
    MOST_FRAMES,
    Matrix,
    check_matrices,
    new_matrices,
    read_directory,
)
from volio.formats.ecat.fields import (
    BLOCK,
    CODES,
    FILE_TYPES,
    FRAME,
    IMAGES,
    MAIN,
    MAPPED,
    VAX,
    data_type_codes,
    flipped_axes,
)
from volio.formats.ecat.frames import (
    Records,
    check_records,
    default_frames,
    frame_affine,
    frame_shape,
    frame_times,
    rounded_away,
    set_along_axes,
    set_frame_times,
    set_voxel_sizes,
    time_step,
    typed_voxel_sizes,
    uneven_frames,
    with_count,
)
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.checks import Check, Problem
from volio.images.headers.frame_times import FrameTimes
from volio.images.headers.metadata import Metadata, named_fields
from volio.images.headers.series import SeriesHeader
from volio.images.headers.shape_checks import (
    Shape,
    as_single,
    check_finite,
    in_range,
)
from volio.images.headers.volume_metadata import HeaderVolume
from volio.images.saving.scaling_history import ScalingHistory
from volio.space.affines import Affine, apply_affine, check_affine, voxel_sizes

__all__ = ["EcatHeader"]


def _magic_problem(header: EcatHeader) -> Problem:
    magic = header.unpacked["magic_number"]
    return None if magic.startswith(b"MATRIX7") else f"must begin with MATRIX7, got {magic!r}"


def _frames_problem(header: EcatHeader) -> Problem:
    """Compare the number of frames in the main header with those of the directory."""
    found = len(header.frames)
    fields = header.unpacked
    beds = 1 + fields["num_bed_pos"]  # the field counts those after the first
    stated = fields["num_frames"] * max(1, fields["num_gates"]) * beds
    if not found or stated == found:
        return None
    return f"the main header has {stated} frames, the directory of the file {found}"


def _type_problem(header: EcatHeader) -> Problem:
    code = header.unpacked["file_type"]
    if code in IMAGES:
        return None
    names = ", ".join(FILE_TYPES[each] for each in IMAGES if each)
    kind = FILE_TYPES.get(code, "none that is known")
    return f"is {code}, {kind}; images and volumes are read ({names}), no sinograms or other data"


class EcatHeader(SeriesHeader, BinaryHeader):
    """The main header of an ECAT7 image, and the sub-headers of its frames.

    Parameters
    ----------
    binaryblock : bytes, optional
        The main header (default: a default one).
    endianness : str, optional
        Byte order: '>' in files of scanners (default: guessed).
    check : bool
        Check the fields.

    Attributes
    ----------
    frames : ndarray of records, shape (n,)
        The sub-headers, by gate, bed position and frame.
    matrices : list of Matrix
        The blocks of the frames in the file, in the same order.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.

    Examples
    --------
    >>> header = volio.EcatHeader()
    >>> header["magic_number"].item()[:8]
    b'MATRIX72'
    """

    layout = MAIN
    byte_orders = (">", "<")
    data_types = data_type_codes
    codes = CODES
    #: A volume of int16, of unknown orientation.
    defaults = {
        "magic_number": b"MATRIX72v",
        "sw_version": 74,
        "file_type": 7,
        "patient_orientation": 8,
        "num_frames": 1,
        "num_gates": 1,
        "ecat_calibration_factor": 1,
    }
    checks = (
        Check("magic_number", _magic_problem, 40),
        Check("file_type", _type_problem, 40),
        Check("num_frames", _frames_problem, 20),
    )
    stands_alone = False
    holder = "ECAT"
    longest = 2**16 - 1

    frames: Records = np.zeros(0, FRAME)
    matrices: Sequence[Matrix] = ()

    def _set_defaults(self) -> None:
        self._axes = 3
        self.frames = default_frames(1, self.endianness)
        self.matrices = new_matrices(1)

    @classmethod
    def new_for(cls, header: Any) -> Self:
        """Return a default header, big-endian as those of scanners, whatever the other one is."""
        return cls(endianness=">")

    @classmethod
    def guessed_endian(cls, hdr: Any) -> Any:
        """Byte order of a header that has been viewed as big-endian."""
        return "<" if int(hdr["sw_version"]) == 74 << 8 else ">"

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read main header, directory and sub-headers.

        Raises
        ------
        HeaderDataError, ImageFileError
            If they make no sense together, or the file is too short.
        """
        header = cls(source.read_upto(0, MAIN.itemsize))
        header.matrices = read_directory(source, header.endianness)
        in_range("directory: frames that exist", len(header.matrices), 1, MOST_FRAMES * 16)
        with source.open() as reader:
            blocks = [reader.read((each.start - 1) * BLOCK, BLOCK) for each in header.matrices]
        header.frames = np.frombuffer(
            bytearray(b"".join(blocks)), FRAME.newbyteorder(header.endianness)
        )
        header.check_frames()
        header.scaling_history = ScalingHistory.of(header)
        return header

    def check_frames(self) -> None:
        """Check that all frames have one shape and one kind of voxels, and finite numbers.

        Raises
        ------
        HeaderDataError
        """
        check_matrices(self.matrices, int(self["file_type"]))
        check_records(self.frames)
        check_finite("ecat_calibration_factor", self["ecat_calibration_factor"])
        self.get_data_dtype()  # raises for voxels that cannot be read

    def set_subheaders(self, records: Sequence[Any]) -> None:
        """Take sub-headers, records with the fields of `volio.ecat.subheader_dtd`, for the frames.

        Raises
        ------
        HeaderDataError
            If they make no sense together.
        """
        frames = default_frames(len(records), self.endianness)
        given = np.stack(records)
        for name in given.dtype.names or ():
            frames[name] = given[name]
        self.frames = frames
        if len(self.matrices) != len(frames):
            self.matrices = new_matrices(len(frames))
        self.check_frames()

    def copy(self) -> Self:
        """Return a header of its own with the same records."""
        new = super().copy()
        new.frames = self.frames.copy()
        return new

    def as_byteswapped(self, endianness: str | None = None) -> Self:
        """Return a copy in the given byte order (default: the other one)."""
        swapped = super().as_byteswapped(endianness)
        swapped.frames = self.frames.astype(FRAME.newbyteorder(swapped.endianness))
        return swapped

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EcatHeader):
            return super().__eq__(other)
        same = other.as_byteswapped(self.endianness)
        return super().__eq__(same) and self.frames.tobytes() == same.frames.tobytes()

    __hash__ = None

    # Voxels in the file.

    @property
    def dtype(self) -> DType:
        """The dtype of the voxels in the file, in its byte order."""
        code = int(self.frames["data_type"][0])
        return VAX[code] if code in VAX else self.dtype_of_code(code, "data_type")

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        code, dtype = self.code_of(value)
        if self.dtype.newbyteorder("=") != dtype:
            self.frames["data_type"] = code
            self["file_type"] = 6 if dtype.itemsize == 1 else 7

    def get_slope_inter(self) -> tuple[float | Floats | None, None]:  # type: ignore[override]
        """Return the slope, where frames differ one for each, shape (frames,), and no intercept.

        It is scale_factor times ecat_calibration_factor; a factor of 0 counts as 1.
        """
        scales = self.frames["scale_factor"].astype(np.float64)
        calibration = self.unpacked["ecat_calibration_factor"] or 1.0
        slopes = np.where(scales == 0, 1.0, scales) * calibration
        if np.any(slopes != slopes[:1]):
            return slopes, None
        return (None if np.all(slopes == 1) else float(slopes[0])), None

    def set_slope_inter(self, slope: ArrayLike | None, inter: float | None = None) -> None:
        """Set the slope of each frame, or one for all; ECAT has no intercept.

        What scale_factor, a float32, cannot hold exactly is rounded away from zero. The calibration
        stays where the slopes are exact under it, else it is 1.

        Raises
        ------
        HeaderDataError
            If slopes are 0 or not finite, as float32 too.
        """
        slopes = self.volume_slopes(slope, inter)
        calibration = self.unpacked["ecat_calibration_factor"] or 1.0
        with np.errstate(over="ignore"):
            scales = (slopes / calibration).astype(np.float32)
            is_exact = np.array_equal(scales.astype(np.float64) * calibration, slopes)
            stored = scales if is_exact else rounded_away(slopes)
        if not np.isfinite(stored).all() or not stored.all():
            problem = "must be finite and not 0, as float32 too"
            raise HeaderDataError(f"scale_factor: {problem}, got {slopes.tolist()}")
        self.frames["scale_factor"] = stored
        if not is_exact:
            self["ecat_calibration_factor"] = 1.0

    @property
    def axis_map(self) -> AxisMap:
        """Which axes run backwards in the file, by patient_orientation."""
        flipped = flipped_axes(int(self["patient_orientation"]))
        return AxisMap(tuple(range(len(self.shape))), frozenset(flipped))

    # Shape, voxel sizes, times and affine.

    def _lengths(self) -> Shape:
        lengths = frame_shape(self.frames[0]) if len(self.frames) else (0, 0, 0)
        return (*lengths, len(self.frames))

    def _set_lengths(self, lengths: Sequence[int]) -> None:
        *space, count = lengths
        in_range("shape: frames of ECAT", count, 1, MOST_FRAMES)
        if count != len(self.frames):
            self._set_count(count)
        set_along_axes(self.frames, "dimension", space)
        self["num_planes"] = space[2]

    def _set_count(self, count: int) -> None:
        """Have so many frames: the first ones, or more like the last one, one after the other."""
        self.frames = with_count(self.frames, count)
        self.matrices = new_matrices(count)
        self.update({"num_frames": count, "num_gates": 1, "num_bed_pos": 0})

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Take the sub-headers of frames, with times and scales; see `SpatialHeader`."""
        if not volumes or any(not isinstance(header, EcatHeader) for header, _ in volumes):
            return
        lengths = self.shape[:3]
        self._set_count(len(volumes))
        self.frames[:] = [header.frames[frame] for header, frame in volumes]
        set_along_axes(self.frames, "dimension", lengths)

    def _voxel_sizes(self) -> list[float]:
        return typed_voxel_sizes(self.frames[0])

    def _set_voxel_sizes(self, sizes: ArrayLike) -> None:
        set_voxel_sizes(self.frames, sizes)
        self["plane_separation"] = self.frames["z_pixel_size"][0]

    def _time_step(self) -> float:
        return time_step(self.frames)

    def _set_time_step(self, step: float) -> None:
        set_frame_times(self.frames, FrameTimes.regular(len(self.frames), step))

    def get_frame_times(self) -> Floats:
        """Return start and duration of each frame, s, shape (frames, 2)."""
        return frame_times(self.frames).table()

    def set_frame_times(self, starts: ArrayLike, durations: ArrayLike) -> None:
        """Set start and duration of each frame, s; milliseconds are kept.

        Parameters
        ----------
        starts : array-like, shape (frames,)
        durations : array-like, shape (frames,), or float
            One may stand for all.

        Raises
        ------
        HeaderDataError
            If there are not as many as frames, or numbers that the file cannot hold.
        """
        set_frame_times(self.frames, FrameTimes.checked(starts, durations, len(self.frames)))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step: 1, or None where frames have no single step."""
        return 1.0 if self._axes == 4 and self._time_step() > 0 else None

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm, shape (4, 4): that of the first frame."""
        return self.frame_affine(0)

    def frame_affine(self, frame: int) -> Affine:
        """Return the affine of one frame, voxels to RAS+ mm, shape (4, 4)."""
        return frame_affine(self.frames[frame])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store what ECAT can hold of an affine: the sizes of a voxel, and the centre.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        matrix = check_affine(affine)
        centre = apply_affine(matrix, (np.array(self.shape[:3]) - 1) / 2)
        offset = as_single("offset", centre / 10)  # cm
        self._set_voxel_sizes(voxel_sizes(matrix))
        set_along_axes(self.frames, "offset", offset)

    # Metadata.

    def get_patient_orient(self) -> str:
        """Return the position of the patient, by its name in ECAT."""
        return self._label("patient_orientation")

    def get_filetype(self) -> str:
        """Return the kind of data in the file, by its name in ECAT."""
        return self._label("file_type")

    def _label(self, field: str) -> str:
        code = int(self[field])
        if code not in self.codes[field]:
            raise KeyError(f"{field}: {code} is not a known code")
        return str(self.codes[field].label[code])

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        frames = uneven_frames(self.frames) if self._axes == 4 else ()
        is_regular = self._axes == 4 and not frames
        text = self["study_description"].item().decode("latin-1")
        of_frames = [(name, self.frames[name]) for name in FRAME.names or ()]
        return replace(
            super().metadata(),
            start=float(self.get_frame_times()[0, 0]) if is_regular else 0.0,
            frames=frames,
            description=" ".join(text.split()),
            others=named_fields("ECAT", [*self.items(), *of_frames], MAPPED),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times of frames and a line of description."""
        found = FrameTimes.from_metadata(metadata, len(self.frames))
        if self._axes == 4 and found is not None and found.starts.min() >= 0:
            self.set_frame_times(found.starts, np.nan_to_num(found.durations))
        if metadata.description:
            self["study_description"] = metadata.description.encode("latin-1", "replace")[:32]
