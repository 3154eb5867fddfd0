"""Standard input and output in place of files."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

import volio
from volio.cli import main


@pytest.fixture
def piped(folder, monkeypatch, capsysbinary):
    """Run ``volio`` with bytes on standard input; returns the code, output and errors."""

    def run(data: bytes, *words: str) -> tuple[int, bytes, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(list(words))
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.fixture
def head(folder) -> bytes:
    return Path("head.nii.gz").read_bytes()


def test_commands_that_read_take_standard_input(piped, head):
    code, out, err = piped(head, "ls", "--json", "-")
    assert (code, err) == (0, "")
    (row,) = json.loads(out)
    assert (row["file"], row["shape"]) == ("-", [6, 5, 4])
    assert piped(head, "stats", "--volume", "-")[1] == b"1428\n"
    assert piped(head, "diff", "-", "head.nii.gz") == (0, b"- and head.nii.gz: the same\n", "")
    assert piped(head, "diff", "head.nii.gz", "-")[0] == 0
    code, out, _ = piped(head, "doctor", "-")
    assert (code, out.splitlines()[0]) == (0, b"-: healthy")
    assert piped(head, "stats", "--json", "--mask", "labels.nii.gz", "-")[0] == 0
    labels = Path("labels.nii.gz").read_bytes()
    assert piped(labels, "stats", "--volume", "--mask", "-", "head.nii.gz")[1] == b"708\n"


def test_it_is_read_anew_by_each_command(piped, head):
    assert b"6x5x4 " in piped(head, "ls", "-")[1]
    assert b"6x5x4x6" in piped(Path("bold.nii").read_bytes(), "ls", "-")[1]


def test_verify_compares_checksums_of_standard_input(piped, head):
    code, out, _ = piped(head, "verify", "-")
    assert code == 0
    assert out.splitlines()[1].split()[:4] == [b"standard", b"input", b"nifti1", b"gzip"]
    damaged = head[:-6] + bytes([head[-6] ^ 1]) + head[-5:]
    code, out, _ = piped(damaged, "verify", "-")
    assert code == 1
    assert b"standard input: " in out.splitlines()[-1]


def test_conversions_from_and_to_streams(piped, head):
    code, out, err = piped(head, "convert", "-", "-", "--format", "mgh", "--dtype", "float32", "-v")
    assert (code, err) == (0, "")
    img = volio.MGHImage.from_bytes(out)
    assert img.get_data_dtype() == ">f4"
    np.testing.assert_array_equal(img.dataobj, volio.load("head.nii.gz").dataobj)


def test_an_image_keeps_its_format_where_that_is_one_file(piped):
    volio.convert("head.nii.gz", "head.mgz")
    volio.convert("head.nii.gz", "pair.img")
    assert type(volio.load(piped(b"", "convert", "head.mgz", "-")[1])) is volio.MGHImage
    assert type(volio.load(piped(b"", "convert", "pair.img", "-")[1])) is volio.Nifti1Image


def test_parts_and_grids_go_to_standard_output(piped, head):
    part = volio.load(piped(head, "roi", "-", "-", "-k", "1")[1])
    np.testing.assert_array_equal(part.dataobj, volio.load("head.nii.gz").dataobj[:, :, 1:2])
    grid = piped(head, "conform", "-", "-", "--out-shape", "3,3,3")[1]
    assert volio.load(grid).shape == (3, 3, 3)


@pytest.mark.parametrize(
    ("name", "start"), [("png", b"\x89PNG"), ("gif", b"GIF8"), ("html", b"<!DOCTYPE html>")]
)
def test_pictures_and_pages_go_to_standard_output(piped, head, name, start):
    words = [] if name == "html" else ["--size", "12"]
    code, out, _ = piped(head, "view", "-", f"--{name}", "-", *words)
    assert code == 0
    assert out.startswith(start)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("convert", "-", "-", "-c", "small"), "standard output is not compressed"),
        (("convert", "-", "-", "--format", "spm2"), "have several files"),
        (("view", "-", "--png", "-", "--html", "-"), "takes one of --png, --gif and --html"),
    ],
)
def test_what_a_stream_cannot_hold_is_refused(piped, head, words, message):
    code, out, err = piped(head, *words)
    assert (code, out) == (2, b"")
    assert message in err


def test_errors_name_standard_input(piped):
    code, _, err = piped(gzip.compress(b"no image"), "ls", "-")
    assert code == 2
    assert err.startswith("volio ls: standard input: data: no format of volio recognises it")
