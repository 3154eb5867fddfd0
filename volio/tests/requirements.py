"""What some tests require from outside the project: how it is tried, and what to install.

A test that requires something is marked with its name in the table below,
``@pytest.mark.requires("chromium")``; fixtures and helpers call `require`, or `optional` for a
package. Where the thing is missing or does not work the test is skipped; nothing else in the tests
skips (``test_requirements.py`` holds it). A run ends with what was missing, the number of tests and
what to install (``skips.py``); with ``--complete``, as in ``.ci/run``, it fails if anything was
missing that ``.ci/run`` installs.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from volio.testing.programs import find_program

__all__ = [
    "PREFIX",
    "REAL_FILES",
    "REQUIREMENTS",
    "optional",
    "require",
    "why_missing",
]

ROOT = Path(__file__).resolve().parents[2]

#: The folder of real files that other programs wrote.
REAL_FILES = Path(os.environ.get("VOLIO_TEST_DATA") or ROOT.parent / "shared" / "data")

PATIENCE = 120  # seconds that a program may take to start, on a busy machine
#: How the reason of a skip begins; the name of the requirement follows, then a colon.
PREFIX = "requires "


@dataclass(frozen=True)
class Requirement:
    """A thing outside the project that tests use.

    Parameters
    ----------
    probe : callable
        Uses the thing as the tests do; raises an exception where it is missing or does not work.
    remedy : str
        What to do where it is missing.
    packages : tuple of str
        Debian's packages that it comes with; those of ``.ci/packages``.
    in_ci : bool
        Whether ``.ci/run`` sees to it, so that no test may be skipped there for want of it.
    module : str
        Where it is a package of Python, the module that is imported.
    """

    probe: Callable[[], object]
    remedy: str
    packages: tuple[str, ...] = ()
    in_ci: bool = True
    module: str = ""


def _run(command: list[str], **environment: str) -> None:
    """Run a program to its end, which must be a good one."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise OSError(f"{Path(command[0]).name} ended with status {done.returncode}: {last}")


def _hold(condition: bool) -> None:
    if not condition:
        raise OSError(f"this is {sys.platform}, Python {sys.version.split()[0]}")


# Programs.


def _chromium() -> None:
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        program = find_program("chromium", "chromium-browser")
        _run([program, *words, f"--user-data-dir={profile}"])


def _nginx() -> None:
    _run([find_program("nginx"), "-v"])


def _node() -> None:
    _run([find_program("node"), "-e", "new DecompressionStream('gzip')"])


def _mounts() -> None:
    """Mount a file system in a name space of its own, as the test of a full disk does."""
    with tempfile.TemporaryDirectory() as folder:
        mount = f"mount -t tmpfs -o size=1m tmpfs {folder}"
        _run([find_program("unshare"), "-rm", "sh", "-c", mount])


def _beside_python(name: str) -> None:
    """Find a command that a package of the running Python has installed."""
    if not Path(sys.executable).with_name(name).exists():
        raise FileNotFoundError(f"there is no command {name} next to {sys.executable}")


# Windows and graphics.


def _xvfb() -> None:
    from volio.tests.display.xvfb import display

    with display():
        pass


def _qt() -> None:
    """Make an application of Qt, in a process of its own: this one stays free of Qt."""
    script = "from matplotlib.backends.qt_compat import QtWidgets; QtWidgets.QApplication([])"
    _run([sys.executable, "-c", script], QT_QPA_PLATFORM="offscreen")


def _graphics() -> None:
    """Make the device that pygfx draws with, on the first adapter that has what it asks for."""
    os.environ.setdefault("RENDERCANVAS_FORCE_OFFSCREEN", "1")
    renderers = importlib.import_module("pygfx.renderers.wgpu")
    adapters = importlib.import_module("wgpu").gpu.enumerate_adapters_sync()
    able = [adapter for adapter in adapters if "float32-filterable" in adapter.features]
    if not able:
        names = "; ".join(adapter.summary for adapter in adapters) or "none"
        raise OSError(f"no graphics adapter filters textures of float32 (adapters: {names})")
    renderers.select_adapter(able[0])
    renderers.get_shared()


# The system.


def _undecodable_names() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, os.fsdecode(b"\xff")).touch()


def _real_files() -> None:
    if not REAL_FILES.is_dir():
        raise FileNotFoundError(f"there is no folder {REAL_FILES}")


def _source_tree() -> None:
    for name in ("tools", "doc", ".ci"):
        if not (ROOT / name).is_dir():
            raise FileNotFoundError(f"there is no folder {ROOT / name}")


def _debian(probe: Callable[[], object], *packages: str, first: str = "") -> Requirement:
    return Requirement(probe, f"{first}apt-get install {' '.join(packages)}", packages)


def _package(name: str, remedy: str = "pip install -e .[test]", in_ci: bool = True) -> Requirement:
    probe = partial(importlib.import_module, name)
    return Requirement(probe, remedy, in_ci=in_ci, module=name)


def _system(condition: bool, remedy: str) -> Requirement:
    return Requirement(partial(_hold, condition), remedy)


