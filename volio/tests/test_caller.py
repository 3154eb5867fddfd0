"""Warnings point at the line by which the caller came in, and catching them is the caller's."""

from __future__ import annotations

import _thread
import contextlib
import io
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import volio
from volio import funcs, loadsave, nifti1, processing
from volio.arrays.lazy import LazyArray
from volio.caller import warn_caller
from volio.display import ImageLayer
from volio.display.projection import project
from volio.display.sampling.view import View
from volio.errors import GeometryWarning, LossWarning, PrecisionWarning, VolioWarning
from volio.formats.containers.matlab import write_matrices
from volio.threads import BackgroundWork, in_parallel

FLOATS = np.random.default_rng(0).normal(size=(4, 5, 6))
FLIPPED = np.diag([1, 1, -1, 1])  # which Analyze has no place for


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@contextlib.contextmanager
def pointing_here(category: type[Warning], count: int = 1) -> Iterator[None]:
    """Want warnings of one kind in a ``with`` statement, at the line after its first."""
    line = sys._getframe(2).f_lineno + 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    found = [(each.category, each.filename, each.lineno) for each in caught]
    assert found == [(category, __file__, line)] * count


def scaled(cls: type[Any] = volio.Nifti1Image) -> Any:
    """Floats under an int16 header, which saving rounds."""
    img = cls(FLOATS, np.eye(4))
    img.set_data_dtype(np.int16)
    return img


def described(cls: type[Any] = volio.Nifti1Image) -> Any:
    """An image with a description, which MGH has no place for."""
    img = cls(FLOATS.astype("f4"), np.eye(4))
    img.header["descrip"] = b"a scan"
    return img


def with_odd_mat(name: str) -> str:
    """Save an SPM99 image whose .mat file has no affine; return its name."""
    volio.save(volio.Spm99AnalyzeImage(FLOATS.astype("f4"), np.eye(4)), name)
    Path(name).with_suffix(".mat").write_bytes(write_matrices({"other": np.eye(4)}))
    return name


# Saving.


@pytest.mark.parametrize("ending", ["nii", "nii.gz", "img", "mnc", "mif", "HEAD", "v"])
def test_save(ending: str):
    img = scaled()
    with pointing_here(PrecisionWarning):
        volio.save(img, f"a.{ending}", "int16")


def test_methods_that_save():
    img = scaled()
    with pointing_here(PrecisionWarning):
        img.to_filename("a.nii")
    with pointing_here(PrecisionWarning):
        img.to_bytes()
    with pointing_here(PrecisionWarning):
        img.to_stream(io.BytesIO())
    with pointing_here(PrecisionWarning):
        img.to_file_map(img.make_file_map({"image": io.BytesIO()}))
    with pointing_here(PrecisionWarning):
        volio.Nifti2Image.instance_to_filename(img, "b.nii")
    with pointing_here(PrecisionWarning):
        img.header.data_to_fileobj(FLOATS, io.BytesIO())


def test_choosing_the_dtype():
    img = volio.Nifti1Image(np.linspace(0, 1, 120).reshape(4, 5, 6), np.eye(4))
    img.set_data_dtype("smallest")
    with pointing_here(PrecisionWarning):
        img.get_data_dtype(finalize=True)


def test_convert():
    volio.save(volio.Nifti1Image(FLOATS, np.eye(4)), "a.nii")
    with pointing_here(PrecisionWarning):
        volio.convert("a.nii", "b.nii.gz", dtype="int16")


def test_an_affine_that_is_lost():
    img = volio.AnalyzeImage(FLOATS.astype("f4"), FLIPPED)
    with pointing_here(GeometryWarning):
        volio.save(img, "a.img")
    with pointing_here(GeometryWarning):
        img.to_filename("a.img")


def test_facts_that_are_lost():
    img = described()
    with pointing_here(LossWarning):
        volio.save(img, "a.mgz")
    with pointing_here(LossWarning):
        volio.MGHImage.from_image(img)


def test_voxel_sizes_that_were_set_in_the_header_alone():
    img = scaled()
    img.header.set_zooms((2, 2, 2))
    with pointing_here(GeometryWarning):
        img.update_header()


def test_surfaces_and_tracts():
    faces = [[0, 1, 2]]
    surf = volio.Surface(np.eye(3), faces, {"thickness": [1.0, 2.0, 3.0]}, space="scanner")
    with pointing_here(LossWarning):
        volio.save(surf, "a.stl")
    volio.save(surf, "a.surf.gii")
    with pointing_here(LossWarning):
        volio.convert("a.surf.gii", "b.stl")
    stl = volio.load("a.stl")
    stl.data["thickness"] = [1.0, 2.0, 3.0]
    with pointing_here(LossWarning):
        stl.to_filename("a.stl")
    tracts = volio.Tractogram(np.eye(3), per_line={"weight": [2.0]})
    with pointing_here(GeometryWarning):
        volio.save(tracts, "a.trk")
    with pointing_here(LossWarning):
        volio.save(tracts, "a.tck")
    with pointing_here(LossWarning):
        volio.convert("a.trk", "b.tck")
    tracts.reference = ((4, 4, 4), np.eye(4))
    moved = volio.Tractogram(np.eye(3) / 3, reference=tracts.reference)
    with pointing_here(PrecisionWarning):
        volio.save(moved, "a.tt.gz")


