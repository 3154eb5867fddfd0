"""Writing a CIFTI-2 file: the header of NIfTI-2, the XML, the data slab by slab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import DTypeLike

from volio.caller import warn_caller
from volio.errors import HeaderDataError, VolioWarning
from volio.files.filemap import FileHolder
from volio.files.opener import open_for_write
from volio.files.saving.chunk_layout import announce
from volio.formats.cifti2.checks import check_matrix, check_shape
from volio.formats.cifti2.elements.matrix import Cifti2Matrix
from volio.formats.cifti2.header import Cifti2Header
from volio.formats.cifti2.intents import UNKNOWN, CiftiIntent, ending_of, intent_of
from volio.formats.cifti2.nifti_header import LimitedNifti2Header
from volio.formats.nifti1.contents import Cifti2Extension
from volio.formats.signatures import CIFTI_INTENTS

if TYPE_CHECKING:
    from volio.formats.cifti2.image import Cifti2Image

__all__ = ["write_image"]


def write_image(
    img: Cifti2Image,
    holder: FileHolder,
    dtype: DTypeLike | None,
    compression: str | int | None,
    collect: bool,
) -> None:
    """Write an image to a file; see `Cifti2Image.to_file_map`.

    Parameters
    ----------
    img : Cifti2Image
    holder : FileHolder
        The file.
    dtype, compression
        As for `Cifti2Image.to_file_map`.
    collect : bool
        Write to a file object only at the end, because what is written is read from it.
    """
    img.update_headers()
    matrix = img.header.matrix
    check_matrix(matrix)
    if problem := check_shape(matrix, img.shape):
        raise HeaderDataError(problem)
    intent = intent_of(_kinds(matrix))
    _set_intent(img.nifti_header, intent)
    header = img.nifti_header.copy()
    header.set_cifti(_extension_to_write(img))
    if [each.content for each in header.extensions] != img._extensions_read:
        # Right after the extensions: not every program takes a gap, which may have been there.
        header["vox_offset"] = header.least_offset()
    plan = img._plan(header, dtype)
    plan.apply_to(header)
    plan.warn()
    _warn_of_ending(holder, intent)
    with open_for_write([holder], compression, collect=collect) as (stream,):
        stored = header.get_data_dtype()
        announce(stream, header.get_data_offset(), stored.itemsize, plan.voxels.shape)
        header.write_to(stream)
        stream.write(b"\0" * (header.get_data_offset() - stream.tell()))
        plan.write(stream, stored)


def _kinds(matrix: Cifti2Matrix) -> list[str | None]:
    """Return what the dimensions stand for, in the order of the shape."""
    axes = sorted(matrix.mapped_indices)
    return [matrix.get_index_map(axis).indices_map_to_data_type for axis in axes]


def _set_intent(header: LimitedNifti2Header, intent: CiftiIntent) -> None:
    """Set intent and intent name; a code of CIFTI that volio does not know stays."""
    code = int(header["intent_code"])
    known = header.codes["intent_code"]
    if intent is UNKNOWN and code in CIFTI_INTENTS and code not in known:
        return
    header["intent_code"] = intent.code
    header["intent_name"] = intent.name.encode()


def _extension_to_write(img: Cifti2Image) -> Cifti2Extension:
    """Return the extension with the XML: the bytes that were read, where it was not edited."""
    for extension in img.nifti_header.extensions:
        if isinstance(extension, Cifti2Extension) and _is_of(extension, img.header):
            return Cifti2Extension(content=extension.content)
    return Cifti2Extension(content=img.header.to_xml())


def _is_of(extension: Cifti2Extension, header: Cifti2Header) -> bool:
    """Return whether an extension holds a header, or one that says the same."""
    found = extension.get_content()
    return found is header or found == header


def _warn_of_ending(holder: FileHolder, intent: CiftiIntent) -> None:
    """Warn of a name that promises other axes than the file has."""
    name = str(holder.filename or "")
    ending = ending_of(name)
    if ending and ending != intent.ending:
        usual = f"{intent.ending} is the usual ending" if intent.ending else "no ending is usual"
        warn_caller(
            f"{name}: {ending} is the ending of other axes; this is {intent.name}: {usual}",
            VolioWarning,
        )
