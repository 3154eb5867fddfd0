"""Short scripts as people write them for nibabel, run with it and with volio: the same results."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import volio

# nibabel leaves files open until its images are collected.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Script = Callable[[Any], Any]

# Each with the header fields in which volio differs on purpose.
SCRIPTS: list[tuple[Script, set[str]]] = []
# Fields that say how voxels are stored, which is volio's to choose.
STORAGE = {"scl_slope", "scl_inter", "vox_offset", "glmax", "glmin", "funused1"}

# nibabel forgets a qform that differs from the sform, volio moves it with the voxels.
MOVED = (
    "qform_code",
    "pixdim",
    "quatern_b",
    "quatern_c",
    "quatern_d",
    "qoffset_x",
    "qoffset_y",
    "qoffset_z",
)


def script(*unlike: str) -> Callable[[Script], Script]:
    """Add a function to the scripts: it takes the library, and runs in a folder with files."""

    def add(function: Script) -> Script:
        SCRIPTS.append((function, {*STORAGE, *unlike}))
        return function

    return add


def part(nib: Any, name: str) -> Any:
    """Import a module of the library."""
    return import_module(f"{nib.__name__}.{name}")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files that scripts work on, written by nibabel: name to bytes."""
    folder = tmp_path_factory.mktemp("inputs")
    random = np.random.default_rng(1)
    affine = np.array([[-2.0, 0.1, 0.2, 9], [0.1, 2.5, 0.3, -8], [-0.2, -0.2, 3, 7], [0, 0, 0, 1]])
    t1 = nibabel.Nifti1Image(random.integers(0, 900, (7, 8, 6), np.int16), affine)
    t1.set_sform(affine, 1)
    t1.set_qform(affine, 1)
    t1.header.set_xyzt_units("mm", "sec")
    t1.header["descrip"] = b"made for a test"
    nibabel.save(t1, folder / "t1.nii.gz")
    nibabel.save(t1, folder / "t1.img")
    bold = nibabel.Nifti1Image(random.normal(500, 90, (5, 6, 4, 7)).astype(np.float32), affine)
    bold.header.set_zooms((*bold.header.get_zooms()[:3], 2.5))
    bold.header.set_xyzt_units("mm", "sec")
    bold.set_data_dtype(np.int16)
    nibabel.save(bold, folder / "bold.nii")
    labels = nibabel.Nifti1Image(random.integers(0, 5, (7, 8, 6)).astype(np.uint8), np.eye(4))
    nibabel.save(labels, folder / "labels.nii.gz")
    nibabel.save(nibabel.MGHImage(t1.get_fdata().astype(np.float32), affine), folder / "orig.mgz")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Loading and looking


@script()
def load_and_look(nib):
    img = nib.load("t1.nii.gz")
    hdr = img.header
    return {
        "shape": img.shape,
        "affine": img.affine,
        "dtype": str(img.get_data_dtype()),
        "zooms": hdr.get_zooms(),
        "units": hdr.get_xyzt_units(),
        "descrip": hdr["descrip"].item(),
        "sform": int(hdr["sform_code"]),
        "codes": nib.aff2axcodes(img.affine),
        "data": img.get_fdata(),
        "class": type(img).__name__,
    }


@script()
def scaled_data(nib):
    img = nib.load(Path("bold.nii"))
    slope, inter = img.dataobj.slope, img.dataobj.inter
    raw = img.dataobj.get_unscaled()
    return img.get_fdata(dtype=np.float32), raw, slope, inter, raw * slope + inter


@script()
def dataobj_slices(nib):
    img = nib.load("bold.nii")
    return nib.is_proxy(img.dataobj), img.dataobj[..., 3], img.dataobj[1:3, ::-1, 2]


@script()
def unscaled_integers_stay(nib):
    array = np.asanyarray(nib.load("labels.nii.gz").dataobj)
    return array, str(array.dtype), np.unique(array)


@script()
def caching(nib):
    img = nib.load("t1.nii.gz")
    states = [img.in_memory]
    data = img.get_fdata()
    data[...] = 5
    states += [img.in_memory, float(img.get_fdata().max())]
    img.uncache()
    states += [img.in_memory, float(img.get_fdata(caching="unchanged").max()), img.in_memory]
    return states


