"""Plans of a save: stored voxels copied or converted, and with which slope and intercept."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio.arrays.proxy import ArrayProxy, ArraySpec
from volio.arrays.scaled import ScaledArray
from volio.errors import SourceChangedError, TruncatedFileError
from volio.images.saving.plan import SavePlan, _plan_volumes, plan_save, same_values
from volio.images.saving.scaling_history import (
    NO_SCALING,
    ScalingHistory,
    factors,
    for_all,
    scaling_of,
)
from volio.tests.arrays.arrays import Counting

SHAPE = (2, 3, 4)
STORED = np.arange(24, dtype=np.int16).reshape(SHAPE)
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])


def header_of(
    cls: Any = volio.Nifti1Header, dtype: Any = np.int16, shape: Any = SHAPE, scaling: Any = None
) -> Any:
    """A header as if it had been read with a slope and an intercept."""
    header = cls()
    header.set_data_shape(shape)
    header.set_data_dtype(dtype)
    if scaling is not None:
        header.set_slope_inter(*scaling)
        header.scaling_history = ScalingHistory.of(header)
    return header


def proxy(slope: Any = 1.0, inter: Any = 0.0, order: str = "F", stored: Any = STORED) -> ArrayProxy:
    """Voxels in a file, stored as they are given."""
    stream = io.BytesIO(stored.tobytes(order))
    return ArrayProxy(stream, ArraySpec(stored.shape, stored.dtype, 0, slope, inter), order=order)


# Copied, or converted.


def test_stored_voxels_are_copied_with_their_scaling():
    voxels = proxy(0.5, 3.0)
    plan = plan_save(voxels, header_of(scaling=(0.5, 3.0)))
    assert plan == SavePlan(voxels, np.dtype(np.int16), 0.5, 3.0, "F", raw=True)
    stream = io.BytesIO()
    plan.write(stream, ">i2")
    assert stream.getvalue() == STORED.astype(">i2").tobytes("F")


def test_stored_voxels_are_copied_whatever_their_byte_order():
    voxels = proxy(0.5, stored=STORED.astype(">i2"))
    plan = plan_save(voxels, header_of(scaling=(0.5, 0.0)))
    assert (plan.raw, plan.dtype) == (True, np.dtype(np.int16))


def test_copied_voxels_are_not_computed():
    """This scaling leads from most integers to infinity, and not back."""
    stream = io.BytesIO()
    SavePlan(proxy(1e308), np.dtype("i2"), 1e308, 0.0, "F", raw=True).write(stream, "<i2")
    assert stream.getvalue() == STORED.tobytes("F")


@pytest.mark.parametrize("request_", [None, np.int16, "i2"])
def test_stored_voxels_are_copied_if_their_dtype_is_asked_for(request_: Any):
    assert plan_save(proxy(0.5), header_of(scaling=(0.5, 0)), request_).raw


@pytest.mark.parametrize(
    ("header", "slope", "inter"),
    [
        (header_of(), 0.5, 3.0),  # which NIfTI has a place for
        (header_of(volio.Spm99AnalyzeHeader), 0.5, 0.0),
        (header_of(volio.MGHHeader), 1.0, 0.0),
        (header_of(scaling=(7.0, 0.0)), 0.5, 0.0),  # of other voxels
    ],
    ids=["both", "slope", "none", "another"],
)
def test_stored_voxels_are_copied_into_a_header_with_a_place_for_their_scaling(
    header: Any, slope: float, inter: float
):
    plan = plan_save(proxy(slope, inter), header)
    assert plan.raw
    plan.apply_to(header)
    assert scaling_of(header) == (slope, inter)


@pytest.mark.parametrize(
    ("voxels", "header", "request_"),
    [
        (STORED * 0.5, header_of(scaling=(0.5, 0)), None),
        (proxy(0.5), header_of(dtype=np.int32, scaling=(0.5, 0)), None),
        (proxy(0.5), header_of(scaling=(0.5, 0)), np.int32),
        (proxy(0.5), header_of(scaling=(0.5, 0)), "exact"),
        (proxy(0.5), header_of(scaling=(0.5, 0)), "compat"),
        (proxy(0.5, order="C"), header_of(scaling=(0.5, 0)), None),
        (proxy(0.5), header_of(volio.MGHHeader), None),
        (proxy(0.5, 3.0), header_of(volio.Spm99AnalyzeHeader), None),
        (proxy(1.0, 3.0), header_of(volio.Spm99AnalyzeHeader), None),
        (proxy(0.1, 0.0), header_of(), None),  # no float32
        (proxy(0.5, 0.1), header_of(), None),
        (proxy(np.array([0.5, 2, 2, 2])), header_of(), None),
        (proxy(1.0, np.array([0.5, 2, 2, 2])), header_of(), None),
    ],
    ids=[
        *("array", "header's dtype", "requested dtype", "exact", "compat", "order"),
        *("no scaling", "no intercept", "intercept only", "slope rounded", "intercept rounded"),
        *("slopes", "intercepts"),
    ],
)
def test_other_voxels_are_converted(voxels: Any, header: Any, request_: Any):
    plan = plan_save(voxels, header, request_)
    assert not plan.raw
    assert not plan.keeps_header_scaling
    plan.apply_to(header)
    stream = io.BytesIO()
    plan.write(stream, header.get_data_dtype())
    spec = ArraySpec(SHAPE, header.get_data_dtype(), 0, *header.get_slope_inter())
    back = ArrayProxy(io.BytesIO(stream.getvalue()), spec).read()
    np.testing.assert_allclose(back, np.asarray(voxels), atol=1e-3)


def test_a_slope_that_a_header_was_read_with_is_kept_bit_for_bit():
    """Also one that a float32 does not hold: the header's own field is not touched."""
    slope = float(np.float32(0.1)) + 1e-9
    header = header_of()
    header.scaling_history = ScalingHistory(read=(slope, 0.0), baseline=(slope, 0.0))
    header.get_slope_inter = lambda: (slope, 0.0)
    plan = plan_save(proxy(slope), header)
    assert (plan.raw, plan.slope) == (True, slope)


