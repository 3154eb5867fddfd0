"""Axes of CIFTI-2: what the indices along each dimension of a matrix stand for."""

from volio.formats.cifti2.axes.axis import MatrixAxis
from volio.formats.cifti2.axes.brain_models import BrainModelAxis
from volio.formats.cifti2.axes.mapping import from_index_mapping, to_header
from volio.formats.cifti2.axes.named import LabelAxis, ScalarAxis
from volio.formats.cifti2.axes.parcels import ParcelsAxis
from volio.formats.cifti2.axes.series import SeriesAxis

__all__ = [
    "BrainModelAxis",
    "LabelAxis",
    "MatrixAxis",
    "ParcelsAxis",
    "ScalarAxis",
    "SeriesAxis",
    "from_index_mapping",
    "to_header",
]
