"""Label: what a whole number in data stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from volio.errors import HeaderDataError

__all__ = ["SOURCE_VALUE", "Colour", "Label"]

#: The column of `Label.further` with the number that a file has, where that is not the key.
SOURCE_VALUE = "value"

#: Red, green, blue and opacity, 0 to 255.
Colour: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True)
class Label:
    """One row of a table of labels.

    Parameters
    ----------
    key : int
        The number that the data have.
    name : str
    colour : (int, int, int, int), optional
        Red, green, blue and opacity from 0 to 255; None where the table states none.
    further : mapping of str to str
        What else the table says of the label, by column.

    Raises
    ------
    HeaderDataError
        If the colour is not four numbers from 0 to 255.

    Examples
    --------
    >>> volio.Label(7, "insula", (255, 192, 32, 255)).name
    'insula'
    """

    key: int
    name: str
    colour: Colour | None = None
    further: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        colour = self.colour
        if colour is not None and (len(colour) != 4 or min(colour) < 0 or max(colour) > 255):
            raise HeaderDataError(
                f"label {self.key} {self.name!r}: a colour is four numbers from 0 to 255, "
                f"got {colour}"
            )