def test_slopes_of_volumes_are_copied_but_not_those_of_slices():
    slopes = np.array([0.5, 2.0, 4.0])
    shape = (3, 2, 1, 3)
    stored = np.arange(18, dtype=np.int16).reshape(shape)
    header = header_of(volio.AFNIHeader, shape=shape, scaling=(slopes, None))
    assert plan_save(proxy(slopes, stored=stored), header).raw
    of_rows = proxy(slopes.reshape(3, 1, 1, 1), stored=stored)
    assert not plan_save(of_rows, header).raw


class Encoded(ScaledArray):
    """Voxels that a file has in an encoding of its own."""

    order = "F"
    shape, dtype = SHAPE, np.dtype(np.float64)
    on_disk_dtype = np.dtype(np.int16)

    def __init__(self, slope: float, inter: float) -> None:
        self.slope = slope
        self.inter = inter

    def open(self) -> Any:
        raise AssertionError("values are not needed")

    def unscaled(self) -> Any:
        return Counting(STORED)


def test_encoded_voxels_are_stored_without_scaling_them():
    header = header_of(scaling=(0.5, 3.0))
    plan = plan_save(Encoded(0.5, 3.0), header)
    assert (plan.slope, plan.inter, plan.raw) == (1.0, 0.0, False)
    plan.apply_to(header)
    assert header.get_slope_inter() == (0.5, 3.0)
    stream = io.BytesIO()
    plan.write(stream, "<i2")
    assert stream.getvalue() == STORED.tobytes("F")


def test_a_file_that_is_too_short_is_refused_before_the_target_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    short = ArrayProxy(io.BytesIO(STORED.tobytes()[:-1]), ArraySpec(SHAPE, STORED.dtype))
    img = volio.Nifti1Image(short, np.eye(4))
    target = tmp_path / "b.nii"
    target.write_bytes(b"old")
    opened: list[Any] = []
    monkeypatch.setattr("volio.images.slab.open_for_write", opened.append)
    with pytest.raises(TruncatedFileError, match="needs 48 bytes, the file has 47"):
        img.to_filename(target)
    assert opened == []
    assert target.read_bytes() == b"old"


