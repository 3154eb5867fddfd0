"""Every format of surfaces into every other: what arrives is right, what does not is told."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.errors import GeometryWarning, HeaderError, LossWarning, PrecisionWarning, SaveError
from volio.formats.lookup import layouts
from volio.formats.table import FORMATS
from volio.surfaces.vertex_data import VertexArray
from volio.testing.samples import samples_of
from volio.tests.surfaces.shapes import CORNERS

SAMPLES = [
    pytest.param(sample, id=f"{row.name}-{sample.path.name}")
    for row in FORMATS
    if row.kind == "surface"
    for sample in samples_of(row.name)
]
#: Each class that is written once, and the ending of its files.
TARGETS = {
    row.image_class(layout): layout.files[0]
    for row, layout in layouts()
    if row.kind == "surface" and row.write
}
#: What each class holds of a mesh with colours, values, labels, numbers in a whole surface, a
#: space, a structure and texts. "one" is the first of several values.
MESH = {"vertices", "faces"}
HOLDS = {
    "GiftiImage": MESH | {"colours", "indices", "values", "labels", "space", "structure", "texts"},
    "FreeSurferSurface": MESH | {"space", "structure"},
    "FreeSurferMorphData": {"one", "structure"},
    "FreeSurferAnnotation": {"labels", "structure"},
    "FreeSurferLabel": {"vertices", "one", "indices", "space", "structure"},
    "FreeSurferPatch": {"vertices", "indices", "structure"},
    "FreeSurferAscii": MESH | {"indices", "structure"},
    "FreeSurferAsciiValues": {"vertices", "one", "indices", "structure"},
    "FreeSurferSparseValues": {"one", "indices", "structure"},
    "Mz3Surface": MESH | {"colours", "values"},
    "OffSurface": MESH | {"colours"},
    "WavefrontSurface": MESH | {"colours"},
    "VtkSurface": MESH | {"colours", "values", "texts"},
    "VtpSurface": MESH | {"colours", "values"},
    "MniObjSurface": MESH | {"colours"},
    "TriSurface": MESH,
    "BrainVisaMesh": MESH,
    "BrainVisaTexture": {"values"},
    "PlySurface": MESH | {"colours", "values"},
    "StlSurface": MESH | {"texts"},
}


def rich() -> volio.Surface:
    colours = np.arange(16, dtype=np.uint8).reshape(4, 4) * 17
    colours[:, 3] = 255
    surf = volio.Surface(
        # In the order in which faces name them: STL keeps no other.
        CORNERS[[0, 2, 1, 3]],
        np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [2, 1, 3]]),
        {"height": np.array([0.5, 1.5, 2.5, 3.5], "f4"), "depth": np.array([4, 3, 2, 1], "i2")},
        space="scanner",
        structure="cortex_left",
        colors=colours,
        indices=[7, 9, 2, 5],
        meta={"title": "by hand"},
    )
    parts = volio.Labels(
        [volio.Label(1, "a", (255, 0, 0, 255)), volio.Label(2, "b", (1, 2, 3, 255))]
    )
    surf.data.put(VertexArray("parts", np.array([1, 2, 2, 1]), parts))
    return surf


def saved(surf: Any, cls: type[Any], path: Path) -> tuple[Any, str]:
    """What is loaded after a surface was saved as one of a class, and all warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cls.from_image(surf).to_filename(path)
    kinds = {warning.category for warning in caught}
    assert kinds <= {LossWarning, PrecisionWarning, GeometryWarning}, caught
    return cls.from_filename(path), "\n".join(str(warning.message) for warning in caught)


def target(cls: type[Any], folder: Path) -> Path:
    return folder / cls.__name__ / f"lh.made{TARGETS[cls]}"


def test_the_table_knows_every_class():
    assert {cls.__name__ for cls in TARGETS} == set(HOLDS)


@pytest.mark.parametrize("cls", TARGETS, ids=lambda cls: cls.__name__)
def test_each_class_holds_what_the_table_says(cls: type[Any], tmp_path: Path):
    surf = rich()
    holds = HOLDS[cls.__name__]
    path = target(cls, tmp_path)
    path.parent.mkdir()
    found, told = saved(surf, cls, path)
    for name in ("vertices", "faces", "indices", "colours"):
        attribute = "colors" if name == "colours" else name
        there = getattr(found, attribute)
        assert (there is not None) == (name in holds), name
        assert (name in told) == (name not in holds), (name, told)
        if there is not None:
            np.testing.assert_array_equal(there, getattr(surf, attribute), name)
    assert (found.space == "scanner") == ("space" in holds)
    has_place = found.vertices is not None
    assert ("the space (scanner)" in told) == ("space" not in holds), (has_place, told)
    # The names of FreeSurfer's files say the hemisphere.
    assert ("the structure (cortex_left)" in told) == ("structure" not in holds)
    assert ("texts (title)" in told) == ("texts" not in holds)
    assert (found.meta.get("title") == "by hand") == ("texts" in holds)
    has_labels = any(labels is not None for labels in found.data.labels.values())
    assert has_labels == ("labels" in holds)
    check_values(surf, found, holds, told)


def check_values(surf: Any, found: Any, holds: set[str], told: str) -> None:
    """Values arrive in order, under any name, or their own names are told."""
    columns = [column for name in found.data for column in np.atleast_2d(found.data[name].T)]
    expected = []
    if "values" in holds:
        expected = [surf.data["height"], surf.data["depth"], surf.data["parts"]]
    elif "one" in holds:
        expected = [surf.data["height"]]
    elif "labels" in holds:  # an annotation: the numbers of rows
        expected = [surf.data["parts"] - 1]
    np.testing.assert_array_equal(np.array(columns), np.array(expected))
    if not expected:
        assert "'height'" in told
    if len(expected) < 3 and "labels" not in holds:
        assert "'depth'" in told


def equal_arrays(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and np.allclose(one, other, 1e-6, equal_nan=True))


def saved_or_refused(surf: Any, cls: type[Any], folder: Path) -> tuple[Any, str] | None:
    """What `saved` returns; None where the class refuses the surface before anything is written."""
    path = target(cls, folder)
    path.parent.mkdir()
    try:
        return saved(surf, cls, path)
    except (SaveError, HeaderError) as error:
        refusal = str(error)
    assert len(refusal) > 20
    assert not path.exists()
    return None


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_arrive_or_are_refused_with_a_word(sample, tmp_path: Path):
    """Each goes into all classes, which takes 0.3 s."""
    surf = volio.load(sample.path)
    arrived = {
        cls: outcome for cls in TARGETS if (outcome := saved_or_refused(surf, cls, tmp_path))
    }
    assert len(arrived) >= 2
    for cls, (found, told) in arrived.items():
        for name in ("vertices", "faces", "indices", "colors"):
            before = getattr(surf, name)
            if before is not None and getattr(found, name) is None:
                assert {"colors": "colours"}.get(name, name) in told, (cls, name, told)
        if surf.faces is not None and found.faces is not None and surf.vertices is not None:
            corners = surf.vertices[surf.faces]
            assert equal_arrays(found.vertices[found.faces], corners), cls
        elif found.vertices is not None and surf.vertices is not None:
            assert equal_arrays(found.vertices, surf.vertices), cls
        for name in surf.data:
            kept = [np.atleast_2d(found.data[each].T) for each in found.data]
            is_there = any(
                equal_arrays(column, row)
                for columns in kept
                for column in columns
                for row in np.atleast_2d(surf.data[name].T)
            )
            assert is_there or f"{name!r}" in told, (cls, name, told)
