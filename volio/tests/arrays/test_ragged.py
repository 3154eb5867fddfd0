"""Ragged arrays, against lists of arrays and against nibabel's class of that name."""

import io
import operator
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.streamlines.array_sequence import ArraySequence as PeerSequence

from volio.arrays import ragged
from volio.arrays.ragged import ArraySequence
from volio.errors import ImageDataError, UsageError, UsageTypeError

ORDINARY = ["add", "sub", "mul", "mod", "pow", "floordiv", "truediv"]
COMPARING = ["eq", "ne", "lt", "le", "gt", "ge"]
BINARY = [*ORDINARY, *COMPARING, *(f"i{name}" for name in ORDINARY)]
BITWISE = ["lshift", "rshift", "or_", "and_", "xor", "ior", "iand", "ixor", "ilshift", "irshift"]


def arrays_of(lengths: list[int], width: int = 3, dtype: Any = "f4") -> list[np.ndarray]:
    """Arrays of these lengths, every value another one."""
    rows = np.arange(1, sum(lengths) * width + 1).astype(dtype).reshape(-1, width)
    return np.split(rows, np.cumsum(lengths)[:-1])


def check_equal(sequence: ArraySequence, arrays: list[np.ndarray]) -> None:
    """The sequence has these arrays, and its rows are those of its arrays."""
    assert len(sequence) == len(arrays)
    for found, wanted in zip(sequence, arrays, strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    assert sequence._offsets.dtype == sequence._lengths.dtype == np.intp
    assert sequence._lengths.tolist() == [len(array) for array in arrays]


@st.composite
def sequences(draw: st.DrawFn) -> tuple[ArraySequence, list[np.ndarray]]:
    """Draw a sequence, compact or a view with gaps, repeats or empty arrays, and its arrays."""
    lengths = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8))
    arrays = arrays_of(lengths, draw(st.integers(1, 3)), draw(st.sampled_from(["f4", "f8", "i4"])))
    sequence = ArraySequence.from_rows(np.concatenate(arrays), lengths)
    kind = draw(st.sampled_from(["compact", "slice", "list", "mask"]))
    if kind == "slice":
        step = draw(st.sampled_from([-2, -1, 2, 3]))
        return sequence[::step], arrays[::step]
    if kind == "list":
        numbers = draw(st.lists(st.integers(0, len(arrays) - 1), max_size=6))
        return sequence[numbers], [arrays[number] for number in numbers]
    if kind == "mask":
        mask = draw(st.lists(st.booleans(), min_size=len(arrays), max_size=len(arrays)))
        kept = [array for array, keep in zip(arrays, mask, strict=True) if keep]
        return sequence[np.array(mask)], kept
    return sequence, arrays


@given(sequences())
@settings(max_examples=60)
def test_selections_hold_their_arrays_and_copies_are_compact(drawn):
    sequence, arrays = drawn
    check_equal(sequence, arrays)
    copied = sequence.copy()
    check_equal(copied, arrays)
    assert copied._data.shape[0] == sum(map(len, arrays))
    assert not copied.is_sliced_view
    assert not np.may_share_memory(copied._data, sequence._data)
    np.testing.assert_array_equal(sequence.get_data(), copied._data)
    assert sequence.total_nb_rows == sum(map(len, arrays))


@given(sequences(), st.sampled_from(BINARY), st.sampled_from([2, 3.5, "row", "self"]))
@settings(max_examples=120)
def test_operators_are_those_of_each_array(drawn, name, value):
    sequence, arrays = drawn
    width = sequence.common_shape[0]
    if value == "row":
        value = np.arange(2, width + 2)
    others = arrays if isinstance(value, str) else [value] * len(arrays)
    operand = sequence.copy() if isinstance(value, str) else value
    apply = getattr(operator, name)
    try:
        wanted = [apply(array.copy(), other) for array, other in zip(arrays, others, strict=True)]
    except TypeError:  # fractions do not fit integers in place
        with pytest.raises(TypeError, match="Cannot cast"):
            apply(sequence.copy(), operand)
        return
    before = sequence.get_data()
    target = sequence.copy() if name.startswith("i") else sequence
    result = apply(target, operand)
    assert (result is target) == name.startswith("i")
    check_equal(result, wanted)
    np.testing.assert_array_equal(sequence.get_data(), before)


