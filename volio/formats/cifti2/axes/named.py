"""ScalarAxis and LabelAxis: maps that have names, and tables of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.formats.cifti2.axes.axis import MatrixAxis, check_per_index, dicts, positions
from volio.formats.cifti2.codes import LABELS, SCALARS
from volio.formats.cifti2.elements.indices_map import Cifti2MatrixIndicesMap
from volio.formats.cifti2.elements.labels import Cifti2LabelTable
from volio.formats.cifti2.elements.metadata import Cifti2MetaData
from volio.formats.cifti2.elements.named_map import Cifti2NamedMap
from volio.images.arguments import given_array
from volio.images.labels import Labels

__all__ = ["LabelAxis", "LabelTable", "NamedAxis", "ScalarAxis"]

#: Key to name and colour: red, green, blue and opacity from 0 to 1.
LabelTable: TypeAlias = dict[int, tuple[str, tuple[float, float, float, float]]]


class NamedAxis(MatrixAxis):
    """Maps that have names, and further text by name.

    Attributes
    ----------
    name : array of str, shape (n,)
    meta : array of dict, shape (n,)
    """

    def __init__(self, name: ArrayLike, meta: Any = None) -> None:
        self.name: NDArray[np.str_] = given_array("name", name).astype(np.str_)
        self.meta = dicts(meta, self.name.size)
        for what, array in self._per_index().items():
            check_per_index(what, array, (self.name.size,))

    def _per_index(self) -> dict[str, NDArray[Any]]:
        """Return what there is for each index, by the name of the argument."""
        return {"name": self.name, "meta": self.meta}

    def __len__(self) -> int:
        return len(self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedAxis) or type(self) is not type(other):
            return False
        others = other._per_index()
        return all(np.array_equal(array, others[what]) for what, array in self._per_index().items())

    def __add__(self, other: Any) -> Self:
        if type(self) is not type(other):
            return NotImplemented
        others = other._per_index()
        return type(self)(
            **{
                what: np.concatenate((array, others[what]))
                for what, array in self._per_index().items()
            }
        )

    def part(self, index: Any) -> Self:
        """Return the axis of what a slice, a mask or an array of indices selects."""
        chosen = positions(index, len(self))
        return type(self)(**{what: array[chosen] for what, array in self._per_index().items()})

    def get_element(self, index: int) -> tuple[Any, ...]:
        """Return name, table of labels if there are any, and further text of an index."""
        place = self.check_index(index)
        name, *others = (array[place] for array in self._per_index().values())
        return (str(name), *others)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self.name[:4].tolist()))
        more = f", … {len(self)} maps" if len(self) > 4 else ""
        return f"<{type(self).__name__} {shown}{more}>"


class ScalarAxis(NamedAxis):
    """Maps that have names.

    Parameters
    ----------
    name : array-like of str, shape (n,)
    meta : array-like of dict, shape (n,), optional
        Further text of each map, by name.

    Raises
    ------
    HeaderDataError
        If the shapes are others.

    Examples
    --------
    >>> ScalarAxis(["thickness", "myelin"])[1]
    ('myelin', {})
    """

    def __init__(self, name: ArrayLike, meta: Any = None) -> None:
        super().__init__(name, meta)

    @classmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the axis of the named maps of a map of indices."""
        names, meta = _names_and_meta(mim)
        return cls(names, meta)

    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices with these names."""
        made = Cifti2MatrixIndicesMap([dim], SCALARS)
        for name, meta in zip(self.name.tolist(), self.meta, strict=True):
            made.append(Cifti2NamedMap(name, Cifti2MetaData(meta)))
        return made


class LabelAxis(NamedAxis):
    """Maps of labels, each with its table.

    Parameters
    ----------
    name : array-like of str, shape (n,)
    label : dict, or array-like of dict, shape (n,)
        Key to name and colour (red, green, blue and opacity from 0 to 1). One for all maps, each
        of which gets a copy, or one each.
    meta : array-like of dict, shape (n,), optional
        Further text of each map, by name.

    Raises
    ------
    HeaderDataError
        If the shapes are others.

    Examples
    --------
    >>> axis = LabelAxis(["parts"], {1: ("insula", (1, 0.5, 0, 1))})
    >>> axis.labels[0]
    <Labels 1: 'insula'>
    """

    def __init__(self, name: ArrayLike, label: Any, meta: Any = None) -> None:
        names: NDArray[np.str_] = given_array("name", name).astype(np.str_)
        if isinstance(label, Mapping):
            label = [dict(label) for _ in range(names.size)]
        self.label: NDArray[np.object_] = np.asanyarray(label, dtype=object)
        super().__init__(names, meta)

    def _per_index(self) -> dict[str, NDArray[Any]]:
        return {"name": self.name, "label": self.label, "meta": self.meta}

    @property
    def labels(self) -> tuple[Labels, ...]:
        """The table of each map as volio has them for every format, with colours up to 255."""
        return tuple(element_of(table).as_labels() for table in self.label)

    @classmethod
    def from_index_mapping(cls, mim: Cifti2MatrixIndicesMap) -> Self:
        """Return the axis of the named maps of a map of indices, with their tables."""
        names, meta = _names_and_meta(mim)
        return cls(names, [table_of(named.label_table) for named in mim.named_maps], meta)

    def to_mapping(self, dim: int) -> Cifti2MatrixIndicesMap:
        """Return the map of indices with these names and tables."""
        made = Cifti2MatrixIndicesMap([dim], LABELS)
        for name, label, meta in zip(self.name.tolist(), self.label, self.meta, strict=True):
            made.append(Cifti2NamedMap(name, Cifti2MetaData(meta), element_of(label)))
        return made


def _names_and_meta(mim: Cifti2MatrixIndicesMap) -> tuple[list[str], list[dict[str, str]]]:
    """Return name and further text of each named map."""
    maps = list(mim.named_maps)
    names = [named.map_name or "" for named in maps]
    return names, [dict(named.metadata or {}) for named in maps]


def table_of(element: Cifti2LabelTable | None) -> LabelTable:
    """Return the table of an element."""
    return {key: (label.label, label.rgba) for key, label in (element or {}).items()}


def element_of(table: LabelTable) -> Cifti2LabelTable:
    """Return the element of a table.

    Raises
    ------
    HeaderDataError
        If a label has no name, or no colour from 0 to 1.
    """
    made = Cifti2LabelTable()
    for key, (name, rgba) in table.items():
        made[key] = (name, *rgba)
    return made
