"""FileImage: an image that knows its files, and loads and saves itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from types import FunctionType
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np

from volio.caller import is_called_by, warn_caller
from volio.errors import (
    FilenameError,
    ImageFileError,
    RemoteError,
    UsageError,
    UsageTypeError,
    VolioError,
    VolioWarning,
)
from volio.files.filemap import FileHolder, FileMap
from volio.files.names import (
    companion_names,
    existing_name,
    expanded,
    is_there,
    may_grow,
    path_text,
    split_compression,
    split_ending,
)
from volio.files.opener import open_source
from volio.files.pairs import read_together
from volio.files.remote.addresses import is_address
from volio.images.arguments import check_extra, check_header
from volio.images.deprecated import DeprecatedMethod
from volio.images.headers.kinship import Kinship
from volio.images.kinds import KINDS, Kind

__all__ = ["FileImage", "Filename"]

Filename = str | PathLike[str]


#: What ``numpy.vectorize`` makes an array of, to see its dtype, is any result of the function.
OF_ANY_RESULT = "vectorize._get_ufunc_and_otypes"
#: Parts of an image, such as "header" and "image", and the ending of the file of each.
FilesTypes = tuple[tuple[str, str], ...]


class FileImage(metaclass=Kinship):
    """An image that is stored in one file or several.

    Parameters
    ----------
    header : header, optional
        Further information about the image, of any class (default: a new mapping).
    extra : mapping, optional
        Anything to keep with the image; not saved.
    file_map : mapping, optional
        Names of the parts ('image', 'header') to `FileHolder`.
    """

    #: Names of classes whose instances these images count as; see `Kinship`.
    counts_as: ClassVar[tuple[str, ...]] = ()
    header_class: ClassVar[type[Any]]
    #: What the image is about: 'volume', 'surface', 'greyordinates', 'tracts' or 'transform'.
    kind: ClassVar[Kind]
    #: How an image of this class leads to one of another kind, for errors.
    leads_to: ClassVar[Mapping[Kind, str]] = {}
    #: Where the arrays of an image are, for the error of one that is taken for an array.
    arrays_are: ClassVar[str] = ""
    #: What makes an image of this class, for the error of an array in place of a header.
    made_by: ClassVar[str] = ""
    #: Part and ending of every file of the image.
    files_types: ClassVar[FilesTypes] = (("image", ""),)
    #: What is added to the name of a file for one that may have its values, saved before it.
    data_suffix: ClassVar[str] = ""
    #: Endings under which files of this class are known (default: those of `files_types`).
    valid_exts: ClassVar[tuple[str, ...]] = ()
    #: Parts whose files are looked for in other compressions too, where they are missing.
    found_parts: ClassVar[tuple[str, ...]] = ("header", "image")
    #: Choices for saving that `from_image` takes, too, when an image of another class is saved.
    conversion_choices: ClassVar[tuple[str, ...]] = ()
    #: Whether an image can be made from an array, and read and written.
    makeable: ClassVar[bool] = True
    rw: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        """Take the endings of `files_types`, unless the class has others.

        Python's errors of arguments name the class that was called, not one of its bases.
        """
        super().__init_subclass__(**options)
        if "files_types" in vars(cls) and "valid_exts" not in vars(cls):
            cls.valid_exts = tuple([ending for _, ending in cls.files_types if ending])
        if "__init__" in vars(cls):
            return
        written = (vars(base).get("__init__") for base in cls.__mro__[1:])
        original = next(init for init in written if init and not hasattr(init, "is_renamed"))
        cls.__init__ = _renamed(original, f"{cls.__qualname__}.__init__")  # type: ignore[method-assign]

    def __init__(
        self,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        check_header(type(self).__name__, header, self.made_by)
        check_extra(type(self).__name__, extra)
        self._header = self.header_class.from_header(header)
        self.extra: dict[str, Any] = dict(extra or {})
        self.file_map: FileMap = dict(file_map) if file_map else self.make_file_map()

    def _set_file_defaults(self) -> None:
        """Set what files of a class hold besides, as in an image that no file was read for."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Refuse to become an array: which of its arrays, or of which dtype, is not said.

        An array of objects holds the image itself, as that of what ``numpy.vectorize(load)`` gives.
        """
        if (dtype is not None and np.dtype(dtype) == object) or is_called_by(OF_ANY_RESULT):
            holder = np.empty((), object)
            holder[()] = self
            return holder
        what = KINDS.get(getattr(self, "kind", None), "an image")  # type: ignore[arg-type]
        found = f"{type(self).__name__}: is {what}, not an array"
        raise UsageTypeError(f"{found}; {self.arrays_are}" if self.arrays_are else found)

    @property
    def header(self) -> Any:
        """What is known besides the data."""
        return self._header

    # Names of files.

    @classmethod
    def filespec_to_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map of an image from the name of any of its files.

        Raises
        ------
        FilenameError
            If this class does not have the ending; a name without any gets the usual one.
        """
        name = str(filespec)
        if len(cls.files_types) == 1:
            stem, compression = split_compression(name)
            if may_grow(stem):
                name = f"{stem}{cls.files_types[0][1]}{compression}"
            elif cls.valid_exts and not split_ending(name, cls.valid_exts)[1]:
                raise FilenameError(
                    f"{name}: files of {cls.__name__} end in {', '.join(cls.valid_exts)} "
                    "(compressed or not)"
                )
            return {cls.files_types[0][0]: FileHolder(filename=name)}
        names = companion_names(name, cls.files_types)
        return {part: FileHolder(filename=path) for part, path in names.items()}

    @classmethod
    def existing_file_map(cls, filespec: Filename) -> FileMap:
        """Return the file map to read an image from, given the name of any of its files.

        A file that is missing, and is there in one other compression, is taken in that.

        Raises
        ------
        FilenameError
            As for `filespec_to_file_map`.

        Warns
        -----
        VolioWarning
            If files of the image differ in their compression.
        """
        file_map = cls.filespec_to_file_map(filespec)
        if not is_there(expanded(filespec)):
            return file_map
        for part in cls.found_parts:
            name = str(file_map[part].filename) if part in file_map else ""
            found = existing_name(name)
            if found == name:
                continue
            file_map[part] = FileHolder(filename=found)
            if found.lower() != name.lower():
                what = f"is read, {Path(name).name} is not there"
                warn_caller(f"{found}: file name: {what}", VolioWarning)
        return file_map

    @classmethod
    def make_file_map(cls, mapping: Mapping[str, Any] | None = None) -> FileMap:
        """Return a file map of this class, with the names or file objects of `mapping` in it.

        Parameters
        ----------
        mapping : mapping, optional
            Part ('image', 'header', ...) to file name or file object.
        """
        file_map: FileMap = {part: FileHolder() for part, _ in cls.files_types}
        for part, where in (mapping or {}).items():
            named = isinstance(where, str | PathLike)
            file_map[part] = FileHolder(filename=where) if named else FileHolder(fileobj=where)
        return file_map

    def get_filename(self) -> str | None:
        """Return the name of the image's file; None if it has none."""
        main = self.main_part()
        name = self.file_map[main if main in self.file_map else self.files_types[0][0]].filename
        return None if name is None else str(name)

    @classmethod
    def main_part(cls) -> str:
        """Return the part whose name stands for the image: its voxels, where it has any."""
        parts = dict(cls.files_types)
        return "image" if "image" in parts else next(iter(parts))

    def set_filename(self, filename: Filename) -> None:
        """Set the names of the image's files from the name of any of them."""
        self.file_map = self.filespec_to_file_map(filename)

    # Loading.

    @classmethod
    def from_filename(cls, filename: Filename, **options: Any) -> Self:
        """Load an image of this class from the name of any of its files.

        Parameters
        ----------
        filename : str or path
        **options
            As for `from_file_map`.

        Raises
        ------
        ImageFileError, HeaderError
            If the files cannot be read as such an image.
        """
        return cls.from_named_files(cls.existing_file_map(filename), **options)

    @classmethod
    def from_named_files(cls, file_map: FileMap, **options: Any) -> Self:
        """Load an image from files that other processes may be replacing.

        Parameters
        ----------
        file_map : mapping
            Of part to `FileHolder`.
        **options
            As for `from_file_map`.

        Raises
        ------
        SourceChangedError
            If they are replaced again and again, so that header and voxels are never of one image.
        """
        read = partial(cls.from_file_map, file_map, **options)
        return read_together(read, file_map, cls.data_suffix)

    @classmethod
    def load(cls, filename: Filename, **options: Any) -> Self:
        """Load an image of this class; the same as `from_filename`."""
        return cls.from_filename(filename, **options)

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder]) -> Self:
        """Load an image of this class from its files.

        Further parameters of a class are the choices that its format has for loading.
        """
        raise ImageFileError(f"{cls.__name__}: cannot be read")

    @classmethod
    def from_stream(cls, io_obj: BinaryIO) -> Self:
        """Load an image from a binary file object: at its position, or all of it from the end."""
        start = io_obj.tell()
        start = start if io_obj.read(1) else 0
        io_obj.seek(start)
        return cls.from_file_map({cls._only_part(): FileHolder(fileobj=io_obj, pos=start)})

    @classmethod
    def from_bytes(cls, bytestring: bytes) -> Self:
        """Load an image from the bytes of its file (compressed or not)."""
        given: object = bytestring
        if isinstance(given, str):
            raise UsageTypeError("bytestring: must be bytes, got str; from_filename takes a path")
        return cls.from_stream(io.BytesIO(bytestring))

    @classmethod
    def from_url(cls, url: str, timeout: float = 5) -> Self:
        """Load an image from an http or https address, or one that fsspec knows.

        Parameters
        ----------
        url : str
        timeout : float
            Seconds to wait for the server.

        Raises
        ------
        RemoteError
            If the server does not give it.
        """
        if not is_address(url):
            raise RemoteError(f"{url}: is not an address, as https://host/scan.nii.gz is")
        source = open_source(url, timeout)
        return cls.from_file_map({cls._only_part(): FileHolder(filename=url, fileobj=source)})

    @classmethod
    def path_maybe_image(
        cls, filename: Filename, sniff: tuple[bytes, str] | None = None, sniff_max: int = 1024
    ) -> tuple[bool, tuple[bytes, str] | None]:
        """Return whether a file could hold an image of this class, by its name and first bytes.

        Parameters
        ----------
        filename : str or path
        sniff : (bytes, str), optional
            First bytes and name of the file they are from, as returned before.
        sniff_max : int
            How many bytes to look at.

        Returns
        -------
        maybe : bool
        sniff : (bytes, str) or None
            For the next call.
        """
        name = str(filename)
        if not split_ending(name, cls.valid_exts)[1]:
            return False, sniff
        test = getattr(cls.header_class, "may_contain_header", None)
        if test is None:
            return True, sniff
        holder = next(iter(cls._header_first(cls.filespec_to_file_map(name)).values()))
        least = getattr(cls.header_class, "sizeof_hdr", 1)
        if sniff is None or sniff[1] != str(holder.filename) or len(sniff[0]) < least:
            try:
                sniff = (open_source(holder).read_upto(0, sniff_max), str(holder.filename))
            except VolioError:
                return False, sniff
        return bool(test(sniff[0])), sniff

    @staticmethod
    def _header_first(file_map: FileMap) -> FileMap:
        return dict(sorted(file_map.items(), key=lambda item: item[0] != "header"))

    # Saving.

    def to_filename(self, filename: Filename, **options: Any) -> None:
        """Save the image under the name of any of its files; the format is that of its class.

        Parameters
        ----------
        filename : str or path
        **options
            As for `to_file_map`.

        Raises
        ------
        SaveError, HeaderError
            If the format cannot hold the image; before anything is written.
        """
        path_text("filename", filename)
        address = str(filename) if is_address(filename) else ""
        if address and not self.writes_to(address):
            raise UsageError(f"{filename}: cannot write there; save to a file, then copy it")
        file_map = self.filespec_to_file_map(address or Path(expanded(filename)))
        self.to_file_map(file_map, **options)
        self.file_map = file_map

    @classmethod
    def writes_to(cls, address: str) -> bool:
        """Return whether images can be saved at an address; formats of many small files can."""
        return False

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the image to its files.

        Further parameters of a class are the choices that its format has for saving.
        """
        raise ImageFileError(
            f"{type(self).__name__}: cannot be written, only read; save the image in another format"
        )

    def to_stream(self, io_obj: BinaryIO, **options: Any) -> None:
        """Save the image to a binary file object, from its beginning."""
        self.to_file_map({self._only_part(): FileHolder(fileobj=io_obj)}, **options)

    def to_bytes(self, **options: Any) -> bytes:
        """Return the bytes of the image's file, not compressed."""
        stream = io.BytesIO()
        self.to_stream(stream, **options)
        return stream.getvalue()

    @classmethod
    def instance_to_filename(cls, img: FileImage, filename: Filename) -> None:
        """Save any image as one of this class, under a name."""
        cls.from_image(img).to_filename(filename)

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return an image of this class with what another one holds."""
        raise UsageError(f"{cls.__name__}: cannot be made from {type(img).__name__}")

    from_files = DeprecatedMethod("from_file_map")
    filespec_to_files = DeprecatedMethod("filespec_to_file_map")
    to_files = DeprecatedMethod("to_file_map")
    to_filespec = DeprecatedMethod("to_filename")

    @classmethod
    def _only_part(cls) -> str:
        if len(cls.files_types) > 1:
            parts = ", ".join(part for part, _ in cls.files_types)
            raise UsageError(
                f"{cls.__name__} has several files ({parts}), so one stream cannot hold it; "
                "use from_file_map or to_file_map"
            )
        return cls.files_types[0][0]


def _renamed(function: Callable[..., None], name: str) -> Callable[..., None]:
    """Return a function that is another one under a name of its own, as errors have it."""
    assert isinstance(function, FunctionType)
    renamed = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    renamed.__kwdefaults__ = function.__kwdefaults__
    renamed.__annotations__ = function.__annotations__
    renamed.__doc__ = function.__doc__
    renamed.__module__ = function.__module__
    renamed.__qualname__ = name
    vars(renamed)["is_renamed"] = True
    return renamed
