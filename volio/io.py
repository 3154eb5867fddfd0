"""Load, save, convert and identify files, whatever their format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, overload

from numpy.typing import DTypeLike

from volio.arrays.lazy import LazyArray
from volio.errors import UsageError
from volio.files.names import expanded, path_text
from volio.flags import as_flag
from volio.formats.choices import check_choices, unknown_choices
from volio.formats.format import Format
from volio.formats.lookup import format_named
from volio.formats.parts import split_format, split_part, with_choices_of_name
from volio.formats.peek import Peek
from volio.formats.recognise import file_map_of, find_format
from volio.formats.targets import check_ending, classes_for, first_that_holds, kind_to_save
from volio.images.file_image import FileImage
from volio.images.kinds import KINDS, Kind, kind_of
from volio.progress import Watcher, drawn_saving, watched
from volio.settings import options
from volio.threads import interrupted_by, interruption

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage
    from volio.surfaces.surface import Surface

__all__ = ["ImageLike", "Where", "convert", "identify", "load", "save"]

Where = str | PathLike[str] | bytes | BinaryIO


class ImageLike(Protocol):
    """An image of another package: voxels with an affine, and a header."""

    @property
    def dataobj(self) -> Any:
        """The voxels: an array, or what numpy makes one of."""

    @property
    def affine(self) -> Any:
        """Voxel indices to scanner RAS+ mm, shape (4, 4), or None."""

    @property
    def header(self) -> Any:
        """What else is known of the image."""


#: Names of the formats of surfaces, for type checkers; a test compares them with the table.
SurfaceFormat = Literal[
    "gifti", "freesurfer", "mz3", "off", "wavefront", "vtk", "vtp", "mniobj", "tri", "brainvisa",
    "brainvoyager", "ply", "stl",
]  # fmt: skip


@overload
def load(
    filename: Where,
    *,
    kind: Literal["surface"],
    format: str | None = ...,
    mmap: bool | str | None = ...,
    keep_file_open: bool | None = ...,
    request_timeout: float | None = ...,
    total_timeout: float | None = ...,
    allow_redirects: bool | None = ...,
    **choices: Any,
) -> Surface: ...


@overload
def load(
    filename: Where,
    *,
    format: SurfaceFormat,
    kind: None = ...,
    mmap: bool | str | None = ...,
    keep_file_open: bool | None = ...,
    request_timeout: float | None = ...,
    total_timeout: float | None = ...,
    allow_redirects: bool | None = ...,
    **choices: Any,
) -> Surface: ...


@overload
def load(
    filename: Where,
    *,
    kind: Literal["volume"] | None = ...,
    format: str | None = ...,
    mmap: bool | str | None = ...,
    keep_file_open: bool | None = ...,
    request_timeout: float | None = ...,
    total_timeout: float | None = ...,
    allow_redirects: bool | None = ...,
    **choices: Any,
) -> SpatialImage: ...


@overload
def load(
    filename: Where,
    *,
    kind: Kind | None,
    format: str | None = ...,
    mmap: bool | str | None = ...,
    keep_file_open: bool | None = ...,
    request_timeout: float | None = ...,
    total_timeout: float | None = ...,
    allow_redirects: bool | None = ...,
    **choices: Any,
) -> FileImage: ...


def load(
    filename: Where,
    *,
    kind: Kind | None = None,
    format: str | None = None,
    mmap: bool | str | None = None,
    keep_file_open: bool | None = None,
    request_timeout: float | None = None,
    total_timeout: float | None = None,
    allow_redirects: bool | None = None,
    **choices: Any,
) -> FileImage:
    """Load an image, a surface or another kind of file; voxels are read when they are asked for.

    Parameters
    ----------
    filename : str, path, address, bytes or binary file object
        Name or address (``https://…``; with fsspec ``s3://…`` and others) of any file of the
        image, or of its folder where the format keeps images in folders; the bytes of its file,
        or an open file (which must stay open as long as voxels are read). A name may end in
        choices: ``"brain.ome.zarr@level=2"``, ``"slide.czi@2"`` for ``scene=2``.
    kind : {'volume', 'surface', 'greyordinates', 'tracts', 'transform'}, optional
        What it has to be; a file of another kind is refused. Editors and type checkers then know
        what comes back: without it they take a volume.
    format : str, optional
        Name of a format, as ``volio formats`` lists them (default: found from the first bytes,
        whatever the name says).
    mmap : {False, True, 'c', 'r'}, optional
        Map the voxels of an uncompressed file into memory: True or 'c' copies on write, 'r' is
        read-only. The default is that of `volio.options`. Formats that cannot do so read.
    keep_file_open : bool, optional
        Whether the file stays open after a read, as one of a few. By default what
        `volio.options` has.
    request_timeout, total_timeout : float, optional
        Of addresses: seconds that a try of a request may take, and seconds that loading, and later
        each read of voxels, may take in all. By default what `volio.options` has.
    allow_redirects : bool, optional
        Whether a server may redirect requests to another host. By default what `volio.options`
        has, which is False unless it was set.
    **choices
        Further choices that the format declares: ``orientation="coronal"`` for PAR/REC,
        ``allow_external=True`` for voxels that a header names in another folder,
        ``space="scanner"`` for vertices of formats that do not state their space (STL, PLY, ...).

    Returns
    -------
    SpatialImage, or Surface, Cifti2Image, ...
        Of the class of the format.

    Raises
    ------
    MissingFileError, UnknownFormatError, ImageFileError, HeaderError
        If the file is missing, of no known format, damaged, or its header makes no sense.
    RemoteError
        If a server does not give it, or not in time, or redirects to another host unasked.
    UsageError
        If the format has no such choice; the message lists those it has. If the file is of
        another kind.

    Examples
    --------
    >>> series = np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5)
    >>> volio.save(volio.Nifti1Image(series, np.eye(4)), "bold.nii.gz")
    >>> img = volio.load("bold.nii.gz")
    >>> img.shape, float(img.dataobj[..., 3].mean())
    ((2, 3, 4, 5), 60.5)
    """
    rules = {
        "request_timeout": request_timeout,
        "total_timeout": total_timeout,
        "allow_redirects": allow_redirects,
    }
    hints = {"mmap": mmap, "keep_file_open": keep_file_open}
    with _one_operation(rules):
        return _load(_expanded(filename), kind, format, choices, hints)


def _one_operation(rules: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Count the time from here on; apply what was given of the options of servers."""
    given = {name: value for name, value in rules.items() if value is not None}
    if not given:
        return interrupted_by(interruption())
    return _with_options(given)


