"""Attributes that other formats have in their own way: text, space and times of the acquisition.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from volio.formats.containers.dataset import Attribute, Attributes, Dataset, Variable, text_of
from volio.formats.minc.dimensions import ENDS, SPACE, dimension
from volio.images.headers.acquisition import Quantity, acquisition_from, acquisition_to
from volio.images.headers.metadata import Metadata

__all__ = ["read_metadata", "write_metadata"]

#: Attributes of the variable acquisition.
QUANTITIES = (
    Quantity("repetition_time", "repetition time", "s"),
    Quantity("echo_time", "echo time", "s"),
    Quantity("inversion_time", "inversion time", "s"),
    Quantity("flip_angle", "flip angle", "degrees"),
)
SPACES = {"talairach": "talairach", "native": "scanner"}
#: Variables and attributes that other formats' headers have in their own way.
KNOWN = {*SPACE, *ENDS, "time", "time-width", "vector_dimension", "image", "rootvariable"}
PLAIN = {"title", "history", "minc_version", "ident", "Conventions"}
#: Attributes of how variables belong together.
TREE = {"varid", "vartype", "version", "parent", "children"}


def read_metadata(dataset: Dataset, known: Metadata) -> Metadata:
    """Return metadata with the text, the space and the acquisition of a data set."""
    acquisition = dataset.get("acquisition")
    fields = {each.field: acquisition.number(each.field, np.nan) for each in QUANTITIES}
    spaces = (dataset.get(name).text("spacetype").rstrip("_").lower() for name in SPACE)
    free = list(_free_attributes(dataset))
    return replace(
        known,
        space=SPACES.get(next(filter(None, spaces), ""), ""),
        description=" ".join(text_of(dataset.attributes.get("title")).split()),
        history=text_of(dataset.attributes.get("history")).strip("\n"),
        acquisition=acquisition_from(fields, QUANTITIES),
        keys={
            f"{name}:{key}" if name else key: text_of(value)
            for name, key, value in free
            if isinstance(value, bytes)
        },
        others=tuple(_numbers(dataset, free)),
    )


def _free_attributes(dataset: Dataset) -> Iterator[tuple[str, str, Attribute]]:
    """Yield variable ("" for none), name and value of attributes that only MINC defines."""
    for key, value in dataset.attributes.items():
        if key not in PLAIN:
            yield "", key, value
    for name, variable in dataset.variables.items():
        for key, value in variable.attributes.items():
            if name not in KNOWN and key not in TREE:
                yield name, key, value


def _numbers(dataset: Dataset, free: list[tuple[str, str, Attribute]]) -> dict[str, None]:
    """Name variables and attributes with numbers that only MINC holds."""
    fields = [("acquisition", quantity.field) for quantity in QUANTITIES]
    found = {
        f"variable {name}": None
        for name, variable in dataset.variables.items()
        if name not in KNOWN and variable.values is not None and variable.values.size > 1
    }
    for name, key, value in free:
        if not isinstance(value, bytes) and (name, key) not in fields:
            found[f"variable {name}" if name else f"attribute {key}"] = None
    return found


def write_metadata(dataset: Dataset, metadata: Metadata) -> None:
    """Store text, space and acquisition."""
    if metadata.space:
        word = b"talairach_" if metadata.space == "talairach" else b"native____"
        for name in SPACE:
            dimension(dataset, name).attributes["spacetype"] = word
    # The next program appends its line to the history.
    history = metadata.history and f"{metadata.history}\n"
    for name, text in (("title", metadata.description), ("history", history)):
        dataset.attributes.pop(name, None)
        if text:
            dataset.attributes[name] = _encoded(text)
    for field, number in acquisition_to(metadata.acquisition, QUANTITIES).items():
        _attributes_of(dataset, "acquisition")[field] = np.array([number])
    for key, value in metadata.keys.items():
        _write_key(dataset, key, value)


def _write_key(dataset: Dataset, key: str, value: str) -> None:
    """Store text as an attribute: of a variable where it is called "variable:name"."""
    name, _, rest = key.partition(":")
    if "\0" in f"{key}{value}" or not key or key in PLAIN or name in KNOWN:
        return
    if rest and name.isidentifier() and rest not in TREE:
        _attributes_of(dataset, name)[rest] = _encoded(value)
    else:
        dataset.attributes[key] = _encoded(value)


def _attributes_of(dataset: Dataset, name: str) -> Attributes:
    """Return the attributes of a variable, which is added where there is none."""
    group = Variable((), np.dtype(np.int32), {"vartype": b"group________"}, np.zeros((), np.int32))
    return dataset.variables.setdefault(name, group).attributes


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
