"""The headers of an ECAT7 image: the main one, and one for each frame.

Source: https://www.turkupetcentre.net/software/libdoc/libtpcimgio/ecat7_8h_source.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.arrays.axis_map import Arrangement
from volio.codes import Recoder
from volio.errors import HeaderDataError
from volio.files.fileobjects import SourceFile
from volio.files.sources.source import ByteSource
from volio.formats.ecat.checks import MAIN_CHECKS, check_matrices, check_records
from volio.formats.ecat.directory import MOST_FRAMES, Matrix, matrix_number, read_directory
from volio.formats.ecat.fields import (
    BLOCK,
    FILE_TYPES,
    FRAME,
    MAIN,
    ORIENTATIONS,
    data_type_codes,
    fresh_frames,
)
from volio.formats.ecat.place import AXES, flipped_axes, frame_affine, frame_shape
from volio.formats.ecat.words import others_of, times_said, uneven_frames
from volio.images.headers.binary import BinaryHeader
from volio.images.headers.metadata import Metadata
from volio.images.headers.spatial import check_zooms
from volio.images.headers.volume_metadata import Pick
from volio.images.saving.plan import known_scaling
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["EcatHeader"]

VAX: dict[int, np.dtype[Any]] = {2: np.dtype("<i2"), 3: np.dtype("<i4")}


class EcatHeader(BinaryHeader):
    """The main header of an ECAT7 image, and the sub-headers of its frames.

    Parameters
    ----------
    binaryblock : bytes, optional
        The main header (default: a fresh one).
    endianness : str, optional
        Byte order: '>' in files of scanners (default: guessed).
    check : bool
        Check the fields.

    Attributes
    ----------
    frames : ndarray of records, shape (n,)
        The sub-headers, by gate, bed position and frame.
    matrices : list of Matrix
        Where the frames lie in the file, in the same order.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    layout = MAIN
    byte_orders = (">", "<")
    data_types = data_type_codes
    codes: ClassVar[dict[str, Recoder]] = {
        "file_type": Recoder(tuple(FILE_TYPES.items()), fields=("code", "label")),
        "patient_orientation": Recoder(tuple(ORIENTATIONS.items()), fields=("code", "label")),
    }
    checks = MAIN_CHECKS
    stands_alone = False
    can_scale = "slope"
    scales_volumes = True

    def __init__(
        self,
        binaryblock: bytes | None = None,
        endianness: str | None = None,
        check: bool = True,
    ) -> None:
        self._axes = 4  # files have four; arrays of three are written as one frame
        self.frames: NDArray[Any] = np.zeros(0, FRAME)
        self.matrices: list[Matrix] = []
        super().__init__(binaryblock, endianness, check)
        self.frames = fresh_frames(1 if binaryblock is None else 0, self.endianness)
        if binaryblock is None:
            self._axes = 3
            self.matrices = [Matrix(matrix_number(1), 3, 3, 1)]
        self._scaling_read = known_scaling(self)

    @classmethod
    def default_structarr(cls, endianness: str | None = None) -> NDArray[Any]:
        """Return the main header of a fresh image: a volume of int16, of unknown orientation."""
        record = super().default_structarr(endianness)
        record["magic_number"], record["sw_version"] = b"MATRIX72v", 74
        record["file_type"], record["patient_orientation"] = 7, 8
        record["num_frames"] = record["num_gates"] = record["ecat_calibration_factor"] = 1
        return record

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
        with SourceFile(source) as raw:
            header = cls(raw.read(MAIN.itemsize))
        header.matrices = read_directory(source, header.endianness)
        if not 0 < len(header.matrices) <= MOST_FRAMES * 16:
            raise HeaderDataError(f"directory: has {len(header.matrices)} frames that exist")
        with source.open() as reader:
            blocks = [reader.read((each.start - 1) * BLOCK, BLOCK) for each in header.matrices]
        frame = FRAME.newbyteorder(header.endianness)
        header.frames = np.frombuffer(b"".join(blocks), frame).copy()
        header.check_frames()
        header._scaling_read = known_scaling(header)
        return header

    def check_frames(self) -> None:
        """Check that all frames have one shape and one kind of voxels, and finite numbers.

        Raises
        ------
        HeaderDataError
        """
        check_matrices(self.matrices, int(self["file_type"]))
        check_records(self.frames)
        if not np.isfinite(self["ecat_calibration_factor"]):
            raise HeaderDataError("ecat_calibration_factor: must be finite")
        self.get_data_dtype()

    def set_subheaders(self, records: Sequence[Any]) -> None:
        """Take sub-headers, records with the fields of `volio.ecat.subheader_dtd`, for the frames.

        Raises
        ------
        HeaderDataError
            If they make no sense together.
        """
        frames = fresh_frames(len(records), self.endianness)
        for frame, record in zip(frames, records, strict=True):
            for name in record.dtype.names or ():
                frame[name] = record[name]
        self.frames = frames
        if len(self.matrices) != len(frames):
            self.matrices = [Matrix(matrix_number(n + 1), 3, 3, 1) for n in range(len(frames))]
        self.check_frames()

    def copy(self) -> Self:
        """Return a header of its own with the same records."""
        new = super().copy()
        new.frames, new.matrices = self.frames.copy(), list(self.matrices)
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
        records = self.binaryblock == same.binaryblock
        return records and self.frames.tobytes() == same.frames.tobytes()

    __hash__ = None

    def _set(self, name: str, value: Any) -> None:
        """Set a field of all frames."""
        self.frames[name] = value

    # How voxels are stored.

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the voxels in the file, in its byte order."""
        code = int(self.frames["data_type"][0]) if len(self.frames) else 6
        if code in VAX:
            return VAX[code]
        if code not in self.data_types or not self.data_types.dtype[code].itemsize:
            label = self.data_types.label[code] if code in self.data_types else code
            have = ", ".join(data_type_codes.label[each] for each in (1, 2, 3, 5, 6, 7))
            raise HeaderDataError(f"data_type: is {label}; only {have} are read")
        dtype: np.dtype[Any] = self.data_types.dtype[code]
        return dtype.newbyteorder(self.endianness)

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        code, dtype = self.code_of(value)
        if self.dtype.newbyteorder("=") != dtype:
            self._set("data_type", code)
            self["file_type"] = 6 if dtype.itemsize == 1 else 7

    def _calibration(self) -> float:
        return float(self["ecat_calibration_factor"]) or 1.0  # 0 where there is none

    def get_slope_inter(self) -> tuple[Any, None]:
        """Return the slope, where frames differ one for each, shape (frames,), and no intercept.

        It is scale_factor times ecat_calibration_factor; a factor of 0 counts as 1.
        """
        scales = self.frames["scale_factor"].astype(np.float64)
        slopes = np.where(scales == 0, 1.0, scales) * self._calibration()
        if np.all(slopes == slopes[:1]):
            return (None if np.all(slopes == 1) else float(slopes[0])), None
        return slopes, None

    def set_slope_inter(self, slope: Any, inter: Any = None) -> None:
        """Set the slope of each frame, or one for all; ECAT has no intercept.

        What scale_factor, a float32, cannot say exactly is rounded away from zero.
        """
        super().set_slope_inter(None, inter)
        slopes = np.broadcast_to(1.0 if slope is None else slope, (len(self.frames),))
        if not np.isfinite(slopes).all() or np.any(slopes == 0):
            raise HeaderDataError(f"scale_factor: must be finite and not 0, got {slopes.tolist()}")
        scales = (slopes / self._calibration()).astype(np.float32)
        if np.any(scales.astype(np.float64) * self._calibration() != slopes):
            self["ecat_calibration_factor"] = 1
            scales = slopes.astype(np.float32)
            small = np.abs(scales.astype(np.float64)) < np.abs(slopes)
            away = np.copysign(np.float32(np.inf), scales)
            scales = np.where(small, np.nextafter(scales, away), scales)
        if not np.isfinite(scales).all() or np.any(scales == 0):
            raise HeaderDataError(f"scale_factor: float32 cannot hold {slopes.tolist()}")
        self._set("scale_factor", scales)

    @property
    def arrangement(self) -> Arrangement:
        """Which axes run backwards in the file, as patient_orientation says."""
        flipped = flipped_axes(int(self["patient_orientation"]))
        return Arrangement(tuple(range(len(self.shape))), frozenset(flipped))

    # Shape, sizes, place.

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array: four axes, the last that of frames, in files always."""
        lengths = frame_shape(self.frames[0]) if len(self.frames) else (0, 0, 0)
        return (*lengths, len(self.frames))[: self._axes]

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = [int(length) for length in value]
        x, y, z, count = (*lengths, 1, 1, 1, 1)[:4]
        fits = len(lengths) <= 4 and min(x, y, z) >= 0 and max(x, y, z) < 1 << 16
        if not fits or not 1 <= count <= MOST_FRAMES:
            raise HeaderDataError(
                f"shape: ECAT has 3 axes of up to 65535 voxels and 1 to {MOST_FRAMES} frames, got "
                f"{tuple(lengths)}"
            )
        self._axes = 3 if len(lengths) <= 3 else 4
        if count != len(self.frames):
            self._set_count(count)
        for axis, length in zip(AXES, (x, y, z), strict=True):
            self._set(f"{axis}_dimension", length)
        self["num_planes"] = z

    def _set_count(self, count: int) -> None:
        """Have so many frames: the first ones, or more like the last one, one after the other."""
        kept, more = self.frames[:count], max(0, count - len(self.frames))
        new = np.repeat(self.frames[-1:], more)
        step = new["frame_duration"].astype(np.int64) * np.arange(1, more + 1)
        new["frame_start_time"] += (step % 2**32).astype(np.uint32)
        self.frames = np.concatenate([kept, new]).astype(self.frames.dtype)
        self.matrices = [Matrix(matrix_number(n + 1), 3, 3, 1) for n in range(count)]
        self["num_frames"], self["num_gates"], self["num_bed_pos"] = count, 1, 0

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take the sub-headers of frames, with times and scales; see `SpatialHeader`."""
        if not picks or any(not isinstance(header, EcatHeader) for header, _ in picks):
            return
        lengths = self.shape[:3]
        self._set_count(len(picks))
        self.frames[:] = [header.frames[frame] for header, frame in picks]
        for axis, length in zip(AXES, lengths, strict=True):
            self._set(f"{axis}_dimension", length)

    @property
    def zooms(self) -> tuple[float, ...]:
        """Sizes of a voxel, mm; of four axes also the time step, s: 0 where frames differ."""
        sizes = [float(size) * 10 for size in self._sizes()]
        return (*sizes, self._time_step())[: self._axes]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, 4 if len(sizes) == self._axes == 4 else 3)
        for axis, size, before in zip(AXES, sizes, self.zooms, strict=False):
            if size != before:
                self._set(f"{axis}_pixel_size", size / 10)
        self["plane_separation"] = self.frames["z_pixel_size"][0]
        if len(sizes) > 3 and sizes[3] != self.zooms[3]:
            self.set_frame_times(np.arange(len(self.frames)) * sizes[3], sizes[3])

    def _sizes(self) -> list[float]:
        return [abs(float(self.frames[f"{a}_pixel_size"][0])) for a in AXES]

    def _time_step(self) -> float:
        starts = self.frames["frame_start_time"].astype(np.int64)
        if len(starts) < 2:
            return float(self.frames["frame_duration"][0]) / 1000
        steps = np.diff(starts)
        regular = np.all(np.abs(steps - steps[0]) <= 1) and steps[0] > 0
        return float(starts[-1] - starts[0]) / (len(starts) - 1) / 1000 if regular else 0.0

    def get_frame_times(self) -> NDArray[np.float64]:
        """Return start and duration of each frame, s, shape (frames, 2)."""
        names = ("frame_start_time", "frame_duration")
        return np.stack([self.frames[name].astype(np.float64) for name in names], axis=-1) / 1000

    def set_frame_times(self, starts: ArrayLike, durations: ArrayLike) -> None:
        """Set start and duration of each frame, s; milliseconds are kept."""
        for name, values in (("frame_start_time", starts), ("frame_duration", durations)):
            ms = np.rint(np.asarray(values, np.float64) * 1000)
            if not np.isfinite(ms).all() or ms.min() < 0 or ms.max() >= 2**32:
                raise HeaderDataError(f"{name}: must be 0 to {2**32 - 1} ms")
            self._set(name, ms.astype(np.uint32))

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step: 1, or None where frames have no single step."""
        return 1.0 if self._axes == 4 and self._time_step() > 0 else None

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to RAS+ mm, shape (4, 4): that of the first frame."""
        return self.frame_affine(0)

    def frame_affine(self, frame: int) -> NDArray[np.float64]:
        """Return the affine of one frame, voxels to RAS+ mm, shape (4, 4)."""
        return frame_affine(self.frames[frame])

    def set_affine(self, affine: ArrayLike) -> None:
        """Store what ECAT can hold of an affine: the sizes of a voxel, and the centre."""
        matrix = check_affine(affine)
        centre = matrix[:3] @ [*((np.array(self.shape[:3]) - 1) / 2), 1]
        for axis, size, offset in zip(AXES, voxel_sizes(matrix), centre, strict=True):
            self._set(f"{axis}_pixel_size", size / 10)
            self._set(f"{axis}_offset", offset / 10)
        self["plane_separation"] = self.frames["z_pixel_size"][0]

    # What it all means.

    def get_patient_orient(self) -> str:
        """Return how the patient lay, in the words of ECAT."""
        return self._word("patient_orientation", ORIENTATIONS)

    def get_filetype(self) -> str:
        """Return what the file holds, in the words of ECAT."""
        return self._word("file_type", FILE_TYPES)

    def _word(self, field: str, words: dict[int, str]) -> str:
        code = int(self[field])
        if code not in words:
            raise KeyError(f"{field}: {code} is no known code")
        return words[code]

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        text = self["study_description"].item().decode("latin-1")
        frames = uneven_frames(self)
        return replace(
            super().metadata(),
            start=0.0 if frames or self._axes < 4 else float(self.get_frame_times()[0, 0]),
            frames=frames,
            description=" ".join(text.split()),
            others=others_of(self),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times of frames and a line of description."""
        starts, durations = times_said(metadata, len(self.frames))
        if self._axes == 4 and len(starts) and starts.min() >= 0:
            self.set_frame_times(starts, durations)
        if metadata.description:
            self["study_description"] = metadata.description.encode("latin-1", "replace")[:32]
