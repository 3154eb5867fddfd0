"""PAR/REC and XML/REC: every header of the wheel as nibabel reads it, orders, orientations."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import warnings
from pathlib import Path

import nibabel.parrec
import numpy as np
import pytest

import volio
from volio.errors import (
    GeometryWarning,
    LimitError,
    LossWarning,
    UsageError,
    VolioError,
    VolioWarning,
)
from volio.formats.parrec import (
    PARRECArrayProxy,
    PARRECError,
    PARRECHeader,
    PARRECImage,
    parse,
    parse_PAR_header,
    vol_is_full,
    vol_numbers,
)
from volio.testing.samples import FOLDER
from volio.tests.real_files import WHEEL_PAR_HEADERS, wheel_path

WHEEL = Path(nibabel.__file__).parent / "tests" / "data"
HEADERS = [wheel_path(name) for name in WHEEL_PAR_HEADERS]
SAMPLE = FOLDER / "parrec" / "series.PAR"

# nibabel tells by text, with numpy's older functions, and leaves files open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def read(path: Path, **options) -> PARRECHeader:
    """Read a header alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PARRECHeader.from_fileobj(path, **options)


def theirs(path: Path, strict_sort: bool = False) -> nibabel.parrec.PARRECHeader:
    """Read a header with nibabel."""
    with warnings.catch_warnings(), path.open() as opened:
        warnings.simplefilter("ignore")
        return nibabel.parrec.PARRECHeader.from_fileobj(opened, True, strict_sort)


@pytest.mark.parametrize("strict_sort", [False, True])
@pytest.mark.parametrize("path", HEADERS, ids=lambda path: path.stem)
def test_headers_mean_the_same_to_both(path, strict_sort):
    ours = read(path, permit_truncated=True, strict_sort=strict_sort)
    other = theirs(path, strict_sort)
    assert ours.get_data_shape() == other.get_data_shape()
    assert ours.get_data_dtype() == other.get_data_dtype()
    assert set(ours.general_info) == set(other.general_info)
    assert ours.image_defs.dtype == other.image_defs.dtype
    np.testing.assert_array_equal(ours.image_defs, other.image_defs)
    np.testing.assert_allclose(ours.get_zooms(), other.get_zooms())
    for origin in ("scanner", "fov"):
        np.testing.assert_allclose(ours.get_affine(origin), other.get_affine(origin), atol=1e-9)
    order = other.get_sorted_slice_indices()
    np.testing.assert_array_equal(ours.get_sorted_slice_indices(), order)
    for method in ("dv", "fp"):
        for mine, its in zip(
            ours.get_data_scaling(method), other.get_data_scaling(method), strict=True
        ):
            np.testing.assert_allclose(mine, its)
    for mine, its in zip(ours.get_bvals_bvecs(), other.get_bvals_bvecs(), strict=True):
        np.testing.assert_array_equal(mine, its)
    labels, its_labels = ours.get_volume_labels(), other.get_volume_labels()
    assert list(labels) == list(its_labels)
    assert all(np.array_equal(labels[name], its_labels[name]) for name in labels)


@pytest.mark.parametrize("scaling", ["dv", "fp"])
@pytest.mark.parametrize(
    "name", ["phantom_EPI_asc_CLEAR_2_1", "phantom_truncated", "phantom_varscale"]
)
def test_voxels_of_the_wheel(name, scaling):
    options = {"permit_truncated": True, "scaling": scaling}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = volio.load(WHEEL / f"{name}.REC", **options)
        other = nibabel.parrec.load(str(WHEEL / f"{name}.PAR"), **options)
    expected = np.asarray(other.dataobj)
    np.testing.assert_array_equal(np.asarray(ours.dataobj), expected)
    np.testing.assert_array_equal(ours.dataobj[3:40:5, ::-1, 2], expected[3:40:5, ::-1, 2])
    np.testing.assert_array_equal(ours.dataobj.get_unscaled(), other.dataobj.get_unscaled())


