"""What headers say is handed over in conversions, and what a format cannot hold is told once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.errors import LossWarning
from volio.formats.containers.afni.attributes import attributes_from, statistics_of
from volio.formats.lookup import layouts
from volio.images.headers.metadata import Intent, Metadata, lost_metadata, metadata_of

RICH = Metadata(
    step=2.0,
    unit="s",
    start=4.0,
    slice_times=(0.0, 0.5, 1.0, 1.5),
    space="mni",
    labels=("one", "two", "three"),
    intents=(Intent(), Intent("t test", (12.0,)), Intent("f test", (2.0, 30.0))),
    description="a scan",
    history='3dvolreg -base 3\n3dcalc \\"a" -b',
    window=(1.0, 200.0),
    acquisition={"echo time": 0.03},
    gradients=((0.0, 0.0, 1.0, 1000.0),) * 3,
    keys={"modality": "MR"},
    attributes={"NOTES_COUNT": [1], "DELAYS": [0.5, 1.0], "NOTE": "a <b> & 'c' \"d\""},
    others=("a thing",),
)


def series(cls: type = volio.Nifti1Image):
    """A series of three volumes of four slices."""
    img = cls(np.arange(72, dtype=np.int16).reshape(2, 3, 4, 3), np.diag([2, 2, 3, 1]))
    img.header.set_zooms((2, 2, 3, 1))
    return img


def taken(cls: type) -> Metadata:
    """What a format's header says of all that it was told, the step included."""
    header = series(cls).header
    header.set_zooms((*header.get_zooms()[:3], 2.0 / (header.time_unit or 1.0)))
    header.set_metadata(RICH)
    return header.metadata()


def test_nifti_holds_nearly_everything():
    assert lost_metadata(RICH, taken(volio.Nifti1Image)) == [
        "diffusion gradients of 3 volumes",
        "keys (modality)",
        "a thing",
    ]


def test_mgh_holds_history_and_times():
    found = lost_metadata(RICH, taken(volio.MGHImage))
    assert not [words for words in found if words.startswith(("step", "echo", "history"))]
    assert "labels of volumes (one, two, three)" in found
    assert "intent (t test (12), f test (2, 30))" in found
    assert "range to show (1 to 200)" in found
    assert "times of 4 slices" in found
    assert "time of the first volume (4 s)" in found
    assert "space (mni)" in found
    assert "description (a scan)" in found


@pytest.mark.parametrize("value", [Metadata(), RICH, Metadata(start=float("nan"))])
def test_nothing_is_lost_between_equals(value):
    assert lost_metadata(value, value) == []


def test_one_intent_for_all_is_each_one():
    one, each = Metadata(intents=(Intent("z score"),)), (Intent("z score"),) * 3
    assert lost_metadata(one, Metadata(intents=each)) == []
    assert lost_metadata(Metadata(intents=each), one) == []
    assert lost_metadata(one, Metadata(intents=(*each, Intent("chi2", (1,))))) == [
        "intent (z score)"
    ]


def test_long_lists_are_cut():
    words = lost_metadata(Metadata(labels=tuple("x" * 50 for _ in range(9))), Metadata())
    assert words == [f"labels of volumes ({', '.join(['x' * 37 + '...'] * 4)} and 5 more)"]


def test_there_and_back_through_mgh():
    img = series()
    img.header.set_zooms((2, 2, 3, 2500))
    img.header.set_xyzt_units("mm", "msec")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mgh = volio.MGHImage.from_image(img)
        assert mgh.header.get_zooms()[3] == 2500
        back = volio.Nifti1Image.from_image(mgh)
    assert back.header.get_zooms()[3] == 2.5
    assert back.header.get_xyzt_units() == ("mm", "sec")


def test_frequencies_are_no_times():
    img = series()
    img.header.set_xyzt_units("mm", "hz")
    with pytest.warns(LossWarning, match=r"step of the fourth axis \(1 Hz\)"):
        mgh = volio.MGHImage.from_image(img)
    assert mgh.header.get_zooms()[3] == 0
    two = volio.Nifti2Image.from_image(img)
    assert two.header.get_xyzt_units() == ("mm", "hz")


