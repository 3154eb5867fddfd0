"""TextMapping: lines of text as a mapping from the names of fields and free keys to their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from volio.errors import HeaderDataError
from volio.images.headers.text.lines import Line
from volio.images.headers.text.parsed import ParsedText

__all__ = ["TextMapping"]

T = TypeVar("T")


class TextMapping:
    """Lines of text, read and changed by the names of fields and free keys.

    A format implements `parse_line` and, where its lines are written otherwise, `line`.
    """

    #: What is parsed from the lines.
    parsed_class: ClassVar[type[ParsedText]] = ParsedText
    #: Fields of the format in the order in which they are written; the last one names the files.
    field_order: ClassVar[tuple[str, ...]] = ()
    #: What the first line must be, and its name in messages; None where it is a field.
    magic: ClassVar[re.Pattern[str] | None] = None
    magic_name: ClassVar[str] = ""
    #: How comments begin.
    comments: ClassVar[tuple[str, ...]] = ("#",)
    #: Values of the field of the data files that begin a list, one name a line.
    list_words: ClassVar[tuple[str, ...]] = ()
    #: Text of the line after all fields; None where a header ends with its last field.
    end_line: ClassVar[str | None] = None
    #: What is between a name and its text.
    separator: ClassVar[str] = ": "

    #: The lines and their facts.
    parsed: ParsedText

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines, which are what is written."""
        return self.parsed.lines

    @lines.setter
    def lines(self, value: Iterable[Line]) -> None:
        self.parsed = self.parsed_class(value)

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.lines)

    # Text to lines, and back.

    @classmethod
    def parse(cls, text: str) -> Iterator[Line]:
        """Iterate over the lines of a header; names in a list belong to the field before them.

        Raises
        ------
        HeaderDataError
            If a line is not one of the format.
        """
        listing = False
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            if number == 1 and cls.magic is not None:
                cls._check_magic(line)
                yield Line(line)
            elif cls._is_comment(line):
                yield Line(line)
            elif listing:
                yield Line(line, cls.field_order[-1], line.strip())
            else:
                found = cls.parse_line(line, number)
                names_files = found.key == cls.field_order[-1]
                listing = names_files and found.value.partition(" ")[0] in cls.list_words
                yield found

    @classmethod
    def _is_comment(cls, line: str) -> bool:
        """Return whether a line has neither a field nor a key."""
        return line.strip() in ("", cls.end_line) or line.startswith(cls.comments)

    @classmethod
    def _check_magic(cls, line: str) -> None:
        if cls.magic is not None and not cls.magic.fullmatch(line.strip()):
            raise HeaderDataError(f"the first line must be {cls.magic_name}, got {line[:40]!r}")

    @classmethod
    def parse_line(cls, text: str, number: int) -> Line:
        """Return a line that is neither a comment nor a name in a list.

        Raises
        ------
        HeaderDataError
            If it is not one of the format; the message has its number.
        """
        raise NotImplementedError

    @classmethod
    def line(cls, key: str, value: str, free: bool) -> Sequence[Line]:
        """Return the line of a field or a free key; of a list of files one for each."""
        first, *more = value.split("\n")
        found = Line(f"{key}{cls.separator}{first}", key, first, free)
        return [found, *(Line(name, key, name) for name in more)]

    # A mapping from names to text.

    def field(self, key: str) -> str | None:
        """Return the text of one of the format's fields; None where it is absent."""
        return self.parsed.fields.get(key)

    def set_field(self, key: str, value: str | None, free: bool = False) -> None:
        """Set a field, where it is or where it belongs; None removes it."""
        numbers = [n for n, line in enumerate(self.lines) if (line.key, line.free) == (key, free)]
        before = "\n".join(self.lines[number].value for number in numbers)
        if value == (before if numbers else None):
            return
        place = numbers[0] if numbers else self._line_for(key, free)
        others = [line for line in self.lines if (line.key, line.free) != (key, free)]
        new = () if value is None else self.line(key, value, free)
        self.lines = (*others[:place], *new, *others[place:])

    def _line_for(self, key: str, free: bool) -> int:
        """Return where a new line belongs: before the first field that comes later."""
        later = self.field_order[-1:]
        if not free and key in self.field_order:
            later = self.field_order[self.field_order.index(key) + 1 :]
        found = (n for n, line in enumerate(self.lines) if line.key in later and not line.free)
        return next(found, self._end())

    def _end(self) -> int:
        """Return the line number after all fields."""
        count = len(self.lines)
        has_end = count > 1 and self.lines[-1].text.strip() == self.end_line
        return count - 1 if has_end else count

    def __getitem__(self, key: str) -> str:
        texts = self.parsed.texts
        name = self.canonical(key)
        if name not in texts:
            raise KeyError(f"{key}: the header has no such field; it has {self.keys()}")
        return texts[name]

    def __setitem__(self, key: str, value: Any) -> None:
        name = self.canonical(key)
        known = name in self.field_order or name in self.parsed.fields
        self.set_field(name, str(value), free=not known)

    def __delitem__(self, key: str) -> None:
        self[key]  # raises where it is absent
        name = self.canonical(key)
        self.lines = tuple(line for line in self.lines if line.key != name)

    @classmethod
    def canonical(cls, key: str) -> str:
        """Return the usual spelling of a field's name."""
        return key

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.canonical(key) in self.parsed.texts

    def __len__(self) -> int:
        return len(self.parsed.texts)

    def keys(self) -> list[str]:
        """Names of the fields and free keys, in the order of the lines."""
        return list(self.parsed.texts)

    def values(self) -> list[str]:
        """Texts of the fields, in the order of the lines."""
        return list(self.parsed.texts.values())

    def items(self) -> list[tuple[str, str]]:
        """Names and texts of the fields, in the order of the lines."""
        return list(self.parsed.texts.items())

    def get(self, k: str, d: T | None = None) -> str | T | None:
        """Return the text of the field `k`, or `d` where the field does not exist."""
        return self.parsed.texts.get(self.canonical(k), d)
