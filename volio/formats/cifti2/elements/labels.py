"""Cifti2Label and Cifti2LabelTable: what the values of a map stand for."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from volio.errors import HeaderDataError
from volio.formats.cifti2.elements.element import CiftiElement, float_01, stated_integer
from volio.formats.containers.xml_elements import new_element
from volio.images.labels import Label, Labels
from volio.numerals import parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Cifti2Label", "Cifti2LabelTable"]

COLOURS = ("Red", "Green", "Blue", "Alpha")


class Cifti2Label(CiftiElement):
    """One label: a key, a name, and a colour from 0 to 1.

    Parameters
    ----------
    key : int
        The value in the data.
    label : str
        The name.
    red, green, blue, alpha : float
        From 0 to 1.

    Raises
    ------
    HeaderDataError
        If a colour is not from 0 to 1.

    Examples
    --------
    >>> from volio.formats.cifti2 import Cifti2Label
    >>> Cifti2Label(7, "insula", 1, 0.75, 0.125, 1).to_xml()
    b'<Label Key="7" Red="1" Green="0.75" Blue="0.125" Alpha="1">insula</Label>'
    """

    def __init__(
        self,
        key: int = 0,
        label: str = "",
        red: float = 0.0,
        green: float = 0.0,
        blue: float = 0.0,
        alpha: float = 0.0,
    ) -> None:
        self.key = _key(key)
        self.label = str(label)
        self.red = float_01(red)
        self.green = float_01(green)
        self.blue = float_01(blue)
        self.alpha = float_01(alpha)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the label of a ``Label`` element.

        Raises
        ------
        HeaderDataError
            If the key or a colour is missing or makes no sense.
        """
        key = stated_integer(element, "Key")
        if key is None:
            raise HeaderDataError("Label: Key: is missing")
        try:
            colours = [float_01(element.attrib.get(name, "")) for name in COLOURS]
        except HeaderDataError as error:
            raise HeaderDataError(f"Label {key}: colours: {error}") from error
        made = cls(key, (element.text or "").strip(), *colours)
        made._keep_unknown(element, ("Key", *COLOURS))
        return made

    @property
    def rgba(self) -> tuple[float, float, float, float]:
        """Red, green, blue and opacity, 0 to 1."""
        return (self.red, self.green, self.blue, self.alpha)

    def as_label(self) -> Label:
        """Return the label as volio has it for every format, with a colour from 0 to 255."""
        red, green, blue, alpha = (round(255 * value) for value in self.rgba)
        return Label(self.key, self.label, (red, green, blue, alpha))

    def __repr__(self) -> str:
        return f"<Cifti2Label {self.key}: {self.label!r} {self.rgba}>"

    def _known_element(self) -> Element:
        what = f"Label {self.key!r}"
        if self.label == "":
            raise HeaderDataError(f"{what}: label: a name is needed")
        made = new_element("Label", str(self.label), Key=str(_key(self.key)))
        for name, value in zip(COLOURS, self.rgba, strict=True):
            try:
                level = float_01(value)
            except HeaderDataError as error:
                raise HeaderDataError(f"{what}: {name.lower()}: {error}") from error
            made.set(name, repr(level).removesuffix(".0"))
        return made


def _key(value: Any) -> int:
    try:
        return parse_int(value) if isinstance(value, str) else int(value)
    except (TypeError, ValueError) as error:
        raise HeaderDataError(f"Label: key: must be an integer, got {value!r}") from error


class Cifti2LabelTable(CiftiElement, MutableMapping[int, Cifti2Label]):
    """The labels of a map, by key.

    Attributes
    ----------
    repeated : list of Cifti2Label
        Further labels in the file with a key that an earlier one has; they are written back.

    Examples
    --------
    >>> from volio.formats.cifti2 import Cifti2LabelTable
    >>> table = Cifti2LabelTable()
    >>> table[7] = ("insula", 1, 0.75, 0.125, 1)
    >>> table[7].label, len(table)
    ('insula', 1)
    """

    def __init__(self) -> None:
        self._labels: dict[int, Cifti2Label] = {}
        self.repeated: list[Cifti2Label] = []

    @classmethod
    def from_element(cls, element: Element) -> Self:
        """Return the table of a ``LabelTable`` element."""
        made = cls()
        for child in element.findall("Label"):
            label = Cifti2Label.from_element(child)
            if label.key in made._labels:
                made.repeated.append(label)
            else:
                made._labels[label.key] = label
        made._keep_unknown(element, (), ("Label",))
        return made

    @classmethod
    def from_labels(cls, labels: Labels) -> Self:
        """Return a table of some labels; those without a colour become transparent."""
        made = cls()
        for row in labels:
            levels = [round(value / 255, 6) for value in row.colour or (0, 0, 0, 0)]
            made.append(Cifti2Label(row.key, row.name, *levels))
        return made

    def as_labels(self) -> Labels:
        """Return the table as volio has it for every format, with colours from 0 to 255."""
        return Labels(label.as_label() for label in (*self.values(), *self.repeated))

    def append(self, label: Cifti2Label) -> None:
        """Add a label under its key."""
        self[label.key] = label

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[int]:
        return iter(self._labels)

    def __getitem__(self, key: int) -> Cifti2Label:
        return self._labels[key]

    def __setitem__(self, key: int, value: Cifti2Label | Sequence[Any]) -> None:
        """Set a label, or name, red, green, blue and alpha of one."""
        label = value if isinstance(value, Cifti2Label) else _label_of(key, value)
        if label.key != key:
            raise HeaderDataError(f"label: its key is {label.key}, it cannot stand under {key!r}")
        self._labels[key] = label

    def __delitem__(self, key: int) -> None:
        del self._labels[key]

    def __repr__(self) -> str:
        return f"<Cifti2LabelTable {list(self.values())!r}>"

    def _known_element(self) -> Element:
        if not self._labels:
            raise HeaderDataError("LabelTable: at least one label is needed")
        made = new_element("LabelTable")
        for label in (*self._labels.values(), *self.repeated):
            made.append(label._to_xml_element())
        return made


def _label_of(key: int, value: Sequence[Any]) -> Cifti2Label:
    if len(value) != 5:
        raise HeaderDataError(
            f"label {key!r}: must be a name and four colours from 0 to 1, got {len(value)} values"
        )
    return Cifti2Label(key, *value)