@contextmanager
def _with_options(given: Mapping[str, Any]) -> Iterator[None]:
    with options(**given), interrupted_by(interruption()):
        yield


def _load(
    where: Any,
    kind: Kind | None,
    format: str | None,
    choices: Mapping[str, Any],
    hints: Mapping[str, Any],
) -> FileImage:
    if isinstance(where, str):
        where, format = split_format(where, format)
        part = split_part(where)
        where = part.name
        choices = with_choices_of_name(part, choices)
    known, layout, peek = find_format(where, format)
    _check_kind(kind, known, peek)
    cls = known.image_class(layout)
    if choices:
        check_choices(cls, "from_file_map", choices)
    given = _hints_for(cls, **hints)
    return cls.from_named_files(file_map_of(where, layout, cls, peek), **choices, **given)


def _check_kind(kind: Kind | None, known: Format, peek: Peek) -> None:
    """Refuse a file of another kind than it has to be."""
    if kind is None or kind == known.kind:
        return
    if kind not in KINDS:
        raise UsageError(f"kind: must be one of {', '.join(KINDS)}, got {kind!r}")
    raise UsageError(
        f"{peek.name or known.title}: is {KINDS[known.kind]} ({known.title}), and kind={kind!r} "
        f"asks for {KINDS[kind]}"
    )


def _hints_for(cls: type[FileImage], **hints: Any) -> dict[str, Any]:
    """Return the hints that were given; those that a class has no use for are left out."""
    given = {name: value for name, value in hints.items() if value is not None}
    if not given:
        return given
    unknown = unknown_choices(cls, "from_file_map", given)
    known = {name: value for name, value in given.items() if name not in unknown}
    check_choices(cls, "from_file_map", known)
    return known


def identify(filename: Where) -> Format:
    """Find the format of a file by its first bytes and its name.

    Parameters
    ----------
    filename : str, path, URL, bytes or binary file object

    Returns
    -------
    Format
        The row of the table of formats: ``name``, ``title``, ``endings``, ...

    Raises
    ------
    UnknownFormatError
        If no format recognises it.

    Examples
    --------
    >>> volio.save(volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)), "scan.nii.gz")
    >>> volio.identify("scan.nii.gz").name
    'nifti1'
    """
    where = _expanded(filename)
    if not isinstance(where, str):
        return find_format(where, None)[0]
    name, format = split_format(where)
    return find_format(split_part(name).name, format)[0]


def _expanded(where: Any) -> Any:
    return expanded(where) if isinstance(where, str | PathLike) else where