def test_scans_that_are_nifti_too(shared_data):
    for name in ("T1", "T2_"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours = volio.load(shared_data / "balls" / "PARREC" / f"{name}.PAR")
        nifti = volio.load(shared_data / "balls" / "NIFTI" / f"{name}.nii.gz")
        mine, its = volio.as_closest_canonical(ours), volio.as_closest_canonical(nifti)
        assert mine.shape == its.shape
        np.testing.assert_allclose(mine.affine[:3, :3], its.affine[:3, :3], atol=0.02)
        one, other = mine.get_fdata().ravel(), its.get_fdata().ravel()
        assert np.corrcoef(one, other)[0, 1] > 0.999


def test_several_orientations(shared_data):
    path = shared_data / "balls" / "PARREC" / "NA.PAR"
    with pytest.raises(PARRECError, match="transverse, sagittal, coronal; orientation="):
        volio.load(path)
    raw = np.fromfile(path.with_suffix(".REC"), "<u2").reshape(256, 256, 9, order="F")
    starts = {"sagittal": 0, "coronal": 3, "transverse": 6}
    for name, start in starts.items():
        img = volio.load(path, orientation=name)
        assert img.header.get_slice_orientation() == name
        values = raw[..., start : start + 3] * 4.06325
        np.testing.assert_allclose(np.asarray(img.dataobj), values)
        psl = img.header.image_defs["image offcentre"]
        ras = psl @ [[0, -1, 0], [0, 0, 1], [-1, 0, 0]]
        centres = [[127.5, 127.5, number, 1] for number in range(3)]
        np.testing.assert_allclose((centres @ img.affine.T)[:, :3], ras, atol=1e-9)
    with pytest.raises(UsageError, match="must be one of"):
        PARRECImage.load(path, orientation="oblique")


def test_slices_are_found_by_their_index():
    img = volio.load(SAMPLE)
    raw = np.fromfile(SAMPLE.with_suffix(".REC"), "<u2").reshape(4, 3, 6, order="F")
    for volume in range(3):
        for number in range(2):
            stored = raw[..., volume + 3 * number]
            expected = stored * (0.5 * (number + 1)) - 2 * (volume + 1)
            np.testing.assert_array_equal(img.dataobj[:, :, number, volume], expected)


def test_only_the_slices_asked_for_are_read(tmp_path):
    shutil.copy(SAMPLE, tmp_path / "a.PAR")
    voxels = SAMPLE.with_suffix(".REC").read_bytes()
    (tmp_path / "a.REC").write_bytes(voxels)
    img = volio.load(tmp_path / "a.PAR")
    boxes = []
    base = img.dataobj.base
    original = type(base).fill_from

    def spy(self, reader, out, box):
        boxes.append(box)
        original(self, reader, out, box)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(base), "fill_from", spy)
        assert img.dataobj[:, :, 1, 2].shape == (4, 3)
    place = int(img.dataobj.places[1, 2])
    assert boxes == [((0, 4), (0, 3), (place, place + 1))]


def test_the_same_scan_as_xml():
    ours = volio.load(FOLDER / "parrec" / "release5.xml")
    par = volio.load(SAMPLE)
    np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(par.dataobj))
    np.testing.assert_allclose(ours.affine, par.affine, atol=1e-6)
    assert ours.header.get_zooms() == par.header.get_zooms()
    assert ours.header.metadata().step == 2.0


def as_version_3(text: str) -> str:
    """Rewrite the sample as version 3: some columns stand above, once."""
    once = (
        ".    Image pixel size [8 or 16 bits]    :   16\n"
        ".    Recon resolution (x, y)            :   4  3\n"
        ".    Slice thickness [mm]               :   3.0\n"
        ".    Slice gap [mm]                     :   0.5\n"
    )
    text = text.replace("V4.2", "V3").replace(
        ".    Max. number of echoes", once + ".    Max. number of echoes"
    )
    lines = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0].isdigit():
            kept = [*words[:7], *words[11:22], *words[24:28], *words[28:34], words[35]]
            line = " ".join(kept)
        lines.append(line)
    return "\n".join(lines)


