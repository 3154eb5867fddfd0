import pytest

from volio.errors import FilenameError
from volio.files.names import companion_names, split_compression, split_ending

PAIR = (("header", ".hdr"), ("image", ".img"))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.nii.gz", ("a.nii", ".gz")),
        ("d.gz/A.NII.GZ", ("d.gz/A.NII", ".GZ")),
        ("a.mgh.zst", ("a.mgh", ".zst")),
        ("d.gz/a.nii", ("d.gz/a.nii", "")),
        (".gz", (".gz", "")),
        ("", ("", "")),
    ],
)
def test_split_compression(name, parts):
    assert split_compression(name) == parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("d/a.nii.gz", ("d/a", ".nii", ".gz")),
        ("a.dtseries.nii", ("a", ".dtseries.nii", "")),
        ("a.Nii", ("a", ".Nii", "")),
        ("a.mgz", ("a.mgz", "", "")),
        (".nii", (".nii", "", "")),
    ],
)
def test_split_ending(name, parts):
    assert split_ending(name, (".nii", ".dtseries.nii")) == parts


@pytest.mark.parametrize(
    ("name", "header", "image"),
    [
        ("a.img", "a.hdr", "a.img"),
        ("d.x/a.hdr.gz", "d.x/a.hdr.gz", "d.x/a.img.gz"),
        ("A.IMG.gz", "A.HDR.gz", "A.IMG.gz"),
        ("A.Img", "A.hdr", "A.Img"),
        ("d.x/a", "d.x/a.hdr", "d.x/a.img"),
        ("a.gz", "a.hdr.gz", "a.img.gz"),
    ],
)
def test_companion_names(name, header, image):
    assert companion_names(name, PAIR) == {"header": header, "image": image}


@pytest.mark.parametrize("name", ["a.foo", "a.foo.gz", "", "d/"])
def test_other_endings_are_refused(name):
    with pytest.raises(FilenameError, match=r"must end in \.hdr or \.img"):
        companion_names(name, PAIR)


def test_without_default_the_ending_is_needed():
    with pytest.raises(FilenameError, match=r"^a: "):
        companion_names("a", PAIR, default=False)
