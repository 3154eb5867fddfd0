"""The header of an AFNI data set: all attributes, and the facts they state.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from volio.errors import HeaderDataError
from volio.files.opener import open_source
from volio.files.sources.source import ByteSource
from volio.formats.afni.bricks import (
    WRITTEN,
    AFNIImageError,
    data_types,
    dtype_for_all,
    nearest_code,
    types_of,
)
from volio.formats.afni.fresh import fresh, typed
from volio.formats.afni.head import AFNIHeaderError, parse_head, read_head, write_head
from volio.formats.afni.place import affine_of, attributes_of_place, numbers_of, space_of, steps_of
from volio.formats.afni.times import meaning_of_times, store_times, time_step, unit_of
from volio.images.attributes import (
    OF_VOLUMES,
    history_of,
    intents_of,
    keywords_of,
    labels_of,
    stated,
    statistics_of,
    unspoken,
)
from volio.images.headers.format import FormatHeader
from volio.images.headers.metadata import Intent, Metadata
from volio.images.headers.record import Order
from volio.images.headers.spatial import check_zooms
from volio.images.headers.volume_metadata import Pick, metadata_of_volumes
from volio.images.saving.scaling_history import ScalingHistory
from volio.space.affines import check_affine, voxel_sizes

__all__ = ["VIEWS", "AFNIHeader", "AFNIImageError", "data_types"]

#: Views, in the order of their code in SCENE_DATA.
VIEWS = ("orig", "acpc", "tlrc")

BYTE_ORDERS = {"LSB_FIRST": "<", "MSB_FIRST": ">"}
MOST_VOLUMES = 1 << 24


class AFNIHeader(FormatHeader):
    """The header of an AFNI data set.

    Parameters
    ----------
    info : mapping, optional
        Attributes by name: str, numbers or sequences of numbers (default: a fresh header).

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
    """

    can_scale = "slope"
    scales_volumes = True
    byte_orders: ClassVar[tuple[str, ...]] = ("<", ">")

    def __init__(self, info: Mapping[str, Any] | None = None) -> None:
        self.attributes = fresh() if info is None else typed(info)
        self._axes = 4  # files have four; arrays of three are written as one volume
        self._get_data_dtype()
        self._get_shape()
        self.scaling_history = ScalingHistory.of(self)
        steps_of(self.attributes)

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

    def copy(self) -> Self:
        """Return a header of its own with the same attributes."""
        new = type(self)(self.attributes.copy())
        new._axes = self._axes
        new.scaling_history = self.scaling_history
        return new

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

    # How voxels are stored.

    @classmethod
    def supported_dtypes(cls) -> list[np.dtype[Any]]:
        """Return the dtypes that voxels can have in a file that is written."""
        return [data_types[code] for code in WRITTEN]

    @property
    def endianness(self) -> str:
        """Byte order of the voxels, '<' or '>'; the machine's where the file does not say."""
        stated = self.attributes.get("BYTEORDER_STRING", "")
        return BYTE_ORDERS.get(str(stated), "<" if sys.byteorder == "little" else ">")

    def _get_data_dtype(self) -> np.dtype[Any]:
        found = dtype_for_all(self.types)
        return found.newbyteorder("<" if self.endianness == "<" else ">")

    @property
    def types(self) -> list[int]:
        """The code of the type of each volume, in `data_types`."""
        return types_of(self.attributes, self._volumes())

    @property
    def is_mixed(self) -> bool:
        """Whether volumes are of several types."""
        return len(set(self.types)) > 1

    @property
    def volume_dtypes(self) -> list[np.dtype[Any]]:
        """The dtype of each volume in the file, in the file's byte order."""
        order: Order = "<" if self.endianness == "<" else ">"
        return [data_types[code].newbyteorder(order) for code in self.types]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that holds the voxels of all volumes, in the file's byte order."""
        return self._get_data_dtype()

    @dtype.setter
    def dtype(self, value: DTypeLike) -> None:
        try:
            wanted = np.dtype(value).newbyteorder("=")
        except TypeError as error:
            raise HeaderDataError(f"data dtype: {value!r} is no dtype") from error
        codes = [code for code in WRITTEN if data_types[code] == wanted]
        if not codes:
            names = ", ".join(str(dtype) for dtype in self.supported_dtypes())
            raise HeaderDataError(f"data dtype: {wanted} is not supported by AFNI; it has {names}")
        self.attributes["BRICK_TYPES"] = codes * self._volumes()

    def get_slope_inter(self) -> tuple[Any, None]:
        """Return a slope for each volume, shape (volumes,), and no intercept; None for none."""
        return self.get_data_scaling(), None

    def get_data_scaling(self) -> NDArray[np.float64] | None:
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

    def set_slope_inter(self, slope: Any, inter: float | None = None) -> None:
        """Set the factor of each volume, or one for all; AFNI has no intercept."""
        super().set_slope_inter(None, inter)
        factors = np.broadcast_to(1.0 if slope is None else slope, (self._volumes(),))
        if not np.isfinite(factors).all():
            raise HeaderDataError(f"BRICK_FLOAT_FACS: must be finite, got {factors.tolist()}")
        self.attributes["BRICK_FLOAT_FACS"] = [
            0.0 if factor == 1 else float(factor) for factor in factors
        ]

    # Shape, sizes and place.

    def _volumes(self) -> int:
        return self._get_shape()[3]

    def _get_shape(self) -> tuple[int, ...]:
        rank = numbers_of(self.attributes, "DATASET_RANK", 2).astype(np.int64).tolist()
        shape = numbers_of(self.attributes, "DATASET_DIMENSIONS", 3).astype(np.int64).tolist()
        if rank[0] != 3 or not 0 <= rank[1] <= MOST_VOLUMES or min(shape) < 0:
            raise AFNIHeaderError(
                f"DATASET_RANK, DATASET_DIMENSIONS: must be 3, a number of volumes up to "
                f"{MOST_VOLUMES} and three lengths, got {rank}, {shape}"
            )
        return (*shape, rank[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the voxel array: four axes, the last that of volumes, in files always."""
        return self._get_shape()[: self._axes]

    @shape.setter
    def shape(self, value: Sequence[int]) -> None:
        lengths, most = [int(length) for length in value], np.iinfo(np.int32).max
        if len(lengths) > 4 or any(not 0 <= length <= most for length in lengths):
            raise HeaderDataError(
                f"shape: AFNI has 4 axes of up to {most} voxels, got {tuple(lengths)}"
            )
        x, y, z, volumes = (*lengths, 1, 1, 1, 1)[:4]
        before = self._get_shape()
        self._axes = 3 if len(lengths) <= 3 else 4
        if (x, y, z, volumes) == before:
            return
        if volumes != before[3]:
            self._forget_volumes(volumes)
        self.attributes["DATASET_RANK"] = [3, volumes, *self.attributes["DATASET_RANK"][2:]]
        self.attributes["DATASET_DIMENSIONS"] = [
            *(x, y, z),
            *self.attributes["DATASET_DIMENSIONS"][3:],
        ]
        self.attributes.pop("BRICK_STATS", None)

    def _forget_volumes(self, volumes: int) -> None:
        """Leave out what is known of single volumes; what is known of time fits their number."""
        for name in OF_VOLUMES:
            self.attributes.pop(name, None)
        common = nearest_code(self.types)
        self.attributes["BRICK_TYPES"] = [common] * max(1, volumes)
        if "TAXIS_NUMS" in self.attributes:
            self.attributes["TAXIS_NUMS"] = [volumes, *self.attributes["TAXIS_NUMS"][1:]]

    @property
    def zooms(self) -> tuple[float, ...]:
        """Sizes of a voxel, mm; of four axes also the time step, 0 where there is no time axis."""
        sizes = [float(abs(step)) for step in steps_of(self.attributes)]
        return (*sizes, time_step(self.attributes))[: self._axes]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes = [float(size) for size in value]
        check_zooms(sizes, 4 if len(sizes) == self._axes == 4 else 3)
        if tuple(sizes[:3]) != self.zooms[:3]:
            affine = self.affine
            before = voxel_sizes(affine)
            affine[:3, :3] *= np.array(sizes[:3]) / np.where(before > 0, before, 1)
            self.set_affine(affine)
        if len(sizes) > 3 and sizes[3] != self.zooms[3]:
            store_times(self.attributes, self._volumes(), step=sizes[3])

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the time step; None where it is no time."""
        return {"ms": 1e-3, "s": 1.0}.get(unit_of(self.attributes))

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to RAS+ mm, shape (4, 4)."""
        return affine_of(self.attributes)

    def get_affine(self) -> NDArray[np.float64]:
        """Return the affine from voxels to RAS+ mm."""
        return self.affine

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine; oblique axes too."""
        self.attributes.update(attributes_of_place(check_affine(affine)))

    # What it all means.

    def get_space(self) -> str:
        """Return the space of the data set, such as ORIG, TLRC or MNI; "" where it is not said."""
        return space_of(self.attributes)

    @property
    def view(self) -> str:
        """'orig', 'acpc' or 'tlrc', as in the file's name."""
        codes = self.attributes.get("SCENE_DATA", [0])
        known = not isinstance(codes, str) and codes and 0 <= codes[0] < 3
        return VIEWS[codes[0]] if known else "orig"

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
        return list(intents_of(self.attributes, volumes)) or [Intent()] * volumes

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        spaces = {"TLRC": "talairach", "ORIG": "scanner"}
        space = spaces.get(self.get_space(), "mni" if "MNI" in self.get_space() else "")
        return replace(
            meaning_of_times(self.attributes, self._axes),
            space=space or ("talairach" if self.view == "tlrc" else ""),
            labels=labels_of(self.attributes, self._volumes()),
            intents=intents_of(self.attributes, self._volumes()),
            history=history_of(self.attributes),
            attributes=unspoken(self.attributes),
            others=("view acpc",) if self.view == "acpc" else (),
        )

    def set_metadata(self, metadata: Metadata) -> None:
        """Take times, space, labels, statistics, history and attributes of AFNI."""
        store_times(
            self.attributes,
            self._volumes(),
            step=metadata.step if self._axes == 4 else None,
            unit=metadata.unit,
            start=metadata.start,
            offsets=metadata.slice_times,
        )
        spaces = {"talairach": ("TLRC", "tlrc"), "mni": ("MNI", "tlrc")}
        if metadata.space and metadata.space != self.metadata().space:
            self.attributes["TEMPLATE_SPACE"], self.view = spaces.get(
                metadata.space, ("ORIG", "orig")
            )
        self.attributes.update(stated(metadata, self._volumes()))
        if statistics_of(self.attributes, self._volumes()):
            self.attributes["TYPESTRING"] = "3DIM_HEAD_FUNC"
            self.attributes["SCENE_DATA"] = [VIEWS.index(self.view), 11, 1, *[-999] * 5]

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take labels, statistics and keywords of volumes; see `SpatialHeader`."""
        volumes = self._volumes()
        self._forget_volumes(volumes)
        self.attributes.update(stated(metadata_of_volumes(picks), volumes))
        words = keywords_of((header.attributes, volume) for header, volume in picks)
        self.attributes.update({"BRICK_KEYWORDS": words} if words else {})

    def copy_from(self, header: Any) -> None:
        """Take dtype, shape, sizes and place of another format's header."""
        order = getattr(header, "endianness", None)
        if order in self.byte_orders:
            names = {value: name for name, value in BYTE_ORDERS.items()}
            self.attributes["BYTEORDER_STRING"] = names[order]
        super().copy_from(header)
        if hasattr(header, "get_best_affine"):
            self.set_affine(header.get_best_affine())
