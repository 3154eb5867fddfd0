"""BundlesTractogram: tracts in a pair of files of BrainVISA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from volio.caller import warn_caller
from volio.errors import GeometryWarning, HeaderDataError, UsageError
from volio.files.filemap import FileHolder
from volio.files.limits import check_declared, read_limited
from volio.files.opener import open_companion, open_source
from volio.files.sources.missing import MissingSource
from volio.formats.bundles.header import MOST, SAME_NAME, BundlesHeader
from volio.formats.bundles.lines import WORD, BundleLines, packed_lines
from volio.images.headers.error_context import errors_name, warn_of_content
from volio.tracts.contents import Holds, warn_before_saving
from volio.tracts.rounding import Rounding
from volio.tracts.saving import are_own_lines, open_for_lines
from volio.tracts.tractogram import SPACES, Tractogram

__all__ = ["BundlesTractogram"]


class BundlesTractogram(Tractogram):
    """Tracts in a pair of files of BrainVISA (.bundles, .bundlesdata): points and bundles.

    Files do not say what their coordinates mean.

    Parameters
    ----------
    *args, **kwargs
        As for `Tractogram`. Groups that are parts of the lines, one after the other, have a place.

    Examples
    --------
    >>> tracts = volio.Tractogram([[1, 2, 3], [4, 5, 6]], [1, 1], space="unknown")
    >>> volio.save(tracts, "brain.bundles")
    >>> volio.load("brain.bundles", space="scanner").points.tolist()
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    """

    header_class: ClassVar[type[Any]] = BundlesHeader
    files_types = (("header", ".bundles"), ("image", ".bundlesdata"))
    holds = Holds(per_point=False, per_line=False, grid=False, texts=False)

    @classmethod
    def from_file_map(cls, file_map: Mapping[str, FileHolder], *, space: str = "unknown") -> Self:
        """Load tracts from their files: the header; lines are read when they are asked for.

        Parameters
        ----------
        file_map : mapping
        space : {"unknown", "scanner"}
            'scanner' where coordinates are known to be scanner RAS+ mm.

        Raises
        ------
        HeaderDataError
            If the header makes no sense, or names a file in another place.
        LimitError
            If it counts more lines than a compressed file can hold.
        TruncatedFileError, CorruptFileError
            If the data are not those of as many lines as the header counts; when they are read.
        UsageError
            If there is no such space.

        Warns
        -----
        GeometryWarning
            If no space is given: no file states one.
        """
        if space not in SPACES:
            raise UsageError(f"space: must be one of {', '.join(SPACES)}, got {space!r}")
        source = open_source(file_map["header"])
        with errors_name(source):
            header = BundlesHeader.parse(read_limited(source, MOST, "a header of bundles"))
            data = open_companion(_data_holder(file_map, header), source, "points")
            groups: dict[str, NDArray[np.int64]] = {}
            if not isinstance(data, MissingSource):  # an error when points are asked for
                # Each line begins with its number of points.
                check_declared(data, header.count * WORD, f"{header.count} lines")
                groups = header.groups  # as many numbers as there are lines
            if space == "unknown":
                warn_of_content(
                    "it is not stated what the coordinates mean; space='scanner' says that they "
                    "are scanner RAS+ mm",
                    GeometryWarning,
                )
        return cls.from_source(
            BundleLines(data, header.byte_order, header.count),
            groups=groups,
            space=space,
            header=header,
            file_map=file_map,
        )

    def to_file_map(
        self,
        file_map: Mapping[str, FileHolder] | None = None,
        *,
        compression: str | int | None = None,
    ) -> None:
        """Save the tracts: the data, then the header.

        Parameters
        ----------
        file_map : mapping, optional
        compression : {"fast", "balanced", "small"} or int, optional

        Warns
        -----
        LossWarning
            If the format has no place for all there is; the message lists what is lost.
        PrecisionWarning
            If points are rounded to float32.
        GeometryWarning
            If points are in scanner RAS+ mm, which the files cannot say.
        """
        files = file_map or self.file_map
        holder = files["image"]
        header = self.header.copy()
        header.fields["data_file_name"] = _data_name(files, header)
        lines = self._source_for_saving()
        has_groups = header.set_groups(self.groups, lines.n_lines())
        holds = Holds(False, False, groups=has_groups, grid=False, texts=False)
        # Where nobody knows what coordinates mean, the files lose nothing of it.
        contents = replace(self.contents(), space="scanner")
        warn_before_saving("bundles", contents, holds)
        if self.space == "scanner":
            warn_caller(
                "bundles: the files cannot say that points are in scanner RAS+ mm; load them with "
                "space='scanner'",
                GeometryWarning,
            )
        rounding = Rounding("bundles")
        with open_for_lines([holder, files["header"]], lines, compression) as (data, head):
            for block in lines.blocks():
                words = packed_lines(rounding.points(block.points), block.lengths)
                data.write(words.astype(f"{header.byte_order}u4").data)
            head.write(header.packed())
        if are_own_lines(lines, holder):
            self._lines = BundleLines(open_source(holder), header.byte_order, header.count)
        rounding.warn()


def _data_holder(file_map: Mapping[str, FileHolder], header: BundlesHeader) -> FileHolder:
    """Return the file of the data: that of the file map, or another in its folder.

    Raises
    ------
    HeaderDataError
        If the header names a file in another place.
    """
    holder = file_map["image"]
    name = header.data_name
    if not name or any(character in name for character in "/\\:\0") or name in (".", ".."):
        raise HeaderDataError(
            f"data_file_name: must be a file next to the header, got {name!r:.80}"
        )
    if name.startswith("*") or holder.filename is None or holder.fileobj is not None:
        return holder
    stated = Path(holder.filename).with_name(name)
    try:
        is_there = stated.exists()
    except OSError:  # a name that is longer than the system allows
        is_there = False
    return FileHolder(filename=stated) if is_there else holder


def _data_name(files: Mapping[str, FileHolder], header: BundlesHeader) -> str:
    """Return what the header calls the data: the name that it has, or the same name."""
    holder = files["image"]
    is_named = holder.filename is not None and Path(holder.filename).name == header.data_name
    return header.data_name if is_named else SAME_NAME