@script()
def sform_and_qform(nib):
    img = nib.load("t1.nii.gz")
    return (
        img.get_sform(),
        img.get_qform(),
        img.get_sform(coded=True)[1],
        img.header.get_qform(coded=True)[1],
        img.header.get_best_affine(),
        img.header.get_base_affine(),
        img.header.get_qform_quaternion(),
    )


@script()
def header_as_a_mapping(nib):
    hdr = nib.load("t1.nii.gz").header
    fields = {name: np.array(value) for name, value in hdr.items() if name not in STORAGE}
    return fields, hdr.keys(), hdr.get("nothing"), hdr.structarr["dim"].copy(), hdr.endianness


@script()
def mgh_header(nib):
    img = nib.load("orig.mgz")
    hdr = img.header
    return (
        img.affine,
        hdr.get_vox2ras_tkr(),
        hdr.get_vox2ras(),
        hdr["delta"],
        hdr["Pxyz_c"],
        hdr.get_zooms(),
        np.asarray(img.dataobj),
    )


@script()
def missing_and_wrong_files(nib):
    Path("noise.nii").write_bytes(bytes(range(256)) * 4)
    found = []
    for name in ("absent.nii", "noise.nii"):
        try:
            nib.load(name)
        except FileNotFoundError:
            found.append("missing")
        except nib.filebasedimages.ImageFileError:
            found.append("not an image")
    Path("noise.nii").unlink()
    return found


# Headers and affines that are edited


@script()
def set_forms(nib):
    img = nib.load("t1.nii.gz")
    shifted = img.affine.copy()
    shifted[:3, 3] += 4
    img.set_sform(shifted, "mni")
    img.set_qform(shifted, 2)
    img.to_filename("moved.nii.gz")
    return img.affine, int(img.header["sform_code"]), img.header.get_value_label("sform_code")


@script()
def forms_by_code(nib):
    img = nib.load("t1.nii.gz")
    img.header.set_sform(None)
    img.header.set_qform(np.diag([3, 3, 3, 1]), code="aligned")
    return img.header.get_best_affine(), img.header.get_sform(coded=True)[0] is None


@script()
def header_edits(nib):
    img = nib.load("bold.nii")
    hdr = img.header
    hdr["descrip"] = "smoothed, twice"
    hdr["cal_max"] = 1000
    hdr.set_dim_info(freq=0, phase=1, slice=2)
    hdr.set_slice_duration(0.5)
    hdr["slice_start"], hdr["slice_end"], hdr["slice_code"] = 0, 3, 1
    hdr.set_intent("t test", (12,), name="effect")
    nib.save(img, "edited.nii")
    again = nib.load("edited.nii").header
    return (
        again.get_dim_info(),
        again.get_slice_duration(),
        again.get_slice_times(),
        again.get_intent(),
        again["cal_max"],
        again.get_n_slices(),
    )


@script()
def repetition_time(nib):
    img = nib.load("bold.nii")
    img.header["pixdim"][4] = 1.25
    img.header.set_xyzt_units(t="msec")
    img.header.set_xyzt_units("mm", "sec")
    nib.save(img, "faster.nii.gz")
    return nib.load("faster.nii.gz").header.get_zooms()


@script()
def slice_times_by_hand(nib):
    hdr = nib.Nifti1Header()
    hdr.set_data_shape((4, 4, 5))
    hdr.set_dim_info(slice=2)
    hdr.set_slice_duration(0.1)
    hdr.set_slice_times([0, 0.3, 0.1, 0.4, 0.2])
    return hdr.get_value_label("slice_code"), hdr.get_slice_times()


@script()
def fresh_headers(nib):
    hdr = nib.Nifti1Header()
    hdr.set_data_dtype("int32")
    hdr.set_data_shape((2, 3, 4))
    hdr.set_zooms((1, 2, 3))
    copied = hdr.copy()
    copied["qform_code"] = 1
    return (
        hdr == nib.Nifti1Header.from_header(hdr),
        hdr == copied,
        hdr.get_data_dtype().name,
        str(hdr["magic"].item()),
    )


