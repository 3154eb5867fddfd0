"""Names of files, file maps, bytes and streams."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

from volio.errors import FilenameError, UsageError
from volio.files.filemap import FileHolder
from volio.testing.comparison import same_image
from volio.testing.conformance.case import Case, fails, needs, once


def check_every_file_leads_to_all(case: Case) -> None:
    """The name of any file of an image gives the same file map."""
    names = file_names(case, case.path)
    assert set(names) == set(dict(case.image_class.files_types))
    for name in names.values():
        assert file_names(case, name) == names


@once
@needs("known_by_ending")
def check_other_endings_are_refused(case: Case) -> None:
    """A name with another ending is not one of the class."""
    with fails(FilenameError, naming="scan.other"):
        file_names(case, "scan.other")


def file_names(case: Case, name: Any) -> dict[str, Any]:
    """Return the name of each file of an image, by part, from the name of any of them."""
    file_map = case.image_class.filespec_to_file_map(name)
    return {part: holder.filename for part, holder in file_map.items()}


@needs("plain")
def check_an_image_knows_its_files(case: Case) -> None:
    """A loaded image names its file; a new one has none until it is set."""
    img = case.load()
    assert img.get_filename() == str(case.path)
    made = case.image_class(case.values, img.affine, img.header)
    assert made.get_filename() is None
    made.set_filename(str(case.target()))
    assert made.get_filename() == str(case.target())
    assert set(made.file_map) == set(dict(case.image_class.files_types))


@needs("known_by_ending")
def check_a_path_may_be_an_image(case: Case) -> None:
    """`path_maybe_image` goes by name and first bytes, and passes the bytes on."""
    cls = case.image_class
    maybe, sniff = cls.path_maybe_image(case.path)
    assert maybe
    assert cls.path_maybe_image(case.path, sniff) == (True, sniff)
    assert not cls.path_maybe_image(case.folder / "scan.other")[0]


@needs("writable")
def check_files_return_the_image(case: Case) -> None:
    """What `to_filename` writes, `from_filename` reads, and the image knows its new files."""
    img = case.load()
    target = case.target()
    img.to_filename(target)
    assert img.get_filename() == str(target)
    assert endings(case.files(target)) >= endings(case.files()) - {".mat"}
    same_image(case.load(target), case.load())
    assert list(case.folder.glob(".*")) == [], "temporary files are left"


def endings(paths: list[Path]) -> set[str]:
    """Return the last endings of names."""
    return {path.suffix for path in paths}


@needs("writable", "one_file", "plain")
def check_bytes_and_streams_return_the_image(case: Case) -> None:
    """`to_bytes` and `to_stream` write what the file would hold; the stream stays open."""
    img = case.load()
    cls = case.image_class
    data = img.to_bytes()
    same_image(cls.from_bytes(data), img)
    stream = io.BytesIO()
    img.to_stream(stream)
    assert stream.getvalue() == data
    stream.seek(0)
    same_image(cls.from_stream(stream), img)
    img.to_filename(case.target())
    assert case.target().read_bytes() == data


@once
@needs("several_files", "plain")
def check_one_stream_is_refused_for_several_files(case: Case) -> None:
    """Several files do not fit into one stream."""
    with fails(UsageError, naming="files"):
        case.load().to_bytes()
    with fails(UsageError, naming="files"):
        case.image_class.from_bytes(b"")


@needs("writable", "plain")
def check_file_maps_take_file_objects(case: Case) -> None:
    """Every part may be a file object, at any position, which stays open."""
    img = case.load()
    cls = case.image_class
    parts = dict(cls.files_types)
    holders = {part: FileHolder(fileobj=io.BytesIO(b"12345678"), pos=8) for part in parts}
    img.to_file_map(holders)
    beginnings = [holder.fileobj.getvalue()[:8] for holder in holders.values()]
    assert beginnings == [b"12345678"] * len(parts)
    same_image(cls.from_file_map(holders), img)


@once
@needs("writable", "plain")
def check_an_image_is_saved_to_its_file_map(case: Case) -> None:
    """Without a file map an image is saved to its own."""
    img = case.load()
    cls = case.image_class
    made = cls(case.values, img.affine, img.header)
    made.file_map = cls.make_file_map({part: io.BytesIO() for part in dict(cls.files_types)})
    made.to_file_map()
    same_image(cls.from_file_map(made.file_map), img, dtype=False)


@once
@needs("writable", "plain")
def check_old_names_work_and_warn(case: Case) -> None:
    """Names of long ago do what today's do, with a DeprecationWarning."""
    img = case.load()
    assert old(img.get_shape) == img.shape
    assert old(img.get_header) is img.header
    assert old(img.get_affine) is img.affine


@once
@needs("writable", "plain")
def check_old_names_of_files_work_and_warn(case: Case) -> None:
    """Names of long ago for saving and loading, too."""
    img = case.load()
    target = str(case.target())
    file_map = old(case.image_class.filespec_to_files, target)
    old(img.to_files, file_map)
    same_image(old(case.image_class.from_files, file_map), img)
    old(img.to_filespec, target)


def old(call: Any, *arguments: Any) -> Any:
    """Call an old name and assert that it warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(*arguments)
    assert any(issubclass(warning.category, DeprecationWarning) for warning in caught)
    return result