def test_a_file_that_has_changed_leaves_the_target_as_it_was(tmp_path: Path):
    source = tmp_path / "a.nii"
    volio.save(volio.Nifti1Image(STORED, np.eye(4)), source)
    img = volio.load(source)
    volio.save(volio.Nifti1Image(STORED[::-1], np.eye(4)), source)
    target = tmp_path / "b.nii"
    target.write_bytes(b"old")
    with pytest.raises(SourceChangedError, match=r"a\.nii"):
        img.to_filename(target)
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nii", "b.nii"]


# Slope and intercept that somebody set.


def test_values_are_stored_as_they_are_under_a_scaling_that_was_set():
    header = header_of()
    header.set_slope_inter(0.5, 3.0)
    plan = plan_save(STORED, header)
    assert (plan.slope, plan.inter) == NO_SCALING
    plan.apply_to(header)
    assert header.get_slope_inter() == (0.5, 3.0)
    stream = io.BytesIO()
    plan.write(stream, "<i2")
    assert stream.getvalue() == STORED.tobytes("F")


def test_a_scaling_that_was_set_wins_over_copying():
    header = header_of(scaling=(0.5, 3.0))
    header.set_slope_inter(0.25, 3.0)
    plan = plan_save(proxy(0.5, 3.0), header)
    assert not plan.raw
    assert plan.keeps_header_scaling
    assert plan.dtype == np.float32  # halves do not fit int16, and are not scaled


def test_what_is_rounded_under_a_scaling_that_was_set_is_noted():
    header = header_of()
    header.set_slope_inter(0.5, 0.0)
    plan = plan_save(np.array([1.0, np.nan]), header, np.uint8)
    assert plan.notes == ("NaN is stored as 0. dtype='exact' keeps every value.",)


# Which dtype.


@pytest.mark.parametrize(
    ("voxels", "header", "implied", "dtype"),
    [
        ("i8", "i8", True, "u1"),
        ("i8", "i8", False, "i8"),
        ("i4", "i8", False, "i8"),
        ("u8", "u8", False, "u8"),
        ("u8", "i8", False, "u1"),  # which cannot hold all of uint64
        ("f8", "i8", False, "u1"),
        ("i8", "f8", False, "f8"),
        ("i8", "i4", False, "i4"),
        ("i4", "f8", False, "f8"),
    ],
)
def test_a_header_keeps_its_64_bits_for_integers_that_it_was_given(
    voxels: str, header: str, implied: bool, dtype: str
):
    plan = plan_save(np.array([0, 5, 200], voxels), header_of(dtype=header), implied=implied)
    assert plan.dtype == dtype


def test_64_bits_of_floats_are_no_wish_for_integers_that_they_cannot_hold():
    plan = plan_save(np.array([0, 2**53 + 1]), header_of(dtype="f8"))
    assert plan.dtype == np.int64


def test_a_request_wins_over_64_bits_of_the_header():
    plan = plan_save(np.array([0, 5, 200], "i8"), header_of(dtype="i8"), np.int16)
    assert plan.dtype == np.int16


@pytest.mark.parametrize(
    ("voxels", "dtype"),
    [
        (np.array([0, 70000]), "i4"),
        (np.array([0, 2**40]), "f4"),
        (np.array([0, 300], "u2"), "i2"),
        (np.array([0, 7], "i1"), "u1"),
        (np.array([0.5, 1e9]), "f4"),
        (np.array([0.5, 1j]), "c8"),
        (np.zeros(2, RGB), RGB),
        (proxy(stored=np.array([0.5, 1e9])), "f4"),  # which float64 could be copied from
    ],
)
def test_compat_takes_what_nearly_every_program_reads(voxels: Any, dtype: Any):
    for header_dtype in ("i8", "f8"):
        plan = plan_save(voxels, header_of(dtype=header_dtype), "compat")
        assert plan.dtype == np.dtype(dtype)


