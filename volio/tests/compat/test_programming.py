"""Stand-ins for programmers: properties, optional packages, folders, deprecation, tables."""

from __future__ import annotations

import io
import json
import warnings
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import SkipTest

import nibabel.mriutils
import nibabel.pkg_info
import nibabel.rstutils
import numpy as np
import pytest

from volio import compat
from volio.compat.nibabel.deprecated import (
    FutureWarningMixin,
    ModuleProxy,
    VisibleDeprecationWarning,
    alert_future_error,
    deprecate_with_version,
)
from volio.compat.nibabel.deprecator import Deprecator, ExpiredDeprecationError
from volio.compat.nibabel.fileutils import read_zt_byte_strings
from volio.compat.nibabel.mriutils import MRIError, calculate_dwell_time
from volio.compat.nibabel.onetime import ResetMixin, auto_attr
from volio.compat.nibabel.optpkg import optional_package
from volio.compat.nibabel.pkg_info import cmp_pkg_version, get_info, get_pkg_info
from volio.compat.nibabel.rstutils import rst_table
from volio.compat.nibabel.tmpdirs import InGivenDirectory, InTemporaryDirectory, TemporaryDirectory
from volio.compat.nibabel.tripwire import TripWire, TripWireError, is_tripwire
from volio.errors import TruncatedFileError, UsageError
from volio.tests.compat.oracle import assert_alike


class Counted(ResetMixin):
    """Counts how often its value is computed."""

    computed = 0

    @auto_attr
    def value(self) -> int:
        """The number of times it was computed."""
        self.computed += 1
        return self.computed


class CountedAgain(Counted):
    """A subclass."""


@pytest.mark.parametrize("kind", [Counted, CountedAgain])
def test_attributes_are_computed_once_until_reset(kind: type[Counted]):
    thing = kind()
    assert (thing.value, thing.value, kind().value) == (1, 1, 1)
    thing.reset()
    assert thing.value == 2
    assert isinstance(kind.value, compat.module("onetime").OneTimeProperty)


def test_tripwires_raise_on_any_use():
    wire = TripWire("not here")
    with pytest.raises(TripWireError, match="not here"):
        wire.anything  # noqa: B018
    with pytest.raises(AttributeError, match="not here"):
        wire.anything()
    assert is_tripwire(wire)
    assert not is_tripwire("not here")
    assert not hasattr(wire, "__wrapped__")


def test_optional_packages_that_are_there():
    package, have, setup = optional_package("json", min_version="1.0")
    assert package is json
    assert have
    assert setup() is None
    assert optional_package("packaging", min_version=lambda module: True)[1]


@pytest.mark.parametrize(
    ("name", "version", "why"),
    [
        ("not_there", None, "not_there is needed for this and cannot be imported"),
        ("json", "100.0", r"json: version 100\.0 or later is needed here, found 2"),
        ("collections", "1.0", "found None"),
        ("json", lambda module: False, "json: this version is not the one needed here"),
    ],
)
def test_optional_packages_that_are_not(name: str, version: Any, why: str):
    package, have, setup = optional_package(name, min_version=version)
    assert not have
    with pytest.raises(TripWireError, match=why):
        package.anything  # noqa: B018
    with pytest.raises(SkipTest, match=name):
        setup()
    package, _, _ = optional_package(name, "say this", version)
    with pytest.raises(TripWireError, match="say this"):
        package.anything  # noqa: B018


def test_folders_for_a_while(tmp_path: Path):
    before = Path.cwd()
    with InTemporaryDirectory() as folder:
        assert Path.cwd() == Path(folder)
        Path("a").touch()
    assert Path.cwd() == before
    assert not Path(folder).exists()
    with suppress(KeyError), InGivenDirectory(tmp_path / "new" / "one") as given:
        assert Path(given).samefile(Path.cwd())
        raise KeyError
    assert Path.cwd() == before
    assert (tmp_path / "new" / "one").is_dir()
    with InGivenDirectory() as here:
        assert Path(here).samefile(before)
    with TemporaryDirectory() as folder:
        assert Path(folder).is_dir()
    assert not Path(folder).exists()


def at_version_2(version: str) -> int:
    """Compare with a package of version 2."""
    return (int(version) > 2) - (int(version) < 2)


def double(number: int) -> int:
    """Double a number."""
    return 2 * number


def test_deprecation_warns_then_raises():
    deprecate = Deprecator(at_version_2)
    warned = deprecate("use triple", since="1", until="3")(double)
    with pytest.warns(
        DeprecationWarning, match="use triple\n\n.* from version: 1\n.*Will"
    ) as found:
        assert warned(2) == 4
    assert found[0].filename == __file__
    assert warned.__name__ == "double"
    assert warned.__doc__.startswith("Double a number.\n\nuse triple")
    expired = deprecate("use triple", until="2")(double)
    with pytest.raises(ExpiredDeprecationError, match="Raises"):
        expired(2)
    assert deprecate.is_bad_version("1")
    assert not deprecate.is_bad_version("3")


