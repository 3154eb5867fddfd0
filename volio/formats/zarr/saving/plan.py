"""How an image becomes a multiscale: geometry, documents, and the pass over its voxels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.arrays.dtypes import DType, is_colour, native
from volio.arrays.saving.pyramid import MOST_LEVELS, LevelPlan, plan_levels
from volio.errors import HeaderDataError, UsageError
from volio.extras import need
from volio.files.codecs.presets import chosen_level
from volio.formats.zarr.header import OmeZarrHeader
from volio.formats.zarr.image_label import image_label_of
from volio.formats.zarr.nifti_header import NAME, nifti_bytes
from volio.formats.zarr.saving.array_writer import ArrayPlan, array_document
from volio.formats.zarr.saving.blocks import write_blocks
from volio.formats.zarr.saving.choices import LEVELS, Choices
from volio.formats.zarr.saving.geometry import geometry_of
from volio.formats.zarr.saving.stream import multiscale_stream
from volio.formats.zarr.saving.targets import KeyTarget
from volio.images.microscopy import Channel
from volio.images.named_axes import length_in_mm
from volio.images.saving.plan import SavePlan

__all__ = ["MultiscalePlan"]

CUBE = (64, 64, 64)
PLANES = (1, 512, 512)
ANISOTROPY = 4.0  # voxels that are this much longer along z are cut into planes
MANY_CHUNKS = 10_000  # more than a file system likes: they are put into shards
SHARD = 8  # chunks along each axis
LARGEST_SLAB = 1 << 29  # bytes of planes in memory at once: larger ones are cut into blocks

#: Names that OME-Zarr has for units of time, by their seconds.
TIME_UNITS = {1.0: "second", 1e-3: "millisecond", 1e-6: "microsecond", 1e-9: "nanosecond"}
TIME_UNITS |= {60.0: "minute", 3600.0: "hour", 86400.0: "day"}

#: Names and colours of the channels that red, green, blue and alpha are.
SAMPLES = (("R", "FF0000"), ("G", "00FF00"), ("B", "0000FF"), ("A", "FFFFFF"))

Three = tuple[int, int, int]


class MultiscalePlan:
    """All that is decided before anything is written.

    Parameters
    ----------
    header : OmeZarrHeader
        What is written, with its shape.
    affine : (4, 4) array
    voxels : SavePlan
        Its voxels are in the order of the file.
    choices : Choices
    nifti : bool
        Write a NIfTI header, also where nothing needs it.

    Raises
    ------
    UsageError, SaveError
        If the choices do not fit the image.
    MissingPackageError
        If numcodecs is needed and not installed.
    """

    def __init__(
        self,
        header: OmeZarrHeader,
        affine: NDArray[np.float64],
        voxels: SavePlan,
        choices: Choices,
        *,
        nifti: bool = False,
    ) -> None:
        self._header = header
        self._voxels = voxels
        self._choices = choices
        self.geometry = geometry_of(affine, anatomical=header.anatomical)
        self._nifti: bytes | None = None
        if nifti or not self._is_held():
            self._nifti = nifti_bytes(header, affine, (float(voxels.slope), float(voxels.inter)))
        self._unit = header.unit or "millimeter"
        shape = voxels.voxels.shape
        self._outer = tuple(shape[:-3])
        has_colours = is_colour(header.get_data_dtype())
        # Colours are channels, the fifth axis.
        self._names = self._outer_names(5 if has_colours else len(header.get_data_shape()))
        self.array = self._array_plan(voxels.dtype, shape[-3:])
        self.levels = self._level_plans(shape[-3:])

    def _is_held(self) -> bool:
        """Return whether OME-Zarr has a place for all that is known of the image."""
        header = self._header
        if header.needs_nifti or header.keeps_scaling or is_colour(header.get_data_dtype()):
            return False
        return self.geometry.matrix is None or self._choices.version == "0.6"

    def _outer_names(self, ndim: int) -> tuple[str, ...]:
        if len(self._outer) == 2:
            return ("t", "c")
        return (("t",) if ndim == 4 else ("c",)) if self._outer else ()

    def _array_plan(self, dtype: DType, shape: Sequence[int]) -> ArrayPlan:
        choices = self._choices
        level = chosen_level("zstd", LEVELS, choices.compression)
        is_v2 = choices.version == "0.4"
        if is_v2 and level:
            need("numcodecs", "zarr")  # before anything is written
        chunks = self._chunks(shape)
        labels = choices.labels
        if labels is None:
            labels = any(intent.name == "label" for intent in self._header.metadata().intents)
        return ArrayPlan(
            native(dtype),
            self._outer,
            (*self._names, "z", "y", "x"),
            chunks,
            self._shards(shape, chunks),
            2 if is_v2 else 3,
            level,
            labels,
            is_alone=choices.levels == 0,
        )

    def _chunks(self, shape: Sequence[int]) -> Three:
        given = self._choices.chunks
        if given is not None:
            return given[2], given[1], given[0]
        depth, height, width = self.geometry.scale
        is_flat = shape[0] == 1 or depth > ANISOTROPY * min(height, width)
        wanted = PLANES if is_flat else CUBE
        # No larger than a shard that is given, or an image that is smaller than a chunk.
        shards = self._choices.shards
        most = shape if shards is None else shards[::-1]
        z, y, x = [max(1, min(step, n)) for step, n in zip(wanted, most, strict=True)]
        return z, y, x

    def _shards(self, shape: Sequence[int], chunks: Three) -> Three | None:
        given = self._choices.shards
        if given is not None:
            shards = (given[2], given[1], given[0])
            if any(n % step for n, step in zip(shards, chunks, strict=True)):
                raise UsageError(
                    f"shards: {tuple(given)} are not multiples of chunks {chunks[::-1]}"
                )
            return shards
        return self._usual_shards(shape, chunks)

    def _usual_shards(self, shape: Sequence[int], chunks: Three) -> Three | None:
        """Return shards where there would be very many files, else None."""
        counts = [-(-n // step) for n, step in zip(shape, chunks, strict=True)]
        if self._choices.version == "0.4" or prod(counts) * prod(self._outer) < MANY_CHUNKS:
            return None
        # No more chunks than there are along an axis.
        deep, high, wide = [min(SHARD, count) for count in counts]
        row = prod([chunks[0], *shape[1:]]) * self._voxels.dtype.itemsize
        deep = max(1, min(deep, LARGEST_SLAB // max(1, row)))
        return chunks[0] * deep, chunks[1] * high, chunks[2] * wide

    def _level_plans(self, shape: Sequence[int]) -> list[LevelPlan]:
        most = self._choices.levels
        count = most if isinstance(most, int) else MOST_LEVELS
        if 0 in shape:
            count = 1
        count = max(1, count)
        return plan_levels(shape, self.geometry.scale, self.array.chunks, count)

    def write(self, target: KeyTarget) -> None:
        """Write all: documents of the arrays and chunks first, that of the group last."""
        if self._is_wide() and self._voxels.is_random_access:
            write_blocks(target, self.array, self.levels, self._voxels)
        else:
            stream: Any = multiscale_stream(target, self.array, self.levels)
            self._voxels.write(stream, self.array.dtype.newbyteorder("<"))
        self.write_documents(target)

    def _is_wide(self) -> bool:
        """Return whether the planes of which a chunk (shard) has a part take much memory."""
        _, height, width = self.levels[0].shape
        row = self.array.keyed[0] * height * width * self.array.dtype.itemsize
        return row > LARGEST_SLAB

    def write_documents(self, target: KeyTarget) -> None:
        """Write what makes an image of the arrays of levels, once these are complete."""
        if self.array.is_alone:
            return
        if self._nifti is not None:
            self._write_nifti(target, self._nifti)
        for key, fields in self._group_documents().items():
            target.put(key, json.dumps(fields, indent=1, allow_nan=False).encode())

    def _write_nifti(self, target: KeyTarget, data: bytes) -> None:
        plan = replace(self.array, dtype=np.dtype(np.uint8), outer=(), names=("byte",), level=0)
        key, fields = array_document(plan, (len(data),), (len(data),))
        target.put(f"{NAME}/{key}", json.dumps(fields, indent=1).encode())
        target.put(f"{NAME}/{'0' if plan.zarr_format == 2 else 'c/0'}", data)

    def _group_documents(self) -> dict[str, Any]:
        ome = self._ome()
        if self.array.zarr_format == 2:
            return {".zgroup": {"zarr_format": 2}, ".zattrs": ome}
        attributes = {"ome": ome}
        return {"zarr.json": {"zarr_format": 3, "node_type": "group", "attributes": attributes}}

    def _ome(self) -> dict[str, Any]:
        version = self._choices.version
        datasets = [self._dataset(number, level) for number, level in enumerate(self.levels)]
        multiscale: dict[str, Any] = {"name": "image"}
        if version == "0.4":
            multiscale["version"] = version
        if version == "0.6":
            multiscale["coordinateSystems"] = [{"name": "physical", "axes": self._axes()}]
        else:
            multiscale["axes"] = self._axes()
        multiscale["datasets"] = datasets
        found: dict[str, Any] = {} if version == "0.4" else {"version": version}
        found["multiscales"] = [multiscale]
        if channels := self._channels():
            found["omero"] = {"channels": channels}
        if self.array.labels:
            found["image-label"] = self._image_label()
        return found

    def _image_label(self) -> dict[str, Any]:
        stated = {"version": "0.4"} if self._choices.version == "0.4" else {}
        try:
            rows = self._header.label_rows()
        except HeaderDataError:
            rows = None  # a table that makes no sense is not handed on
        return stated | image_label_of(rows or ())

    def _axes(self) -> list[dict[str, Any]]:
        kinds = {"t": "time", "c": "channel"}
        axes: list[dict[str, Any]] = [{"name": n, "type": kinds[n]} for n in self._names]
        if "t" in self._names and self._header.time_unit:
            axes[0]["unit"] = TIME_UNITS.get(self._header.time_unit, "second")
        words = self.geometry.orientations
        if self.geometry.matrix is not None and self._choices.version != "0.6":
            words = ("",) * 3  # axes that run along no axis of the head: only the header has them
        for name, word in zip("zyx", words, strict=True):
            axis: dict[str, Any] = {"name": name, "type": "space", "unit": self._unit}
            if word:
                axis["orientation"] = {"type": "anatomical", "value": word}
            axes.append(axis)
        return axes

    def _dataset(self, number: int, level: LevelPlan) -> dict[str, Any]:
        path = str(number)
        if self._choices.version != "0.6":
            return {"path": path, "coordinateTransformations": self._scale_and_translation(level)}
        ends = {"input": {"path": path}, "output": {"name": "physical"}}
        if self.geometry.matrix is not None:
            transform = {"type": "affine", "affine": self._full_affine(level).tolist()}
        else:
            inner = self._scale_and_translation(level)
            transform = {"type": "sequence", "transformations": inner}
        return {"path": path, "coordinateTransformations": [{**transform, **ends}]}

    def _scale_and_translation(self, level: LevelPlan) -> list[dict[str, Any]]:
        mm = length_in_mm(self._unit)
        outer = self._outer_sizes()
        scale = []
        translation = []
        sides = zip(self.geometry.scale, self.geometry.translation, level.factors, strict=True)
        for size, start, factor in sides:
            scale.append(size / mm * factor)
            # The centre of the first voxel is between those that it stands for.
            translation.append((start + size * (factor - 1) / 2) / mm)
        return [
            {"type": "scale", "scale": [*outer, *scale]},
            {"type": "translation", "translation": [*self._outer_starts(), *translation]},
        ]

    def _full_affine(self, level: LevelPlan) -> NDArray[np.float64]:
        """Return the affine of a level over all axes, in the unit of the file."""
        outer = self._outer_sizes()
        count = len(outer)
        full = np.zeros((count + 3, count + 4))
        full[range(count), range(count)] = outer
        full[:count, -1] = self._outer_starts()
        assert self.geometry.matrix is not None
        factors = np.array(level.factors, float)
        matrix = self.geometry.matrix
        full[count:, count:-1] = matrix[:, :3] * factors
        full[count:, -1] = matrix[:, 3] + matrix[:, :3] @ ((factors - 1) / 2)
        full[count:] /= length_in_mm(self._unit)
        return full

    def _outer_sizes(self) -> list[float]:
        zooms = self._header.get_zooms()
        step = float(zooms[3]) if len(zooms) > 3 and zooms[3] > 0 else 1.0
        return [step if name == "t" else 1.0 for name in self._names]

    def _outer_starts(self) -> list[float]:
        start = float(self._header.start_time)
        return [start if name == "t" else 0.0 for name in self._names]

    def _channels(self) -> list[dict[str, Any]]:
        header = self._header
        if is_colour(header.get_data_dtype()):
            samples = SAMPLES[: self._outer[-1]]
            return [{"label": name, "color": color, "active": True} for name, color in samples]
        facts = header.facts.channels
        count = max(len(header.channel_names), len(facts))
        names = [*header.channel_names, *[""] * count][:count]
        known = [*facts, *[Channel()] * count][:count]
        return [_channel(name, each) for name, each in zip(names, known, strict=True)]


def _channel(name: str, shown: Channel) -> dict[str, Any]:
    """Return how a channel is called and shown, as omero has it."""
    found: dict[str, Any] = {"label": name, "color": shown.color or "FFFFFF", "active": True}
    if shown.window:
        low, high = shown.window
        found["window"] = {"min": low, "max": high, "start": low, "end": high}
    return found
