"""NrrdHeader: where the voxels of an NRRD file are, in space and in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import HeaderDataError
from volio.formats.nrrd.axes import OF_SPACE
from volio.formats.nrrd.fields import (
    ENCODINGS,
    time_of,
    unquoted,
    vector_text,
    vectors,
)
from volio.formats.nrrd.gradients import OF_VOLUMES, Gradient, gradient_keys, gradients_of
from volio.formats.nrrd.space import LENGTHS, SECONDS, padded, signs_of, space_dimension
from volio.formats.nrrd.voxels import NrrdVoxels
from volio.images.data_files import numbered_names
from volio.images.headers.metadata import Metadata
from volio.images.headers.shape_checks import check_zooms
from volio.images.headers.text import Payload
from volio.images.headers.text_lines import Line, as_integers, as_number, written
from volio.images.headers.volume_metadata import Pick, metadata_of_volumes
from volio.space.affines import check_affine, from_matvec, voxel_sizes

__all__ = ["NrrdHeader"]

#: Fields that no other format has, and what they are called; what says nothing in them.
OTHERS = {
    "labels": "labels of axes",
    "thicknesses": "thicknesses of slices",
    "sample units": "unit of values",
    "old min": "range of values before (old min)",
    "old max": "range of values before (old max)",
}
NOTHING = {'""', "nan", "NaN", "NAN", "???"}
USUAL_KINDS = (*OF_SPACE, "time", "list", "point", "vector")


class NrrdHeader(NrrdVoxels):
    """The header of an NRRD file: a mapping from fields and free keys to their text.

    Voxel axes of an image are those of space, in the order of the file, and then the others
    (lists, vectors, time), whatever their place in the file. A first axis of kind RGB-color or
    RGBA-color (of unsigned char) or complex (of float or double) is part of the voxels.

    Parameters are those of `TextHeader`.
    """

    def check_read(self) -> None:
        """Check that the fields say what voxels there are; see `TextHeader`."""
        super().check_read()
        self.measurement_frame  # noqa: B018  raises where it makes no sense

    # Space.

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel indices to scanner RAS+ mm, shape (4, 4)."""
        ways = self.entries("space directions")
        columns, origin = self._unoriented() if ways is None else self._oriented()
        scale = signs_of(self.field("space")) * self._space_unit()
        return from_matvec(scale[:, None] * columns, scale * origin) + 0.0  # no minus zeros

    def _oriented(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Directions and origin as the file states them, in its own space."""
        count = self._space_dimension
        found = [vectors("space directions", way)[0] for way in self._of_image("space directions")]
        columns = np.eye(3)
        for axis, way in enumerate(found[:3]):
            if way is not None and len(way) != count:
                raise HeaderDataError(f"space directions: must have {count} numbers each")
            if way is not None:
                columns[:, axis] = padded(way)
        text = self.field("space origin")
        start = [0.0] * count if text is None else vectors("space origin", text, 1)[0]
        if start is not None and len(start) != count:
            raise HeaderDataError(f"space origin: must have {count} numbers, got {len(start)}")
        return columns, padded(start or ())

    @property
    def _space_dimension(self) -> int:
        stated = self.field("space dimension")
        number = None if stated is None else as_integers("space dimension", [stated])[0]
        return space_dimension(self.field("space"), number)

    def _unoriented(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Spacings and the place of the first voxel, where no directions are stated."""
        sizes, start = np.ones(3), np.zeros(3)
        fields = (self._of_image(key) for key in ("spacings", "axis mins", "axis maxs"))
        units, centres = self._of_image("units"), self._of_image("centerings")
        numbers = [[as_number("spacings, axis mins", word) for word in each] for each in fields]
        for axis, length in enumerate(self.shape[:3]):
            size, low, high = (each[axis] for each in numbers)
            inner = centres[axis].lower() != "node"
            steps = length if inner else length - 1
            if not np.isfinite(size) and np.isfinite(low) and np.isfinite(high) and steps > 0:
                size = (high - low) / steps
            factor = LENGTHS.get(units[axis].strip('"').lower(), 1.0)
            sizes[axis] = (size if np.isfinite(size) else 1.0) * factor
            if np.isfinite(low):
                start[axis] = low * factor + (sizes[axis] / 2 if inner else 0)
        return np.diag(sizes), start

    def _space_unit(self) -> float:
        """Millimetres in the unit of the space."""
        text = self.field("space units")
        names = unquoted("space units", text) if text is not None else [""]
        return LENGTHS.get(names[0].strip().lower(), 1.0) if names else 1.0

    def set_affine(self, affine: ArrayLike) -> None:
        """Store an affine as directions and origin in the file's space, LPS where it has none."""
        matrix, later = check_affine(affine), self.zooms[3:]
        if len(self.shape) == 2 and self.field("space") is None and _is_flat(matrix):
            self._state_space(matrix, 2)  # many programs take no planes in space
            return
        if self.field("space") is None or self._space_dimension != 3:
            self._keep_seconds()
            self.set_field("space dimension", None)
            self.set_field("space", "left-posterior-superior")
        self._state_space(matrix, 3)
        self._set_later(later)

    def _state_space(self, matrix: NDArray[np.float64], count: int) -> None:
        """State directions and origin, in the first axes of the space."""
        if count < 3:
            self.set_field("space dimension", str(count))
        scale = signs_of(self.field("space")) * self._space_unit()
        local = (matrix[:3] / scale[:, None] + 0.0)[:count]
        ways: list[list[float] | None] = [None] * len(self._axes)
        for place, axis in enumerate(self.arrangement.axes[:3]):
            if axis is not None:
                ways[axis + self._packed] = local[:, place].tolist()
        self._need_version(4)
        self.set_field("space directions", " ".join(vector_text(way) for way in ways))
        self.set_field("space origin", vector_text(local[:, 3].tolist()))
        for key in ("spacings", "axis mins", "axis maxs"):
            for axis, way in enumerate(ways):
                if way is not None and self.field(key) is not None:
                    self._set_entry(axis, key, "nan")

    def _keep_seconds(self) -> None:
        """State the unit of time at its axis, before the space that has it is given up."""
        seconds, axis = self.time_unit, (*self.arrangement.axes, None, None, None, None)[3]
        if seconds is not None and axis is not None:
            words = {value: word for word, value in reversed(SECONDS.items())}
            self._set_entry(axis + self._packed, "units", f'"{words[seconds]}"')

    def _set_later(self, sizes: Sequence[float]) -> None:
        """State the spacings of axes that are not of space."""
        for place, axis in enumerate(self.arrangement.axes[3:], 3):
            if axis is not None and self.zooms[place] != sizes[place - 3]:
                self._set_entry(axis + self._packed, "spacings", written([sizes[place - 3]])[0])

    def _need_version(self, version: int) -> None:
        """Raise the number in the magic word to that of the edition that has a field."""
        found = self.lines[0].text.strip()
        if found == "NRRD00.01" or int(found[4:]) < version:
            self.lines[0] = Line(f"NRRD{version:04d}")

    @property
    def zooms(self) -> tuple[float, ...]:
        """Sizes of a voxel: mm, and for later axes their spacings, 1 where none is stated.

        In a space with time the step of an axis that leads along it alone is its size.
        """
        spacings = [as_number("spacings", word) for word in self._of_image("spacings")[3:]]
        ways = self._of_image("space directions")[3:]
        steps = [time_of(way) for way in ways]
        later = [
            abs(size) if np.isfinite(size) else step or 1.0
            for size, step in zip(spacings, steps, strict=True)
        ]
        return (*map(float, voxel_sizes(self.affine)), *later)[: len(self.shape)]

    @zooms.setter
    def zooms(self, value: Sequence[float]) -> None:
        sizes, shape = [float(size) for size in value], self.shape
        check_zooms(sizes, len(shape))
        before, matrix = voxel_sizes(self.affine), self.affine
        after = np.array([*sizes[:3], *before[len(sizes) :]])
        if not np.allclose(before, after, rtol=1e-12):
            turned = matrix[:3, :3] / np.where(before > 0, before, 1)
            matrix[:3, :3] = np.where(before > 0, turned, np.eye(3)) * after
            self.set_affine(matrix)
        self._set_later(sizes[3:])

    @property
    def time_unit(self) -> float | None:
        """Seconds in the unit of the fourth voxel size; None where the file does not state it."""
        units = self._of_image("units")
        if len(units) < 4:
            return None
        text = units[3].strip('"')
        if not text and time_of(self._of_image("space directions")[3]):
            text = unquoted("space units", self.field("space units") or '""')[-1]
        return SECONDS.get(text.lower())

    @property
    def measurement_frame(self) -> NDArray[np.float64]:
        """Directions of measured vectors in the file's space, one a column, shape (3, 3)."""
        text = self.field("measurement frame")
        found = vectors("measurement frame", text) if text is not None else []
        if text is None or None in found or not found:
            return np.eye(3)
        if any(len(each or ()) != len(found) for each in found):
            raise HeaderDataError(f"measurement frame: must be a square matrix, got {text[:60]!r}")
        frame = np.eye(max(3, len(found)))
        frame[: len(found), : len(found)] = np.transpose(np.array(found, np.float64))
        return frame[:3, :3]

    # What other formats can take over.

    words = ("content", "")

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        found, shape = super().metadata(), self.shape
        volumes = shape[3] if len(shape) > 3 else 1
        frame = signs_of(self.field("space"))[:, None] * self.measurement_frame
        gradients = gradients_of(found.keys, frame, volumes)
        keys = {
            key: value
            for key, value in found.keys.items()
            if not (gradients and key.startswith(("DWMRI_", "modality")))
        }
        return replace(found, gradients=gradients, keys=keys, others=self._others(gradients))

    def _others(self, gradients: Sequence[Gradient]) -> tuple[str, ...]:
        """Name what only NRRD says; the measurement frame is in the gradients that it is of."""
        frame = [] if gradients or not self.field("measurement frame") else ["measurement frame"]
        said = (name for name in OTHERS if set((self.field(name) or "").split()) - NOTHING)
        special = [kind for kind in self._of_image("kinds") if kind.lower() not in USUAL_KINDS]
        kinds = [f"kinds of axes ({', '.join(dict.fromkeys(special))})"] if special else []
        return (*frame, *(OTHERS[name] for name in said), *kinds)

    def set_metadata(self, metadata: Metadata) -> None:
        """Take gradients, the unit of time, text and free keys."""
        self._need_version(4)
        super().set_metadata(metadata)
        axes = self.arrangement.axes
        if metadata.unit == "s" and len(axes) > 3 and axes[3] is not None:
            self._set_entry(axes[3] + self._packed, "units", '"s"')
        if metadata.gradients:
            self._set_gradients(metadata.gradients)

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Take gradients of volumes; see `SpatialHeader`."""
        for key in [key for key in self.keys() if key.startswith(OF_VOLUMES)]:
            self.set_field(key, None, free=True)
        if gradients := metadata_of_volumes(picks).gradients:
            self._set_gradients(gradients)

    def _set_gradients(self, gradients: Sequence[Gradient]) -> None:
        frame = signs_of(self.field("space"))[:, None] * self.measurement_frame
        for key, value in gradient_keys(gradients, frame).items():
            self.set_field(key, value, free=True)

    # The files of the voxels.

    @property
    def payload(self) -> Payload:
        """Where the voxels lie and how they are encoded."""
        word = (self.field("encoding") or "").lower()
        if word not in ENCODINGS:
            known = ", ".join(ENCODINGS)
            raise HeaderDataError(f"encoding: must be one of {known}; got {word[:40]!r}")
        stated = [self.field(key) or "0" for key in ("line skip", "byte skip")]
        lines, skip = (as_integers("line skip, byte skip", [text])[0] for text in stated)
        names, skips = self._files()
        if lines < 0 or min(skip, *skips, 0) < -1:
            raise HeaderDataError(
                f"line skip, byte skip: cannot be {lines} and {min(skip, *skips, 0)}"
            )
        return Payload(
            ENCODINGS[word],
            names,
            lines=lines,
            skip=max(0, skip),
            from_end=skip == -1,
            skips=skips,
        )

    def _files(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the data files, and the bytes to skip in each where a list says so."""
        text = self.field("data file") or ""
        first, *lines = text.split("\n")
        word, *more = first.split() or [""]
        if word != "SKIPLIST":
            return self._names(), ()
        self._check_subdim(more)
        pairs = [line.split(None, 1) for line in lines]
        if not pairs or any(len(pair) < 2 for pair in pairs):
            raise HeaderDataError("data file: a SKIPLIST has lines of a number and a file")
        skips = as_integers("data file: SKIPLIST", [skip for skip, _ in pairs])
        return tuple(name for _, name in pairs), tuple(skips)

    def _names(self) -> tuple[str, ...]:
        text = self.field("data file")
        if text is None:
            return ()
        first, *names = text.split("\n")
        words = first.split()
        if words and words[0] == "LIST":
            self._check_subdim(words[1:])
            return tuple(names)
        if len(words) >= 4 and "%" in words[0]:
            self._check_subdim(words[4:])
            low, high, step = as_integers("data file", words[1:4])
            return tuple(numbered_names(words[0], low, high, step))
        if not words:
            raise HeaderDataError(f"data file: cannot be {first[:40]!r}")
        return (first,)

    def _check_subdim(self, words: Sequence[str]) -> None:
        if words and not 1 <= as_integers("data file", words[:1])[0] <= self._dimension:
            raise HeaderDataError(f"data file: axes of a file must be 1 to {self._dimension}")

    def name_data(self, name: str | None, nbytes: int | None) -> None:
        """State the file of the voxels; None for behind the header. Nothing is to be skipped."""
        for key in ("line skip", "byte skip"):
            if as_integers(key, [self.field(key) or "0"])[0]:
                self.set_field(key, None)
        self.set_field("data file", name)
        if self._end() == len(self.lines):
            self.lines.append(Line(""))


def _is_flat(matrix: NDArray[np.float64]) -> bool:
    """Tell whether a plane lies in that of the first two axes of the world."""
    return not matrix[2, [0, 1, 3]].any() and not matrix[:2, 2].any()
