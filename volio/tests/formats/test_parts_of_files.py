"""Names that end in choices: what they ask for, and what is left as it is."""

from __future__ import annotations

import numpy as np
import pytest

import volio
from volio.cli import main
from volio.errors import MissingFileError, UsageError
from volio.formats.parts import split_format, split_part

VOXELS = np.arange(70 * 3 * 2, dtype=np.uint16).reshape(70, 3, 2)


@pytest.fixture
def brain(tmp_path, monkeypatch):
    """Save a multiscale of two levels in the working directory."""
    monkeypatch.chdir(tmp_path)
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), "brain.ome.zarr")


@pytest.mark.parametrize(
    ("name", "file", "choices"),
    [
        ("a.czi@2", "a.czi", {"scene": 2}),
        ("a.czi@scene=all", "a.czi", {"scene": "all"}),
        ("d@1/a.zarr@level=2,path=b/c", "d@1/a.zarr", {"level": 2, "path": "b/c"}),
        ("https://u@host/a.zarr@level=1", "https://u@host/a.zarr", {"level": 1}),
        ("s3://b/a.ozx@0", "s3://b/a.ozx", {"scene": 0}),
    ],
)
def test_what_a_name_asks_for(name, file, choices):
    part = split_part(name)
    assert (part.name, part.choices) == (file, choices)
    assert part.name + part.suffix == name


@pytest.mark.parametrize(
    "name",
    [
        "a.nii",
        "a@2.nii.gz",
        "a@level=2.nii.gz",
        "me@home.nii",
        "@2",
        "a@",
        "a.czi@-1",
        "a.czi@level=",
        "https://host/package@2",
        "https://u@host:80/a.nii",
        "a@\N{DEVANAGARI DIGIT TWO}",
    ],
)
def test_names_that_ask_for_nothing(name):
    assert split_part(name) == (name, "", {})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("precomputed://https://host/a", ("https://host/a", "precomputed")),
        ("zarr://s3://bucket/a.zarr@level=1", ("s3://bucket/a.zarr@level=1", "zarr")),
        ("zarr://a.zarr", ("a.zarr", "zarr")),
        ("nifti1://a.nii", ("nifti1://a.nii", None)),
        ("https://zarr://a", ("https://zarr://a", None)),
        ("precomputed://", ("precomputed://", None)),
    ],
)
def test_formats_before_addresses(name, found):
    assert split_format(name) == found


def test_formats_before_addresses_agree_with_those_that_are_asked_for(brain):
    assert volio.load("zarr://brain.ome.zarr", format="zarr").shape == VOXELS.shape
    assert volio.identify("zarr://brain.ome.zarr@level=1").name == "zarr"
    with pytest.raises(UsageError, match="asks for 'zarr', but format='precomputed'"):
        volio.load("zarr://brain.ome.zarr", format="precomputed")


def test_a_file_of_that_name_comes_first(tmp_path):
    volio.save(volio.Nifti1Image(VOXELS, np.eye(4)), tmp_path / "a.nii")
    (tmp_path / "a.nii").rename(tmp_path / "a.nii@2")
    assert volio.load(tmp_path / "a.nii@2").shape == VOXELS.shape


def test_a_level_is_loaded_by_its_name(brain):
    expected = volio.load("brain.ome.zarr", level=1)
    img = volio.load("brain.ome.zarr@level=1")
    assert img.shape == (35, 2, 1)
    np.testing.assert_array_equal(img.dataobj, expected.dataobj)
    np.testing.assert_array_equal(img.affine, expected.affine)
    assert img.get_filename() == "brain.ome.zarr"
    assert volio.identify("brain.ome.zarr@level=1").name == "zarr"


def test_choices_of_a_name_are_checked(brain):
    assert volio.load("brain.ome.zarr@level=1", level=1).shape == (35, 2, 1)
    with pytest.raises(UsageError, match="asks for 1, but level=0"):
        volio.load("brain.ome.zarr@level=1", level=0)
    with pytest.raises(UsageError, match="levels 0 to 1, got 2"):
        volio.load("brain.ome.zarr@level=2")
    with pytest.raises(UsageError, match="levels 0 to 1, got 'x'"):
        volio.load("brain.ome.zarr@level=x")
    with pytest.raises(UsageError, match=r"scene: OME-Zarr .* has no such choice"):
        volio.load("brain.ome.zarr@2")
    with pytest.raises(MissingFileError, match=r"^none\.nii: no such file"):
        volio.load("none.nii@2")


def test_commands_take_such_names(brain, capsys):
    assert main(["ls", "brain.ome.zarr@level=1", "brain.ome.zarr"]) == 0
    listed = capsys.readouterr().out
    assert "35x2x1" in listed
    assert "70x3x2" in listed
    assert main(["doctor", "brain.ome.zarr@level=1"]) == 0
    assert main(["convert", "brain.ome.zarr@level=1", "-o", ".", "-e", "nii"]) == 0
    np.testing.assert_array_equal(
        volio.load("brain@level=1.nii").dataobj, volio.load("brain.ome.zarr", level=1).dataobj
    )


def test_the_file_that_is_read_is_not_replaced_by_its_part(brain, capsys):
    assert main(["convert", "brain.ome.zarr@level=1", "brain.ome.zarr"]) == 2
    assert "is the file to read" in capsys.readouterr().err
    assert main(["convert", "--force", "brain.ome.zarr@level=1", "brain.ome.zarr"]) == 0
    assert volio.load("brain.ome.zarr").shape == (35, 2, 1)
