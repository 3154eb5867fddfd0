"""Cifti2MatrixIndicesMap: what the indices along one dimension, or several, stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from volio.errors import HeaderDataError
from volio.formats.cifti2.codes import BRAIN_MODELS, LABELS, PARCELS, SCALARS, SERIES
from volio.formats.cifti2.elements.brain_model import Cifti2BrainModel
from volio.formats.cifti2.elements.element import (
    CiftiElement,
    required,
    set_attributes,
    stated_integer,
    stated_number,
)
from volio.formats.cifti2.elements.named_map import Cifti2NamedMap
from volio.formats.cifti2.elements.parcel import Cifti2Parcel, Cifti2Surface
from volio.formats.cifti2.elements.volume import Cifti2Volume
from volio.formats.containers.xml_elements import new_element
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2MatrixIndicesMap", "MapChild"]

MapChild: TypeAlias = (
    Cifti2NamedMap | Cifti2Surface | Cifti2Parcel | Cifti2Volume | Cifti2BrainModel
)

Child = TypeVar("Child")

READERS: dict[str, Callable[[Element], MapChild]] = {
    "NamedMap": Cifti2NamedMap.from_element,
    "Surface": Cifti2Surface.from_element,
    "Parcel": Cifti2Parcel.from_element,
    "Volume": Cifti2Volume.from_element,
    "BrainModel": Cifti2BrainModel.from_element,
}

ATTRIBUTES = (
    "AppliesToMatrixDimension",
    "IndicesMapToDataType",
    "NumberOfSeriesPoints",
    "SeriesExponent",
    "SeriesStart",
    "SeriesStep",
    "SeriesUnit",
)


class Cifti2MatrixIndicesMap(CiftiElement, MutableSequence[Any]):
    """What indices along dimensions of the matrix stand for: a list of its elements.

    Parameters
    ----------
    applies_to_matrix_dimension : int or iterable of int or None
        Axes of ``img.shape``: 0 is the first, whose values are next to each other in the file.
    indices_map_to_data_type : str
        One of ``CIFTI_MAP_TYPES``.
    number_of_series_points : int, optional
    series_exponent : int, optional
        Start and step are times ten to this.
    series_start, series_step : float, optional
    series_unit : str, optional
        One of ``CIFTI_SERIESUNIT_TYPES``.
    maps : iterable of elements, optional
        Named maps, parcels and their surfaces, or brain models; and a volume.

    Raises
    ------
    HeaderDataError
        If there is more than one volume.
    """

    def __init__(
        self,
        applies_to_matrix_dimension: int | Iterable[int] | None,
        indices_map_to_data_type: str | None,
        number_of_series_points: int | None = None,
        series_exponent: int | None = None,
        series_start: float | None = None,
        series_step: float | None = None,
        series_unit: str | None = None,
        maps: Iterable[MapChild] = (),
    ) -> None:
        self.applies_to_matrix_dimension = applies_to_matrix_dimension
        self.indices_map_to_data_type = indices_map_to_data_type
        self.number_of_series_points = number_of_series_points
        self.series_exponent = series_exponent
        self.series_start = series_start
        self.series_step = series_step
        self.series_unit = series_unit
        self._maps: list[MapChild] = []
        self.extend(maps)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the mapping of a ``MatrixIndicesMap`` element.

        Raises
        ------
        CorruptFileError, HeaderDataError
            If something in it makes no sense; the message names the element.
        """
        made = cls(
            _dimensions_of(element.get("AppliesToMatrixDimension", "")),
            element.get("IndicesMapToDataType"),
            stated_integer(element, "NumberOfSeriesPoints"),
            stated_integer(element, "SeriesExponent"),
            stated_number(element, "SeriesStart"),
            stated_number(element, "SeriesStep"),
            element.get("SeriesUnit"),
            (READERS[child.tag](child) for child in element if child.tag in READERS),
        )
        made._keep_unknown(element, ATTRIBUTES, READERS)
        return made

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The axes of ``img.shape`` that the mapping is of; none where that is not set."""
        stated = self.applies_to_matrix_dimension
        if stated is None:
            return ()
        return tuple(map(int, stated)) if isinstance(stated, Iterable) else (int(stated),)

    @property
    def length(self) -> int:
        """How many indices it says something of.

        Raises
        ------
        HeaderDataError
            If it does not say, or is not of a known kind.
        """
        kind = self.indices_map_to_data_type
        if kind == SERIES:
            return required(self.number_of_series_points, "NumberOfSeriesPoints")
        if kind == PARCELS:
            return sum(1 for _ in self.parcels)
        if kind in (SCALARS, LABELS):
            return sum(1 for _ in self.named_maps)
        if kind == BRAIN_MODELS:
            counts = [model.index_count for model in self.brain_models]
            return sum(required(count, "BrainModel: index_count") for count in counts)
        raise HeaderDataError(f"MatrixIndicesMap: IndicesMapToDataType: {kind!r} is not known")

    # The list.

    def __len__(self) -> int:
        return len(self._maps)

    def __getitem__(self, index: Any) -> Any:
        return self._maps[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        is_volume = isinstance(value, Cifti2Volume)
        if is_volume and not isinstance(self._maps[index], Cifti2Volume):
            self._refuse_second_volume()
        self._maps[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._maps[index]

    def insert(self, index: int, value: MapChild) -> None:
        """Insert an element before another.

        Raises
        ------
        HeaderDataError
            If it is a second volume.
        """
        if isinstance(value, Cifti2Volume):
            self._refuse_second_volume()
        self._maps.insert(index, value)

    def _refuse_second_volume(self) -> None:
        if self.volume is not None:
            raise HeaderDataError("MatrixIndicesMap: it has a Volume already, and has only one")

    # Its elements by kind.

    def _of(self, kind: type[Child]) -> Iterator[Child]:
        return (each for each in self._maps if isinstance(each, kind))

    @property
    def named_maps(self) -> Iterator[Cifti2NamedMap]:
        """The maps of scalars or labels, in order."""
        return self._of(Cifti2NamedMap)

    @property
    def surfaces(self) -> Iterator[Cifti2Surface]:
        """The surfaces of parcels."""
        return self._of(Cifti2Surface)

    @property
    def parcels(self) -> Iterator[Cifti2Parcel]:
        """The parcels, in order."""
        return self._of(Cifti2Parcel)

    @property
    def brain_models(self) -> Iterator[Cifti2BrainModel]:
        """The brain models, as the file lists them."""
        return self._of(Cifti2BrainModel)

    @property
    def volume(self) -> Cifti2Volume | None:
        """The grid of the voxels; None where there is none."""
        return next(self._of(Cifti2Volume), None)

    @volume.setter
    def volume(self, volume: Cifti2Volume) -> None:
        if not isinstance(volume, Cifti2Volume):
            raise HeaderDataError(f"volume: must be a Cifti2Volume, got {type(volume).__name__}")
        if self.volume is None:
            self._maps.append(volume)
        else:
            self._maps[self._maps.index(self.volume)] = volume

    @volume.deleter
    def volume(self) -> None:
        if self.volume is None:
            raise HeaderDataError("volume: there is none")
        self._maps.remove(self.volume)

    def __repr__(self) -> str:
        return f"<Cifti2MatrixIndicesMap {self.indices_map_to_data_type} of {self.dimensions}>"

    def _known_element(self) -> Element:
        required(self.applies_to_matrix_dimension, "MatrixIndicesMap: applies_to_matrix_dimension")
        made = new_element("MatrixIndicesMap")
        set_attributes(
            made,
            AppliesToMatrixDimension=",".join(map(str, self.dimensions)),
            IndicesMapToDataType=self.indices_map_to_data_type,
            NumberOfSeriesPoints=self.number_of_series_points,
            SeriesExponent=self.series_exponent,
            SeriesStart=_as_float(self.series_start),
            SeriesStep=_as_float(self.series_step),
            SeriesUnit=self.series_unit,
        )
        for each in self._maps:
            made.append(each._to_xml_element())
        return made


def _as_float(value: float | None) -> float | None:
    """Return a number as a float, so that its text is the same once it was read again."""
    return None if value is None else float(value)


def _dimensions_of(text: str) -> tuple[int, ...]:
    try:
        return tuple(parse_int(word) for word in text.split(","))
    except ValueError as error:
        raise HeaderDataError(
            f"MatrixIndicesMap: AppliesToMatrixDimension: must be integers, got {text[:40]!r}"
        ) from error
