"""Every format into every other: what arrives is right, what does not is told in one warning.

The tests go over the table of formats, so that a new row joins by itself. Sources are the samples
that other programs wrote, and images that say all that a format can be told.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import volio
from volio.errors import GeometryWarning, HeaderError, LossWarning, PrecisionWarning, SaveError
from volio.formats.lookup import format_named, layouts
from volio.formats.table import FORMATS
from volio.images.headers.metadata import Intent, Metadata, lost_metadata
from volio.testing.samples import samples_of

WRITTEN = [
    pytest.param(row, layout, id=f"{row.name}-{layout.image}")
    for row, layout in layouts()
    if row.write and row.kind == "volume"
]
#: One image class of each format: another layout of its files has the same header.
SOURCES = [target for target in WRITTEN if target.values[1] is target.values[0].layouts[0]]
SEVERAL = 2  # of a format's samples: as many go into every other format


def each_sample() -> list:
    """Return sample, row and layout: a sum over samples and targets.

    The first few samples of a format go into every other format, and one of them into further
    layouts of its files. What later samples have of their own is in what is read from them, which
    one format that holds every dtype shows: they go into NIfTI-1.
    """
    return [
        pytest.param(sample, *target.values, id=f"{row.name}-{sample.path.name}-{target.id}")
        for row in FORMATS
        if row.kind == "volume"
        for number, sample in enumerate(samples_of(row.name))
        for target in WRITTEN
        if number == 0
        or (number < SEVERAL and target in SOURCES)
        or target.id == "nifti1-Nifti1Image"
    ]


AFFINE = np.array([[-2.0, 0, 0, 30], [0, 2.5, 0, -40], [0, 0, 3, 12], [0, 0, 0, 1]])
SHAPE = (3, 4, 5, 3)
RICH = Metadata(
    step=2.0,
    unit="s",
    start=4.0,
    slice_times=(0.0, 0.8, 0.4, 1.2, 1.0),
    space="talairach",
    labels=("mean", "t of it", "F of it"),
    intents=(Intent(), Intent("t test", (12.0,)), Intent("f test", (2.0, 30.0))),
    description="a scan",
    history="first -x\nsecond -y",
    window=(1.0, 200.0),
    acquisition={"echo time": 0.03, "flip angle": 80.0},
    gradients=((0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 1000.0), (0.0, 0.6, 0.8, 500.0)),
    keys={"site": "here", "subject": "one"},
    attributes={"NOTE_NUMBER": [1, 2]},
)


#: Which format holds which fields of `RICH`; one that is not listed holds the step alone.
NIFTI = {"step", "unit", "start", "slice_times", "space", "labels", "intents", "description"}
NIFTI |= {
    "acquisition",
    "history",
    "window",
    "attributes",
}  # the history in an extension, as AFNI's attributes
AFNI = NIFTI - {"acquisition", "description", "window"}
ANALYZE = {"step", "description", "window"}
MGH = {"step", "unit", "history", "acquisition"}
MINC = {"step", "unit", "start", "space", "description", "history", "acquisition", "keys"}
ECAT = {"step", "unit", "start", "description"}
TEXT = {"step", "unit", "description", "keys"}
HOLDS = {
    "nifti1": NIFTI,
    "nifti2": NIFTI,
    "analyze": ANALYZE,
    "spm99": ANALYZE,
    "spm2": ANALYZE,
    "mgh": MGH,
    "afni": AFNI,
    "minc1": MINC,
    "minc2": MINC,
    "ecat": ECAT,
    "nrrd": TEXT | {"start", "gradients"},
    "metaimage": TEXT | {"start"},
    "mif": TEXT | {"gradients", "history", "acquisition"},
    "hdf5": {"step", "unit", "start", "window"},
    "zarr": NIFTI,  # in a NIfTI header next to the levels, as far as OME-Zarr has no place
    "tiff": {"step", "unit"},
}


SECONDS = {"unit": "s"}
SCANNER = {"unit": "s", "space": "scanner"}
#: What a format holds of every image, also of one whose metadata does not have it.
IMPLIED = {
    "nifti1": {"space": "aligned"},
    "nifti2": {"space": "aligned"},
    "mgh": SECONDS,
    "afni": SCANNER,
    "minc1": SCANNER,
    "minc2": SCANNER,
    "ecat": SECONDS,
    "metaimage": SECONDS,
    "mif": SECONDS,
}


def held(*rows):
    """Return what is left of `RICH` on its way through some formats to the last of them."""
    fields = set(HOLDS.get(rows[0].name, {"step"}))
    for row in rows[1:]:
        fields &= HOLDS.get(row.name, {"step"})
    implied = IMPLIED.get(rows[-1].name, {})
    if rows[-1].name == "tiff" and "step" in fields:  # where a step without a unit is in seconds
        implied = SECONDS
    return Metadata(**{**implied, **{name: getattr(RICH, name) for name in fields}})


def assert_holds(found, expected):
    """Compare all fields of two `Metadata`; floats and directions within what float32 holds."""
    for name in ("unit", "space", "labels", "intents", "description", "history", "frames"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in ("keys", "attributes", "others"):
        assert getattr(found, name) == getattr(expected, name), name
    for name in ("step", "start", "slice_times", "window", "acquisition"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-6), name
    # No direction is that of a gradient of 0: NRRD holds the product of the two.
    weighted, others = (np.reshape(each.gradients, (-1, 4)) for each in (found, expected))
    np.testing.assert_allclose(
        weighted[:, :3] * weighted[:, 3:], others[:, :3] * others[:, 3:], atol=1e-3
    )
    np.testing.assert_allclose(weighted[:, 3], others[:, 3])


def rich(cls):
    """An image of a class that says all that its header takes."""
    img = cls(np.arange(180, dtype=np.int16).reshape(SHAPE), AFFINE)
    header = img.header
    header.set_zooms((*header.get_zooms()[:3], RICH.step / (header.time_unit or 1.0)))
    header.set_metadata(RICH)
    return img


def told(caught, kind):
    """The messages of warnings of one kind."""
    return [str(each.message) for each in caught if issubclass(each.category, kind)]


def converted(img, row, layout, path):
    """Save an image as another format and read it back; what was told; None where refused."""
    target = path / f"out{layout.files[0]}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            row.image_class(layout).from_image(img).to_filename(target)
        except (HeaderError, SaveError) as error:
            return None, str(error)
        back = row.image_class(layout).from_filename(target)
    return back, caught


def check(img, back, caught):
    """What is read back is the image, but for what was told."""
    lost = told(caught, LossWarning)
    listed = lost[0].partition("; lost: ")[2] if lost else ""
    assert len(lost) <= 1
    assert listed == "; ".join(lost_metadata(img.header.metadata(), back.header.metadata()))
    if not told(caught, GeometryWarning):
        kept = [*range(min(3, len(img.shape))), 3]  # an axis that is not there has no direction
        size = np.abs(img.affine).max()
        np.testing.assert_allclose(back.affine[:, kept], img.affine[:, kept], atol=1e-5 * size)
    same = np.asanyarray(img.dataobj)
    found = np.asanyarray(back.dataobj).reshape(same.shape)
    if same.dtype.names or not told(caught, PrecisionWarning):
        np.testing.assert_array_equal(found, same)
    else:
        np.testing.assert_allclose(found, same, rtol=1e-2, atol=np.ptp(same) / 200)


@pytest.mark.parametrize(("sample", "row", "layout"), each_sample())
def test_samples_arrive_or_are_told(sample, row, layout, tmp_path):
    img = volio.load(sample.path, format=sample.path.parent.name)
    back, caught = converted(img, row, layout, tmp_path)
    if back is None:
        assert str(img.get_data_dtype()) in caught or "axes" in caught or "hold" in caught
    else:
        check(img, back, caught)


@pytest.mark.parametrize(("row", "layout"), WRITTEN)
@pytest.mark.parametrize(("source", "entry"), SOURCES)
def test_all_that_can_be_said_arrives_or_is_told(source, entry, row, layout, tmp_path):
    img = rich(source.image_class(entry))
    back, caught = converted(img, row, layout, tmp_path)
    check(img, back, caught)
    assert_holds(back.header.metadata(), held(source, row))


@pytest.mark.parametrize(("row", "layout"), WRITTEN)
def test_what_is_set_is_what_the_format_holds(row, layout):
    assert_holds(rich(row.image_class(layout)).header.metadata(), held(row))


@pytest.mark.parametrize(("row", "layout"), WRITTEN)
def test_what_is_said_of_volumes_follows_them(row, layout, tmp_path):
    img = rich(row.image_class(layout))
    said = img.header.metadata()
    choices = (slice(1, None), slice(None, None, -1), slice(None, None, 2), slice(1, 2))
    parts = [(choice, img.slicer[..., choice]) for choice in choices]
    parts += [(slice(at, at + 1), one) for at, one in enumerate(volio.four_to_three(img))]
    for choice, part in parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GeometryWarning)
            part.to_filename(tmp_path / f"part{layout.files[0]}")
        for found in (part, type(part).from_filename(tmp_path / f"part{layout.files[0]}")):
            now = found.header.metadata()
            assert now.labels == said.labels[choice]
            one = len(set(said.intents[choice])) == 1
            expected = said.intents[choice][: 1 if one else None]
            assert tuple(dict.fromkeys(now.intents)) == tuple(
                each for each in expected if not one or each != Intent()
            )
            np.testing.assert_allclose(now.gradients, said.gradients[choice], atol=1e-6)
    joined = volio.concat_images([part for _, part in parts[-3:]])
    again = joined.header.metadata()
    assert (again.labels, again.intents) == (said.labels, said.intents)
    np.testing.assert_allclose(again.gradients, said.gradients, atol=1e-6)


def test_labels_go_from_afni_through_nifti_and_back(tmp_path):
    afni = rich(format_named("afni").image_class())
    afni.header.attributes["TEMPLATE_SPACE"] = "MNI_2009c_asym"
    nifti = volio.Nifti1Image.from_image(afni)
    volio.save(nifti, tmp_path / "a.nii.gz")
    extended = volio.load(tmp_path / "a.nii.gz")
    (extension,) = extended.header.extensions
    assert extension.get_code() == 4
    assert extension.attributes["BRICK_LABS"] == "mean~t of it~F of it"
    back = type(afni).from_image(extended)
    assert lost_metadata(afni.header.metadata(), back.header.metadata()) == []
    assert back.header.attributes["TEMPLATE_SPACE"] == "MNI_2009c_asym"


def test_attributes_of_another_grid_do_not_move_an_image():
    """AFNI puts all attributes into its extension; the place is that of the NIfTI header."""
    cls = format_named("afni").image_class()
    elsewhere = cls(np.zeros((2, 2, 2, 3), np.float32), np.diag([9.0, 9, 9, 1])).header.attributes
    img = volio.Nifti1Image(np.arange(180, dtype=np.int16).reshape(SHAPE), AFFINE)
    kind = type(rich(volio.Nifti1Image).header.extensions[0])
    img.header.extensions.append(kind.from_attributes({**elsewhere, "BRICK_LABS": "a~b~c"}))
    afni = cls.from_image(img)
    assert afni.shape == afni.header.get_data_shape() == SHAPE
    np.testing.assert_allclose(afni.header.affine, AFFINE)
    assert afni.header.get_volume_labels() == ["a", "b", "c"]
    assert afni.header.get_data_dtype() == np.int16


def test_what_only_nrrd_says_is_told():
    cls = format_named("nrrd").image_class()
    img = cls(np.zeros((2, 3, 4), np.float32), AFFINE)
    img.header["measurement frame"] = "(0,1,0) (1,0,0) (0,0,1)"
    img.header["labels"] = '"across" "" ""'
    with pytest.warns(LossWarning, match=r"lost: measurement frame; labels of axes$"):
        volio.Nifti1Image.from_image(img)


def test_a_second_placement_is_told():
    img = volio.Nifti1Image(np.zeros((2, 3, 4), np.float32), AFFINE)
    img.set_qform(np.diag([2.0, 2.5, 3, 1]), "scanner")
    with pytest.warns(LossWarning, match=r"lost: qform \(a second placement\)$"):
        volio.MGHImage.from_image(img)
    assert (
        lost_metadata(img.header.metadata(), volio.Nifti2Image.from_image(img).header.metadata())
        == []
    )


TIMES = [(0.0, 10.0), (10.0, 10.0), (20.0, 60.0)]


def timed():
    """Classes whose images state when each frame was recorded."""
    rows = (row for row, _ in layouts() if row.write and row.kind == "volume")
    classes = dict.fromkeys(row.image_class() for row in rows)
    return [cls for cls in classes if hasattr(cls.header_class, "set_frame_times")]


@pytest.mark.parametrize("cls", timed())
def test_uneven_frames_follow_and_arrive_or_are_told(cls):
    img = cls(np.arange(180, dtype=np.int16).reshape(SHAPE), np.diag([2.0, 2, 2, 1]))
    img.header.set_frame_times(*zip(*TIMES, strict=True))
    assert img.header.metadata().frames == tuple(TIMES)
    for choice in (slice(1, None), slice(None, None, -1), slice(None, None, 2)):
        found = img.slicer[..., choice].header.get_frame_times()
        np.testing.assert_allclose(found, TIMES[choice])
    for other in timed():
        np.testing.assert_allclose(other.from_image(img).header.get_frame_times(), TIMES)
    with pytest.warns(LossWarning, match="lost: times of 3 frames$"):
        volio.Nifti1Image.from_image(img)
