"""Names, sources and metadata, without a layer."""

from __future__ import annotations

from volio.display import layer_source
from volio.display.layers.parts.identity import Identity
from volio.tests.display.layers.parts.recording import Recorder


def test_names_that_change_are_reported():
    identity = Identity("Surface")
    log = Recorder(identity)
    for name in ("Surface", "left", "left", None):
        identity.name = name
    assert identity.name == "Surface"
    assert log.events == [("name", "left"), ("name", "Surface")]
    assert Identity(name="given").name == "given"


def test_metadata_are_copied_and_replaced_in_place():
    given = {"a": 1}
    identity = Identity(metadata=given)
    kept = identity.metadata
    log = Recorder(identity)
    identity.metadata = {"b": 2}
    assert given == {"a": 1}
    assert kept is identity.metadata
    assert log.events == [("metadata", {"b": 2})]


def test_the_source_is_that_of_the_block_it_was_made_in():
    with layer_source(path="brain.gii", reader_plugin="mine"):
        identity = Identity(name="x")
    assert identity.get_source_str() == "x, brain.gii, read by mine"
    assert Identity(name="y").get_source_str() == "y"
    with layer_source(sample=("mine", "head"), path="not.said"):
        assert Identity(name="z").get_source_str() == "z, sample head of mine"
