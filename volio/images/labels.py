"""Labels: what whole numbers in data stand for, with names and colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.caller import warn_caller
from volio.errors import HeaderDataError, LossWarning, UsageError, UsageTypeError
from volio.images.label_tables.label import SOURCE_VALUE, Colour, Label
from volio.images.label_tables.losses import lost_of_rows

if TYPE_CHECKING:
    from volio.display.colour.colormaps import Colormap
    from volio.formats.cifti2.axes import LabelAxis
    from volio.formats.cifti2.elements.labels import Cifti2LabelTable
    from volio.formats.gifti.label_table import GiftiLabelTable
    from volio.images.file_image import FileImage
    from volio.images.label_tables.text_files import Rows, Where

__all__ = ["SOURCE_VALUE", "Colour", "Label", "Labels"]


class Labels:
    """A table of labels, in order: one for volumes, surfaces and greyordinates.

    Keys may be negative or have gaps. A key or a name that occurs twice keeps both of its rows;
    looking it up gives the first.

    Parameters
    ----------
    rows : iterable of Label, optional

    Examples
    --------
    >>> insula = volio.Label(7, "insula", (255, 192, 32, 255))
    >>> labels = volio.Labels([volio.Label(0, "???"), insula])
    >>> labels.name_of(7), labels.key_of("insula")
    ('insula', 7)
    """

    def __init__(self, rows: Iterable[Label] = ()) -> None:
        self.rows: tuple[Label, ...] = _checked_rows(rows)
        self._by_key: dict[int, Label] = {}
        self._by_name: dict[str, Label] = {}
        for row in self.rows:
            self._by_key.setdefault(row.key, row)
            self._by_name.setdefault(row.name, row)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.rows)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __getitem__(self, key: int) -> Label:
        """Return the row of a key.

        Raises
        ------
        UsageError
            If no row has it.
        """
        if key not in self._by_key:
            raise UsageError(f"key: no label has the key {key!r}")
        return self._by_key[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.rows == other.rows

    def __hash__(self) -> int:
        return hash(tuple((row.key, row.name, row.colour) for row in self.rows))

    def __repr__(self) -> str:
        shown = [f"{row.key}: {row.name!r}" for row in self.rows[:4]]
        more = [f"… {len(self.rows)} labels"] if len(self.rows) > 4 else []
        return f"<Labels {', '.join(shown + more)}>"

    @property
    def keys(self) -> tuple[int, ...]:
        """The key of every row."""
        return tuple(row.key for row in self.rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every row."""
        return tuple(row.name for row in self.rows)

    def name_of(self, key: int) -> str:
        """Return the name of a key; UsageError if no row has it."""
        return self[key].name

    def key_of(self, name: str) -> int:
        """Return the key of a name.

        Raises
        ------
        UsageError
            If no row has it.
        """
        if name not in self._by_name:
            raise UsageError(f"name: no label is called {name!r}")
        return self._by_name[name].key

    def names_of(self, values: ArrayLike) -> list[str]:
        """Return the name of each of some values, "" for those that are in no row."""
        return [
            self._by_key[value].name if value in self._by_key else ""
            for value in np.asarray(values).ravel().tolist()
        ]

    def repeated_keys(self) -> list[int]:
        """Return the keys that several rows have."""
        counts = Counter(row.key for row in self.rows)
        return [key for key, count in counts.items() if count > 1]

    def repeated_names(self) -> list[str]:
        """Return the names that several rows have."""
        counts = Counter(row.name for row in self.rows)
        return [name for name, count in counts.items() if count > 1]

    @property
    def source_values(self) -> dict[int, int]:
        """The number that the file has for each key, where that is another one.

        Annotations of FreeSurfer have a packed colour, red + 256 green + 65536 blue, for each
        vertex; their keys are the rows of the table.
        """
        stated = {row.key: row.further.get(SOURCE_VALUE) for row in reversed(self.rows)}
        return {key: int(stated[key] or 0) for key in self._by_key if stated[key] is not None}

    def merge(self, other: Labels) -> Labels:
        """Return these rows and those of another table whose keys are not here yet.

        Raises
        ------
        HeaderDataError
            If the two give one key different names.
        """
        added = []
        for row in other.rows:
            known = self._by_key.get(row.key)
            if known is None:
                added.append(row)
            elif known.name != row.name:
                raise HeaderDataError(
                    f"labels: key {row.key} is {known.name!r} in one table and {row.name!r} in "
                    "the other"
                )
        return Labels((*self.rows, *added))

    def colours_of(self, values: ArrayLike, missing: Colour = (0, 0, 0, 0)) -> NDArray[np.uint8]:
        """Return the colour of each of some values.

        Parameters
        ----------
        values : array-like of int
        missing : (int, int, int, int)
            For values in no row, and rows without a colour.

        Returns
        -------
        array of uint8, shape of values + (4,)
        """
        keys, places = np.unique(np.asarray(values), return_inverse=True)
        palette = [self._colour_of(key) or missing for key in keys.tolist()]
        colours: NDArray[np.uint8] = np.array(palette, np.uint8).reshape(-1, 4)
        return colours[places].reshape(*np.shape(values), 4)

    def colormap(self) -> Colormap:
        """Return the colours as a colour map for pictures; `colour_limits` are its ends.

        Labels without a colour get one that follows from the key; key 0 is transparent then.

        Examples
        --------
        >>> parts = volio.Labels([volio.Label(1, "front", (255, 0, 0, 255))])
        >>> parts.colormap().map([0.5]).tolist(), parts.colour_limits
        ([[1.0, 0.0, 0.0, 1.0]], (-0.5, 2.5))
        """
        from volio.display.colour.label_colours import colormap_of_labels

        return colormap_of_labels(self)

    @property
    def colour_limits(self) -> tuple[float, float]:
        """Values of the ends of `colormap`, which are beyond the keys: no label is there."""
        keys = self.keys or (0,)
        return min(keys) - 1.5, max(keys) + 1.5

    # Files.

    @classmethod
    def from_ctab(cls, where: Where) -> Labels:
        """Read a table of colours of FreeSurfer: FreeSurferColorLUT.txt, lh.aparc.annot.ctab.

        Parameters
        ----------
        where : str, path or binary file object

        Raises
        ------
        HeaderDataError
            If a line is not a label.
        """
        from volio.images.label_tables.ctab import parse_ctab

        return _read(where, parse_ctab, "a table of FreeSurfer")

    def to_ctab(self, filename: str | PathLike[str]) -> None:
        """Write a table of colours of FreeSurfer; further columns have no place (LossWarning).

        Labels without a colour are written transparent black.

        Raises
        ------
        SaveError
            If a name is empty or has blanks.
        """
        from volio.images.label_tables.ctab import ctab_text, parse_ctab

        _write(filename, ctab_text(self.rows), self.rows, parse_ctab)

    @classmethod
    def from_dseg_tsv(cls, where: Where) -> Labels:
        """Read the table of labels next to a segmentation of BIDS: sub-01_dseg.tsv.

        Parameters
        ----------
        where : str, path or binary file object

        Raises
        ------
        HeaderDataError
            If there is no column of indices or names, or a line is not a label.
        """
        from volio.images.label_tables.dseg import parse_dseg

        return _read(where, parse_dseg, "a table of BIDS")

    def to_dseg_tsv(self, filename: str | PathLike[str]) -> None:
        """Write the table of labels next to a segmentation of BIDS.

        Raises
        ------
        SaveError
            If a name is empty, or has a tab or a line end.

        Examples
        --------
        >>> insula = volio.Label(7, "insula", (255, 192, 32, 255))
        >>> volio.Labels([insula]).to_dseg_tsv("sub-01_dseg.tsv")
        >>> volio.Labels.from_dseg_tsv("sub-01_dseg.tsv")[7].colour
        (255, 192, 32, 255)
        """
        from volio.images.label_tables.dseg import dseg_text, parse_dseg

        _write(filename, dseg_text(self.rows), self.rows, parse_dseg)

    @classmethod
    def from_fsl_xml(cls, where: Where, *, summary: bool = False) -> Labels:
        """Read the description of an atlas of FSL.

        Parameters
        ----------
        where : str, path or binary file object
        summary : bool
            Whether keys are to be those of a summary image (``maxprob-thr25``) of a probabilistic
            atlas, where 0 is not a region; by default they are its volumes, from 0.

        Raises
        ------
        HeaderDataError
            If it is not such a file, or the atlas has no summary.
        """
        from volio.images.label_tables.fsl_atlas import parse_fsl_atlas

        return _read(where, partial(parse_fsl_atlas, summary=summary), "an atlas of FSL")

    def to_fsl_xml(self, filename: str | PathLike[str], *, name: str = "labels") -> None:
        """Write the description of an atlas of FSL, of the type 'Label'.

        Parameters
        ----------
        filename : str or path
        name : str
            Of the atlas.

        Warns
        -----
        LossWarning
            If there are colours, which have no place there.
        """
        from volio.images.label_tables.fsl_atlas import fsl_atlas_text, parse_fsl_atlas

        _write(filename, fsl_atlas_text(self.rows, name), self.rows, parse_fsl_atlas)

    @classmethod
    def from_itksnap(cls, where: Where) -> Labels:
        """Read a description of labels of ITK-SNAP.

        Parameters
        ----------
        where : str, path or binary file object

        Raises
        ------
        HeaderDataError
            If a line is not a label.
        """
        from volio.images.label_tables.itksnap import parse_itksnap

        return _read(where, parse_itksnap, "a description of ITK-SNAP")

    def to_itksnap(self, filename: str | PathLike[str]) -> None:
        """Write a description of labels of ITK-SNAP; those without a colour are black and clear.

        Raises
        ------
        SaveError
            If a name is empty or has quotation marks, or a key is negative.
        """
        from volio.images.label_tables.itksnap import itksnap_text, parse_itksnap

        _write(filename, itksnap_text(self.rows), self.rows, parse_itksnap)

    # Images that have tables.

    @classmethod
    def from_annot(cls, where: str | PathLike[str] | FileImage) -> Labels:
        """Return the labels of an annotation of FreeSurfer, by path or loaded.

        Keys are rows of the table; `source_values` has the numbers in the file.

        Raises
        ------
        UsageError
            If it has no table.
        """
        from volio.images.label_tables.loaded import labels_of_image

        return _checked(labels_of_image(where), "from_annot")

    @classmethod
    def from_gifti(cls, where: str | PathLike[str] | FileImage | GiftiLabelTable) -> Labels:
        """Return the labels of a GIFTI image or its table, by path or loaded.

        Raises
        ------
        UsageError
            If it has no table.
        """
        from volio.images.label_tables.loaded import labels_of_image

        return _checked(labels_of_image(where), "from_gifti")

    def to_gifti(self) -> GiftiLabelTable:
        """Return the labels as the table of a GIFTI image."""
        from volio.formats.gifti.label_table import GiftiLabelTable

        return GiftiLabelTable.from_labels(self)

    @classmethod
    def from_cifti(
        cls,
        where: str | PathLike[str] | FileImage | LabelAxis | Cifti2LabelTable,
        map: int = 0,
    ) -> Labels:
        """Return the labels of a map of a CIFTI-2 file (dlabel), by path or loaded.

        Parameters
        ----------
        where : str, path, Cifti2Image, LabelAxis or Cifti2LabelTable
        map : int
            The number of the map.

        Raises
        ------
        UsageError
            If there is no such map of labels.
        """
        from volio.images.label_tables.loaded import labels_of_map

        return _checked(labels_of_map(where, map), "from_cifti")

    def to_cifti(self) -> Cifti2LabelTable:
        """Return the labels as the table of a map of a CIFTI-2 file."""
        from volio.formats.cifti2.elements.labels import Cifti2LabelTable

        return Cifti2LabelTable.from_labels(self)

    def _colour_of(self, key: Any) -> Colour | None:
        row = self._by_key.get(key)
        return None if row is None else row.colour


