"""Every error and warning volio raises on purpose, as one tree.

::

    VolioError
    ├── ImageFileError               something about a file              (also OSError)
    │   ├── MissingFileError         it is not there                     (also FileNotFoundError)
    │   ├── UnknownFormatError       no format recognises it             (also ValueError)
    │   │   └── AmbiguousFormatError several formats recognise it equally well
    │   ├── DamagedFileError         it is not as it was written
    │   │   ├── TruncatedFileError   it ends too early                   (also EOFError)
    │   │   └── CorruptFileError     its bytes cannot be decoded
    │   ├── SourceChangedError       it changed or vanished since it was opened
    │   ├── LimitError               it declares more than it can hold
    │   │   └── ArrayTooLargeError   there is not so much memory         (also MemoryError)
    │   ├── RemoteError              a server did not give it
    │   │   └── RemoteMissingError   it has no such file                 (also MissingFileError)
    │   ├── FilenameError            its name does not fit the format    (also ValueError)
    │   └── FileHolderError          a file map entry names no file      (also ValueError)
    ├── HeaderError                  something about a header
    │   ├── HeaderDataError          a field's value                     (also ValueError)
    │   │   └── CodeError            a code or name that its table lacks (also KeyError)
    │   └── HeaderTypeError          a header of the wrong kind          (also TypeError)
    ├── ImageDataError               something about voxels or values    (also ValueError)
    ├── SaveError                    it cannot be written as asked       (also ValueError)
    │   ├── WriterError              no such conversion of values
    │   │   └── ScalingError         no slope and intercept fit
    │   └── CastingError             no dtype fits
    ├── SpaceError                   something about geometry            (also ValueError)
    │   ├── AffineError              a 4x4 matrix
    │   └── OrientationError         axis codes and orientations
    ├── UsageError                   an argument out of its range        (also ValueError)
    │   ├── UsageTypeError           an argument of the wrong kind       (also TypeError)
    │   └── IndexingError            an index outside an array           (also IndexError)
    ├── NotServedError               a name of nibabel's to come         (also NotImplementedError)
    └── MissingPackageError          an optional package is missing      (also ImportError)

    VolioWarning
    ├── PrecisionWarning          values were rounded while saving
    ├── GeometryWarning           an affine could not be stored as it is
    ├── LossWarning               a format does not hold all of a header of another
    ├── VoxelsWarning             voxels are NaN or infinite
    └── UncheckedWarning          changes of a file could not be noticed, or may be
"""

from typing import Self

__all__ = [
    "AffineError",
    "AmbiguousFormatError",
    "ArrayTooLargeError",
    "CastingError",
    "CodeError",
    "CorruptFileError",
    "DamagedFileError",
    "FileHolderError",
    "FilenameError",
    "GeometryWarning",
    "HeaderDataError",
    "HeaderError",
    "HeaderTypeError",
    "ImageDataError",
    "ImageFileError",
    "IndexingError",
    "LimitError",
    "LossWarning",
    "MissingFileError",
    "MissingPackageError",
    "NotServedError",
    "OrientationError",
    "PrecisionWarning",
    "RemoteError",
    "RemoteMissingError",
    "SaveError",
    "ScalingError",
    "SourceChangedError",
    "SpaceError",
    "TruncatedFileError",
    "UncheckedWarning",
    "UnknownFormatError",
    "UsageError",
    "UsageTypeError",
    "VolioError",
    "VolioWarning",
    "VoxelsWarning",
    "WriterError",
]


class VolioError(Exception):
    """Base of every error volio raises on purpose.

    Parameters
    ----------
    *args
        The message.

    Examples
    --------
    >>> try:
    ...     volio.load("missing.nii.gz")
    ... except volio.VolioError as error:
    ...     print(error)
    missing.nii.gz: no such file
    """


class ImageFileError(VolioError, OSError):
    """A file cannot be read or written as an image."""

    __str__ = Exception.__str__  # an OSError that is given a file name shows no message


class MissingFileError(ImageFileError, FileNotFoundError):
    """A file is not there."""


class UnknownFormatError(ImageFileError, ValueError):
    """No format recognises the file."""


class AmbiguousFormatError(UnknownFormatError):
    """Several formats recognise the file equally well."""


class DamagedFileError(ImageFileError):
    """The bytes of a file are not all there, or not as they were written.

    Attributes
    ----------
    readable : int or None
        Decoded bytes before the damage, where that is known.
    """

    readable: int | None = None

    def before(self, readable: int) -> Self:
        """Note how many decoded bytes are before the damage; return the error."""
        self.readable = readable
        return self


class TruncatedFileError(DamagedFileError, EOFError):
    """The file ends before what its header declares."""


class CorruptFileError(DamagedFileError):
    """The bytes fail a checksum or cannot be decoded."""


class SourceChangedError(ImageFileError):
    """The file changed or vanished since the image was opened."""


class LimitError(ImageFileError):
    """The file declares more than its bytes can hold."""


class ArrayTooLargeError(LimitError, MemoryError):
    """There is not so much memory as an array takes."""


class RemoteError(ImageFileError):
    """A server did not give the bytes asked for.

    Attributes
    ----------
    status : int or None
        What an http server answered, where it did: 403, 404, ...
    """

    status: int | None = None


class RemoteMissingError(RemoteError, MissingFileError):
    """A server has no file at an address."""


class FilenameError(ImageFileError, ValueError):
    """A file name does not fit the format."""


class FileHolderError(ImageFileError, ValueError):
    """An entry of a file map names neither a file name nor a file object."""


class HeaderError(VolioError):
    """A header cannot be used."""


class HeaderDataError(HeaderError, ValueError):
    """A header field holds a value it may not hold."""


class CodeError(HeaderDataError, KeyError):
    """A code or name is not in the table of those that a field may hold."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class HeaderTypeError(HeaderError, TypeError):
    """A header is of a kind that does not fit here."""


class ImageDataError(VolioError, ValueError):
    """Voxels or values cannot be used."""


class SaveError(VolioError, ValueError):
    """The image cannot be written as asked."""


class WriterError(SaveError):
    """Values cannot be converted to the dtype of the file."""


class ScalingError(WriterError):
    """No slope and intercept bring the values into the dtype of the file."""


class CastingError(SaveError):
    """No dtype of the format holds the values."""


class SpaceError(VolioError, ValueError):
    """Geometry that makes no sense."""


class AffineError(SpaceError):
    """A matrix is not a usable 4x4 affine."""


class OrientationError(SpaceError):
    """Axis codes or an orientation array are not valid."""


class UsageError(VolioError, ValueError):
    """An argument is outside the values it may take."""


class UsageTypeError(UsageError, TypeError):
    """An argument is of a kind that cannot be used here."""


class IndexingError(UsageError, IndexError):
    """An index does not fit the shape of the array."""


class NotServedError(VolioError, NotImplementedError):
    """A name of nibabel's belongs to a format that is still to come."""


class MissingPackageError(VolioError, ImportError):
    """An optional package is not installed."""


class VolioWarning(UserWarning):
    """Base of every warning volio gives on purpose."""


class PrecisionWarning(VolioWarning):
    """Values were rounded while saving; the message states the largest error."""


class GeometryWarning(VolioWarning):
    """An affine could not be stored as it is, or a file holds two that disagree."""


class LossWarning(VolioWarning):
    """A format cannot hold all of a header of another; the message lists what is lost."""


class VoxelsWarning(VolioWarning):
    """Voxels are NaN or infinite, and so is part of what is computed from them."""


class UncheckedWarning(VolioWarning):
    """Whether a file has changed since it was opened cannot be known for sure."""
