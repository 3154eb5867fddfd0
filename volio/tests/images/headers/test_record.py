import logging
import struct

import numpy as np
import pytest

import volio
from volio.codes import Recoder
from volio.errors import HeaderDataError, UsageError
from volio.images.headers import error_levels
from volio.images.headers.checks import Check, Report, run_checks
from volio.images.headers.record import Record, native_order, swapped_order

COLOURS = Recoder(((0, "none"), (1, "red")), fields=("code", "label"))


def mend(header):
    header["size"] = 12
    return "set to 12"


class Box(Record):
    layout = np.dtype([("size", "<i4"), ("colour", "<i2"), ("name", "S6")])
    codes = {"colour": COLOURS}
    checks = (
        Check("size", lambda h: None if h["size"] == 12 else f"got {h['size']}", 30, mend),
        Check("colour", lambda h: None if int(h["colour"]) in COLOURS else "unknown", 40),
    )

    @classmethod
    def default_structarr(cls, endianness=None):
        record = super().default_structarr(endianness)
        record["size"] = 12
        return record

    @classmethod
    def guessed_endian(cls, hdr):
        return native_order if hdr["size"] == 12 else swapped_order


def test_a_record_is_a_mapping_of_its_fields():
    box = Box()
    box["name"] = "abc"
    assert box.keys() == ["size", "colour", "name"] == list(box)
    assert box["size"] == 12
    assert box.get("name") == b"abc"
    assert box.get("other", 3) == 3
    assert "colour" in box
    assert "other" not in box
    assert len(box) == 3
    assert dict(box.items())["name"] == box.values()[2]
    assert box.structarr.dtype == Box.layout
    assert Box.template_dtype == Box.layout


def test_a_field_that_is_not_there_cannot_be_set():
    with pytest.raises(ValueError, match="has no field 'nothing'"):
        volio.Nifti1Header()["nothing"] = 1


@pytest.mark.parametrize("order", "<>")
def test_byte_order_is_guessed_and_kept(order):
    block = struct.pack(order + "ih6s", 12, 1, b"xy")
    box = Box(block)
    assert box.endianness == order
    assert box.binaryblock == block
    assert box["colour"] == 1


@pytest.mark.parametrize("word", ["little", "<", "L", "le"])
def test_byte_orders_have_words(word):
    assert Box(endianness=word).endianness == "<"


def test_an_unknown_byte_order_is_refused():
    with pytest.raises(HeaderDataError, match="byte order"):
        Box(endianness="sideways")


def test_byteswapping_keeps_the_values_and_equality():
    box = Box()
    box["name"] = "abc"
    swapped = box.as_byteswapped()
    assert swapped.endianness != box.endianness
    assert swapped.binaryblock != box.binaryblock
    assert swapped == box
    assert swapped.as_byteswapped(box.endianness).binaryblock == box.binaryblock


def test_copies_do_not_share():
    box = Box()
    other = box.copy()
    other["name"] = "abc"
    assert box["name"] == b""
    assert other != box
    assert box != "something else"


def test_a_block_of_another_length_is_refused():
    with pytest.raises(HeaderDataError, match="takes 12 bytes, got 3"):
        Box(b"abc")


def test_checks_mend_or_raise_by_level():
    odd = struct.pack("<ih6s", 7, 1, b"")
    assert Box(odd, "<")["size"] == 12
    assert Box(odd, "<", check=False)["size"] == 7
    with pytest.raises(HeaderDataError, match="colour: unknown"):
        Box(struct.pack("<ih6s", 12, 9, b""))
    with error_levels.ErrorLevel(30), pytest.raises(HeaderDataError, match="size: got 7"):
        Box(odd, "<")
    assert error_levels.error_level == 40


def test_diagnosis_changes_nothing():
    block = struct.pack("<ih6s", 7, 9, b"")
    assert Box.diagnose_binaryblock(block, "<") == "size: got 7\ncolour: unknown"
    assert Box.diagnose_binaryblock(Box().binaryblock) == ""
    box = Box(block, "<", check=False)
    assert [report.problem_level for report in box.diagnose()] == [30, 40]
    assert box["size"] == 7


def test_problems_are_logged(caplog):
    with caplog.at_level(logging.DEBUG, error_levels.logger.name):
        Box(struct.pack("<ih6s", 7, 1, b""), "<")
    assert caplog.messages == ["size: got 7; set to 12"]


def test_the_log_can_be_silenced(caplog):
    with error_levels.LoggingOutputSuppressor():
        Box(struct.pack("<ih6s", 7, 1, b""), "<")
    assert caplog.messages == []
    assert not error_levels.logger.disabled


def test_a_logger_of_ones_own():
    seen = []
    logger = logging.getLogger("volio.tests.own")
    logger.addFilter(lambda record: seen.append(record.getMessage()) or False)
    Box(struct.pack("<ih6s", 7, 1, b""), "<", check=False).check_fix(logger, 50)
    assert seen == ["size: got 7; set to 12"]


def test_a_report_without_a_problem_is_silent():
    Report().log_raise(error_levels.logger, 0)
    assert str(Report()) == ""
    assert run_checks(Box(), Box.checks, fix=False) == []


def test_coded_fields_have_labels():
    box = Box()
    box["colour"] = 1
    assert box.get_value_label("colour") == "red"
    assert "colour          : red" in str(box)
    box["colour"] = 8
    assert box.get_value_label("colour") == "<unknown code 8>"
    with pytest.raises(UsageError, match="holds no code"):
        box.get_value_label("size")