def test_version_3():
    v4 = read(SAMPLE)
    v3 = PARRECHeader.from_fileobj(io.StringIO(as_version_3(SAMPLE.read_text())))
    assert v3.get_data_shape() == v4.get_data_shape()
    assert v3.get_zooms() == v4.get_zooms()
    np.testing.assert_array_equal(v3.get_affine(), v4.get_affine())
    np.testing.assert_array_equal(v3.get_data_scaling("fp"), v4.get_data_scaling("fp"))
    np.testing.assert_array_equal(v3.image_defs["echo_time"], v4.image_defs["echo_time"])
    assert v3.image_defs["image_flip_angle"].tolist() == [90.0] * 6


def test_rec_in_any_case_beside_par(tmp_path):
    shutil.copy(SAMPLE, tmp_path / "Scan.par")
    shutil.copy(SAMPLE.with_suffix(".REC"), tmp_path / "Scan.REC")
    assert volio.load(tmp_path / "Scan.par").get_fdata().shape == (4, 3, 2, 3)
    assert volio.load(tmp_path / "Scan.REC").shape == (4, 3, 2, 3)


def test_compressed_voxels(tmp_path):
    shutil.copy(SAMPLE, tmp_path / "a.PAR")
    data = SAMPLE.with_suffix(".REC").read_bytes()
    (tmp_path / "a.REC").write_bytes(gzip.compress(data))
    expected = np.asarray(volio.load(SAMPLE).dataobj)
    np.testing.assert_array_equal(
        volio.load(tmp_path / "a.PAR").dataobj[..., ::-1], expected[..., ::-1]
    )


def test_truncated_scans():
    with pytest.raises(PARRECError, match="permit_truncated=True"):
        volio.load(WHEEL / "phantom_truncated.PAR")
    with pytest.warns(VolioWarning, match="truncated.PAR: Header inconsistency: .* were expected"):
        volio.load(WHEEL / "phantom_truncated.PAR", permit_truncated=True)


def test_several_repetition_times_are_told():
    with pytest.warns(VolioWarning, match=r"multiple TRs: .* \[2000.0, 500.0\] ms; the first"):
        header = PARRECHeader.from_fileobj(WHEEL / "phantom_fake_dualTR.PAR")
    assert header.get_zooms()[3] == 2


def test_maps_are_none_or_refused():
    assert not isinstance(np.asanyarray(PARRECImage.load(SAMPLE, mmap="r").dataobj), np.memmap)
    with pytest.raises(UsageError, match="mmap: must be False, True"):
        PARRECImage.load(SAMPLE, mmap="r+")


BY_HAND = """\
# CLINICAL TRYOUT             Research image export tool     V4.1
.    Max. number of slices/locations    :   2
.    Max. number of dynamics            :   1
.    Diffusion         <0=no 1=yes> ?   :   1
.    Repetition time [ms]               :   8000.0
.    Angulation midslice(ap,fh,rl)[degr]:   0.0 0.0 90.0
.    Off Centre midslice(ap,fh,rl) [mm] :   10.0 20.0 30.0
# === IMAGE INFORMATION ==========================================================
"""
# Slice, echo, dynamic, phase, type, sequence, index; bits, percentage, resolution; intercept,
# slope and scale slope; window; angles and offsets; thickness, gap; display, orientation, fmri,
# ed_es; spacing; echo time, begin, trigger, b-factor; averages, flip angle, ...; gradient.
IMAGE = (
    "{slice} 1 1 1 0 2 {index} 16 100 4 3 -5.0 0.5 0.25 0 0 0 0 90 10 20 30 3.0 0.5 0 1 0 2 "
    "2.5 2.5 45.6 0 0 {b} 1 75.0 0 0 0 1 0 {volume} 1 none none {gradient}"
)
GRADIENTS = {1: "0.0 0.0 0.0", 2: "0.0 0.6 0.8"}


def by_hand() -> PARRECHeader:
    """The header of a scan of two slices and two volumes, without and with a gradient."""
    lines = [
        IMAGE.format(
            slice=number,
            index=2 * (volume - 1) + number - 1,
            b=1000 * (volume - 1),
            volume=volume,
            gradient=GRADIENTS[volume],
        )
        for volume in (1, 2)
        for number in (1, 2)
    ]
    return PARRECHeader.from_fileobj(io.StringIO(BY_HAND + "\n".join(lines)))