def test_floats_that_the_format_has_no_room_for_are_noted():
    header = header_of(volio.MGHHeader, dtype=np.float32)
    plan = plan_save(np.array([0.1, 1.0]), header)
    assert plan.dtype == np.float32
    assert len(plan.notes) == 1
    assert plan.notes[0].startswith("MGHHeader has no float64: values are rounded to float32, larg")
    assert plan_save(np.array([0.5, 1.0]), header).notes == ()  # exact
    assert plan_save(np.array([0.1, 1.0], "f4"), header).notes == ()
    # NIfTI has float64: who writes float32 there has asked for it.
    assert plan_save(np.array([0.1, 1.0]), header_of(dtype=np.float32)).notes == ()
    # Scaled integers have a note of their own.
    notes = plan_save(np.array([0.1, 60.0], "f2"), header_of(dtype=np.int16)).notes
    assert [note.startswith("values are rounded to fit int16") for note in notes] == [True]


# The scaling that values were read with.


def test_edited_values_are_stored_by_the_scaling_they_were_read_with():
    values = STORED * 0.5 + 3
    values[0, 0, 0] = 3.2
    plan = plan_save(values, header_of(scaling=(0.5, 3.0)))
    assert (plan.dtype, plan.slope, plan.inter) == (np.int16, 0.5, 3.0)
    other = plan_save(values, header_of())
    assert other.slope not in (0.5, 1.0)


def test_a_scaling_of_another_format_is_used_again():
    header = volio.Nifti1Header.from_header(header_of(volio.Spm99AnalyzeHeader, scaling=(0.5, 0)))
    header.set_slope_inter(None, None)
    plan = plan_save(STORED * 0.5, header)
    assert (plan.dtype, plan.slope, plan.inter) == (np.int16, 0.5, 0.0)


def test_a_scaling_that_makes_no_sense_is_not_used_again():
    header = header_of()
    header["scl_slope"], header["scl_inter"] = 1, np.nan
    plan = plan_save(STORED * 0.3, header)
    assert plan.dtype == np.int16
    assert 0 < plan.slope < 0.3


@pytest.mark.parametrize("read", [((0.5, 0.5), 3.0), (0.5, (3.0, 3.0))])
def test_scalings_of_parts_are_not_used_for_all(read: Any):
    values = STORED * 0.5 + 3
    values[0, 0, 0] = 3.2
    header = header_of(volio.AFNIHeader)
    header.scaling_history = ScalingHistory(foreign=read)
    assert plan_save(values, header).slope != 0.5


# A slope for each volume.


def volumes(*slopes: float) -> Any:
    """Values of volumes that int16 holds by these slopes, each with all of its range."""
    stored = np.linspace(-32767, 32767, 24).round().reshape(SHAPE)
    return np.stack([stored * slope for slope in slopes], axis=-1)


def test_volumes_have_their_own_slopes():
    values = volumes(0.1, 10.0)
    values[1:, ..., 1] += 4  # between two steps
    plan = plan_save(values, header_of(volio.AFNIHeader, shape=values.shape))
    np.testing.assert_allclose(plan.slope, [0.1, 10.0], rtol=1e-3)
    assert len(plan.notes) == 1
    assert plan.notes[0].startswith("values are rounded to int16, one slope for each volume, larg")
    error = float(plan.notes[0].rpartition(" ")[2])
    assert error == pytest.approx(4.0, rel=0.1)  # of the volume where it is largest


def test_volumes_keep_the_slopes_they_were_read_with():
    values = volumes(0.5, 0.25, 2.0)
    values[0, 0, 0, 1] += 0.01  # an edit
    header = header_of(volio.AFNIHeader, shape=values.shape, scaling=([0.5, 0.25, 2.0], None))
    plan = plan_save(values, header)
    np.testing.assert_array_equal(plan.slope, [0.5, 0.25, 2.0])
    assert plan.notes[0].endswith("largest error 0.01")


