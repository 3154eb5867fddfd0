"""What the volumes of a Philips scan are: labels, diffusion, and what other formats take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.formats.parrec.geometry import ACQ_TO_PSL, PSL_TO_RAS
from volio.formats.parrec.parse import PARRECError
from volio.images.headers.metadata import Metadata, named_fields
from volio.images.headers.spatial import SpatialHeader
from volio.images.headers.volume_metadata import Pick

__all__ = ["Volumes"]

#: What may differ from volume to volume.
VOLUME_KEYS = (
    "cardiac phase number",
    "echo number",
    "label type",
    "image_type_mr",
    "dynamic scan number",
    "scanning sequence",
    "gradient orientation number",
    "diffusion b value number",
)


#: General information that other formats say too, or that says how the file is made.
SPOKEN_FOR = frozenset(
    {
        *("patient_name", "exam_name", "protocol_name", "exam_date", "series_type"),
        *("max_cardiac_phases", "max_echoes", "max_slices", "max_dynamics", "max_mixes"),
        *("max_diffusion_values", "max_gradient_orient", "nr_label_types", "fov"),
        *("angulation", "off_center", "dyn_scan", "diffusion", "repetition_time"),
    }
)
#: Columns of single images that are facts of the scan.
OF_IMAGES = (
    *("trigger_time", "cardiac frequency", "minimum RR-interval", "maximum RR-interval"),
    *("number of averages", "TURBO factor", "Inversion delay", "contrast type"),
    *("window center", "window width"),
)


class Volumes(SpatialHeader):
    """The part of a header of Philips that says what each volume is."""

    general_info: dict[str, Any]
    image_defs: NDArray[Any]

    #: Which volumes of the file the image has, in its order; None for all.
    _chosen: Sequence[int] | None = None

    def _calc_data_shape(self) -> tuple[int, ...]:
        """Return the shape of all voxels of the file."""
        raise NotImplementedError

    def select_volumes(self, picks: Sequence[Pick]) -> None:
        """Speak of these volumes alone; of several files none. See `SpatialHeader`."""
        sources = {id(header) for header, _ in picks}
        same = len(sources) == 1 and isinstance(picks[0][0], Volumes)
        if not same:
            self._chosen = ()
            return
        before = picks[0][0]._chosen
        self._chosen = [each if before is None else before[each] for _, each in picks]

    def get_sorted_slice_indices(self) -> NDArray[np.intp]:
        """Return which records of `image_defs` the slices of each volume have."""
        raise NotImplementedError

    def get_slice_orientation(self) -> str:
        """Return the orientation of the slices."""
        raise NotImplementedError

    def get_volume_labels(self) -> dict[str, NDArray[Any]]:
        """Return what differs from volume to volume, by name, an array with one entry each."""
        rows = self.image_defs[self.get_sorted_slice_indices()]
        names = [key for key in VOLUME_KEYS if key in (rows.dtype.names or ())]
        differ = [name for name in names if len(np.unique(self.image_defs[name])) > 1]
        first = rows["slice number"] == 1
        chosen = slice(None) if self._chosen is None else np.array(self._chosen, np.intp)
        return {name: rows[name][first][chosen] for name in differ}

    def get_def(self, name: str) -> NDArray[Any] | None:
        """Return a field of all images; None where the version has none."""
        found: NDArray[Any] | None = (
            self.image_defs[name] if name in (self.image_defs.dtype.names or ()) else None
        )
        return found

    def get_water_fat_shift(self) -> Any:
        """Return the water-fat shift, in pixels."""
        return self.general_info["water_fat_shift"]

    def get_echo_train_length(self) -> Any:
        """Return the EPI factor."""
        return self.general_info["epi_factor"]

    def _diffusion(self) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
        """Return b-values and gradients in PSL of each volume."""
        shape = self._calc_data_shape()
        if not self.general_info.get("diffusion") or len(shape) < 4:
            return None, None
        rows = self.image_defs[self.get_sorted_slice_indices()].reshape(shape[2:], order="F")
        for name in ("diffusion_b_factor", "diffusion"):
            if name in (rows.dtype.names or ()) and np.any(rows[name] != rows[name][:1]):
                raise PARRECError(f"{name}: must be the same for all slices of a volume")
        directions = rows["diffusion"][0] if "diffusion" in (rows.dtype.names or ()) else None
        bvals = rows["diffusion_b_factor"][0]
        if self._chosen is None:
            return bvals, directions
        chosen = np.array(self._chosen, np.intp)
        return bvals[chosen], None if directions is None else directions[chosen]

    def get_bvals_bvecs(self) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
        """Return b-values and directions of the diffusion gradients.

        Returns
        -------
        bvals : ndarray, shape (volumes,), or None
            s/mm²; None for scans without diffusion, or of one volume.
        bvecs : ndarray, shape (volumes, 3), or None
            Along columns, rows and slices of the stored images, as if these were not angulated;
            None where the version does not state them. `metadata` has them in RAS+.
        """
        bvals, directions = self._diffusion()
        if directions is None:
            return bvals, None
        return bvals, directions @ ACQ_TO_PSL[self.get_slice_orientation()][:3, :3]

    def get_q_vectors(self) -> NDArray[Any] | None:
        """Return b-values times directions, shape (volumes, 3), in the frame of `bvecs`."""
        bvals, bvecs = self.get_bvals_bvecs()
        return None if bvals is None or bvecs is None else bvecs * bvals[:, np.newaxis]

    def as_analyze_map(self) -> dict[str, Any]:
        """Return description and units as NIfTI has them."""
        units = 2 + (8 if self.time_unit else 0)
        return {"descrip": self._description(), "descr": self._description(), "xyzt_units": units}

    def _description(self) -> str:
        names = ("exam_name", "patient_name", "exam_date", "protocol_name")
        words = [str(self.general_info.get(name, "")) for name in names]
        words[2] = words[2].replace(" ", "")
        return ";".join(words)[:79]

    def metadata(self) -> Metadata:
        """Return what the header says beside shape, dtype and place."""
        zooms, defs = self.get_zooms(), self.image_defs
        known = {
            "echo time": np.unique(defs["echo_time"]) / 1000,
            "flip angle": np.unique(defs["image_flip_angle"]),
        }
        timed = len(zooms) > 3 and self.time_unit is not None
        if not timed:
            repeats = np.unique(self.general_info.get("repetition_time", 0.0))
            known["repetition time"] = repeats[repeats > 0] / 1000
        return Metadata(
            step=zooms[3] if timed else None,
            unit="s" if timed else "",
            space="scanner",
            labels=self._labels(),
            description=self._description(),
            acquisition={
                name: float(values[0]) for name, values in known.items() if len(values) == 1
            },
            gradients=self._gradients(),
            others=(*self._bvals_alone(), *named_fields("PAR/REC", list(self._said()))),
        )

    def _bvals_alone(self) -> tuple[str, ...]:
        bvals, directions = self._diffusion()
        return ("b-values",) if bvals is not None and directions is None else ()

    def _said(self) -> Iterator[str]:
        """Go through the names of facts of the scan that no other format has."""
        for name, value in self.general_info.items():
            text = isinstance(value, str)
            says = bool(value.strip()) if text else np.any(np.nan_to_num(np.asarray(value, float)))
            if says and name not in SPOKEN_FOR:
                yield name
        for name in self.image_defs.dtype.names or ():
            if name in OF_IMAGES and np.any(self.image_defs[name]):
                yield name

    def _labels(self) -> tuple[str, ...]:
        """Return a label for each volume, where more than the dynamic tells them apart."""
        labels = self.get_volume_labels()
        if not set(labels) - {"dynamic scan number"} or len(self._calc_data_shape()) < 4:
            return ()
        columns = zip(*labels.values(), strict=True)
        return tuple(
            ", ".join(f"{name} {value}" for name, value in zip(labels, row, strict=True))
            for row in columns
        )

    def _gradients(self) -> tuple[tuple[float, float, float, float], ...]:
        bvals, directions = self._diffusion()
        if bvals is None or directions is None:
            return ()
        lengths = np.linalg.norm(directions, axis=1, keepdims=True)
        world = directions / np.where(lengths > 0, lengths, 1) @ PSL_TO_RAS[:3, :3].T
        rows = np.column_stack([world, bvals]).tolist()
        return tuple((x, y, z, b) for x, y, z, b in rows)