def test_units_and_axes_of_a_header_by_hand():
    header = by_hand()
    assert header.get_data_shape() == (4, 3, 2, 2)
    assert header.get_zooms() == (2.5, 2.5, 3.5, 1.0)
    found = header.metadata()
    # Milliseconds, degrees, s/mm²; the series has no dynamics, so that the time is not a step.
    assert found.acquisition == {
        "echo time": 0.0456,
        "flip angle": 75.0,
        "repetition time": 8.0,
    }
    assert found.step is None
    # ap, fh, rl are posterior, superior, left: -A, S, -R.
    np.testing.assert_allclose(found.gradients[1], (-0.8, 0.0, 0.6, 1000.0))
    assert found.gradients[0] == (0.0, 0.0, 0.0, 0.0)
    np.testing.assert_array_equal(header.get_bvals_bvecs()[0], [0, 1000])
    dv = [each.ravel()[0] for each in header.get_data_scaling("dv")]
    assert dv == [0.5, -5.0]  # stored * rescale slope + rescale intercept
    fp = [each.ravel()[0] for each in header.get_data_scaling("fp")]
    assert fp == [4.0, -40.0]  # dv / (rescale slope * scale slope)


def test_the_affine_of_a_header_by_hand():
    # Transverse: columns run along rl, rows along ap, slices along fh. Turned by 90 degrees about
    # rl, which brings ap to fh and fh to -ap; the centre is at ap 10, fh 20, rl 30.
    affine = by_hand().affine
    left, anterior, superior = np.eye(3) * [-1, 1, 1]
    np.testing.assert_allclose(affine[:3, 0], left * 2.5, atol=1e-12)
    np.testing.assert_allclose(affine[:3, 1], superior * 2.5, atol=1e-12)
    np.testing.assert_allclose(affine[:3, 2], anterior * 3.5, atol=1e-12)
    np.testing.assert_allclose(affine @ [1.5, 1, 0.5, 1], [-30, -10, 20, 1], atol=1e-12)


@pytest.mark.parametrize("wrong", [0, -1, 6])
def test_indices_that_cannot_be_leave_the_order_of_the_lines(wrong):
    header = read(SAMPLE)
    assert header.get_places().tolist() == [0, 3, 1, 4, 2, 5]
    defs = header.image_defs.copy()
    assert defs["index in REC file"][1] != wrong
    defs["index in REC file"][1] = wrong  # repeated, or outside
    again = PARRECHeader(header.general_info, defs)
    assert sorted(again.get_places()) == list(range(6))
    lines = again.image_defs[again.get_places()]
    np.testing.assert_array_equal(lines["slice number"], [1, 2] * 3)


def test_dynamics_have_the_repetition_time_as_their_step():
    text = SAMPLE.read_text()
    assert "Repetition time" in text
    found = read(SAMPLE).metadata()
    assert (found.step, found.unit) == (2.0, "s")
    assert "repetition time" not in found.acquisition


def test_selected_volumes_keep_what_is_known_of_them():
    header = by_hand()
    cut = header.copy()
    cut.set_data_shape((4, 3, 2))
    cut.select_volumes([(header, 1)])
    assert cut.metadata().gradients == header.metadata().gradients[1:]
    assert cut.get_volume_labels()["diffusion b value number"].tolist() == [2]
    again = header.copy()
    again.select_volumes([(cut, 0), (cut, 0)])
    assert again.get_bvals_bvecs()[0].tolist() == [1000, 1000]
    again.select_volumes([(cut, 0), (header, 0)])
    assert again.get_bvals_bvecs()[0].tolist() == []