def test_deprecation_with_other_classes():
    deprecate = Deprecator(at_version_2, PendingDeprecationWarning, KeyError)
    with pytest.warns(PendingDeprecationWarning, match="gone"):
        deprecate("gone")(double)(1)
    with pytest.warns(FutureWarning, match="gone"):
        deprecate("gone", warn_class=FutureWarning)(double)(1)
    with pytest.raises(KeyError, match=r"Raises .*KeyError.* as of version: 1"):
        deprecate("gone", until="1")(double)(1)
    with pytest.raises(UsageError, match="__init__"):
        deprecate("gone")(Counted)
    with pytest.warns(DeprecationWarning, match="gone"):
        assert deprecate_with_version("gone")(double)(1) == 2


def change(**how: Any) -> None:
    """Say that a call of this function will be an error."""
    alert_future_error("odd", "99", **how)


def test_future_errors():
    with pytest.warns(FutureWarning, match=r"odd This will error in NiBabel 99\. do this") as found:
        change(warning_rec="do this")
    assert found[0].filename == __file__
    with pytest.raises(RuntimeError, match=r"^odd do that$"):
        alert_future_error("odd", "1", error_rec="do that")
    assert issubclass(VisibleDeprecationWarning, UserWarning)


class Old(FutureWarningMixin, SimpleNamespace):
    """A class that will go away."""

    warn_message = "Old goes away"


def test_future_warnings_of_classes():
    with pytest.warns(FutureWarning, match="Old goes away") as found:
        assert Old(a=1).a == 1
    assert found[0].filename == __file__


def test_modules_by_proxy():
    proxy = ModuleProxy("json")
    assert proxy.dumps is json.dumps
    assert repr(proxy) == "<module proxy for json>"


@pytest.mark.parametrize("version", ["5.4.2", "5.4.3", "1.0", "5.4.2rc1"])
def test_versions(version: str):
    args = (version, compat.API_VERSION)
    assert_alike(nibabel.pkg_info.cmp_pkg_version, cmp_pkg_version, *args)
    assert cmp_pkg_version(version) == cmp_pkg_version(*args)


def test_information_for_bug_reports():
    info = get_pkg_info("here")
    assert info["pkg_path"] == "here"
    assert info["api_version"] == compat.API_VERSION
    assert set(info) == set(get_info())
    assert Path(get_info()["pkg_path"]).name == "volio"


@pytest.mark.parametrize("args", [(3.0, 10, 7.0), (2.0, 5, 1.5), (1.0, 1, 3.0), (0, 3, 3.0)])
def test_dwell_time(args: tuple[float, int, float]):
    expected = nibabel.mriutils.calculate_dwell_time(*args)
    assert calculate_dwell_time(*args) == pytest.approx(expected)
    with pytest.raises(MRIError, match="field_strength"):
        calculate_dwell_time(3.0, 10, -7.0)
    with pytest.raises(MRIError, match="echo_train_length"):
        calculate_dwell_time(3.0, 0, 7.0)


TABLES: list[tuple[Any, dict[str, Any]]] = [
    ([[1, 2], [3, 4]], {}),
    (
        np.arange(6).reshape(2, 3),
        {"row_names": ["a", "b"], "col_names": ["x", "long name", "z"], "title": "Title"},
    ),
    ([[(1, 2), (3, 4)]], {"val_fmt": "{0[0]}-{0[1]}"}),
]
LINES = {"cross": "*", "down": "!", "along": "~", "title_heading": "#", "thick_long": "_"}


@pytest.mark.parametrize(("values", "how"), TABLES)
def test_tables(values: Any, how: dict[str, Any]):
    assert rst_table(values, **how) == nibabel.rstutils.rst_table(values, **how)
    ours = rst_table(values, format_chars=LINES, **how)
    assert ours == nibabel.rstutils.rst_table(values, format_chars=dict(LINES), **how)


def test_tables_refuse_names_that_do_not_fit():
    for wrong in ({"row_names": ["a", "b"]}, {"col_names": []}, {"format_chars": {"q": "-"}}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            rst_table([[1, 2]], **wrong)


def test_strings_that_end_in_zero():
    file = io.BytesIO(b"abc\0de\0fgh")
    assert read_zt_byte_strings(file, 2, bufsize=2) == [b"abc", b"de"]
    assert file.read() == b"fgh"
    with pytest.raises(TruncatedFileError, match="3 strings"):
        read_zt_byte_strings(io.BytesIO(b"abc\0de\0fgh"), 3)
    assert warnings.filters
