"""Statistics of voxels: numpy's figures, in one pass."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from nibabel import imagestats

import volio
from volio.cli import main
from volio.errors import AffineError, ImageDataError, UsageError
from volio.ops import stats
from volio.ops.stats import PERCENTILES, count_nonzero_voxels, describe_voxels, mask_volume
from volio.ops.tally import Moments, Tally

RANDOM = np.random.default_rng(3)
INTEGERS = st.sampled_from([np.uint8, np.int16, np.int32, np.int64, np.bool_])
FLOATS = npst.arrays(
    st.sampled_from([np.float32, np.float64]),
    npst.array_shapes(max_dims=4, max_side=5),
    elements=st.floats(-1e6, 1e6, width=32),
)


def same_as_numpy(found, values):
    """The figures of numpy for finite values."""
    assert found.minimum == values.min()
    assert found.maximum == values.max()
    assert found.nonzero == np.count_nonzero(values)
    wide = values.astype(np.float64)
    np.testing.assert_allclose(found.mean, wide.mean(), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found.std, wide.std(), rtol=1e-6, atol=1e-6)
    expected = np.percentile(wide, PERCENTILES)
    np.testing.assert_allclose([*found.percentiles.values()], expected, rtol=1e-5, atol=1e-6)
    assert found.exact


@given(FLOATS)
def test_floats(values):
    found = describe_voxels(values)
    assert found.count == found.sampled == values.size
    assert found.labels is None
    same_as_numpy(found, values)


@given(npst.arrays(INTEGERS, npst.array_shapes(max_dims=4, max_side=5)))
def test_integers(values):
    found = describe_voxels(values)
    different, counts = np.unique(values, return_counts=True)
    assert found.labels == dict(zip(different.astype(int).tolist(), counts.tolist(), strict=True))
    same_as_numpy(found, values.view(np.uint8) if values.dtype == bool else values)


@given(st.lists(FLOATS, min_size=1, max_size=4))
def test_blocks_of_any_size_give_the_same_moments(blocks):
    moments, together = Moments(), np.concatenate([block.ravel() for block in blocks])
    for block in blocks:
        moments.add(block.ravel())
    assert moments.count == together.size
    np.testing.assert_allclose(moments.mean, together.mean(dtype=float), rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(moments.std, together.std(dtype=float), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_values_whose_squares_are_no_floats_have_a_standard_deviation(unit):
    values = np.array([3.0, -1, 4, 1, -5, 9, 2, 6])
    found = describe_voxels(values * unit)
    assert found.std == pytest.approx(values.std() * unit, rel=1e-12, abs=0)
    assert found.mean == pytest.approx(values.mean() * unit, rel=1e-12, abs=0)
    assert found.median == pytest.approx(np.median(values) * unit, rel=1e-12, abs=0)


def test_blocks_of_very_different_magnitudes():
    pairs = [(1e-200, -2e-200), (1, 2), (0, 0), (-3e200, 1e200)]
    blocks = [np.array(pair, float) for pair in pairs]
    moments = Moments()
    for block in blocks:
        moments.add(block)
    together = np.concatenate(blocks)
    assert moments.mean == pytest.approx(together.mean(), rel=1e-12)
    assert moments.std == pytest.approx((together / 1e200).std() * 1e200, rel=1e-12)


def test_percentiles_between_the_ends_of_the_floats():
    ends = np.array([-1.7e308, 1.7e308])
    assert [*describe_voxels(ends, percentiles=(0, 25, 50, 100)).percentiles.values()] == [
        -1.7e308,
        pytest.approx(-0.85e308),
        0,
        1.7e308,
    ]


def test_offsets_cost_no_precision():
    values = RANDOM.normal(size=400_000) + 1e9
    assert describe_voxels(values).std == pytest.approx(values.std(), rel=1e-6)


def test_nan_and_infinite_values_are_counted_apart():
    values = np.array([[np.nan, 1, 0], [np.inf, -np.inf, 3]], np.float32)
    found = describe_voxels(values)
    assert (found.count, found.nan, found.infinite, found.nonzero) == (6, 1, 2, 4)
    assert (found.minimum, found.maximum, found.median) == (0, 3, 1)
    assert found.mean == pytest.approx(4 / 3)
    assert found.exact


@pytest.mark.parametrize("values", [np.full((2, 2), np.nan), np.zeros((0, 3)), np.zeros(0, int)])
def test_no_values(values):
    found = describe_voxels(values)
    assert np.isnan([found.minimum, found.maximum, found.mean, found.std, found.median]).all()
    assert found.percentiles == {}
    assert found.exact


def test_images_have_volumes(tmp_path):
    data = RANDOM.integers(0, 3, (4, 5, 6, 2)).astype(np.int16)
    img = volio.Nifti1Image(data, np.diag([-2.0, 2, 2.5, 1]))
    volio.save(img, tmp_path / "a.nii.gz")
    for each in (img, volio.load(tmp_path / "a.nii.gz")):
        found = describe_voxels(each)
        same_as_numpy(found, data)
        assert found.volume == pytest.approx(data.size * 10)
        assert found.nonzero_volume == pytest.approx(np.count_nonzero(data) * 10)
    assert describe_voxels(data).volume is None


def test_masks():
    data = RANDOM.normal(size=(4, 5, 6, 3)).astype(np.float32)
    inside = data[..., 0] > 0
    mask = volio.Nifti1Image(inside.astype(np.float32), np.eye(4))
    mask.dataobj[0, 0, 0] = np.nan
    inside[0, 0, 0] = False
    same_as_numpy(describe_voxels(data, mask), data[inside])
    same_as_numpy(describe_voxels(data, data > 0), data[data > 0])
    for wrong in (inside[1:], np.ones(()), np.ones((*data.shape, 1))):
        with pytest.raises(UsageError, match="mask"):
            describe_voxels(data, wrong)


def test_large_arrays_give_percentiles_of_a_sample(monkeypatch):
    monkeypatch.setattr(stats, "KEPT", 5000)
    values = RANDOM.normal(size=(50, 50, 40))
    found = describe_voxels(values)
    assert not found.exact
    assert 4000 < found.sampled < 6000
    assert found.median == pytest.approx(0, abs=0.1)
    assert found.mean == pytest.approx(values.mean())
    assert found == describe_voxels(values)  # the same each time
    wide = (values * 1e6).astype(np.int32)
    assert describe_voxels(wide).labels is None
    assert describe_voxels(wide, percentiles=()).sampled == 0
    assert describe_voxels(wide.astype(np.int16)).exact


def test_many_different_integers_are_not_counted():
    tally = Tally(most=10)
    tally.add(np.arange(8))
    assert tally.complete
    tally.add(np.array([7, 2**62, -(2**62)]))
    tally.add(np.arange(5, 12))
    assert not tally.complete
    extremes = np.array([0, 2**64 - 1, 2**63], np.uint64)
    assert describe_voxels(extremes).labels == {0: 1, 2**63: 1, 2**64 - 1: 1}


def test_complex_voxels_by_magnitude_and_records_not_at_all():
    assert describe_voxels(np.array([3 + 4j, 0])).maximum == 5
    with pytest.raises(ImageDataError, match="field"):
        describe_voxels(np.zeros(3, [("R", "u1"), ("G", "u1")]))
    with pytest.raises(UsageError, match="percentiles"):
        describe_voxels(np.zeros(3), percentiles=[101])


@given(npst.arrays(np.int16, (3, 4, 2, 2)))
def test_counts_as_nibabel(values):
    affine = np.array([[0, -2.0, 0, 5], [3, 0, 0, 1], [0, 0, 4, 2], [0, 0, 0, 1]])
    ours, theirs = volio.Nifti1Image(values, affine), nibabel.Nifti1Image(values, affine)
    assert count_nonzero_voxels(ours) == imagestats.count_nonzero_voxels(theirs)
    assert mask_volume(ours) == pytest.approx(imagestats.mask_volume(theirs))


def test_volumes_need_an_affine():
    with pytest.raises(AffineError, match="no affine"):
        mask_volume(volio.SpatialImage(np.ones((2, 2, 2)), None))


LARGEST = 1.7e308  # half of the range of float64, which is more than it holds


@pytest.mark.parametrize(
    ("values", "mean", "std"),
    [
        ([LARGEST, -LARGEST], 0.0, LARGEST),
        ([1e160, 1.0, 1.0, 1.0], 2.5e159, 1e160 * np.sqrt(3) / 4),
        ([LARGEST] * 4, LARGEST, 0.0),
        ([3e200 + 4e200j, 0, 0, 0], 1.25e200, 5e200 * np.sqrt(3) / 4),
        ([LARGEST, -LARGEST, np.nan, np.inf], 0.0, LARGEST),
    ],
)
def test_values_near_the_largest_float(tmp_path, capsys, values, mean, std):
    """No command ends in an overflow; warnings of numpy are errors here."""
    data = np.resize(values, (4, 4, 4))
    found = describe_voxels(data)
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert found.std == pytest.approx(std, rel=1e-12, abs=1e-15 * abs(mean))
    names = [str(tmp_path / name) for name in ("a.nii", "b.nii")]
    for name, array in zip(names, (data, data[::-1, ::-1, ::-1]), strict=True):
        volio.save(volio.Nifti1Image(np.ascontiguousarray(array), np.eye(4)), name)
    assert main(["stats", "--json", names[0]]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert facts["std"] == pytest.approx(found.std, rel=1e-12)
    assert main(["diff", *names]) in (0, 1)
    assert "internal error" not in capsys.readouterr().err