@pytest.mark.parametrize(
    ("word", "number"),
    [("2", 2), ("2.0", 2), ("2.5", None), ("two", None), ("1e20", None), ("1e400", None)],
)
def test_integers_may_be_written_as_floats(word, number):
    text = changed(r"(?m)^(\.\s+EPI factor[^:]*:).*$", rf"\1 {word}")
    if number is None:
        with pytest.raises(PARRECError, match="epi_factor: must be a number, int"):
            PARRECHeader.from_fileobj(io.StringIO(text))
    else:
        header = PARRECHeader.from_fileobj(io.StringIO(text))
        assert header.get_echo_train_length() == number


def test_gradients_in_the_world():
    header = read(WHEEL / "DTI.PAR")
    gradients = np.array(header.metadata().gradients)
    psl = header.image_defs["diffusion"][::10][:8]
    bvals, bvecs = header.get_bvals_bvecs()
    np.testing.assert_array_equal(gradients[:, 3], bvals)
    np.testing.assert_allclose(gradients[:6, 0], -psl[:6, 2], atol=1e-3)
    np.testing.assert_allclose(gradients[:6, 1], -psl[:6, 0], atol=1e-3)
    np.testing.assert_allclose(gradients[:6, 2], psl[:6, 1], atol=1e-3)
    np.testing.assert_allclose(header.get_q_vectors(), bvecs * bvals[:, None])


def test_conversion_tells_what_is_lost(tmp_path):
    img = volio.load(SAMPLE)
    with pytest.warns(LossWarning, match=r"lost: fields of PAR/REC \(acq nr, "):
        volio.save(img, tmp_path / "a.nii.gz")
    nifti = volio.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(nifti.get_fdata(), img.get_fdata())
    np.testing.assert_allclose(nifti.affine, img.affine, atol=1e-5)
    assert nifti.header.get_xyzt_units() == ("mm", "sec")
    assert nifti.header.get_zooms()[3] == 2
    assert nifti.header["descrip"].item().endswith(b" TE=30ms/FA=90deg")
    acquisition = nifti.header.metadata().acquisition
    assert acquisition == pytest.approx({"echo time": 0.03, "flip angle": 90})


def changed(old: str, new: str) -> str:
    """The sample's text with another value."""
    text = SAMPLE.read_text()
    assert re.search(old, text)
    return re.sub(old, new, text)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("V4.2", "V9", "version: must be one of"),
        ("V4.2", "", "version"),
        (r"slices/locations.*", "slices/locations : 9999999999999", "were expected"),
        (r"slices/locations.*", "slices/locations : two", "max_slices: must be a number"),
        (r"Angulation.*", "nothing", "must be '.  name : value'"),
        (r"(?m)^1 1 .*$", "1 1 1", "line .*: an image has 49 values, got 3"),
        (r"16 100 4 3", "32 100 4 3", "8 or 16 bits"),
        (r"16 100 4 3", "16 100 0 3", "no complete volume"),
        (r"16 100 4 3", "16 100 4.5 3", "recon resolution: must be a number"),
        (r"2.5 2.5 30.0", "-2.5 2.5 30.0", "must be positive"),
        (r"Off Centre midslice.*", "Off Centre midslice(ap,fh,rl) [mm] : nan 0 0", "finite"),
    ],
)
def test_headers_that_make_no_sense(old, new, match):
    with pytest.raises(VolioError, match=match):
        PARRECHeader.from_fileobj(io.StringIO(changed(old, new))).get_affine()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("<PRIDE_V5>", "well-formed"),
        ("<PRIDE_V5/>", "no Series_Info"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><PRIDE_V5/>', "entities"),
        ("# === DATA DESCRIPTION FILE\n# image export tool V4.2\n", "no image"),
    ],
)
def test_texts_that_are_no_headers(text, match):
    with pytest.raises(PARRECError, match=match):
        PARRECHeader.from_fileobj(io.StringIO(text))


def test_headers_without_an_end(monkeypatch):
    monkeypatch.setattr(parse, "MOST", 1000)
    with pytest.raises(LimitError, match="too many for a header of Philips"):
        volio.load(SAMPLE)