@script()
def byte_orders(nib):
    hdr = nib.load("t1.nii.gz").header.as_byteswapped(">")
    img = nib.Nifti1Image(nib.load("t1.nii.gz").dataobj, None, hdr)
    nib.save(img, "big.nii")
    return nib.load("big.nii").header.endianness, hdr == nib.load("t1.nii.gz").header


@script()
def extensions(nib):
    img = nib.load("t1.nii.gz")
    img.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"a word on this scan"))
    img.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"and another"))
    nib.save(img, "worded.nii.gz")
    again = nib.load("worded.nii.gz").header.extensions
    return [(ext.get_code(), bytes(ext.get_content())) for ext in again], again.count("comment")


# New images


@script()
def mask_like(nib):
    img = nib.load("t1.nii.gz")
    mask = (img.get_fdata() > 400).astype(np.uint8)
    hdr = img.header.copy()
    hdr.set_data_dtype(np.uint8)
    nib.save(nib.Nifti1Image(mask, img.affine, hdr), "mask.nii.gz")
    return np.asanyarray(nib.load("mask.nii.gz").dataobj)


@script()
def arithmetic(nib):
    img = nib.load("bold.nii")
    mean = img.get_fdata().mean(axis=3)
    nib.Nifti1Image(mean, img.affine).to_filename("mean.nii.gz")
    return nib.load("mean.nii.gz")


@script()
def floats_under_an_integer_header(nib):
    img = nib.load("t1.nii.gz")
    nib.save(nib.Nifti1Image(img.get_fdata() * 0.37, img.affine, img.header), "scaled.nii.gz")
    return nib.load("scaled.nii.gz").get_data_dtype().name


@script()
def raw_integers_beside_their_scaling(nib):
    img = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    img.header.set_slope_inter(2, 10)
    nib.save(img, "raw.nii.gz")
    again = nib.load("raw.nii.gz")
    return again.get_fdata(), again.dataobj.get_unscaled(), again.dataobj.slope, again.dataobj.inter


@script()
def dtype_argument(nib):
    array = np.arange(24, dtype=np.int64).reshape(2, 3, 4)
    img = nib.Nifti1Image(array, np.eye(4), dtype="int16")
    img.to_filename("small.nii")
    img.to_filename("float.nii", dtype=np.float32)
    return img.get_data_dtype().name, nib.load("float.nii").get_data_dtype().name


@script()
def without_an_affine(nib):
    img = nib.Nifti1Image(np.ones((2, 3, 4), np.float32), None)
    nib.save(img, "nowhere.nii")
    return nib.load("nowhere.nii").affine, int(img.header["sform_code"])


@script()
def complex_and_colour(nib):
    wave = np.exp(1j * np.arange(24)).reshape(2, 3, 4).astype(np.complex64)
    nib.save(nib.Nifti1Image(wave, np.eye(4)), "wave.nii")
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    rgb["G"] = 200
    nib.save(nib.Nifti1Image(rgb, np.eye(4)), "rgb.nii.gz")
    read = np.asanyarray(nib.load("rgb.nii.gz").dataobj)
    return np.asanyarray(nib.load("wave.nii").dataobj), [read[name] for name in "RGB"]


@script()
def own_subclass(nib):
    class Masked(nib.Nifti1Image):
        def masked(self, limit):
            return self.__class__(
                (self.get_fdata() > limit).astype(np.uint8), self.affine, self.header
            )

    img = Masked.from_filename("t1.nii.gz").masked(300)
    return type(img).__name__, isinstance(img, nib.spatialimages.SpatialImage), img.get_fdata()


@script()
def bytes_and_streams(nib):
    img = nib.load("labels.nii.gz")
    data = nib.Nifti1Image(np.asanyarray(img.dataobj), img.affine).to_bytes()
    stream = io.BytesIO()
    img.to_stream(stream)
    stream.seek(0)
    return len(data), nib.Nifti1Image.from_bytes(data), nib.Nifti1Image.from_stream(stream)