@pytest.mark.parametrize("name", BITWISE)
def test_bitwise_operators(name: str):
    arrays = arrays_of([3, 1, 4], dtype="i4")
    apply = getattr(operator, name)
    sequence = ArraySequence(arrays)
    check_equal(apply(sequence, 3), [apply(array.copy(), 3) for array in arrays])


@pytest.mark.parametrize("name", ["neg", "abs", "invert"])
def test_unary_operators(name: str):
    arrays = arrays_of([3, 1, 4], dtype="i4")
    apply = getattr(operator, name)
    check_equal(apply(ArraySequence(arrays)[::-1]), [apply(array) for array in arrays[::-1]])


def test_an_operand_with_a_row_for_each_row_goes_to_every_array():
    arrays = arrays_of([2, 2, 2])
    value = np.array([[10, 20, 30], [40, 50, 60]], "f4")
    check_equal(ArraySequence(arrays) + value, [array + value for array in arrays])
    with pytest.raises(UsageError, match="the value has 2 rows"):
        ArraySequence(arrays_of([2, 4])) + value


def test_operators_refuse_sequences_of_other_shapes():
    sequence = ArraySequence(arrays_of([1, 3]))
    with pytest.raises(UsageError, match="numbers of arrays: 2 and 1"):
        sequence + sequence[:1]
    with pytest.raises(UsageError, match="numbers of rows: 4, 5"):
        sequence + ArraySequence(arrays_of([2, 3]))
    with pytest.raises(UsageError, match=r"common shapes: \(3,\), \(2,\)"):
        sequence + ArraySequence(arrays_of([1, 3], width=2))
    with pytest.raises(UsageError, match="array 0 has 1 and 3 rows"):
        sequence + ArraySequence(arrays_of([3, 1]))
    with pytest.raises(TypeError, match="unsupported operand"):
        sequence + object()


def test_operators_of_an_empty_sequence_give_one():
    assert len(ArraySequence() + 1) == 0
    assert len(-ArraySequence()) == 0


def test_in_place_changes_what_other_views_see_once():
    arrays = arrays_of([2, 3, 1])
    sequence = ArraySequence(arrays)
    view = sequence[[0, 2, 0]]
    view += 100
    check_equal(sequence, [arrays[0] + 100, arrays[1], arrays[2] + 100])


def test_empty_arrays_are_left_out_but_those_of_a_sequence_stay():
    rows = arrays_of([2, 1])
    check_equal(ArraySequence([rows[0], np.zeros((0, 3), "f4"), rows[1]]), rows)
    gapped = ArraySequence.from_rows(np.concatenate(rows), [2, 0, 1])
    sequence = ArraySequence(rows)
    sequence.extend(gapped)
    assert sequence._lengths.tolist() == [2, 1, 2, 0, 1]


@given(sequences(), st.booleans(), st.sampled_from(["arrays", "stream", "sequence", "append"]))
@settings(max_examples=60)
def test_growing_keeps_what_was_there(drawn, small_buffer, way):
    sequence, arrays = drawn
    filled = [array for array in arrays if array.size]
    added = [*filled, np.zeros((0, *sequence.common_shape), sequence._data.dtype)]
    grown = sequence.copy()
    grown._buffer_size = 1e-6 if small_buffer else 4
    if way == "append":
        for array in added:
            grown.append(array)
        grown.shrink_data()
    else:
        made = {"arrays": list, "stream": iter, "sequence": ArraySequence}[way]
        grown.extend(made(added))
    check_equal(grown, [*arrays, *filled])
    assert len(grown._data) == grown.total_nb_rows


def test_appending_to_a_view_leaves_the_rows_of_others():
    arrays = arrays_of([2, 3, 1])
    sequence = ArraySequence(arrays)
    view = sequence[:1]
    view.append(np.full((2, 3), 9, "f4"))
    check_equal(sequence, arrays)
    check_equal(view, [arrays[0], np.full((2, 3), 9, "f4")])
    lent = np.concatenate(arrays)
    ArraySequence.from_rows(lent, [1]).append(np.zeros((1, 3), "f4"))
    np.testing.assert_array_equal(lent, np.concatenate(arrays))