def save(
    img: FileImage | ImageLike,
    filename: str | PathLike[str],
    dtype: DTypeLike | None = None,
    *,
    format: str | None = None,
    compression: str | int | None = None,
    progress: Watcher | None = None,
    **choices: Any,
) -> None:
    """Save an image in the format of the name, replacing what is there in one step.

    Parameters
    ----------
    img : SpatialImage
        Or an image of another package, with ``dataobj``, ``affine`` and ``header``.
    filename : str or path
        Its ending says format and compression (.gz, .bz2, .xz, .zst). An image of a format with
        that ending keeps its format: NIfTI-2 stays NIfTI-2 in a .nii. A name without any ending
        gets that of the image's class: "scan" is scan.nii for a Nifti1Image, scan.hdr and
        scan.img for a Nifti1Pair.
    dtype : dtype-like, 'exact' or 'smallest', optional
        dtype of the voxels in the file. Default: the header's, where it holds the values;
        'exact' takes the smallest that keeps every value, 'smallest' the smallest that keeps
        them within a small tolerance.
    format : str, optional
        Name of a format, as ``volio formats`` lists them.
    compression : {"fast", "balanced", "small"} or int, optional
        How hard to compress, where the name asks for it: a preset (default: "fast"), or a level
        of the codec. Presets mean the same for .gz, .bz2, .xz and .zst.
    progress : callable, optional
        ``progress(done, total)`` is called as voxels are written, with bytes, and as tracts
        are, with lines; an exception that it raises ends the saving, and the file is what it was.
        Without it a line is drawn on terminals and in notebooks, where chunks or tiles of a server
        take more than a second.
    **choices
        Further choices that the format declares.

    Raises
    ------
    FilenameError
        If no format that can be written has this ending, or there is none and the image is of a
        class without files.
    UsageError
        If formats with this ending are for images of another kind, or have no such choice.
    SaveError, HeaderError
        If the format cannot hold the image; before anything is written.

    Warns
    -----
    PrecisionWarning
        If values had to be rounded; the message states the largest error.
    GeometryWarning
        If the format cannot hold the affine.

    Examples
    --------
    >>> img = volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4))
    >>> volio.save(img, "scan.mgz")
    >>> type(volio.load("scan.mgz")).__name__
    'MGHImage'
    """
    name = str(_expanded(path_text("filename", filename)))
    if format is not None:
        format_named(format)
    given = {"dtype": dtype, "compression": compression, **choices}
    asked = {name: value for name, value in given.items() if value is not None}
    target = _as_savable(img, name, format, asked)
    with watched(progress), _drawn(target):
        target.to_filename(name, **asked)


def _drawn(target: FileImage) -> AbstractContextManager[None]:
    """Draw how far the saving is, where it reads voxels of a server."""
    voxels = getattr(target, "dataobj", None)  # meshes and tables have none
    if not isinstance(voxels, LazyArray):
        return nullcontext()
    return drawn_saving(voxels.size, voxels.nbytes)


def _as_savable(
    img: FileImage | ImageLike, name: str, format: str | None, asked: Mapping[str, Any]
) -> FileImage:
    """Return the image in a class that can be saved under this name, with these options."""
    kind = kind_to_save(img, name, format)
    if kind is None:
        raise UsageError(
            f"img: must be an image, got {type(img).__name__}; volio.Nifti1Image(array, affine) "
            "makes one"
        )
    classes = classes_for(name, kind, format=format, like=img)
    fitting = [cls for cls in classes if not unknown_choices(cls, "to_file_map", asked)]
    check_choices((fitting or classes)[0], "to_file_map", asked)

    def make(cls: type[FileImage]) -> FileImage:
        if type(img) is cls:
            return img
        if kind == "volume" and kind_of(img) == "surface":
            from volio.surfaces.row_volumes import row_image  # few images are values of vertices

            row: FileImage = row_image(img, cls, name)
            return row
        taken = {name: asked[name] for name in cls.conversion_choices if name in asked}
        return cls.from_image(img, **taken)

    return first_that_holds(fitting, make)


def convert(
    source: Where,
    target: str | PathLike[str],
    *,
    dtype: DTypeLike | None = None,
    format: str | None = None,
    compression: str | int | None = None,
    overwrite: bool = True,
    load_choices: Mapping[str, Any] | None = None,
    progress: Watcher | None = None,
    **choices: Any,
) -> None:
    """Convert a file into the format of another name.

    Parameters
    ----------
    source : str, path, URL, bytes or binary file object
    target : str or path
    dtype, format, compression
        Of the target, as for `save`.
    overwrite : bool
        False refuses to replace a file.
    load_choices : mapping, optional
        Choices for loading the source, as `load` takes them: ``{"format": "spm99"}``,
        ``{"orientation": "coronal"}``.
    progress : callable, optional
        As for `save`.
    **choices
        Choices for saving the target, as `save` takes them.

    Raises
    ------
    UsageError
        If the target exists and may not be replaced, or a format has no such choice.
    ImageFileError, HeaderError, SaveError
        As for `load` and `save`.

    Examples
    --------
    >>> volio.save(volio.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)), "scan.nii")
    >>> volio.convert("scan.nii", "scan.mgz", dtype="float32")
    """
    if not as_flag("overwrite", overwrite) and Path(_expanded(target)).exists():
        raise UsageError(f"{target}: exists already; overwrite=True replaces it")
    img = load(source, **(load_choices or {}))
    if format is None:
        check_ending(str(_expanded(target)), img.kind)
    with watched(progress):
        save(img, target, dtype, format=format, compression=compression, **choices)