@script()
def file_map_of_buffers(nib):
    img = nib.load("t1.img")
    img.file_map = img.make_file_map({"image": io.BytesIO(), "header": io.BytesIO()})
    img.to_file_map()
    return type(img).from_file_map(img.file_map)


@script()
def file_holders(nib):
    data = Path("bold.nii").read_bytes()
    holder = nib.FileHolder(fileobj=io.BytesIO(data))
    img = nib.Nifti1Image.from_file_map({"header": holder, "image": holder})
    return img.get_fdata()


@script()
def deep_copies(nib):
    img = nib.load("t1.nii.gz")
    other = copy.deepcopy(img)
    other.header["descrip"] = b"other"
    return other, img.header["descrip"].item()


# Other formats


@script("origin", "type")
def other_formats(nib):
    img = nib.load("t1.nii.gz")
    nib.save(img, "t1_copy.mgz")
    nib.save(img, "t1_copy.img")
    nib.save(nib.Nifti2Image.from_image(img), "t1_copy.nii")
    nib.Spm2AnalyzeImage(np.asanyarray(img.dataobj), img.affine).to_filename("spm.img")
    return [type(nib.load(name)).__name__ for name in ("t1_copy.mgz", "t1_copy.nii", "spm.hdr")]


@script("xyzt_units")
def save_by_ending(nib):
    img = nib.load("orig.mgz")
    for name in ("a.nii", "b.nii.gz", "c.hdr", "d.mgh"):
        nib.save(img, name)
    return [
        nib.load(name).get_data_dtype().name for name in ("a.nii", "b.nii.gz", "c.img", "d.mgh")
    ]


@script()
def analyze_pair(nib):
    img = nib.AnalyzeImage(np.arange(24, dtype=np.int16).reshape(2, 3, 4), None)
    img.header.set_zooms((2, 2, 3))
    nib.AnalyzeImage(img.dataobj, None, img.header).to_filename("plain.img")
    return img.header.get_zooms(), img.header.get_data_dtype().name


@script()
def mgh_from_array(nib):
    img = part(nib, "freesurfer").MGHImage(np.ones((3, 4, 5), np.uint8), np.diag([-1, 1.5, 2, 1]))
    nib.save(img, "ones.mgz")
    return img.header["dof"], img.header.get_zooms(), img.header.get_affine()


@script()
def conversion_of_class(nib):
    pair = nib.Nifti1Pair.from_image(nib.load("orig.mgz"))
    return type(pair).__name__, pair.affine, pair.get_fdata()


# Slices, turns and series


@script()
def slicer(nib):
    img = nib.load("bold.nii")
    crop = img.slicer[1:4, ::2, 2:]  # nibabel misplaces slices with a negative start
    nib.save(img.slicer[..., :3], "first.nii.gz")
    return crop, img.slicer[..., 2], img.slicer[3:4], img.slicer[..., None]


@script()
def slicer_refuses(nib):
    img = nib.load("t1.nii.gz")
    found = []
    for index in (np.s_[0], np.s_[:, [1, 2]]):
        try:
            img.slicer[index]
        except IndexError:
            found.append("refused")
    try:
        img[0]
    except TypeError:
        found.append("no indexing")
    return found


@script("sform_code", *MOVED)
def closest_canonical(nib):
    img = nib.as_closest_canonical(nib.load("t1.nii.gz"))
    return img, nib.aff2axcodes(img.affine)


@script("sform_code", *MOVED)
def orientation_arrays(nib):
    img = nib.load("t1.nii.gz")
    start = nib.io_orientation(img.affine)
    end = nib.orientations.axcodes2ornt("PSR")
    change = nib.orientations.ornt_transform(start, end)
    turned = nib.apply_orientation(np.asanyarray(img.dataobj), change)
    affine = img.affine @ nib.orientations.inv_ornt_aff(change, img.shape)
    return start, end, change, turned, affine, img.as_reoriented(change)


@script()
def orientation_words(nib):
    o = nib.orientations
    return o.ornt2axcodes(o.axcodes2ornt(("L", "A", "S"))), o.axcodes2ornt("IPR")


