"""The kinds of CIFTI-2 files: intent, name and ending, by what their dimensions stand for.

Source: CIFTI-2 File Format, "Mapping Types and File Types", https://www.nitrc.org/projects/cifti
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from volio.files.names import split_ending
from volio.formats.cifti2.codes import BRAIN_MODELS, LABELS, PARCELS, SCALARS, SERIES

__all__ = ["KNOWN_ENDINGS", "UNKNOWN", "CiftiIntent", "ending_of", "intent_of"]


class CiftiIntent(NamedTuple):
    """How NIfTI says what is in a CIFTI-2 file.

    Attributes
    ----------
    code : int
        Intent of the NIfTI header.
    name : str
        Its intent_name.
    ending : str
        Of the file's name; "" for any.
    """

    code: int
    name: str
    ending: str


#: What has no intent of its own.
UNKNOWN = CiftiIntent(3000, "ConnUnknown", "")

#: By the kinds of the dimensions, the one whose values are next to each other in the file first.
INTENTS: dict[tuple[str | None, ...], CiftiIntent] = {
    (BRAIN_MODELS, BRAIN_MODELS): CiftiIntent(3001, "ConnDense", ".dconn.nii"),
    (SERIES, BRAIN_MODELS): CiftiIntent(3002, "ConnDenseSeries", ".dtseries.nii"),
    (PARCELS, PARCELS): CiftiIntent(3003, "ConnParcels", ".pconn.nii"),
    (SERIES, PARCELS): CiftiIntent(3004, "ConnParcelSries", ".ptseries.nii"),
    (SCALARS, BRAIN_MODELS): CiftiIntent(3006, "ConnDenseScalar", ".dscalar.nii"),
    (LABELS, BRAIN_MODELS): CiftiIntent(3007, "ConnDenseLabel", ".dlabel.nii"),
    (SCALARS, PARCELS): CiftiIntent(3008, "ConnParcelScalr", ".pscalar.nii"),
    # A row goes through the first dimension: from one parcel to all vertices and voxels.
    (BRAIN_MODELS, PARCELS): CiftiIntent(3009, "ConnParcelDense", ".pdconn.nii"),
    (PARCELS, BRAIN_MODELS): CiftiIntent(3010, "ConnDenseParcel", ".dpconn.nii"),
    (PARCELS, PARCELS, SERIES): CiftiIntent(3011, "ConnPPSr", ".pconnseries.nii"),
    (PARCELS, PARCELS, SCALARS): CiftiIntent(3012, "ConnPPSc", ".pconnscalar.nii"),
}

#: Endings that say what is in a file.
KNOWN_ENDINGS = tuple(intent.ending for intent in INTENTS.values())


def intent_of(kinds: Sequence[str | None]) -> CiftiIntent:
    """Return the intent of a matrix.

    Parameters
    ----------
    kinds : sequence of str
        ``CIFTI_INDEX_TYPE_…`` of each dimension, as `img.shape` has them.
    """
    return INTENTS.get(tuple(kinds), UNKNOWN)


def ending_of(filename: str) -> str:
    """Return the ending of a name that says what is in the file; "" for any other name."""
    return split_ending(filename, KNOWN_ENDINGS)[1].lower()
