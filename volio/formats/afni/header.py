"""The header of an AFNI data set: all attributes, and the facts they state.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from volio.arrays.dtypes import DType, Floats
from volio.caller import warn_caller
from volio.errors import LossWarning
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.afni.default import default_attributes, typed
from volio.formats.afni.geometry import (
    affine_attributes,
    affine_of,
    numbers_of,
    space_codes,
    steps_of,
)
from volio.formats.afni.head import AFNIHeaderError, parse_head, read_head, write_head
from volio.formats.afni.time_axis import TimeAxis, read_time_axis, store_time_axis
from volio.formats.afni.volume_types import (
    WRITTEN,
    AFNIImageError,
    data_types,
    dtype_for_all,
    nearest_code,
    types_of,
)
from volio.formats.containers.afni.attributes import (
    OF_VOLUMES,
    attributes_from,
    keywords_of,
    metadata_from,
    move_offsets,
    numbers_in,
    statistics_of,
    text_in,
)
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.record import Order, native_order
from volio.images.headers.series import SeriesHeader
from volio.images.headers.shape_checks import Shape, check_finite
from volio.images.headers.units import seconds_in
from volio.images.headers.volume_metadata import HeaderVolume, metadata_of_volumes
from volio.images.label_tables.niml import DTABLE, value_label_text
from volio.images.label_tables.text_files import Rows
from volio.images.saving.scaling_history import ScalingHistory
from volio.space.affines import Affine, check_affine, with_voxel_sizes

__all__ = ["VIEWS", "AFNIHeader", "AFNIImageError", "data_types"]

#: Views, in the order of their code in SCENE_DATA.
VIEWS = ("orig", "acpc", "tlrc")

#: TEMPLATE_SPACE and view of spaces; others have that of the scanner.
SPACES = {"talairach": ("TLRC", "tlrc"), "mni": ("MNI", "tlrc")}

BYTE_ORDERS: dict[str, Order] = {"LSB_FIRST": "<", "MSB_FIRST": ">"}
MOST_VOLUMES = 1 << 24


class AFNIHeader(SeriesHeader):
    """The header of an AFNI data set.

    Parameters
    ----------
    info : mapping, optional
        Attributes by name: str, numbers or sequences of numbers (default: a default header).

    Attributes
    ----------
    attributes : dict
        All attributes: str, list of int or list of float. What is unknown is kept.

    Raises
    ------
    AFNIHeaderError
        If attributes that are needed are missing or make no sense.
    AFNIImageError
        If a volume has a type that cannot be read, or some are colours and others are not.

    Examples
    --------
    >>> img = volio.AFNIImage(np.zeros((2, 3, 4), np.int16), np.eye(4))
    >>> img.header.attributes["DATASET_DIMENSIONS"][:3]
    [2, 3, 4]
    """

    holder = "AFNI"
    byte_orders = ("<", ">")

    def __init__(self, info: Mapping[str, Any] | None = None) -> None:
        self.attributes = default_attributes() if info is None else typed(info)
        # Each raises where its attributes are missing or make no sense; the first needs the shape.
        self.get_data_dtype()
        steps_of(self.attributes)
        self.scaling_history = ScalingHistory.of(self)

    @classmethod
    def from_fileobj(cls, fileobj: BinaryIO | str | PathLike[str]) -> Self:
        """Read a header from a file object, or from the name of a .HEAD file."""
        if isinstance(fileobj, str | PathLike):
            return cls.from_source(open_source(fileobj))
        return cls(parse_head(fileobj.read()))

    @classmethod
    def from_source(cls, source: ByteSource) -> Self:
        """Read a header from the bytes of a .HEAD file."""
        return cls(read_head(source))

    def write_to(self, fileobj: BinaryIO) -> None:
        """Write the text of the header."""
        fileobj.write(write_head(self.attributes))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AFNIHeader):
            return super().__eq__(other)
        return dict(self.attributes) == dict(other.attributes)

    __hash__ = None  # type: ignore[assignment]

    @property
    def info(self) -> dict[str, Any]:
        """The attributes as nibabel has them: a list of one number is that number."""
        return {
            name: value[0] if not isinstance(value, str) and len(value) == 1 else value
            for name, value in self.attributes.items()
        }

    # Voxels in the file.

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have in a file that is written."""
        return [data_types[code] for code in WRITTEN]

    @property
    def endianness(self) -> Order:
        """Byte order of the voxels, '<' or '>'; the machine's where the file does not state it."""
        return BYTE_ORDERS.get(text_in(self.attributes, "BYTEORDER_STRING"), native_order)

    @property
    def types(self) -> list[int]:
        """The code of the type of each volume, in `data_types`."""
        return types_of(self.attributes, self._volumes())

    @property
    def is_mixed(self) -> bool:
        """Whether volumes are of several types."""
        return len(set(self.types)) > 1

    @property
    def volume_dtypes(self) -> list[DType]:
        """The dtype of each volume in the file, in the file's byte order."""
        return [data_types[code].newbyteorder(self.endianness) for code in self.types]

    @property
    def dtype(self) -> DType:
        """The dtype that holds the voxels of all volumes, in the file's byte order."""
        return dtype_for_all(self.types).newbyteorder(self.endianness)

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        code = WRITTEN[self.supported_dtypes().index(self.known_dtype(value))]
        self.attributes["BRICK_TYPES"] = [code] * max(1, self._volumes())

    def get_slope_inter(self) -> tuple[Floats | None, None]:  # type: ignore[override]
        """Return a slope for each volume, shape (volumes,), and no intercept; None for none."""
        return self.get_data_scaling(), None

    def get_data_scaling(self) -> Floats | None:
        """Return the factor of each volume, shape (volumes,), 0 in the file for 1; None for none.

        Raises
        ------
        AFNIHeaderError
            If they are too few, or not finite.
        """
        if not self.attributes.get("BRICK_FLOAT_FACS"):
            return None
        factors = numbers_of(self.attributes, "BRICK_FLOAT_FACS", self._volumes())
        return np.where(factors == 0, 1.0, factors) if factors.any() else None

    def set_slope_inter(self, slope: ArrayLike | None, inter: float | None = None) -> None:
        """Set the factor of each volume, or one for all; AFNI has no intercept."""
        factors = self.volume_slopes(slope, inter)
        check_finite("BRICK_FLOAT_FACS", factors)
        stored = np.where(factors == 1, 0.0, factors)  # 0 stands for no factor
        self.attributes["BRICK_FLOAT_FACS"] = stored.tolist()

    # Shape, voxel sizes, time and affine.

    def _volumes(self) -> int:
        return self._lengths()[3]

    def _lengths(self) -> Shape:
        rank, volumes = numbers_of(self.attributes, "DATASET_RANK", 2)
        lengths = numbers_of(self.attributes, "DATASET_DIMENSIONS", 3)
        if rank != 3 or not 0 <= volumes <= MOST_VOLUMES or min(lengths) < 0:
            raise AFNIHeaderError(
                f"DATASET_RANK, DATASET_DIMENSIONS: must be 3, a number of volumes up to "
                f"{MOST_VOLUMES} and three lengths, got {[rank, volumes]}, {lengths.tolist()}"
            )
        return (*map(int, lengths), int(volumes))

    def _set_lengths(self, lengths: Sequence[int]) -> None:
        attributes = self.attributes
        if lengths[3] != self._volumes():
            self._forget_volumes(lengths[3])
        attributes["DATASET_RANK"] = [3, lengths[3], *attributes["DATASET_RANK"][2:]]
        attributes["DATASET_DIMENSIONS"] = [*lengths[:3], *attributes["DATASET_DIMENSIONS"][3:]]
        attributes.pop("BRICK_STATS", None)

    def _forget_volumes(self, volumes: int) -> None:
        """Leave out what is known of single volumes; what is known of time fits their number."""
        for name in OF_VOLUMES:
            self.attributes.pop(name, None)
        self.attributes["BRICK_TYPES"] = [nearest_code(self.types)] * max(1, volumes)
        if "TAXIS_NUMS" in self.attributes:
            self.attributes["TAXIS_NUMS"] = [volumes, *self.attributes["TAXIS_NUMS"][1:]]

    def _voxel_sizes(self) -> list[float]:
        sizes: list[float] = np.abs(steps_of(self.attributes)).tolist()
        return sizes

    def _set_voxel_sizes(self, sizes: Sequence[float]) -> None:
        self.set_affine(with_voxel_sizes(self.affine, sizes))

    @property
    def _time_axis(self) -> TimeAxis:
        return read_time_axis(self.attributes)

    @_time_axis.setter
    def _time_axis(self, axis: TimeAxis) -> None:
        store_time_axis(self.attributes, self._volumes(), axis)

    def _time_step(self) -> float:
        return self._time_axis.step

    def _set_time_step(self, step: float) -> None:
        self._time_axis = self._time_axis._replace(step=step)

    @property
    def start_time(self) -> float:
        """Time of the first volume, in the unit of the time step; 0 without a time axis."""
        return self._time_axis.start

    @start_time.setter
    def start_time(self, value: float) -> None:
        self._time_axis = self._time_axis._replace(start=value)

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step; None where it is not a time."""
        return seconds_in(self._time_axis.unit)

    @property
    def affine(self) -> Affine:
        """Voxel indices to RAS+ mm, shape (4, 4)."""
        return affine_of(self.attributes)

    get_affine = SeriesHeader.get_best_affine

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; oblique axes too.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        self.attributes.update(affine_attributes(check_affine(affine)))

    # Metadata.

    def get_space(self) -> str:
        """Return the space of the data set, such as ORIG, TLRC or MNI; "" where none is stated."""
        stated = text_in(self.attributes, "TEMPLATE_SPACE")
        return str(space_codes.space[stated]) if stated in space_codes else stated

    @property
    def view(self) -> str:
        """'orig', 'acpc' or 'tlrc', as in the file's name."""
        code = [*numbers_in(self.attributes, "SCENE_DATA"), 0][0]
        return dict(enumerate(VIEWS)).get(code, "orig")

    @view.setter
    def view(self, value: str) -> None:
        codes = self.attributes.get("SCENE_DATA", [0, 0, 0, *[-999] * 5])
        self.attributes["SCENE_DATA"] = [VIEWS.index(value), *codes[1:]]

    def get_volume_labels(self) -> list[str] | None:
        """Return the label of each volume; None where there are none."""
        text = self.attributes.get("BRICK_LABS")
        return text.removesuffix("~").split("~") if isinstance(text, str) else None

    def get_statistics(self) -> list[Intent]:
        """Return the statistic and its parameters for each volume, an empty one for none."""
        volumes = self._volumes()
        return list(metadata_from(self.attributes, volumes).intents) or [Intent()] * volumes

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine."""
        found = replace(
            metadata_from(self.attributes, self._volumes()),
            space=self._space(),
            others=("view acpc",) if self.view == "acpc" else (),
        )
        if self._axes < 4 or "TAXIS_FLOATS" not in self.attributes:
            return replace(found, slice_times=())
        step, unit, start, _ = self._time_axis
        seconds = self.time_unit or 1.0
        standard = "s" if self.time_unit else unit
        return replace(found, step=step * seconds, unit=standard, start=start * seconds)

    def _space(self) -> str:
        """Return the space by its name in `Metadata`."""
        name = self.get_space()
        if "MNI" in name:
            return "mni"
        unknown = "talairach" if self.view == "tlrc" else ""
        return {"TLRC": "talairach", "ORIG": "scanner"}.get(name, unknown)

    def set_label_rows(self, rows: Rows | None) -> None:
        """Take the names of labels by value; None takes a table of them away."""
        self.attributes.pop(DTABLE, None)
        if rows is not None:
            self.attributes[DTABLE] = value_label_text(rows)

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times, space, labels, statistics, history and attributes of AFNI."""
        step = metadata.step or 0.0 if self._axes == 4 else 0.0
        self._time_axis = TimeAxis(step, metadata.unit, metadata.start, metadata.slice_times)
        if metadata.space and metadata.space != self._space():
            template, self.view = SPACES.get(metadata.space, ("ORIG", "orig"))
            self.attributes["TEMPLATE_SPACE"] = template
        self.attributes.update(attributes_from(metadata, self._volumes()))
        if statistics_of(self.attributes, self._volumes()):
            self.attributes["TYPESTRING"] = "3DIM_HEAD_FUNC"
            self.attributes["SCENE_DATA"] = [VIEWS.index(self.view), 11, 1, *[-999] * 5]

    def move_slices(self, before: AFNIHeader, voxels: Floats | None) -> None:
        """Let the times of slices, which lie along the third axis, follow them."""
        shapes = (before.get_data_shape(), self.get_data_shape())
        changed = move_offsets(self.attributes, voxels, *shapes)
        self.attributes.update(changed)
        if "TAXIS_OFFSETS" in self.attributes and "TAXIS_OFFSETS" not in changed:
            del self.attributes["TAXIS_OFFSETS"]
            warn_caller("slice times: AFNI has none for slices along this axis", LossWarning)

    def select_volumes(self, volumes: Sequence[HeaderVolume]) -> None:
        """Take labels, statistics and keywords of volumes; see `SpatialHeader`."""
        count = self._volumes()
        self._forget_volumes(count)
        self.attributes.update(attributes_from(metadata_of_volumes(volumes), count))
        words = keywords_of((header.attributes, volume) for header, volume in volumes)
        if words:
            self.attributes["BRICK_KEYWORDS"] = words

    def copy_from(self, header: Any) -> None:
        """Take dtype, shape, sizes and affine of another format's header."""
        for name, order in BYTE_ORDERS.items():
            if order == getattr(header, "endianness", None):
                self.attributes["BYTEORDER_STRING"] = name
        super().copy_from(header)
        if hasattr(header, "get_best_affine"):
            self.set_affine(header.get_best_affine())