@script()
def series(nib):
    img = nib.load("bold.nii")
    volumes = nib.four_to_three(img)
    back = nib.concat_images(volumes[:3])
    return len(volumes), volumes[1], back, nib.concat_images([img, img], axis=3).shape


@script()
def concatenation_of_files(nib):
    return nib.concat_images(["t1.nii.gz", "t1.nii.gz"], check_affines=True)


@script()
def squeezing(nib):
    img = nib.Nifti1Image(np.ones((2, 3, 4, 1, 1), np.float32), np.eye(4))
    return nib.squeeze_image(img).shape


# Space


@script()
def affine_functions(nib):
    a = nib.affines
    affine = nib.load("t1.nii.gz").affine
    return (
        a.apply_affine(affine, [[0, 0, 0], [1, 2, 3]]),
        a.voxel_sizes(affine),
        a.to_matvec(affine),
        a.from_matvec(np.diag([1, 2, 3]), [4, 5, 6]),
        a.append_diag(affine, [2]),
        a.dot_reduce(affine, affine, affine),
        a.obliquity(affine),
        a.rescale_affine(affine, (7, 8, 6), (1, 1, 1), (14, 16, 12)),
    )


@script("sform_code", *MOVED)
def resampling(nib):
    p = part(nib, "processing")
    img, labels = nib.load("t1.nii.gz"), nib.load("labels.nii.gz")
    return (
        p.resample_from_to(labels, img, order=0),
        p.resample_to_output(img, (3, 3, 3)),
        p.resample_from_to(img, ((4, 4, 4), np.diag([3, 3, 3, 1]))),
    )


@script()
def smoothing(nib):
    p = part(nib, "processing")
    return p.smooth_image(nib.load("t1.nii.gz"), 6), p.fwhm2sigma(8.0), p.sigma2fwhm(3.0)


@script()
def conforming(nib):
    img = part(nib, "processing").conform(
        nib.load("t1.nii.gz"), (8, 8, 8), (2, 2, 2), orientation="LAS"
    )
    return img.get_fdata(), img.affine


@script()
def output_space(nib):
    img = nib.load("t1.nii.gz")
    spaces = part(nib, "spaces")
    return spaces.vox2out_vox(img), spaces.slice2volume(2, 0)


@script()
def rotations(nib):
    turn = nib.eulerangles.euler2mat(0.1, 0.2, 0.3)
    quat = nib.quaternions.mat2quat(turn)
    return turn, quat, nib.quaternions.quat2mat(quat), nib.eulerangles.mat2euler(turn)


# As other packages use it


@script()
def like_another_image(nib):
    """New image in the space of another, as packages for statistics make it."""
    ref = nib.load("bold.nii")
    data = np.asanyarray(ref.dataobj)[..., 0] > 500
    header = copy.deepcopy(ref.header)
    header["scl_slope"], header["scl_inter"] = 0.0, 0.0
    header["cal_max"] = np.max(data)
    header["cal_min"] = np.min(data)
    header.set_data_dtype(np.int8)
    img = ref.__class__(data.astype(np.int8), ref.affine, header=header)
    nib.save(img, "like.nii.gz")
    return img.get_data_dtype().name, img.shape


@script()
def data_behind_the_cache(nib):
    """Data without a copy, by the attributes that packages know of."""
    img = nib.load("labels.nii.gz")
    if img._data_cache is None:
        img._data_cache = np.asanyarray(img._dataobj)
    return img._data_cache, isinstance(img, nib.spatialimages.SpatialImage)


@script()
def load_with_everything(nib):
    """Data, affine, voxel sizes and axes in one go, as packages for diffusion do."""
    img = nib.load("bold.nii")
    return (
        np.asanyarray(img.dataobj),
        img.affine,
        img.header.get_zooms()[:3],
        nib.orientations.aff2axcodes(img.affine),
    )


@script()
def reorder_before_resampling(nib):
    """Positive diagonal first, by flips alone."""
    img = nib.load("t1.nii.gz")
    rotation, shift = nib.affines.to_matvec(img.affine)
    if rotation[0, 0] < 0:
        data = np.asanyarray(img.dataobj)[::-1]
        shift = shift + rotation[:, 0] * (data.shape[0] - 1)
        rotation = rotation * [[-1, 1, 1]] * np.ones((3, 1))
        img = nib.Nifti1Image(data, nib.affines.from_matvec(rotation, shift), img.header)
    return img


