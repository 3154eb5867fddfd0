"""Elements of CIFTI-2 hold whatever they are given: against lists, and after their XML."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from volio.files.xml_events import parse_xml
from volio.formats.cifti2 import (
    Cifti2BrainModel,
    Cifti2Header,
    Cifti2Label,
    Cifti2Matrix,
    Cifti2MatrixIndicesMap,
    Cifti2MetaData,
    Cifti2NamedMap,
    Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ,
    Cifti2VertexIndices,
    Cifti2VoxelIndicesIJK,
)

INDICES = st.lists(st.integers(0, 2**62), max_size=20)
#: What XML can have, without blanks around it, which programs take away.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
UNIT = st.floats(0, 1)


@given(INDICES, st.lists(st.tuples(st.sampled_from("aied"), st.integers(0, 9)), max_size=12))
def test_a_list_of_indices_is_edited_like_any_list(start, edits):
    expected = list(start)
    found = Cifti2VertexIndices(start)
    for what, number in edits:
        place = number % (len(expected) + 1)
        for each in (expected, found):
            if what == "a":
                each.append(number)
            elif what == "i":
                each.insert(place, number)
            elif what == "e":
                each.extend([number, number + 1])
            elif len(expected) and place < len(each):
                del each[place]
        assert found.array.tolist() == expected == list(found)


@given(st.lists(st.tuples(*[st.integers(0, 2**62)] * 3), min_size=1, max_size=9))
def test_voxels_come_back_from_their_xml(rows):
    found = Cifti2VoxelIndicesIJK(rows)
    back = Cifti2VoxelIndicesIJK.from_element(parse_xml(found.to_xml()), "voxels", len(rows))
    assert back.array.tolist() == [list(row) for row in rows]


@given(st.integers(-(2**31), 2**31), TEXT, st.tuples(UNIT, UNIT, UNIT, UNIT))
def test_labels_come_back_from_their_xml(key, name, colours):
    label = Cifti2Label(key, name, *colours)
    back = Cifti2Label.from_element(parse_xml(label.to_xml()))
    assert (back.key, back.label, back.rgba) == (key, name, colours)


@given(st.lists(NUMBERS, min_size=16, max_size=16), st.integers(-9, 9))
def test_matrices_come_back_from_their_xml(numbers, exponent):
    kind = Cifti2TransformationMatrixVoxelIndicesIJKtoXYZ
    given_one = kind(exponent, np.reshape(numbers, (4, 4)))
    back = kind.from_element(parse_xml(given_one.to_xml()))
    np.testing.assert_array_equal(np.ravel(back.matrix), numbers)
    assert back.meter_exponent == exponent


@given(
    st.dictionaries(TEXT, TEXT, max_size=3), TEXT, NUMBERS, NUMBERS, st.lists(INDICES, max_size=3)
)
def test_headers_come_back_from_their_xml(texts, name, start, step, lists):
    matrix = Cifti2Matrix()
    matrix.metadata = Cifti2MetaData(texts)
    matrix.append(Cifti2MatrixIndicesMap(0, "CIFTI_INDEX_TYPE_SERIES", 7, 0, start, step, "SECOND"))
    matrix.append(
        Cifti2MatrixIndicesMap(
            1,
            "CIFTI_INDEX_TYPE_SCALARS",
            maps=[Cifti2NamedMap(name, Cifti2MetaData(texts) if texts else None)],
        )
    )
    models = [
        Cifti2BrainModel(0, len(each), None, name, vertex_indices=Cifti2VertexIndices(each))
        for each in lists
    ]
    matrix.append(Cifti2MatrixIndicesMap(2, "CIFTI_INDEX_TYPE_BRAIN_MODELS", maps=models))
    header = Cifti2Header(matrix)
    back = Cifti2Header.from_xml(header.to_xml())
    assert back == header
    assert (back.matrix[0].series_start, back.matrix[0].series_step) == (start, step)
    assert dict(back.matrix.metadata or {}) == texts
    assert [model.brain_structure for model in back.matrix[2].brain_models] == [name] * len(lists)
