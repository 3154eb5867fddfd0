"""Errors, warnings and log records about the content of a file name the file."""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.compat.nibabel.batteryrunners import Report
from volio.errors import AffineError, HeaderDataError, UsageError
from volio.files.opener import open_source
from volio.images.headers.error_context import errors_name, with_file_name

#: Where NIfTI-1 has bits per voxel, which follow from the dtype.
BITPIX = 72


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A file whose header is mended when it is read."""
    path = tmp_path / "odd.nii"
    volio.save(volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4)), path)
    content = bytearray(path.read_bytes())
    content[BITPIX] = 3
    path.write_bytes(content)
    return path


def test_log_records_name_the_file_that_is_read(odd: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, "volio"):
        volio.load(odd)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{odd}: bitpix: ")


def test_log_records_name_the_header_of_a_pair(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    volio.save(volio.Nifti1Pair(np.zeros((2, 3, 4), np.int16), np.eye(4)), tmp_path / "odd.img")
    header = tmp_path / "odd.hdr"
    content = bytearray(header.read_bytes())
    content[BITPIX] = 3
    header.write_bytes(content)
    with caplog.at_level(logging.DEBUG, "volio"):
        volio.load(tmp_path / "odd.img")
    assert [message.partition(": ")[0] for message in caplog.messages] == [str(header)]


def test_log_records_about_no_file_name_none(odd: Path, caplog: pytest.LogCaptureFixture):
    volio.load(odd)
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "volio"):
        volio.Nifti1Header(odd.read_bytes()[:348])
    assert [message.partition(": ")[0] for message in caplog.messages] == ["bitpix"]


def test_reports_of_checks_as_in_nibabel(odd: Path, caplog: pytest.LogCaptureFixture):
    logger = logging.getLogger("volio.tests")
    with errors_name(open_source(odd)):
        Report(HeaderDataError, 30, "odd").log_raise(logger)
    assert caplog.messages == [f"{odd}: odd"]


@pytest.mark.parametrize("error", [HeaderDataError, AffineError])
def test_errors_about_the_content_name_the_file_once(error: type[Exception], odd: Path):
    source = open_source(odd)
    named = f"^{re.escape(str(odd))}: bad$"
    with pytest.raises(error, match=named), errors_name(source):
        raise error("bad")
    with pytest.raises(error, match=named), errors_name(source):
        raise error(f"{odd}: bad")
    with pytest.raises(UsageError, match=r"^bad$"), errors_name(source):
        raise UsageError("bad")


def test_the_name_holds_for_one_thread_and_until_the_end(odd: Path):
    seen = []
    with errors_name(open_source(odd)):
        thread = threading.Thread(target=lambda: seen.append(with_file_name("bad")))
        thread.start()
        thread.join()
        assert with_file_name("bad") == f"{odd}: bad"
        with errors_name(open_source(b"bytes")):
            assert not with_file_name("bad").startswith(str(odd))
        assert with_file_name("bad") == f"{odd}: bad"
    assert seen == ["bad"]
    assert with_file_name("bad") == "bad"