def test_piecewise_writing():
    with pointing_here(GeometryWarning):
        writer = volio.create("a.img", (4, 5, 6), "int16", FLIPPED, format="analyze")
    writer[...] = FLOATS
    with pointing_here(PrecisionWarning):
        writer.close()
    with pointing_here(PrecisionWarning):  # noqa: SIM117  it is the inner line that is named
        with volio.create("a.nii", (4, 5, 6), "int16") as writer:
            writer[...] = FLOATS


# Reading.


def test_load():
    name = with_odd_mat("a.img")
    with pointing_here(GeometryWarning):
        volio.load(name)
    with pointing_here(GeometryWarning):
        volio.Spm99AnalyzeImage.from_filename(name)
    with pointing_here(GeometryWarning):
        volio.convert(name, "b.nii")


class Odd(LazyArray):
    """Voxels of a format in another package, whose reader warns."""

    shape, dtype = (4, 5, 6), np.dtype("f8")

    def fill(self, out: Any, box: Any) -> None:
        warn_caller("odd", VolioWarning)
        out[...] = 0


def test_reading_voxels():
    img = volio.Nifti1Image(Odd(), np.eye(4))
    with pointing_here(VolioWarning):
        img.get_fdata()
    with pointing_here(VolioWarning):
        img.dataobj[0]
    with pointing_here(VolioWarning):
        img.slicer[1:].get_fdata()
    with pointing_here(VolioWarning):
        np.asarray(img.dataobj)


def test_operations():
    img, name = described(), with_odd_mat("a.img")
    with pointing_here(GeometryWarning):
        volio.concat_images([name])
    with pointing_here(LossWarning):
        volio.resample_from_to(img, img, out_class=volio.MGHImage)
    with pointing_here(LossWarning):
        volio.resample_to_output(img, out_class=volio.MGHImage)
    with pointing_here(LossWarning):
        volio.conform(img, (4, 4, 4), out_class=volio.MGHImage)
    with pointing_here(LossWarning):
        volio.smooth_image(img, 2, out_class=volio.MGHImage)


def with_slice_times() -> Any:
    """Slices in an alternating order, of which a part has an order that NIfTI has no code for."""
    img = volio.Nifti1Image(FLOATS.astype("f4"), np.eye(4))
    img.header.set_dim_info(slice=2)
    img.header["slice_code"], img.header["slice_duration"] = 3, 0.5
    img.header["slice_end"] = 5
    return img


def test_slices_whose_times_are_lost():
    img = with_slice_times()
    with pointing_here(LossWarning):
        img.slicer[:, :, 1:4]
    with pointing_here(LossWarning):
        volio.resample_from_to(img, ((4, 5, 8), np.diag([1, 1, 0.5, 1])), order=0)


def test_deprecated_functions():
    with pointing_here(DeprecationWarning):
        volio.flip_axis([1, 2])
    with pointing_here(DeprecationWarning):
        volio.orientations.orientation_affine([[0, 1], [1, 1], [2, 1]], (2, 3, 4))


def test_words_of_layers():
    with pointing_here(DeprecationWarning):
        ImageLayer(FLOATS, interpolation2d="bicubic")
    layer = ImageLayer(FLOATS)
    with pointing_here(DeprecationWarning):
        layer.interpolation2d = "bicubic"
    with pointing_here(UserWarning):
        layer.colormap = {"one": "red", "two": "blue"}


def test_writers_that_are_forgotten():
    writer = volio.create("a.nii", (4, 5, 6), "int16")
    with pointing_here(ResourceWarning):
        del writer


def test_names_of_nibabel():
    img, name = scaled(), with_odd_mat("a.img")
    with pointing_here(PrecisionWarning):
        loadsave.save(img, "a.nii")
    with pointing_here(PrecisionWarning):
        nifti1.save(img, "a.nii")
    with pointing_here(GeometryWarning):
        loadsave.load(name)
    with pointing_here(GeometryWarning):
        funcs.concat_images([name])
    with pointing_here(LossWarning):
        processing.resample_to_output(described(), out_class=volio.MGHImage)
    with pointing_here(DeprecationWarning):
        img.get_affine()


# Who the caller is.


class Marked(volio.Nifti1Image):
    """An image whose class replaces methods of volio's, as formats of other packages do."""

    def to_filename(self, filename: Any, **options: Any) -> None:
        super().to_filename(filename, **options)

    def to_file_map(self, *args: Any, **options: Any) -> None:
        super().to_file_map(*args, **options)

    def save_as(self, name: str) -> int:
        """Save under a name; return the line that does it."""
        self.to_filename(name)
        return sys._getframe().f_lineno - 1


