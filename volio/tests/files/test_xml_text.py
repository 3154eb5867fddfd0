"""XML as text: what is written is read again, and what XML cannot have is told."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

import pytest

from volio.errors import HeaderDataError, LossWarning
from volio.files.xml_events import parse_xml
from volio.files.xml_text import replaced, writable, xml_bytes


def element(text: str) -> Element:
    root = Element("a", {"b": text})
    child = SubElement(root, "c")
    child.text = text
    child.tail = text
    return root


@pytest.mark.parametrize("text", ["plain", "<&>\"'", "\xe9\u4e16\U0001f600", "]]>"])
def test_texts_come_back(text: str):
    found = parse_xml(xml_bytes(element(text)))
    assert (found.get("b"), found[0].text, found[0].tail) == (text, text, text)


@pytest.mark.parametrize("text", ["caf\udce9", "a\0b", "\x1b[31m", "a\ufffeb"])
@pytest.mark.parametrize("encoding", ["utf-8", "us-ascii"])
def test_what_xml_cannot_have_is_replaced_and_told(text: str, encoding: str):
    root = element(text)
    with pytest.warns(LossWarning, match="XML cannot have all characters of"):
        written = xml_bytes(root, encoding)
    found = parse_xml(written)
    assert found.get("b") == found[0].text == found[0].tail == replaced(text)
    assert replaced(text).count("\ufffd") == 1
    assert root.get("b") == root[0].text == text, "the element was changed"
    with pytest.warns(LossWarning, match="U\\+FFFD is written for each"):
        assert writable(text) == replaced(text)


@pytest.mark.parametrize("name", ["", "a b", "a<", 'a"'])
def test_names_that_xml_cannot_have_are_refused(name: str):
    with pytest.raises(HeaderDataError, match="XML cannot have the name"):
        xml_bytes(Element(name))
    with pytest.raises(HeaderDataError, match="XML cannot have the name"):
        xml_bytes(Element("a", {name: "b"}))