def test_exact_volumes_are_not_noted():
    values = volumes(0.5, 2.0)
    header = header_of(volio.AFNIHeader, shape=values.shape, scaling=([0.5, 2.0], None))
    assert plan_save(values, header).notes == ()


def test_a_series_without_volumes():
    values = volumes(0.5)[..., :0]
    header = header_of(volio.Spm99AnalyzeHeader, shape=values.shape)
    assert plan_save(values, header).notes == ()
    assert _plan_volumes(values, np.dtype("i2"), np.float32, None)[1] == ()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_slopes_of_another_number_of_volumes_are_not_used(count: int):
    values = volumes(*[0.3] * count)
    header = header_of(volio.AFNIHeader, shape=values.shape)
    slopes = (0.5, 2.0, 0.25)
    header.get_slope_inter = lambda: (np.array(slopes), None)
    header.scaling_history = ScalingHistory(read=(slopes, 0.0), baseline=(slopes, 0.0))
    plan = plan_save(values, header)
    np.testing.assert_allclose(plan.slope, [0.3] * count, rtol=1e-3)


def test_one_slope_for_all_where_volumes_need_none_or_are_one():
    values = volumes(0.1, 10.0)
    one = plan_save(values[..., 0], header_of(volio.AFNIHeader, shape=SHAPE))
    assert isinstance(one.slope, float)
    whole = plan_save(np.rint(values / 100), header_of(volio.AFNIHeader, shape=values.shape))
    assert whole.slope == 1
    spm = plan_save(values, header_of(volio.Spm99AnalyzeHeader, shape=values.shape))
    assert isinstance(spm.slope, float)


# Headers, and comparing.


def test_a_header_that_says_the_same_is_left_alone():
    header = header_of(scaling=(0.5, 3.0))
    header.set_data_dtype = header.set_slope_inter = None  # a call would raise
    SavePlan(STORED, np.dtype("i2"), 0.5, 3.0, "F", raw=True).apply_to(header)
    with pytest.raises(TypeError, match="not callable"):
        SavePlan(STORED, np.dtype("i4"), 0.5, 3.0, "F", raw=True).apply_to(header)
    with pytest.raises(TypeError, match="not callable"):
        SavePlan(STORED, np.dtype("i2"), 0.5, 3.5, "F", raw=True).apply_to(header)


def test_dtype_and_scaling_are_those_of_the_plan():
    header = header_of(volio.Nifti1Header)
    SavePlan(STORED, np.dtype("u1"), 0.25, -2.0, "F", raw=False).apply_to(header)
    block = header.binaryblock
    assert struct.unpack_from("=h", block, 70) == (2,)  # datatype
    assert struct.unpack_from("=ff", block, 112) == (0.25, -2.0)  # scl_slope, scl_inter


def test_plans_of_formats_without_scaling_set_none():
    header = header_of(volio.MGHHeader)
    SavePlan(STORED, np.dtype("i4"), 0.5, 0.0, "F", raw=False).apply_to(header)
    assert header.get_data_dtype() == ">i4"


@pytest.mark.parametrize(
    ("array", "same"),
    [
        (np.array([1.0, np.nan, 3.0]), True),
        (np.array([1.0, np.nan, 3.0], "f4"), True),
        (np.array([1.0, 2.0, 3.0]), False),
        (np.array([1.0, np.nan, 3.5]), False),
        (np.array([1.5, np.nan, 3.0]), False),
    ],
)
def test_values_that_were_edited(array: Any, same: bool):
    assert same_values(Counting(np.array([1.0, np.nan, 3.0])), array) is same


def test_integers_that_were_edited():
    assert same_values(Counting(STORED), STORED.copy())
    assert not same_values(Counting(STORED), STORED + (STORED == 23))


# Histories of slope and intercept.