#: Everything that a test may require, by the name that marks and reports give.
REQUIREMENTS = {
    "chromium": _debian(_chromium, "chromium"),
    "nginx": _debian(_nginx, "nginx-light"),
    "Node.js": _debian(_node, "nodejs"),
    "Xvfb": _debian(_xvfb, "xvfb"),
    "Tk": _debian(partial(importlib.import_module, "tkinter"), "python3-tk"),
    "graphics driver": _debian(_graphics, "libvulkan1", "mesa-vulkan-drivers"),
    # PySide6 comes with the test extra; these libraries of the system it is linked to.
    "Qt": _debian(
        _qt,
        *("libdbus-1-3", "libegl1", "libgl1", "libxkbcommon0"),
        first="pip install -e .[test]; ",
    ),
    "GTK 3": _package(
        "matplotlib.backends.backend_gtk3agg", "pip install PyGObject pycairo", in_ci=False
    ),
    "wxPython": _package("wx", "pip install wxPython", in_ci=False),
    "IPython": _package("IPython"),
    "SimpleITK": _package("SimpleITK"),
    "atheris": _package("atheris", "pip install -e .[fuzz]", in_ci=False),
    "bvbabel": _package("bvbabel", "pip install bvbabel", in_ci=False),
    "careamics": _package(
        "careamics.dataset.image_stack", "pip install careamics pylibCZIrw", in_ci=False
    ),
    "dask": _package("dask.array"),
    "dipy": _package("dipy"),
    "distributed": _package("distributed"),
    "fastplotlib": _package("fastplotlib"),
    "fsspec": _package("fsspec"),
    "h5py": _package("h5py"),
    "imagecodecs": _package("imagecodecs"),
    "indexed_gzip": _package("indexed_gzip"),
    "ipykernel": _package("ipykernel"),
    "isal": _package("isal"),
    "napari": Requirement(  # whose fonts are found with that library
        partial(importlib.import_module, "napari.layers"),
        "pip install -e .[test]; apt-get install libfontconfig1",
        ("libfontconfig1",),
        module="napari.layers",
    ),
    "ngff_zarr": _package("ngff_zarr"),
    "niizarr": _package("niizarr"),
    "nilearn": _package("nilearn.surface"),
    "monai": _package("monai", "pip install monai torch", in_ci=False),
    "mne": _package("mne.surface", "pip install mne", in_ci=False),
    "npe2": _package("npe2"),
    "nrrd": _package("nrrd"),
    "numcodecs": _package("numcodecs"),
    "phybers": _package("phybers", "pip install phybers", in_ci=False),
    "pybase64": _package("pybase64"),
    "pydicom": _package("pydicom"),
    "pygfx": _package("pygfx"),
    # There are no wheels of it for Python 3.14, and building it takes a compiler and CMake.
    "pylibCZIrw.czi": _package(
        "pylibCZIrw.czi", "pip install pylibCZIrw", in_ci=sys.version_info < (3, 14)
    ),
    "tensorstore": _package("tensorstore"),
    "tifffile": _package("tifffile"),
    "tornado": _package("tornado"),
    "trx": _package("trx"),
    "vtk": _package("vtkmodules", "pip install vtk", in_ci=False),
    "zarr": _package("zarr"),
    "volio-convert": Requirement(partial(_beside_python, "volio-convert"), "pip install -e ."),
    "source tree": Requirement(_source_tree, "run the tests in a clone of the repository"),
    "real files": Requirement(
        _real_files, "set VOLIO_TEST_DATA to the folder that has them", in_ci=False
    ),
    "mounts": Requirement(
        _mounts, "run the tests where a user may mount file systems", in_ci=False
    ),
    "undecodable names": Requirement(
        _undecodable_names, "run the tests on a file system that takes any bytes as a name"
    ),
    "Linux": _system(sys.platform == "linux", "run the tests on Linux"),
    "POSIX": _system(os.name == "posix", "run the tests on Linux or macOS"),
    "fork": _system(hasattr(os, "fork"), "run the tests on Linux or macOS"),
    "spawn": _system(
        "spawn" in multiprocessing.get_all_start_methods() and sys.platform != "win32",
        "run the tests on Linux or macOS",
    ),
    "reference counts": _system(hasattr(sys, "getrefcount"), "run the tests with CPython"),
    "long doubles": _system(
        np.finfo(np.longdouble).max > np.finfo(np.float64).max, "run the tests on x86-64 Linux"
    ),
}


@cache
def why_missing(name: str) -> str:
    """Return why a requirement cannot be used here; nothing where it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            REQUIREMENTS[name].probe()
    except Exception as error:  # whatever it is, the thing is of no use to a test
        return str(error) or type(error).__name__
    return ""


def require(*names: str) -> None:
    """Skip the running test, or the module that is being imported, unless all these are there."""
    for name in names:
        reason = why_missing(name)
        if reason:
            pytest.skip(f"{PREFIX}{name}: {reason}", allow_module_level=True)


def optional(name: str) -> ModuleType:
    """Return an optional package of the table, or skip as `require` does."""
    require(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(REQUIREMENTS[name].module)
