"""The image classes that a file of a name can be saved as."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from volio.errors import FilenameError, HeaderError, SaveError, UsageError
from volio.files.names import may_grow, split_compression, split_ending
from volio.formats.format import FileLayout, Format
from volio.formats.lookup import format_named, format_of, layouts
from volio.images.kinds import KINDS, Kind, kind_of, listed, way_to

if TYPE_CHECKING:
    from volio.images.file_image import FileImage

__all__ = ["check_ending", "classes_for", "first_that_holds", "kind_to_save"]

#: The format in which FreeSurfer has values of vertices as voxels.
ROWS = "mgh"

Layouts = list[tuple[Format, FileLayout]]
Made = TypeVar("Made")


def classes_for(
    name: str, kind: Kind, *, format: str | None = None, like: object = None
) -> list[type[FileImage]]:
    """Return the image classes whose files can have a name, the best first.

    Parameters
    ----------
    name : str
        Of the file to be written.
    kind : str
        Of the image.
    format : str, optional
        Name of a format: only its classes.
    like : image or header, optional
        Classes of its format come first. An image whose own class has such names is saved as that
        and nothing else, unless `format` is given.

    Notes
    -----
    A name without any ending is one of the image's own class, or of the format if that has just
    one ending; its files get their endings when they are written. A named format whose files have
    no ending (FreeSurfer's ``lh.white``) is written under any name.

    Raises
    ------
    FilenameError
        If no format that can be written has such names.
    UsageError
        If those that have it, or the named format, are for images of another kind.
    """
    from volio.images.file_image import FileImage

    own = type(like)
    named = _named(name, format)
    if issubclass(own, FileImage) and _is_own(own, name, format, is_free=not named):
        return [own]
    named = named or _under_other_names(name, format)
    usable = [(known, layout) for known, layout in named if known.kind == kind]
    if not usable:
        raise _refusal(name, kind, format, named, like)
    usable.sort(key=lambda pair: pair[0] is not format_of(own))
    return [known.image_class(layout) for known, layout in usable]


def kind_to_save(img: object, name: str, format: str | None = None) -> Kind | None:
    """Return the kind that an image is saved as; None for what is not an image.

    That is its own, but for values of vertices: volumes whose voxels are one row are saved as
    these where just surfaces have such names, and values without a mesh as voxels of a row where
    FreeSurfer has them so, in MGH files.
    """
    kind = kind_of(img)
    if kind not in ("volume", "surface"):
        return kind
    from volio.surfaces.row_volumes import has_values_alone, is_row  # few images are

    named = _named(name, format) or _under_other_names(name, format)
    if kind == "volume":
        kinds = {known.kind for known, _ in named}
        return "surface" if kinds == {"surface"} and is_row(img) else kind
    formats = {known.name for known, _ in named}
    return "volume" if formats == {ROWS} and has_values_alone(img) else kind


def check_ending(name: str, kind: Kind | None = None) -> None:
    """Refuse a name without any ending, where it is the ending that says the format.

    Parameters
    ----------
    name : str
    kind : str, optional
        Of the image, where it is known: endings for other kinds are not named.

    Raises
    ------
    FilenameError
    """
    if may_grow(name):
        raise _no_ending(name, kind, None)


def _is_own(cls: type[FileImage], name: str, format: str | None, is_free: bool) -> bool:
    """Return whether a name is for a file of an image's class.

    A name without an ending gets that of the class, if it is free: no format writes such names.
    """
    if not cls.rw or not cls.valid_exts:
        return False
    if is_free and may_grow(split_compression(name)[0]):
        known = format_of(cls)
        return format is None or (known is not None and known.name == format)
    return format is None and bool(split_ending(name, cls.valid_exts)[1])


def _named(name: str, format: str | None) -> Layouts:
    """Return what is written under a name, of one format or of all."""
    return [
        (known, layout)
        for known, layout in layouts()
        if known.write and layout.named_like(name) and format in (None, known.name)
    ]


def _under_other_names(name: str, format: str | None) -> Layouts:
    """Return how a format is written under names that are not its own.

    Where its files have no ending that is any name; where they have just one, names without any.
    """
    found = [(known, layout) for known, layout in layouts() if known.name == format]
    if not found or not found[0][0].write:
        return []
    without_ending = [(known, layout) for known, layout in found if layout.files == ("",)]
    if without_ending:
        return without_ending
    is_one = len(found) == 1 and len(found[0][1].endings) == 1
    return found if is_one and may_grow(split_compression(name)[0]) else []


def _refusal(
    name: str, kind: Kind, format: str | None, named: Layouts, like: object
) -> UsageError | FilenameError:
    """Return the error for a name that no format for this kind of image has."""
    others = [known for known, _ in named]
    if format is not None and format_named(format).kind != kind:
        others = [format_named(format)]
    return _for_kind(name, kind, others[0], like) if others else _no_ending(name, kind, format)


def _for_kind(name: str, kind: Kind, other: Format, like: object) -> UsageError:
    """Return the error for a name, or a format, that is for images of another kind."""
    endings = ", ".join(_endings(kind)) or "none"
    return UsageError(
        f"{name}: {other.title} is for {listed([other.kind])}, and this is {KINDS[kind]}; "
        f"endings for {listed([kind])}: {endings}{way_to(like, [other.kind])}"
    )


def _no_ending(name: str, kind: Kind | None, format: str | None) -> FilenameError:
    """Return the error for a name that no format writes."""
    ending = Path(split_compression(name)[0]).suffix
    problem = f"no format writes the ending {ending!r}" if ending else "has no ending"
    if ending and format:
        problem += f" as {format}"
    endings = ", ".join(_endings(kind, format))
    return FilenameError(f"{name}: {problem}; endings that can be written: {endings}")


def _endings(kind: Kind | None, format: str | None = None) -> list[str]:
    """Return the endings of files that can hold images, of a kind and a format or of all."""
    found: dict[str, None] = {}
    for known, layout in layouts():
        if known.write and kind in (None, known.kind) and format in (None, known.name):
            found |= dict.fromkeys(layout.endings)
    return list(found)


def first_that_holds(
    classes: Iterable[type[FileImage]], make: Callable[[type[FileImage]], Made]
) -> Made:
    """Return what `make` makes of the first class that does not refuse it.

    Parameters
    ----------
    classes : iterable of type
        At least one.
    make : callable
        Takes an image class; its HeaderError or SaveError means that the class does not do.

    Raises
    ------
    HeaderError, SaveError
        That of the first class, if all refuse.
    """
    refused: HeaderError | SaveError | None = None
    for cls in classes:
        try:
            return make(cls)
        except (HeaderError, SaveError) as error:
            refused = refused or error
    raise refused or UsageError("classes: must be one or more")