def test_one_warning_lists_everything(tmp_path):
    img = series()
    img.header["descrip"] = b"made by hand"
    img.header.set_intent("t test", (7,))
    img.header["sform_code"] = 4
    with pytest.warns(LossWarning, match="lost: space") as caught:
        volio.save(img, tmp_path / "a.mgz")
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "MGHImage cannot hold all of the header of Nifti1Image; lost: space (mni); "
        "intent (t test (7)); description (made by hand)"
    )


def test_tags_of_mgh_keep_what_was_there():
    mgh = series(volio.MGHImage)
    mgh.header.tags = b"\0\0\0\x02 something"
    mgh.header.set_metadata(Metadata(history="first -x\nsecond"))
    assert mgh.header.tags.startswith(b"\0\0\0\x02 something")
    assert mgh.header.metadata().history == "first -x\nsecond"
    assert mgh.header.metadata().others == ("tags of FreeSurfer",)
    again = volio.MGHImage.from_bytes(mgh.to_bytes())
    assert again.header.metadata() == mgh.header.metadata()


def test_extensions_with_labels_reach_the_file(tmp_path):
    img = series()
    img.header.set_metadata(RICH)
    volio.save(img, tmp_path / "a.nii.gz")
    found = volio.load(tmp_path / "a.nii.gz").header
    assert found.metadata() == img.header.metadata()
    assert found.metadata().labels == RICH.labels
    (extension,) = found.extensions
    assert extension.attributes["BRICK_LABS"] == "one~two~three"
    assert extension.attributes["BRICK_STATAUX"] == [1, 3, 1, 12, 2, 4, 2, 2, 30]


def test_labels_for_other_volumes_mean_nothing():
    img = series()
    img.header.set_metadata(RICH)
    fewer = volio.Nifti1Image(np.zeros((2, 3, 4, 2)), img.affine, img.header)
    assert fewer.header.metadata().labels == ()


@pytest.mark.parametrize(
    "numbers",
    [
        [float("nan")] * 5,
        [0, 3, -1, 2],
        [0, 3, 1e9, 2],
        [9, 3, 1, 2],
        [0, 3],
        [0, 77, 0],
        "0 3 1 2",
    ],
)
def test_odd_statistics_mean_nothing(numbers):
    assert statistics_of({"BRICK_STATAUX": numbers}, 2) == {}


def test_correlations_by_degrees_of_freedom():
    attributes = attributes_from(Metadata(intents=(Intent("correlation", (8.0,)),)), 1)
    assert attributes["BRICK_STATAUX"] == [0, 2, 3, 8, 0, 0]


def test_headers_of_other_packages_say_nothing():
    assert metadata_of(object()) == Metadata()


@pytest.mark.parametrize(
    "layout",
    [layout for row, layout in layouts() if row.write and row.kind == "volume"],
    ids=lambda layout: layout.image,
)
def test_every_format_gives_and_takes(layout):
    row = next(row for row, other in layouts() if other is layout)
    cls = row.image_class(layout)
    header = series(cls).header
    before = header.metadata()
    assert lost_metadata(before, cls.header_class.from_header(header).metadata()) == []
    header.set_metadata(RICH)
    first = header.metadata()
    header.set_metadata(first)  # taking what it says changes nothing
    assert header.metadata() == first


@pytest.mark.parametrize("limits", [(0, np.inf), (-np.inf, 5), (np.nan, 5)])
def test_a_range_to_show_without_an_end_is_none(tmp_path, limits):
    header = volio.Nifti1Header()
    header["cal_min"], header["cal_max"] = limits
    assert header.metadata().window == ()
    img = volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4), header)
    volio.save(img, tmp_path / "a.ome.zarr")  # whose JSON has no word for infinite
    assert volio.load(tmp_path / "a.ome.zarr").shape == (2, 3, 4)
    header["cal_max"] = 9.0
    header["cal_min"] = 1.0
    assert header.metadata().window == (1, 9)
