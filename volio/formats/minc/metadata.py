"""Attributes that other formats have in their own way: text, space and times of the acquisition.

Source: https://en.wikibooks.org/wiki/MINC/Reference/MINC1-programmers-guide
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from volio.formats.containers.dataset import Attributes, Dataset, Variable, text_of
from volio.formats.minc.dimensions import ENDS, SPACE, dimension
from volio.images.headers.metadata import Metadata
from volio.images.headers.units import acquisition_from, acquisition_to, quantities

__all__ = ["read_metadata", "write_metadata"]

#: Attributes of the variable acquisition.
QUANTITIES = quantities("""
repetition_time | repetition time | s
echo_time       | echo time       | s
inversion_time  | inversion time  | s
flip_angle      | flip angle      | degrees
""")
FIELDS = [f"acquisition:{quantity.field}" for quantity in QUANTITIES]
SPACES = {"talairach": "talairach", "native": "scanner"}
#: Variables and attributes of the whole that other formats' headers have in their own way.
KNOWN = {*SPACE, *ENDS, "time", "time-width", "vector_dimension", "image", "rootvariable"}
PLAIN = {"title", "history", "minc_version", "ident", "Conventions"}
#: Attributes of how variables belong together.
TREE = {"varid", "vartype", "version", "parent", "children"}


def read_metadata(dataset: Dataset, known: Metadata) -> Metadata:
    """Return metadata with the text, the space and the acquisition of a data set."""
    spaces = [dataset.get(name).text("spacetype").rstrip("_").lower() for name in SPACE]
    free = _free_attributes(dataset)
    return replace(
        known,
        space=SPACES.get(next(filter(None, spaces), ""), ""),
        description=" ".join(dataset.text("title").split()),
        history=dataset.text("history").strip("\n"),
        acquisition=acquisition_from(dataset.get("acquisition").number, QUANTITIES),
        keys={key: text_of(value) for key, value in free.items() if isinstance(value, bytes)},
        others=tuple(dict.fromkeys(_only_here(dataset, free))),
    )


def _free_attributes(dataset: Dataset) -> Attributes:
    """Return what has no place of its own in other formats, by "name" or "variable:name"."""
    found = {name: value for name, value in dataset.attributes.items() if name not in PLAIN}
    for name, variable in dataset.variables.items():
        for key, value in variable.attributes.items():
            if name not in KNOWN and key not in TREE:
                found[f"{name}:{key}"] = value
    return found


def _only_here(dataset: Dataset, free: Attributes) -> Iterator[str]:
    """Yield variables and attributes that only MINC holds: those with numbers."""
    for name, variable in dataset.variables.items():
        if name not in KNOWN and variable.values.size > 1:
            yield f"variable {name}"
    for key, value in free.items():
        name, colon, _ = key.partition(":")
        if not isinstance(value, bytes) and key not in FIELDS:
            yield f"variable {name}" if colon else f"attribute {name}"


def write_metadata(dataset: Dataset, metadata: Metadata) -> None:
    """Store text, space and acquisition."""
    if metadata.space:
        word = "talairach_" if metadata.space == "talairach" else "native____"
        for name in SPACE:
            dimension(dataset, name).set(spacetype=word)
    # The next program appends its line to the history.
    history = f"{metadata.history}\n" if metadata.history else None
    dataset.set(title=metadata.description or None, history=history)
    if fields := acquisition_to(metadata.acquisition, QUANTITIES):
        _group(dataset, "acquisition").set(**fields)
    for key, value in metadata.keys.items():
        _write_key(dataset, key, value)


def _write_key(dataset: Dataset, key: str, value: str) -> None:
    """Store text as an attribute: of a variable where it is called "variable:name"."""
    name, _, rest = key.partition(":")
    if "\0" in key + value or not key or key in PLAIN or name in KNOWN:
        return
    if rest and name.isidentifier() and rest not in TREE:
        _group(dataset, name).set(**{rest: value})
    else:
        dataset.set(**{key: value})


def _group(dataset: Dataset, name: str) -> Variable:
    """Return a variable; where there is none, one that only has attributes is added."""
    group = Variable((), np.dtype(np.int32), {"vartype": b"group________"})
    return dataset.variables.setdefault(name, group)
