"""LimitedNifti2Header: the NIfTI-2 header of a CIFTI-2 file."""

from __future__ import annotations

from volio.codes import Recoder
from volio.errors import HeaderDataError
from volio.formats.nifti1.codes import data_type_codes
from volio.formats.nifti1.contents import Cifti2Extension
from volio.formats.nifti2 import Nifti2Header
from volio.formats.signatures import CIFTI_EXTENSION, has_cifti_intent

__all__ = ["FIRST_AXIS", "LimitedNifti2Header"]

#: dim[1] to dim[4] are 1, for space and time: the matrix has what follows.
FIRST_AXIS = 4

DTYPES = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
NAMES = (*DTYPES, "float32", "float64")

#: Checks of fields that are of axes of space, or of other files.
LEFT_OUT = ("pixdim", "intent_code")


class LimitedNifti2Header(Nifti2Header):
    """The header of NIfTI-2 as CIFTI-2 files have it: a matrix, and no place in space.

    Parameters
    ----------
    binaryblock, endianness, check, extensions
        As for `Nifti2Header`.

    Raises
    ------
    HeaderDataError
        If the fields make no sense together.
    """

    data_types = Recoder(
        [(data_type_codes[name], name, data_type_codes.dtype[name]) for name in NAMES],
        fields=("code", "label", "dtype"),
    )
    checks = tuple(check for check in Nifti2Header.checks if check.field not in LEFT_OUT)

    def check_loaded(self) -> None:
        """Check that the file holds a matrix, and says what it stands for.

        Raises
        ------
        HeaderDataError
            If its first four axes are not of length 1, it has no XML of CIFTI, or that is CIFTI-1.
        """
        shape = self.get_data_shape()
        if shape[:FIRST_AXIS] != (1,) * FIRST_AXIS or len(shape) == FIRST_AXIS:
            raise HeaderDataError(
                f"dim: a CIFTI-2 file has four axes of length 1, then those of the matrix, got "
                f"{shape}; format='nifti2' reads it as plain NIfTI-2"
            )
        self.cifti_extension().check_version()

    def cifti_extension(self) -> Cifti2Extension:
        """Return the extension with the XML.

        Raises
        ------
        HeaderDataError
            If there is none.
        """
        for extension in self.extensions:
            if isinstance(extension, Cifti2Extension):
                return extension
        raise HeaderDataError(
            f"header extensions: one with the code {CIFTI_EXTENSION}, the XML of CIFTI-2, is "
            f"needed, found {self.extensions.get_codes()}; format='nifti2' reads the file as plain "
            "NIfTI-2"
        )

    def set_cifti(self, extension: Cifti2Extension) -> None:
        """Set the extension with the XML, in the place of the one that was there; others stay."""
        is_cifti = [each.get_code() == CIFTI_EXTENSION for each in self.extensions]
        place = is_cifti.index(True) if any(is_cifti) else len(is_cifti)
        kept = [each for each in self.extensions if each.get_code() != CIFTI_EXTENSION]
        kept.insert(place, extension)
        self.extensions = self.exts_klass(kept)

    @classmethod
    def may_contain_header(cls, binaryblock: bytes) -> bool:
        """Return whether bytes begin like a CIFTI-2 file: NIfTI-2 with an intent of CIFTI-2."""
        return has_cifti_intent(binaryblock)