def test_cached_appends_count_once_they_are_finalized():
    sequence = ArraySequence(arrays_of([2]))
    sequence.append([[7, 7, 7]], cache_build=True)
    assert len(sequence) == 1
    sequence.finalize_append()
    sequence.finalize_append()
    assert sequence._lengths.tolist() == [2, 1]
    assert sequence._data.shape == (3, 3)


def test_rows_of_another_shape_are_refused_and_nothing_is_added():
    sequence = ArraySequence(arrays_of([2, 1]))
    with pytest.raises(UsageError, match=r"must have shape \(3,\), got \(2,\)"):
        sequence.append([[1, 2]])
    with pytest.raises(UsageError, match=r"must have shape \(3,\), got \(2,\)"):
        sequence.extend([[[1, 2, 3]], [[1, 2]]])
    with pytest.raises(UsageError, match=r"must have shape \(3,\), got \(2,\)"):
        sequence.extend(iter([[[1, 2, 3]], [[1, 2]]]))
    with pytest.raises(UsageError, match="got a single number"):
        sequence.append(5)
    check_equal(sequence, arrays_of([2, 1]))


def test_values_are_kept_when_integers_meet_fractions():
    assert ArraySequence([[1, 2], [0.5]])._data.tolist() == [1, 2, 0.5]
    sequence = ArraySequence([np.array([1, 2], "u1")])
    sequence.append([300])
    assert sequence.get_data().tolist() == [1, 2, 300]
    sequence = ArraySequence([np.zeros((1, 3), "f4")])
    sequence.extend([np.ones((1, 3), "f8")])
    assert sequence._data.dtype == np.float32


def test_indices_of_all_kinds():
    arrays = arrays_of([2, 3, 1, 4])
    sequence = ArraySequence(arrays)
    np.testing.assert_array_equal(sequence[-1], arrays[-1])
    assert np.may_share_memory(sequence[np.int8(1)], sequence._data)
    np.testing.assert_array_equal(sequence[1, 2], arrays[1][:, 2])
    check_equal(sequence[:, 1], [array[:, 1] for array in arrays])
    check_equal(sequence[[1, 3], 1:], [arrays[1][:, 1:], arrays[3][:, 1:]])
    check_equal(sequence[range(2)], arrays[:2])
    check_equal(sequence[[]], [])
    check_equal(sequence[[True, False, False, True]], [arrays[0], arrays[3]])
    assert sequence[1:].is_sliced_view
    assert not sequence.is_sliced_view
    with pytest.raises(UsageTypeError, match="got str"):
        sequence["abc"]
    with pytest.raises(UsageTypeError, match="got ndarray"):
        sequence[np.array([0.5])]
    with pytest.raises(IndexError, match="out of bounds"):
        sequence[4]


def test_setting_values():
    arrays = arrays_of([2, 3, 1])
    sequence = ArraySequence(arrays)
    sequence[1] = 7
    sequence[[0], 2] = np.float32(5)
    assert sequence[0].tolist() == [[1, 2, 5], [4, 5, 5]]
    assert sequence[1].tolist() == [[7, 7, 7]] * 3
    sequence[:, [0, 1]] = [array[:, :2] for array in arrays]
    sequence[0:2, 2] = ArraySequence(arrays)[0:2, 2]
    check_equal(sequence, arrays)
    with pytest.raises(UsageError, match="cannot set 3 arrays by 2"):
        sequence[:] = arrays[:2]
    with pytest.raises(UsageError, match="cannot set 3 arrays by 1"):
        sequence[:] = sequence[:1]
    with pytest.raises(UsageError, match="5 rows by 4"):
        sequence[:2] = sequence[1:]
    with pytest.raises(UsageTypeError, match="got object"):
        sequence[object()] = 1


