"""Attributes of AFNI as XML, as NIfTI files have them in an extension.

Source: https://afni.nimh.nih.gov/pub/dist/doc/program_help/README.attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from volio.files.xml_text import replaced
from volio.numerals import parse_float, parse_int

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["attributes_in_xml", "xml_of_attributes"]

#: Kinds of numbers; anything else is text.
NUMBERS: dict[str, Callable[[str], float]] = {"float": parse_float, "int": parse_int}


def attributes_in_xml(root: Element) -> dict[str, Any]:
    """Return attributes by name: str, or a list of numbers.

    Raises
    ------
    ValueError
        If numbers are none.
    """
    return {node.get("atr_name", ""): _value(node) for node in root.iter("AFNI_atr")}


def _value(node: Element) -> str | list[float]:
    text = (node.text or "").strip()
    number = NUMBERS.get(node.get("ni_type", "").lower())
    if number is not None:
        return [number(word) for word in text.split()]
    if len(text) > 1 and text[0] == text[-1] == '"':
        # Long strings come in several pieces; quotation marks in one piece are its own.
        is_split = node.get("ni_dimen", "") not in ("", "1")
        return re.sub(r'"\s*\n\s*"', "", text[1:-1]) if is_split else text[1:-1]
    return text


def xml_of_attributes(attributes: Mapping[str, str | Sequence[float]]) -> bytes:
    """Return attributes as XML: strings, or lists of all int or of float."""
    nodes = "\n".join(_node(*item) for item in attributes.items())
    xml = f"<?xml version='1.0' ?>\n<AFNI_attributes ni_form=\"ni_group\">\n{nodes}\n"
    return f"{xml}</AFNI_attributes>\n".encode()


def _node(name: str, value: str | Sequence[float]) -> str:
    if isinstance(value, str):
        kind = "String"
        count = 1
        text = f'"{_escaped(value)}"'
    else:
        kind = "int" if all(isinstance(each, int) for each in value) else "float"
        count = len(value)
        text = " ".join(map(str, value))
    given = f'ni_type="{kind}" ni_dimen="{count}" atr_name="{_escaped(name)}"'
    return f"<AFNI_atr {given}>{text}</AFNI_atr>"


def _escaped(text: str) -> str:
    """Return text as XML has it between quotes, U+FFFD for what XML cannot have."""
    from xml.sax.saxutils import escape

    return escape(replaced(text), {'"': "&quot;", "\r": "&#13;"})