class Package:
    """A format that is defined in another name space."""

    class MarkedMGH(volio.MGHImage):
        """A class that one of volio's functions takes and calls."""

        @classmethod
        def from_image(cls, img: Any) -> Any:
            return super().from_image(img)


def to_filename(img: Any, name: str) -> int:
    """Save an image; return the line that does it. It is called as a method of volio's is."""
    img.to_filename(name)
    return sys._getframe().f_lineno - 1


def test_methods_that_replace_ours_are_looked_through():
    img = scaled(Marked)
    with pointing_here(PrecisionWarning):
        volio.save(img, "a.nii")
    with pointing_here(PrecisionWarning):
        img.to_filename("a.nii")
    with pointing_here(PrecisionWarning):
        img.to_bytes()
    with pointing_here(LossWarning):
        Package.MarkedMGH.from_image(described())
    with pointing_here(LossWarning):
        volio.smooth_image(described(), 2, out_class=Package.MarkedMGH)


@pytest.mark.parametrize("save", [Marked.save_as, to_filename])
def test_other_functions_are_callers(save: Callable[[Any, str], int]):
    with pytest.warns(PrecisionWarning, match="rounded to fit int16") as caught:
        line = save(scaled(Marked), "a.nii")
    assert [(each.filename, each.lineno) for each in caught] == [(__file__, line)]


OURS = """
import contextlib
import functools

from volio.caller import warn_caller
from volio.errors import VolioWarning

def work(_=None):
    warn_caller("at work", VolioWarning)

class Thing:
    @functools.cached_property
    def value(self):
        work()

@contextlib.contextmanager
def working():
    yield
    work()

def leave():
    with working():
        pass
"""


def ours(name: str = "volio.ours") -> Any:
    """A module like those of the package."""
    module = types.ModuleType(name)
    exec(compile(OURS, "ours.py", "exec"), vars(module))
    return module


def test_decorators_and_with_statements_are_looked_through():
    module = ours()
    with pointing_here(VolioWarning):
        module.leave()
    with pointing_here(VolioWarning):
        module.Thing().value  # noqa: B018


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("volio", __file__),
        ("volio.formats.ours", __file__),
        ("volio_formats.ours", "ours.py"),
        ("volio.tests.ours", "ours.py"),
        ("volio.testing.ours", "ours.py"),
    ],
)
def test_only_this_package_is_looked_through(name: str, where: str):
    with pytest.warns(VolioWarning, match="at work") as caught:
        ours(name).work()
    assert [each.filename for each in caught] == [where]


def test_a_warning_is_shown_once_for_each_line():
    img = scaled()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            img.to_bytes()
        img.to_bytes()
    assert len(caught) == 2


def test_a_warning_that_is_an_error_stops_the_save():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PrecisionWarning, match="largest error"):
            scaled().to_filename("a.nii")
    assert not Path("a.nii").exists()


# Threads.


def test_four_threads_get_every_warning_and_leave_the_process_as_it_was():
    def save_all(thread: int) -> None:
        for number in range(30):
            volio.save(scaled(), f"{thread}-{number}.nii")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters, show = list(warnings.filters), warnings.showwarning
        threads = [threading.Thread(target=save_all, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.filters == filters
        assert warnings.showwarning is show
    assert [each.category for each in caught] == [PrecisionWarning] * 120
    assert len({(each.filename, each.lineno) for each in caught}) == 1
    assert caught[0].filename == __file__
    assert len(list(Path().glob("*.nii"))) == 120


def test_work_on_our_threads_is_that_of_the_caller_who_asked_for_it():
    module = ours()
    vars(module)["both"] = threading.Barrier(2)  # so that two threads take part
    exec("def work_together(_):\n    both.wait()\n    work()\n", vars(module))
    with volio.options(threads=2):
        with pointing_here(VolioWarning, count=2):
            in_parallel(module.work_together, range(2))
        with BackgroundWork(1) as behind, pointing_here(VolioWarning):
            behind.do(module.work), list(behind.rest())


def test_voxels_that_are_read_ahead_for_a_rendering():
    image = volio.Nifti1Image(Odd(), np.eye(4))
    layer = ImageLayer.from_image(image, contrast_limits=(0, 1))
    view = View.from_angles(layer, 10, 80, 16)
    line = sys._getframe().f_lineno + 2
    with pytest.warns(VolioWarning, match="odd") as caught:
        project(layer, view, "mip")
    assert {(each.filename, each.lineno) for each in caught} == {(__file__, line)}


def test_a_call_without_a_caller_names_its_outermost_line():
    done = threading.Event()
    module = ours()
    start = "def start():\n    work()\n    done.set()\n"
    vars(module)["done"] = done
    exec(compile(start, "start.py", "exec"), vars(module))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _thread.start_new_thread(module.start, ())
        assert done.wait(10)
    assert [(each.filename, each.lineno) for each in caught] == [("start.py", 2)]
