"""The import hook, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(code: str) -> str:
    """Run a script with warnings as errors; return what it prints."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_import_statements_below_volio():
    assert (
        run("""
        import volio.affines, volio.orientations, volio
        from volio.funcs import squeeze_image
        assert volio.affines is volio.space.affines
        assert volio.orientations.aff2axcodes is volio.aff2axcodes
        assert squeeze_image is volio.squeeze_image
        print(volio.affines.__name__, volio.affines.__spec__.name, volio.funcs.__name__)
    """)
        == "volio.space.affines volio.space.affines volio.funcs"
    )


def test_a_real_module_has_nibabels_further_names_once_it_is_served():
    assert (
        run("""
        import sys
        import volio.nifti1
        from volio.nifti1 import Nifti1Header, data_type_codes, header_dtype
        from volio import formats
        assert volio.nifti1 is formats.nifti1
        assert volio.nifti1.load is volio.load
        assert not {"load", "header_dtype"} & set(vars(volio.nifti1))
        assert {"load", "header_dtype", "Nifti1Header"} <= set(dir(volio.nifti1))
        formats.nifti1.Nifti1Header = 1
        print(volio.nifti1.Nifti1Header)
    """)
        == "1"
    )


@pytest.mark.parametrize("root", ["volio", "nibabel"])
def test_below_a_second_name_nothing_is_loaded_twice(root: str):
    assert (
        run(f"""
        import volio
        volio.compat.install_as_nibabel()
        import {root}.nifti1.header
        from {root}.nifti1.placement import __name__ as name
        from volio.formats.nifti1 import header
        assert {root}.nifti1.header is header
        try:
            import {root}.nifti1.nonsense
        except ModuleNotFoundError:
            print(name)
    """)
        == "volio.formats.nifti1.placement"
    )


def test_a_real_module_is_reached_through_every_name():
    assert (
        run("""
        import pickle
        from unittest import mock
        import volio
        volio.compat.install_as_nibabel()
        with mock.patch("nibabel.loadsave.load", lambda name: name.upper()):
            print(volio.io.load("patched"))
        import nibabel.nifti1
        header = nibabel.nifti1.Nifti1Header()
        assert pickle.loads(pickle.dumps(header)) == header
        assert pickle.loads(pickle.dumps(nibabel.nifti1.Nifti1Image)) is volio.Nifti1Image
    """)
        == "PATCHED"
    )


def test_importing_compat_imports_nothing_heavy():
    names = run("""
        import sys
        import volio.compat
        print(*sorted(name for name in sys.modules if name.startswith(("volio", "numpy"))))
    """)
    assert names.split() == [
        "volio",
        "volio.compat",
        "volio.compat.alias",
        "volio.compat.hook",
        "volio.compat.missing",
        "volio.compat.planned",
        "volio.compat.table",
        "volio.errors",
        "volio.flags",
        "volio.forks",
    ]


def test_an_alias_imports_its_parts_when_a_name_is_asked_for():
    assert (
        run("""
        import sys
        import volio.volumeutils
        volio.volumeutils.Recoder
        assert "numpy" not in sys.modules
        volio.volumeutils.native_code
        print("numpy" in sys.modules)
    """)
        == "True"
    )


def test_star_import_of_an_alias():
    assert (
        run("""
        from volio.funcs import *
        print(concat_images.__name__, as_closest_canonical.__name__)
    """)
        == "concat_images as_closest_canonical"
    )


def test_reload_and_pickle():
    assert (
        run("""
        import importlib, pickle
        import volio.volumeutils, volio.affines, volio.loadsave
        before = volio.volumeutils.Recoder
        assert importlib.reload(volio.volumeutils) is volio.volumeutils
        assert volio.volumeutils.Recoder is before
        assert importlib.reload(volio.loadsave) is volio.io
        assert volio.loadsave.ImageFileError is volio.errors.ImageFileError
        assert importlib.reload(volio.affines) is volio.affines
        assert volio.affines.__name__ == "volio.space.affines"
        print(pickle.loads(pickle.dumps(before)) is before)
    """)
        == "True"
    )


def test_as_nibabel_although_nibabel_is_installed():
    assert (
        run("""
        import volio
        volio.compat.install_as_nibabel()
        volio.compat.install_as_nibabel()
        import nibabel
        import nibabel as nib
        import nibabel.orientations
        from nibabel.spatialimages import SpatialHeader
        from nibabel import volumeutils
        from packaging.version import Version
        assert nib.affines is volio.affines is nibabel.affines
        assert nibabel.orientations is volio.space.orientations
        assert SpatialHeader is volio.SpatialHeader
        assert volumeutils is volio.volumeutils
        assert nib.load is volio.load
        assert Version(nib.__version__) >= Version("5.3")
        assert nib.casting.best_float.__module__ == "volio.compat.nibabel.casting"
        assert "load" in dir(nib) and "affines" in dir(nib)
        print(nibabel.__name__, nibabel.__doc__)
    """)
        == "nibabel nibabel's names, served by volio."
    )