@script()
def proxies_by_hand(nib):
    with Path("bold.nii").open("rb") as opened:
        hdr = nib.Nifti1Header.from_fileobj(opened)
    proxy = nib.arrayproxy.ArrayProxy("bold.nii", hdr)
    return proxy.shape, proxy.is_proxy, proxy[0, 0, 0]


@script()
def raw_header_reading(nib):
    with nib.openers.Opener("t1.nii.gz") as opened:
        hdr = nib.Nifti1Header.from_fileobj(opened)
    return hdr.get_data_shape(), hdr.get_data_dtype().name


@script()
def file_names(nib):
    f = nib.filename_parser
    return f.splitext_addext("a.nii.gz"), f.types_filenames(
        "a.img", (("image", ".img"), ("header", ".hdr"))
    )


@script()
def code_tables(nib):
    codes = nib.nifti1
    return (
        codes.xform_codes["mni"],
        codes.unit_codes.label[2],
        codes.data_type_codes.label[16],
        codes.intent_codes["z score"],
    )


@script()
def spatial_axes(nib):
    first = nib.imageclasses.spatial_axes_first
    return first(nib.load("t1.nii.gz")), first(nib.load("orig.mgz"))


@pytest.mark.parametrize(("scripted", "unlike"), SCRIPTS, ids=[f.__name__ for f, _ in SCRIPTS])
def test_a_script_gives_the_same_with_volio(scripted, unlike, inputs, tmp_path, monkeypatch):
    results = {}
    for library in (nibabel, volio):
        folder = tmp_path / library.__name__
        folder.mkdir()
        for name, data in inputs.items():
            (folder / name).write_bytes(data)
        monkeypatch.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results[library.__name__] = scripted(library)
    Comparison(unlike).compare(results["volio"], results["nibabel"], "result")
    Comparison(unlike).compare_folders(tmp_path / "volio", tmp_path / "nibabel")


class Comparison:
    """Asserts that results agree, but for some fields of headers."""

    def __init__(self, unlike: set[str]) -> None:
        self.unlike = unlike

    def compare(self, ours: Any, theirs: Any, where: str) -> None:
        """Compare two results part by part."""
        if hasattr(theirs, "dataobj"):
            self.compare_images(ours, theirs, where)
        elif isinstance(theirs, dict):
            assert set(ours) == set(theirs), where
            for key in theirs:
                self.compare(ours[key], theirs[key], f"{where}[{key!r}]")
        elif isinstance(theirs, list | tuple):
            assert len(ours) == len(theirs), where
            for n, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                self.compare(one, other, f"{where}[{n}]")
        elif np.asarray(theirs).dtype.kind in "fc":
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=where)
        else:
            np.testing.assert_array_equal(ours, theirs, err_msg=where)

    def compare_images(self, ours: Any, theirs: Any, where: str) -> None:
        """Compare class, voxels, affine and fields of the header."""
        assert type(ours).__name__ == type(theirs).__name__, where
        assert ours.shape == theirs.shape, where
        self.compare(ours.affine, theirs.affine, f"{where}.affine")
        found, expected = np.asanyarray(ours.dataobj), np.asanyarray(theirs.dataobj)
        if expected.dtype.names:
            np.testing.assert_array_equal(found, expected, err_msg=where)
        else:
            step = np.ptp(np.abs(expected)) / 50_000  # both may have rounded to int16
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=step, err_msg=where)
        for field in set(theirs.header) - self.unlike:
            self.compare(ours.header[field], theirs.header[field], f"{where}.header[{field!r}]")

    def compare_folders(self, ours: Path, theirs: Path) -> None:
        """Compare the names of the files that were written, and the images nibabel sees in them."""
        names = sorted(path.name for path in theirs.iterdir())
        assert sorted(path.name for path in ours.iterdir()) == names
        for name in names:
            if not name.endswith((".mat", ".img")):
                self.compare_images(nibabel.load(ours / name), nibabel.load(theirs / name), name)
