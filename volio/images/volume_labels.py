"""Labels of volumes: in the header where it has a place for them, else with the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

from volio.caller import warn_caller
from volio.errors import HeaderError, LossWarning, UsageTypeError
from volio.images.label_tables.headers import rows_in_header, store_rows
from volio.images.label_tables.losses import lost_of_rows
from volio.images.labels import Labels

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["VolumeLabels", "carry_labels", "warn_of_unsaved_labels"]

#: Where labels are in what is kept with an image.
EXTRA = "labels"


class VolumeLabels:
    """Names and colours of values that are labels: a table of the header, or one that was set.

    None where there is none. Viewers show them. Setting them stores them in headers that have a
    place for them: with colours in NIfTI, MGH and OME-Zarr and, as the segments of 3D Slicer, in
    NRRD, MetaImage and MIF; without in AFNI. Elsewhere they stay with the image in memory.
    """

    @overload
    def __get__(self, img: None, owner: type) -> Self: ...

    @overload
    def __get__(self, img: SpatialImage, owner: type) -> Labels | None: ...

    def __get__(self, img: SpatialImage | None, owner: type) -> Self | Labels | None:
        """Return the labels of an image."""
        return self if img is None else labels_of_volume(img)

    def __set__(self, img: SpatialImage, labels: Labels | None) -> None:
        """Set the labels of an image; None takes them away."""
        set_labels(img, labels)


def labels_of_volume(img: SpatialImage) -> Labels | None:
    """Return the labels that were set, else those of the header; None without any."""
    known = img.extra.get(EXTRA)
    if isinstance(known, Labels):
        return known
    rows = rows_in_header(img.header)
    return None if rows is None else Labels(rows)


def set_labels(img: SpatialImage, labels: Labels | None) -> None:
    """Set the labels, in the header too where it has a place for them; None takes them away."""
    if labels is not None and not isinstance(labels, Labels):
        raise UsageTypeError(f"labels: must be Labels, got {type(labels).__name__}")
    img.extra.pop(EXTRA, None)
    store_rows(img.header, None if labels is None else labels.rows)
    if labels is not None:
        img.extra[EXTRA] = labels


def carry_labels(img: Any, new: SpatialImage) -> None:
    """Give an image the labels of the one that it was made from, if it has none."""
    try:
        labels = getattr(img, "labels", None)
    except HeaderError:  # a table that makes no sense stays with the image that has it
        return
    if isinstance(labels, Labels) and Labels(rows_in_header(new.header) or ()) != labels:
        set_labels(new, labels)


def warn_of_unsaved_labels(img: SpatialImage) -> None:
    """Warn of labels that were set, and that the header has no place for."""
    labels = img.extra.get(EXTRA)
    if not isinstance(labels, Labels):
        return
    held = Labels(rows_in_header(img.header) or ())
    name = type(img).__name__
    if labels and not held:
        message = f"{name}: has no place for labels; labels.to_dseg_tsv and others write them"
        warn_caller(message, LossWarning)
    elif lost := lost_of_rows(labels.rows, held.rows):
        warn_caller(f"{name}: has no place for {', '.join(lost)} of labels", LossWarning)
