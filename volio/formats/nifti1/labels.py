"""Labels of a NIfTI image, in its extensions: those of Connectome Workbench, and of FreeSurfer.

Workbench has XML (ecode 30), FreeSurfer tags (ecode 14) after four bytes, of byte order, intent and
version.
Source: CaretVolumeExtension.cxx of https://github.com/Washington-University/workbench and
utils/fstagsio.cpp of https://github.com/freesurfer/freesurfer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from volio.errors import CorruptFileError, HeaderDataError
from volio.formats.nifti1.contents import CaretExtension
from volio.formats.nifti1.extension import NiftiExtension
from volio.images.label_tables.text_files import Rows

if TYPE_CHECKING:
    from volio.formats.nifti1.header import Nifti1Header

# The grammars are imported where they are used: few images have labels.

__all__ = ["has_labels_alone", "read_label_rows", "store_label_rows"]

#: ecode of the extension in which FreeSurfer has labels, and the bytes before its tags.
FREESURFER = 14
HEAD = 4


def read_label_rows(header: Nifti1Header) -> Rows | None:
    """Return the labels of the first volume; None where the header has none.

    Those of Workbench come before those of FreeSurfer.

    Raises
    ------
    HeaderDataError
        If a label has no number, or a colour that is none.
    """
    found = (rows for rows in _tables(header) if rows is not None)
    return next(found, None)


def _tables(header: Nifti1Header) -> Iterator[Rows | None]:
    """Yield the labels of each extension that may have some; None for one without."""
    for extension in header.extensions:
        if isinstance(extension, CaretExtension):
            from volio.formats.containers.caret_labels import caret_rows

            yield caret_rows(extension.get_object())
    for extension in header.extensions:
        if extension.get_code() == FREESURFER:
            from volio.formats.containers.freesurfer.label_rows import label_rows

            yield label_rows(extension.content[HEAD:], have_lengths=True)


def has_labels_alone(extension: CaretExtension) -> bool:
    """Return whether an extension says nothing but what the labels of the only volume are."""
    from volio.formats.containers.caret_labels import has_rows_alone

    try:
        return has_rows_alone(extension.get_object())
    except (CorruptFileError, HeaderDataError):
        return False


def store_label_rows(header: Nifti1Header, rows: Rows | None) -> None:
    """Store labels, those of the first volume; None takes those away that are there."""
    kept = [
        _without_labels(one) for one in header.extensions if not isinstance(one, CaretExtension)
    ]
    if rows is not None:
        from volio.formats.containers.caret_labels import caret_element

        kept.append(CaretExtension.from_object(caret_element(rows)))
    header.extensions[:] = kept


def _without_labels(extension: NiftiExtension) -> NiftiExtension:
    """Return an extension as it is; one of FreeSurfer without its labels."""
    if extension.get_code() != FREESURFER:
        return extension
    from volio.formats.containers.freesurfer.label_rows import without_table

    content = extension.content
    others = without_table(content[HEAD:], have_lengths=True)
    return type(extension)(FREESURFER, content[:HEAD] + others)
