"""Ragged arrays: arrays that differ in length along their first axis, stored as one array."""

from volio.arrays.ragged.assembly import concatenate, create_arraysequences_from_generator
from volio.arrays.ragged.growth import MEGABYTE
from volio.arrays.ragged.sequence import (
    ArraySequence,
    is_array_sequence,
    is_ndarray_of_int_or_bool,
)

__all__ = [
    "MEGABYTE",
    "ArraySequence",
    "concatenate",
    "create_arraysequences_from_generator",
    "is_array_sequence",
    "is_ndarray_of_int_or_bool",
]
