"""Labels of a NIfTI image as FreeSurfer has them: tags in an extension (ecode 14).

Four bytes, of byte order, intent and version, come before the tags, each of which has a length.
Source: utils/fstagsio.cpp of https://github.com/freesurfer/freesurfer
"""

from __future__ import annotations

from collections.abc import Iterator

from volio.formats.containers.freesurfer.tags import COLOURS, Tag, colours_of, tags_in
from volio.formats.nifti1.extension import NiftiExtension
from volio.images.label_tables.text_files import Rows

__all__ = ["freesurfer_label_rows", "without_freesurfer_labels"]

HEAD = 4


def _tables(content: bytes) -> Iterator[Tag]:
    return (tag for tag in tags_in(content[HEAD:], have_lengths=True) if tag.number == COLOURS)


def freesurfer_label_rows(extension: NiftiExtension) -> Rows | None:
    """Return the labels of an extension of FreeSurfer; None where it has none.

    Raises
    ------
    HeaderDataError
        If the table makes no sense.
    """
    content = extension.content
    table = next(_tables(content), None)
    if table is None:
        return None
    rows = enumerate(colours_of(content[HEAD:], table))
    return [row.as_volume_label(number) for number, row in rows if row.is_there]


def without_freesurfer_labels(extension: NiftiExtension) -> NiftiExtension:
    """Return an extension of FreeSurfer but for the labels."""
    content = extension.content
    table = next(_tables(content), None)
    if table is None:
        return extension
    others = content[: HEAD + table.start] + content[HEAD + table.end :]
    return type(extension)(extension.get_code(), others)
