"""MicroscopyHeader: named axes, units and channels, of images in any order of axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from volio.arrays.dtypes import DType
from volio.errors import GeometryWarning
from volio.images.headers.error_context import warn_of_content
from volio.images.headers.format import FormatHeader
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.shape_checks import check_shape, check_zooms
from volio.images.headers.units import seconds_in
from volio.images.named_axes import SHOWN, FileAxis
from volio.space.affines import (
    check_affine,
    shape_zoom_affine,
    voxel_sizes,
    with_voxel_sizes,
)

if TYPE_CHECKING:
    from volio.images.label_tables.text_files import Rows

__all__ = ["Channel", "MicroscopyFacts", "MicroscopyHeader", "known_sizes"]

NO_COLORS = {"", "FFFFFF"}  # white shows values as they are


class Channel(NamedTuple):
    """How a channel is called and shown.

    Attributes
    ----------
    name : str
    color : str
        Six hexadecimal digits, or "".
    window : (float, float) or None
        Lowest and highest value to show.
    """

    name: str = ""
    color: str = ""
    window: tuple[float, float] | None = None


@dataclass(frozen=True)
class MicroscopyFacts:
    """What a microscopy header knows besides shape, dtype and affine.

    Parameters
    ----------
    axes : tuple of str
        As shown.
    file_axes : tuple of FileAxis
        As in the file.
    channels : tuple of Channel
    version : str
        Of the format in the file, as '0.5' of OME-Zarr; "" for none.
    anatomical : bool
        Whether the affine leads to RAS+, as that of an image that is made does: otherwise it leads
        to the axes of the microscope.
    metadata : mapping
        What else the file has, as it has it.
    is_labels : bool
        Whether the file says that values are labels.
    label_images : tuple of str
        Paths in the file of images of labels that belong to it.
    label_source : callable, optional
        Reads the table of names and colours of labels, or returns it.
    """

    axes: tuple[str, ...] = ("x", "y", "z")
    file_axes: tuple[FileAxis, ...] = ()
    channels: tuple[Channel, ...] = ()
    version: str = ""
    anatomical: bool = True
    metadata: Mapping[str, Any] | None = None
    is_labels: bool = False
    label_images: tuple[str, ...] = ()
    label_source: Callable[[], Rows | None] | None = None


class MicroscopyHeader(FormatHeader):
    """Shape, dtype, affine, axes and channels of an image of a microscope.

    Parameters
    ----------
    facts : MicroscopyFacts, optional
        What the file says.
    """

    default_x_flip = False
    data_layout = "C"
    length_unit = 1.0
    #: dtypes that the format has.
    kinds: ClassVar[tuple[str, ...]] = (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )

    def __init__(self, facts: MicroscopyFacts | None = None) -> None:
        self.facts = facts or MicroscopyFacts()
        self.channel_names: tuple[str, ...] = tuple([each.name for each in self.facts.channels])
        self._affine: NDArray[np.float64] | None = None
        self._shape = (0,)
        self._zooms = (1.0,)
        self._start = 0.0

    @classmethod
    def supported_dtypes(cls) -> list[DType]:
        """Return the dtypes that voxels can have."""
        return [np.dtype(kind) for kind in cls.kinds]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes as they are shown: x, y, z, t, c, then others."""
        return self.facts.axes

    @property
    def file_axes(self) -> tuple[str, ...]:
        """Names of the axes in the order of the file."""
        return tuple([axis.name for axis in self.facts.file_axes])

    @property
    def unit(self) -> str:
        """Unit of length in the file; "" for none. The affine is in mm whatever it is."""
        units = [axis.unit for axis in self.facts.file_axes if axis.kind == "space"]
        return units[-1] if units else ""

    @property
    def channel_colors(self) -> tuple[str, ...]:
        """Colour of each channel in the file, six hexadecimal digits."""
        return tuple([each.color for each in self.facts.channels])

    @property
    def windows(self) -> tuple[tuple[float, float] | None, ...]:
        """Lowest and highest value to show of each channel in the file."""
        return tuple([each.window for each in self.facts.channels])

    @property
    def label_images(self) -> tuple[str, ...]:
        """Paths of images of labels in the file, for ``volio.load(file, path=...)``."""
        return self.facts.label_images

    def label_rows(self) -> Rows | None:
        """Return the names and colours of labels; None where the file has none.

        Raises
        ------
        HeaderDataError
            If the table makes no sense.
        """
        source = self.facts.label_source
        return None if source is None else source()

    @property
    def anatomical(self) -> bool:
        """Whether the affine leads to RAS+; otherwise it leads to the axes of the microscope."""
        return self.facts.anatomical

    @property
    def version(self) -> str:
        """Version of the format in the file; "" where it names none."""
        return self.facts.version

    @property
    def time_step(self) -> float | None:
        """Seconds from one volume to the next; None where that is not known."""
        return self.metadata().step if self.time_unit else None

    @property
    def dtype(self) -> DType:
        """The dtype of the voxels in the file."""
        return self._dtype

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        self._dtype = self.known_dtype(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array, axes as shown."""
        return self._shape

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths = check_shape(value, axes=16, largest=2**63 - 1, holder="images of microscopes")
        self._shape = tuple(lengths) or (0,)
        self._zooms = (*self._zooms, *[1.0] * len(self._shape))[: len(self._shape)]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Size of a voxel along each axis, mm; along the fourth in `time_unit`."""
        return self._zooms

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        self._zooms = tuple(check_zooms(value, len(self._shape)))
        if self._affine is not None:
            self._affine = with_voxel_sizes(self._affine, [*self._zooms, 1.0, 1.0][:3])

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to mm, shape (4, 4)."""
        if self._affine is not None:
            return self._affine.copy()
        sizes = [*self._zooms, 1.0, 1.0][:3]
        return shape_zoom_affine([*self._shape, 1, 1][:3], sizes, self.default_x_flip)

    def set_affine(self, affine: NDArray[np.floating[Any]]) -> None:
        """Store an affine.

        Parameters
        ----------
        affine : (4, 4) array-like
            Voxel indices to scanner RAS+ mm.
        """
        self._affine = check_affine(affine)
        sizes = voxel_sizes(self._affine).tolist()
        self._zooms = (*sizes, *self._zooms[3:])[: len(self._shape)]

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        units = [seconds_in(axis.unit) for axis in self.facts.file_axes if axis.kind == "time"]
        return units[0] if units else None

    @property
    def start_time(self) -> float:
        """Time of the first volume, in the unit of the fourth voxel size; 0 where not known."""
        return self._start

    @start_time.setter
    def start_time(self, value: float) -> None:
        self._start = float(value)

    def metadata(self) -> Metadata:
        """Return what the header holds besides shape, dtype and affine, for other formats."""
        found = super().metadata()
        windows = [window for window in self.windows if window]
        return replace(
            found,
            labels=self._labels(),
            intents=(Intent("label"),) if self.facts.is_labels else (),
            window=windows[0] if windows else (),
            others=("colours of channels",) if set(self.channel_colors) - NO_COLORS else (),
        )

    def _labels(self) -> tuple[str, ...]:
        """Return the name of each volume, where channels have names; time is the faster axis."""
        times, channels = _times_and_channels(self._shape)
        if not any(self.channel_names) or len(self.channel_names) != channels:
            return ()
        once = [name for name in self.channel_names for _ in range(times)]
        return tuple(once) * (int(np.prod(self._shape[3:])) // len(once))

    def select_volumes(self, volumes: Sequence[tuple[Any, int]]) -> None:
        """Take the names of channels from the headers that described the volumes."""
        times, channels = _times_and_channels(self._shape)
        names = [_channel_of(*volume) for volume in volumes[: times * channels : times]]
        self.channel_names = tuple(names) if any(names) else ()

    def copy_from(self, header: Any) -> None:
        """Take from another format's header what this one can hold.

        Of another microscope's also how channels are shown, whether anatomy is known, and the unit
        of length.
        """
        super().copy_from(header)
        if isinstance(header, MicroscopyHeader):
            channels = header.facts.channels
            self.facts = replace(self.facts, anatomical=header.anatomical, channels=channels)
            self.channel_names = header.channel_names
            self._set_unit(header.unit)

    def _set_unit(self, unit: str) -> None:
        """Store the unit of length that a file is to have."""
        others = [axis for axis in self.facts.file_axes if axis.kind != "space"]
        space = [FileAxis(name, "space", unit) for name in "zyx"] if unit else []
        self.facts = replace(self.facts, file_axes=(*others, *space))

    def set_metadata(self, metadata: Metadata) -> None:
        """Store names of channels, which other headers have as labels of volumes, and time."""
        if len(self._shape) > 3:
            if metadata.unit == "s" and metadata.step:
                self._set_time_step(metadata.step)
            self.start_time = metadata.start / (self.time_unit or 1.0)
        if len(metadata.window) == 2 and metadata.window not in self.windows:
            low, high = metadata.window
            self.facts = replace(self.facts, channels=(Channel("", "", (low, high)),))
        times, channels = _times_and_channels(self._shape)
        if times == 1 and len(metadata.labels) == channels:
            self.channel_names = metadata.labels

    def _set_time_step(self, seconds: float) -> None:
        """Make the fourth axis one of time, with steps of so many seconds."""
        time = FileAxis("t", "time", "second")
        others = [axis for axis in self.facts.file_axes if axis.kind != "time"]
        self.facts = replace(self.facts, axes=SHOWN[:4], file_axes=(time, *others))
        self.set_zooms((*self._zooms[:3], seconds, *self._zooms[4:]))


def _times_and_channels(shape: Sequence[int]) -> tuple[int, int]:
    """Return the lengths of the axes of time and channel, 1 where an image lacks them."""
    times, channels = [*shape[3:5], 1, 1][:2]
    return max(1, times), max(1, channels)


def _channel_of(header: Any, volume: int) -> str:
    """Return the name of the channel of a volume; "" where it has none."""
    names = header.channel_names
    times, channels = _times_and_channels(header.get_data_shape())
    return names[volume // times % channels] if len(names) == channels else ""


def known_sizes(stated: Mapping[str, float], field: str) -> dict[str, float]:
    """Return the sizes along axes that voxels can have, of those that a file states.

    Where there are some, the others count as 1, with a warning; without any the image has no
    affine.

    Parameters
    ----------
    stated : mapping of str to float
        By axis, in any unit.
    field : str
        What states them: the name of an axis follows it in warnings.
    """
    known = {axis: size for axis, size in stated.items() if isfinite(size) and size > 0}
    if known:
        for axis in stated.keys() - known.keys():
            problem = f"must be finite and above 0, got {stated[axis]:g}; 1 is taken"
            warn_of_content(f"{field}{axis}: {problem}", GeometryWarning)
    return known