def test_numbers_of_volumes():
    numbers = [1, 3, 0, 0, 1, 0]
    assert vol_numbers(numbers) == [0, 0, 0, 1, 1, 2]
    assert vol_is_full([3, 2, 1, 1, 2, 3, 2], 3).tolist() == [True] * 6 + [False]
    assert vol_is_full([3, 2, 3, 2], 3, 2).tolist() == [True] * 4
    with pytest.raises(UsageError, match="within 1 to 3"):
        vol_is_full([1, 4], 3)


def test_nibabels_names():
    with SAMPLE.open() as opened:
        info, defs = parse_PAR_header(opened)
    header = volio.parrec.PARRECHeader(info, defs)
    assert header == read(SAMPLE)
    assert header.copy() == header
    proxy = PARRECArrayProxy(SAMPLE.with_suffix(".REC"), header, scaling="fp")
    np.testing.assert_allclose(proxy[...], volio.load(SAMPLE, scaling="fp").get_fdata())
    img = volio.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    img.header.extensions.append(volio.nifti1.Nifti1Extension("comment", SAMPLE.read_bytes()))
    assert volio.parrec.exts2pars(img) == [header]
    with pytest.raises(PARRECError, match="from a file"):
        PARRECHeader.from_header(img.header)


def test_lists_of_files_show_scaling(capsys, shared_data):
    from volio.cli import main_ls

    assert main_ls([str(SAMPLE), str(shared_data / "balls" / "PARREC" / "T1.PAR")]) == 0
    shown = capsys.readouterr().out
    assert "*several" in shown
    assert shown.splitlines()[-1].count("*") == 1


def with_defs(path: Path, **fields) -> PARRECHeader:
    """Read a header with some fields of its images changed, names with _ for blanks."""
    before = read(path, permit_truncated=True)
    defs = before.image_defs
    for name, value in fields.items():
        defs[name.replace("_", " ")] = value
    return PARRECHeader(before.general_info, defs, permit_truncated=True)


ON_THE_NORMAL = [path for path in HEADERS if path.stem.startswith(("Phantom_EPI_3mm", "T1_dual"))]


@pytest.mark.filterwarnings("ignore:Header inconsistency:volio.errors.VolioWarning")
@pytest.mark.parametrize("path", ON_THE_NORMAL, ids=lambda path: path.stem)
@pytest.mark.parametrize("gap", [0.25, -1.0])
def test_the_step_is_that_of_the_positions_of_slices(path, gap):
    before = read(path, permit_truncated=True)
    thickness = float(before.image_defs["slice thickness"][0])
    with pytest.warns(GeometryWarning, match="slices are .* mm apart, which counts"):
        header = with_defs(path, slice_gap=gap * thickness)
    np.testing.assert_allclose(header.get_affine(), before.get_affine(), atol=0.05)
    np.testing.assert_allclose(header.get_zooms(), before.get_zooms(), rtol=1e-3)


def test_slices_that_run_the_other_way():
    (path,) = [path for path in HEADERS if path.stem == "Phantom_EPI_3mm_tra_SENSE_6_1"]
    before = read(path, permit_truncated=True)
    positions = before.image_defs["image offcentre"]
    with pytest.warns(GeometryWarning, match="slices are -3.3 mm apart"):
        header = with_defs(path, image_offcentre=positions[::-1])
    expected = before.get_affine()
    last = len(np.unique(before.image_defs["slice number"])) - 1
    expected[:3, 3] += last * expected[:3, 2]
    expected[:3, 2] *= -1
    np.testing.assert_allclose(header.get_affine(), expected, atol=1e-6)
    assert header.get_zooms()[2] == pytest.approx(3.3)


def test_positions_that_are_on_no_line_do_not_count():
    (path,) = [path for path in HEADERS if path.stem == "Phantom_EPI_3mm_tra_SENSE_6_1"]
    before = read(path, permit_truncated=True)
    for positions in (0, np.nan, np.linspace(0, 1, before.image_defs.size)[:, np.newaxis] ** 3):
        header = with_defs(path, image_offcentre=positions)
        np.testing.assert_array_equal(header.get_affine(), before.get_affine())
        with pytest.raises(PARRECError, match="must be positive"):
            with_defs(path, image_offcentre=positions, slice_gap=-before.get_zooms()[2])