def test_as_nibabel_every_served_module_can_be_imported():
    count = run("""
        import importlib
        import volio
        from volio.compat import MODULES
        volio.compat.install_as_nibabel()
        for name in MODULES:
            module = importlib.import_module(f"nibabel.{name}")
            assert module is volio.compat.module(name), name
        print(len(MODULES))
    """)
    assert int(count) > 30


def test_as_nibabel_the_module_called_testing_is_nibabels():
    assert (
        run("""
        import volio
        volio.compat.install_as_nibabel()
        import nibabel.testing
        from nibabel.testing.helpers import bytesio_filemap
        import volio.testing
        assert nibabel.testing is not volio.testing
        print(nibabel.testing.__name__, bytesio_filemap.__module__)
    """)
        == "volio.compat.nibabel.testing volio.compat.nibabel.testing.helpers"
    )


def test_as_nibabel_a_missing_module_says_why():
    assert run("""
        import volio
        volio.compat.install_as_nibabel()
        for statement in ("import nibabel.environment", "from nibabel.environment import x",
                          "import nibabel.nonsense", "from nibabel import nonsense"):
            try:
                exec(statement)
            except ImportError as error:
                print(type(error).__name__, str(error).partition(" (")[0], sep=": ")
    """).splitlines() == [
        "ModuleNotFoundError: nibabel.environment: not served by volio: nothing to serve: about "
        "the data packages of the NIPY project, not about images",
        "ModuleNotFoundError: nibabel.environment: not served by volio: nothing to serve: about "
        "the data packages of the NIPY project, not about images",
        "ModuleNotFoundError: No module named 'nibabel.nonsense'",
        "ImportError: cannot import name 'nonsense' from 'nibabel'",
    ]


def test_as_nibabel_is_refused_when_nibabel_is_there_already():
    assert run("""
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nibabel
        import volio
        try:
            volio.compat.install_as_nibabel()
        except volio.VolioError as error:
            print(error)
        volio.compat.install_as_nibabel(force=True)
        import nibabel as ours
        assert ours is not nibabel
        assert ours.FileHolder is volio.FileHolder
        volio.compat.uninstall()
        import nibabel as theirs
        assert theirs is nibabel
        import nibabel.affines
        assert nibabel.affines.__name__ == "nibabel.affines"
    """).startswith("nibabel has been imported already (from ")


def test_uninstall_gives_nibabel_back():
    assert (
        run("""
        import warnings
        warnings.simplefilter("ignore")
        import volio
        volio.compat.uninstall()
        volio.compat.install_as_nibabel()
        import nibabel.affines as ours
        volio.compat.uninstall()
        import nibabel, nibabel.affines as theirs
        print(ours is volio.affines, theirs is ours, theirs.__name__)
    """)
        == "True False nibabel.affines"
    )


@pytest.mark.parametrize("module", ["nibabel", "volio"])
def test_a_script_runs_with_either_name(module: str, tmp_path: str):
    code = """
        import volio
        volio.compat.install_as_nibabel()
        import MODULE as nib
        import numpy as np
        from MODULE.affines import apply_affine, voxel_sizes
        from MODULE.spatialimages import HeaderDataError, SpatialImage
        img = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([2, 3, 4, 1]))
        img.header.set_xyzt_units("mm", "sec")
        nib.save(img, "PATH/scan.nii.gz")
        back = nib.load("PATH/scan.nii.gz")
        assert isinstance(back, nib.nifti1.Nifti1Image) and isinstance(back, SpatialImage)
        assert nib.is_proxy(back.dataobj)
        assert np.array_equal(back.get_fdata(), img.get_fdata())
        assert nib.aff2axcodes(back.affine) == ("R", "A", "S")
        canonical = nib.as_closest_canonical(back)
        try:
            nib.Nifti1Header().set_data_dtype("S3")
        except HeaderDataError:
            print(*voxel_sizes(back.affine), *apply_affine(back.affine, [1, 1, 1]))
    """
    code = code.replace("MODULE", module).replace("PATH", str(tmp_path))
    assert run(code) == "2.0 3.0 4.0 2.0 3.0 4.0"