def test_rows_must_hold_the_arrays():
    rows = np.zeros((4, 3))
    with pytest.raises(UsageError, match="piece 1 of 3 rows from row 2 on is outside the 4 rows"):
        ArraySequence.from_rows(rows, [2, 3])
    with pytest.raises(UsageError, match="piece 0 of 1 rows from row -1"):
        ArraySequence.from_rows(rows, [1], [-1])
    with pytest.raises(UsageError, match="piece 1 of -1 rows"):
        ArraySequence.from_rows(rows, [1, -1], [0, 1])
    with pytest.raises(UsageError, match="must be integers"):
        ArraySequence.from_rows(rows, [1.0], [0])
    with pytest.raises(UsageError, match="two lists of one length"):
        ArraySequence.from_rows(rows, [1, 1], [0])
    assert len(ArraySequence.from_rows(rows, [0, 4, 0])) == 3


def test_a_sequence_whose_lengths_were_lost_is_refused():
    sequence = ArraySequence(arrays_of([2, 1]))
    sequence._lengths = sequence._lengths[:1]
    with pytest.raises(UsageError, match="2 offsets and 1 lengths"):
        list(sequence)


def test_files_are_read_by_nibabel_and_the_other_way_round(tmp_path):
    arrays = arrays_of([2, 3, 1])
    path = tmp_path / "lines.npz"
    ArraySequence(arrays)[::2].save(tmp_path / "lines")
    peer = PeerSequence.load(path)
    assert [array.tolist() for array in peer] == [array.tolist() for array in arrays[::2]]
    PeerSequence(arrays).save(path)
    check_equal(ArraySequence.load(path), arrays)
    stream = io.BytesIO()
    ArraySequence().save(stream)
    stream.seek(0)
    assert len(ArraySequence.load(stream)) == 0


def test_files_that_lie_are_refused(tmp_path):
    path = tmp_path / "lines.npz"
    np.savez(path, data=np.zeros((2, 3)), offsets=[0], lengths=[3])
    with pytest.raises(ImageDataError, match=r"lines\.npz: .*outside the 2 rows"):
        ArraySequence.load(path)
    np.savez(path, data=np.zeros((2, 3)))
    with pytest.raises(ImageDataError, match=r"has no offsets, lengths"):
        ArraySequence.load(path)
    assert zipfile.is_zipfile(path)


def test_side_by_side_and_one_after_the_other():
    arrays = arrays_of([2, 3, 1])
    sequence = ArraySequence(arrays)
    columns = [sequence[:, [number]] for number in range(3)]
    check_equal(ragged.concatenate(columns, axis=1), arrays)
    check_equal(ragged.concatenate([sequence[::2], sequence], axis=0), arrays[::2] + arrays)
    with pytest.raises(UsageError, match="sequence 1 has arrays of other lengths"):
        ragged.concatenate([sequence, sequence[::-1]], axis=1)
    with pytest.raises(UsageError, match="at least one"):
        ragged.concatenate([], axis=0)


def test_sequences_are_filled_side_by_side():
    points = arrays_of([2, 3])
    values = arrays_of([2, 3], width=1)
    made = ragged.create_arraysequences_from_generator(zip(points, values, strict=True), 2, [1, 2])
    check_equal(made[0], points)
    check_equal(made[1], values)
    assert [sequence._buffer_size for sequence in made] == [1, 2]


def test_what_is_a_sequence():
    assert ragged.is_array_sequence(ArraySequence())
    assert ragged.is_array_sequence(PeerSequence())
    assert not ragged.is_array_sequence([np.zeros(3)])
    assert ragged.is_ndarray_of_int_or_bool(np.zeros(1, "u2"))
    assert ragged.is_ndarray_of_int_or_bool(np.zeros(1, bool))
    assert not ragged.is_ndarray_of_int_or_bool(np.zeros(1))
    assert not ragged.is_ndarray_of_int_or_bool([1])


def test_a_sequence_is_shown_with_its_first_and_last_arrays():
    sequence = ArraySequence(np.arange(20).reshape(20, 1))
    with np.printoptions(threshold=10, edgeitems=1):
        assert repr(sequence) == "ArraySequence([array([0]), ..., array([19])])"
    assert repr(sequence[:2]) == "ArraySequence([array([0]), array([1])])"


def test_a_view_of_a_sequence_shares_its_rows():
    sequence = ArraySequence(arrays_of([2, 1]))
    view = ArraySequence(sequence)
    assert view._is_view
    assert view._data is sequence._data
    assert hash(view) != hash(sequence) or view is sequence