@pytest.mark.parametrize(
    ("scaling", "shared"),
    [
        (None, NO_SCALING),
        ((0.5, 3.0), (0.5, 3.0)),
        (((0.5, 0.5), 3.0), (0.5, 3.0)),
        (((0.5, 0.25), 3.0), None),
        ((0.5, (3.0, 4.0)), None),
        (((0.5, 0.0), (3.0, 5.0)), (0.5, 3.0)),  # four steps
        (((0.5, 0.0), (3.0, 5.1)), None),
        (((0.0, 0.0), (3.0, 5.0)), None),
        ((0.0, 3.0), (0.0, 3.0)),
        (((0.5, np.nan), 3.0), None),
    ],
)
def test_scalings_that_all_parts_can_share(scaling: Any, shared: Any):
    assert for_all(scaling) == shared


def test_factors_are_numbers_that_compare():
    assert factors(None, None) == NO_SCALING
    assert factors(np.float32(0.5), 3) == (0.5, 3.0)
    assert factors(np.array([[1.0], [2.0]]), None) == ((1.0, 2.0), 0.0)


def test_a_scaling_that_makes_no_sense_is_none():
    header = volio.Nifti1Header()
    header["scl_slope"], header["scl_inter"] = 1, np.nan
    assert scaling_of(header) is None
    assert not header.has_new_scaling()


def test_what_counts_as_set():
    history = ScalingHistory(read=(0.5, 0.0), baseline=(0.25, 0.0))
    assert history.is_set((0.5, 0.0))
    assert not history.is_set((0.25, 0.0))
    assert not history.is_set(NO_SCALING)
    assert not history.is_set(None)
    assert not history.with_baseline((0.5, 0.0)).is_set((0.5, 0.0))


def test_what_is_used_again():
    history = ScalingHistory(foreign=(0.5, 0.0))
    assert history.to_reuse(NO_SCALING) == (0.5, 0.0)
    assert history.to_reuse((0.25, 0.0)) == (0.25, 0.0)
    assert history.to_reuse(None) is None
    assert ScalingHistory().to_reuse(NO_SCALING) == NO_SCALING


def test_every_pair_that_was_read():
    slopes, inters = (0.5, 2.0, 0.5, 0.5), (0.0, 0.0, 0.0, 1.0)
    history = ScalingHistory(read=(slopes, inters))
    assert history.pairs() == [(0.5, 0.0), (2.0, 0.0), (0.5, 1.0)]
    assert ScalingHistory(read=(slopes, 7.0)).pairs() == [(0.5, 7.0), (2.0, 7.0)]
    assert ScalingHistory(read=None).pairs() == [NO_SCALING]


def test_headers_keep_the_history_of_the_header_they_are_made_from():
    read = header_of(volio.Spm99AnalyzeHeader, scaling=(0.5, 0.0))
    assert read.copy().scaling_history == read.scaling_history
    other = volio.Nifti1Header.from_header(read)
    assert other.scaling_history.foreign == (0.5, 0.0)
    assert not other.has_new_scaling()
    read.set_slope_inter(0.25, None)
    assert read.has_new_scaling()
    assert read.copy().has_new_scaling()


def test_a_plan_takes_slope_and_intercept_as_a_header_gives_them_back():
    header = header_of(scaling=(2.0, 7.0))
    plan = SavePlan(STORED, np.dtype("i2"), 0.1, 0.3, "F", raw=False)
    kept = plan.as_kept_by(header)
    assert (kept.slope, kept.inter) == (float(np.float32(0.1)), float(np.float32(0.3)))
    assert header.get_slope_inter() == (kept.slope, kept.inter)
    assert kept._replace(slope=0.1, inter=0.3) == plan
    assert kept.as_kept_by(header, rounds=2) == kept


def test_a_plan_is_stored_as_often_as_a_header_needs():
    class Halving:
        """A header that gives half of each slope back."""

        def set_data_dtype(self, dtype):
            self.dtype = dtype

        def set_slope_inter(self, slope, inter):
            self.factors = slope / 2, inter

        def get_slope_inter(self):
            return self.factors

    plan = SavePlan(STORED, np.dtype("i2"), 8.0, 3.0, "F", raw=False)
    assert plan.as_kept_by(Halving()).slope == 4
    assert plan.as_kept_by(Halving(), rounds=3).slope == 1