def _read(where: Where, parse: Callable[[str], Rows], what: str) -> Labels:
    from volio.images.label_tables.text_files import read_rows

    return Labels(read_rows(where, parse, what))


def _write(
    filename: str | PathLike[str], text: str, rows: Rows, parse: Callable[[str], Rows]
) -> None:
    """Write the text of some rows; a warning names what a reader of it does not get."""
    from volio.images.label_tables.text_files import write_text

    lost = lost_of_rows(rows, parse(text))  # an error comes before anything is written
    write_text(filename, text)
    if lost:
        name = Path(filename).name
        warn_caller(f"{name}: has no place for {', '.join(lost)} of labels", LossWarning)


def _checked(found: Any, what: str) -> Labels:
    if not isinstance(found, Labels):
        raise UsageError(f"{what}: there is no table of labels, or more than one")
    return found


def _checked_rows(rows: Any) -> tuple[Label, ...]:
    """Return rows of a table as a tuple; refuse what does not give labels."""
    advice = "rows: must be labels, as volio.Label(1, 'name')"
    if isinstance(rows, str) or not hasattr(rows, "__iter__"):
        raise UsageTypeError(f"{advice}, got {type(rows).__name__}")
    found = tuple(rows)
    for row in found:
        if not isinstance(row, Label):
            raise UsageTypeError(f"{advice}, got {type(row).__name__}")
    return found
