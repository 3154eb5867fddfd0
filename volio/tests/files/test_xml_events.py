"""The reader of XML: what it reports, what it refuses, and that nothing else parses XML."""

from __future__ import annotations

import ast
from xml.etree import ElementTree

import pytest

from volio.errors import CorruptFileError, HeaderDataError, LimitError
from volio.files import xml_events
from volio.files.xml_events import XmlEvents, parse_xml
from volio.tests.source_tree import modules, nodes, source

TEXT = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE a SYSTEM "http://nowhere.invalid/a.dtd">'
    '<a xmlns="urn:one" xmlns:t="urn:two" k="1"><t:b t:x="&lt;2&gt;">one<![CDATA[ & two]]></t:b>'
    "<!-- <c/> --><c/>t\u00e4il</a>"
)


class Noted:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.events.append((name, attributes))

    def end(self, name: str) -> None:
        self.events.append(f"/{name}")

    def data(self, text: str) -> None:
        self.events.append(text)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_elements_are_reported_in_order_however_they_come(size: int):
    noted = Noted()
    events = XmlEvents(noted)
    raw = TEXT.encode()
    for start in range(0, len(raw), size):
        events.feed(raw[start : start + size])
    events.feed(b"", final=True)
    attributes = {"xmlns": "urn:one", "xmlns:t": "urn:two", "k": "1"}
    merged: list[object] = []
    for event in noted.events:
        if merged and isinstance(event, str) and isinstance(merged[-1], str):
            merged[-1] += event
        else:
            merged.append(event)
    assert merged == [
        ("a", attributes),
        ("b", {"t:x": "<2>"}),
        "one & two/b",
        ("c", {}),
        "/ctäil/a",
    ]
    assert (events.depth, events.elements) == (0, 3)


@pytest.mark.parametrize(
    "text", [TEXT, TEXT.encode(), TEXT.replace("UTF-8", "UTF-16").encode("utf-16")]
)
def test_trees_are_those_of_the_standard_library(text: str | bytes):
    found = parse_xml(text)
    assert ElementTree.tostring(found) == ElementTree.tostring(ElementTree.fromstring(TEXT))
    assert found.find("{urn:two}b").attrib == {"{urn:two}x": "<2>"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<a><b></a>", "scan: is not well-formed XML .mismatched tag: line 1, column 8"),
        ("", "is not well-formed XML .no element found"),
        ("<a/>tail", "is not well-formed XML .junk after document element"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', "entities of its own are not read, it has 'b'"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><a>&b;</a>', "entities .* it has 'b'"),
        ('<!DOCTYPE a [<!ENTITY % b "c">]><a/>', "entities .* it has 'b'"),
        ('<!DOCTYPE a SYSTEM "a.dtd"><a>&b;</a>', "entities .* it has 'b'"),
        ("<a>&b;</a>", "is not well-formed XML .undefined entity"),
        (
            b'<?xml version="1.0" encoding="klingon"?><a/>',
            "not well-formed XML .unknown encoding",
        ),
        (
            b'<?xml version="1.0" encoding="gbk"?><a/>',
            "not well-formed XML .multi-byte encodings are not supported",
        ),
        (b"<a>\xff</a>", "is not well-formed"),
        ("<a>\ud800</a>", "is not well-formed"),
    ],
)
def test_what_is_not_xml_or_could_expand_is_refused(text: str | bytes, told: str):
    with pytest.raises(HeaderDataError, match=told):
        parse_xml(text, "scan")


def test_the_error_is_that_of_the_caller():
    class OtherError(HeaderDataError, CorruptFileError):
        pass

    with pytest.raises(OtherError, match="well-formed"):
        parse_xml("<a>", error=OtherError)


@pytest.mark.parametrize(
    ("name", "limit", "fits", "beyond", "told"),
    [
        ("DEEPEST", 3, "<a><b><c/></b><b/></a>", "<a><b><c><d/></c></b></a>", "inside each other"),
        ("MOST_ELEMENTS", 3, "<a><b/><c/></a>", "<a><b/><c/><d/></a>", "more than 3 elements"),
        ("LONGEST_NAME", 3, "<abc/>", "<abcd/>", "a name of 4 characters"),
        ("MOST_ATTRIBUTES", 4, "<a b='123'/>", "<a b='123' c=''/>", "attributes of 5 characters"),
    ],
)
def test_limits(
    name: str, limit: int, fits: str, beyond: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(xml_events, name, limit)
    assert ElementTree.tostring(parse_xml(fits)) == ElementTree.tostring(ElementTree.XML(fits))
    with pytest.raises(LimitError, match=told):
        parse_xml(beyond)


def test_the_length_of_a_text_is_limited():
    assert parse_xml("<a/>", most=4).tag == "a"
    with pytest.raises(LimitError, match="scan: 5 characters, at most 4 are read"):
        parse_xml("<aa/>", "scan", most=4)


def is_of_numpy(node: ast.AST) -> bool:
    """Whether a node is an attribute of numpy."""
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    return node.value.id == "np"


def test_nothing_else_parses_xml():
    parsers = {"fromstring", "fromstringlist", "XML", "iterparse", "XMLParser", "XMLPullParser"}
    found = set()
    # Most modules have none of these words, and need not be parsed to see it.
    words = (*parsers, "expat")
    for module in [each for each in modules() if any(word in source(each) for word in words)]:
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.module or ""
            for node in nodes(module)
            if isinstance(node, ast.Attribute | ast.ImportFrom)
            and not is_of_numpy(node)  # whose fromstring reads numbers
        }
        if names & parsers or "xml.parsers.expat" in names:
            found.add(module)
    assert found == {"volio.files.xml_events"}


#: Packages that parse XML, and modules of the standard library that do.
PARSERS = ("lxml", "defusedxml", "xmltodict", "bs4", "html5lib", "xml.dom", "xml.sax", "plistlib")


def test_no_other_parser_is_imported():
    """Those that only write are named here: escapes, and trees that are built."""
    found = set()
    for module in modules():
        for node in nodes(module):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {(module, name) for name in names if name.startswith(PARSERS)}
            is_parse = isinstance(node, ast.Attribute) and node.attr in ("parse", "parseString")
            if is_parse and ast.unparse(node.value).endswith("ElementTree"):
                found.add((module, "ElementTree.parse"))
    foreign = {pair for pair in found if not pair[1].startswith("xml.sax.saxutils")}
    assert foreign == set()
