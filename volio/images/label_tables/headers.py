"""Tables of labels in headers of volumes."""

from __future__ import annotations

from typing import Any

from volio.images.headers.metadata import metadata_of
from volio.images.headers.text.header import TextHeader
from volio.images.label_tables.niml import labels_in_attributes
from volio.images.label_tables.segments import KEY, rows_of_segments, segments_of_rows
from volio.images.label_tables.text_files import Rows

__all__ = ["rows_in_header", "store_rows"]


def rows_in_header(header: Any) -> Rows | None:
    """Return the rows of the table that a header has.

    That is its own, free keys as 3D Slicer has them, or one among attributes of AFNI.

    Raises
    ------
    HeaderDataError
        If the table makes no sense.
    """
    if isinstance(header, TextHeader):
        return rows_of_segments(header.free_keys())
    own = getattr(header, "label_rows", None)
    rows: Rows | None = own() if callable(own) else None
    return labels_in_attributes(metadata_of(header).attributes) if rows is None else rows


def store_rows(header: Any, rows: Rows | None) -> None:
    """Store rows in a header that has a place for them; None takes a table away."""
    if isinstance(header, TextHeader):
        segments = segments_of_rows(rows or (), header.get_data_shape())
        header.replace_free_keys(KEY, segments)
        return
    store = getattr(header, "set_label_rows", None)
    if callable(store):
        store(rows)
