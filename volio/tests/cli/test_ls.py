from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
import pytest

import volio
from volio.arrays.slabs import iterate_slabs
from volio.cli import ls
from volio.testing.samples import FOLDER as SAMPLES
from volio.testing.samples import samples_of
from volio.tests.cli.conftest import AFFINE
from volio.tests.real_files import ORIENTATIONS


def test_table_has_a_line_per_file_in_aligned_columns(run):
    ran = run("ls", "head.nii.gz", "bold.nii")
    assert (ran.code, ran.err) == (0, [])
    head, first, second = ran.out
    assert head.split() == ["file", "dtype", "shape", "zooms", "axes", "sform", "qform"]
    assert first.split()[:5] == ["head.nii.gz", "int16", "6x5x4", "2x2x3", "LAS"]
    assert second.split()[:5] == ["bold.nii", "float32", "6x5x4x6", "2x2x3x2.5", "LAS"]
    assert head.index("shape") == first.index("6x5x4") == second.index("6x5x4x6")


def test_files_without_ending_are_found_by_the_names_that_a_format_gives_them(run, tmp_path):
    mesh, values = (Path(each.path).read_bytes() for each in samples_of("freesurfer")[:2])
    surf = tmp_path / "surf"
    surf.mkdir()
    (surf / "lh.white").write_bytes(mesh)
    (surf / "surface").write_bytes(mesh)
    (surf / "bert.lh.curv").write_bytes(values)
    (surf / "rh.area.gz").write_bytes(gzip.compress(values))
    (surf / "rh.thickness").write_bytes(values)
    for command in ("ls", "verify"):
        ran = run(command, str(surf))
        assert ran.code == 0
        found = [Path(line.split()[0]).name for line in ran.out[1:]]
        assert found == ["bert.lh.curv", "lh.white", "rh.area.gz", "rh.thickness"]
    ran = run("doctor", str(surf))
    assert ran.code == 0
    assert not [line for line in ran.out if "file name" in line]


def test_voxel_sizes_of_32_bits_are_those_that_were_typed_in_every_format(run):
    affine = np.diag([0.9, 1.1, 0.7, 1])
    img = volio.Nifti1Image(np.zeros((2, 3, 4, 5), np.int16), affine)
    img.header.set_zooms((0.9, 1.1, 0.7, 0.72))
    volio.save(img, "sizes.nii")
    names = [f"sizes{ending}" for ending in (".nii", ".nrrd", ".mha", ".mif", ".HEAD", ".mnc")]
    for name in names[1:]:
        volio.save(volio.load("sizes.nii"), name)
    found = json.loads("".join(run("ls", "--json", *names).out))
    assert [facts["zooms"] for facts in found] == [[0.9, 1.1, 0.7, 0.72]] * len(names)
    ran = run("diff", "--json", "sizes.nii", "sizes.nrrd")
    (facts,) = json.loads("".join(ran.out))
    assert facts["zooms"][0] == facts["zooms"][1]
    assert facts["mm"] == 0


def test_lengths_of_32_bits_are_those_that_were_typed_of_tracts_and_surfaces(run):
    grid = volio.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.diag([0.9, 1.1, 0.7, 1]))
    volio.save(grid, "grid.nii")
    points = np.array([[0.9, 0.8, 0.7], [1.2, 1.1, 1]], np.float32)
    volio.save(volio.Tractogram(points, [2], space="scanner"), "some.tck")
    volio.save(volio.Tractogram(points, [2], reference=volio.load("grid.nii")), "some.trx")
    volio.save(volio.Surface(points[[0, 1, 0]], [[0, 1, 2]], space="scanner"), "some.surf.gii")
    listed = json.loads("".join(run("ls", "--json", "some.trx").out))
    assert listed[0]["zooms"] == [0.9, 1.1, 0.7]
    for name, kind in (("some.tck", "tracts"), ("some.surf.gii", "mesh")):
        found = json.loads("".join(run("stats", "--json", name).out))
        assert found[0][kind]["bounds"] == [[0.9, 0.8, 0.7], [1.2, 1.1, 1.0]]


def test_facts_agree_with_nibabel(run):
    facts = json.loads("".join(run("ls", "--json", "bold.nii").out))[0]
    img = nibabel.load("bold.nii")
    assert facts["shape"] == list(img.shape)
    assert facts["dtype"] == str(img.get_data_dtype())
    assert np.allclose(facts["zooms"], img.header.get_zooms())
    assert facts["units"] == list(img.header.get_xyzt_units())
    assert facts["orientation"] == "".join(nibabel.aff2axcodes(img.affine))
    assert np.array_equal(facts["affine"], img.affine)
    assert (facts["sform"], facts["qform"]) == ("aligned", "unknown")


def test_codes_are_left_out_where_a_format_has_none(run):
    assert run("convert", "head.nii.gz", "head.mgz").code == 0
    ran = run("ls", "head.mgz")
    assert "sform" not in ran.out[0]
    assert json.loads("".join(run("ls", "--json", "head.mgz").out))[0]["sform"] is None


def test_scaling_is_shown_where_there_is_some(run):
    assert run("convert", "bold.nii", "scaled.nii", "--dtype", "uint8").code == 0
    ran = run("ls", "scaled.nii")
    assert ran.out[0].split()[-1] == "scaling"
    assert ran.out[1].split()[-1].startswith("*0.0039")


def test_unreadable_files_are_told_and_skipped(run):
    Path("bad.nii").write_bytes(b"no image")
    ran = run("ls", "missing.nii", "bad.nii", "head.nii.gz")
    assert ran.code == 2
    assert len(ran.err) == 2
    assert ran.err[0].startswith("volio ls: missing.nii: ")
    assert ran.err[1].startswith("volio ls: bad.nii: ")
    assert [line.split()[0] for line in ran.out] == ["file", "head.nii.gz"]


def test_folders_patterns_and_pairs(run, folder):
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "sub" / "notes.txt").write_text("no image")
    assert run("convert", "head.nii.gz", "sub/pair.img").code == 0
    assert run("convert", "head.nii.gz", "sub/deep/one.nii").code == 0

    def listed(*words):
        return [line.split()[0] for line in run("ls", *words).out[1:]]

    assert listed("sub") == ["sub/pair.hdr"]
    assert listed("sub", "-r") == ["sub/deep/one.nii", "sub/pair.hdr"]
    assert listed("sub/pair.img", "sub/pair.hdr") == ["sub/pair.img"]
    assert listed("*.nii*") == ["bold.nii", "head.nii.gz", "labels.nii.gz"]
    assert listed("**/*.nii", "-r") == ["bold.nii", "sub/deep/one.nii"]


def test_a_pattern_without_files_and_a_folder_without_images(run, folder):
    ran = run("ls", "*.xyz")
    assert (ran.code, ran.out, len(ran.err)) == (2, [], 1)
    (folder / "empty").mkdir()
    ran = run("ls", "empty")
    assert (ran.code, ran.out) == (0, [])
    assert "no images there" in ran.err[0]


def test_header_fields(run):
    ran = run("ls", "-H", "dim,descrip", "head.nii.gz", "bold.nii")
    assert ran.out[0].split()[-2:] == ["dim", "descrip"]
    assert "[3, 6, 5, 4, 1, 1, 1, 1]" in ran.out[1]
    every = run("ls", "-H", "all", "head.nii.gz")
    for field in nibabel.load("head.nii.gz").header:
        assert any(line.split()[0] == field for line in every.out)


def test_a_field_that_is_nowhere_is_told(run):
    ran = run("ls", "-H", "dimm", "head.nii.gz")
    assert ran.code == 0
    assert "dimm: no header has this field" in ran.err[0]
    assert json.loads("".join(run("ls", "-H", "dimm", "--json", "head.nii.gz").out))[0][
        "fields"
    ] == {"dimm": None}


def test_a_field_of_headers_is_nowhere_in_surfaces(run, folder):
    volio.save(volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]), folder / "a.off")
    ran = run("ls", "-H", "dim", "a.off")
    assert ran.code == 0
    assert any("dim: no header has this field" in line for line in ran.err)


def test_verbose_tells_the_affine(run):
    text = "\n".join(run("ls", "-v", "bold.nii").out)
    assert text.startswith("bold.nii\n  format  nifti1, little-endian")
    assert "2x2x3x2.5 (mm, sec)" in text
    assert "-126" in text


@pytest.mark.parametrize(
    ("options", "keep"),
    [
        ((), lambda values: values > -1),
        (("-z",), lambda values: values > -1),
        (("--nonzero",), lambda values: values != 0),
        (("--nonzero", "--zeros"), lambda values: values > -1),
        (("--above", "10", "--below", "50"), lambda values: (values > 10) & (values < 50)),
        (("--mask", "labels.nii.gz"), lambda values: np.arange(120).reshape(6, 5, 4) < 60),
    ],
)
def test_statistics_of_all_and_of_selected_voxels(run, options, keep):
    values = np.asarray(volio.load("head.nii.gz").dataobj)
    chosen = values[keep(values)]
    stats = json.loads("".join(run("ls", "-s", "--json", *options, "head.nii.gz").out))[0]["stats"]
    assert stats["voxels"] == chosen.size
    assert (stats["min"], stats["max"]) == (chosen.min(), chosen.max())
    assert np.allclose([stats["mean"], stats["std"]], [chosen.mean(), chosen.std()])
    assert run("ls", "-s", *options, "head.nii.gz").out[0].split()[-5:] == [
        "voxels",
        "min",
        "max",
        "mean",
        "std",
    ]


def test_a_mask_selects_in_each_volume(run):
    values = np.asarray(volio.load("bold.nii").dataobj)
    ran = run("ls", "-s", "--json", "--mask", "labels.nii.gz", "--above", "0.2", "bold.nii")
    inside = values[:3][values[:3] > 0.2]
    stats = json.loads("".join(ran.out))[0]["stats"]
    assert stats["voxels"] == inside.size
    assert np.isclose(stats["mean"], inside.mean())


def test_masks_that_do_not_fit(run):
    small = volio.load("labels.nii.gz").slicer[:3]
    volio.save(small, "small.nii")
    ran = run("ls", "-s", "--mask", "small.nii", "head.nii.gz")
    assert ran.code == 2
    assert "has shape (3, 5, 4), which does not fit (6, 5, 4)" in ran.err[0]
    volio.save(volio.load("labels.nii.gz").slicer[::-1], "flipped.nii")
    ran = run("ls", "-s", "--mask", "flipped.nii", "head.nii.gz")
    assert ran.code == 0
    assert "the mask flipped.nii is at another position" in ran.err[0]
    ran = run("ls", "-s", "--mask", "missing.nii", "head.nii.gz", "bold.nii")
    assert (ran.code, ran.out, len(ran.err)) == (2, [], 1)


def test_counts(run):
    assert run("ls", "-c", "labels.nii.gz").out[1].split()[-3:] == ["0:60", "3:40", "7:20"]
    assert run("ls", "-c", "--nonzero", "labels.nii.gz").out[1].split()[-2:] == ["3:40", "7:20"]
    counts = json.loads("".join(run("ls", "-c", "--json", "labels.nii.gz").out))[0]["counts"]
    assert counts == {"0": 60, "3": 40, "7": 20}
    volio.save(
        volio.Nifti1Image(np.arange(2000, dtype=np.int16).reshape(20, 10, 10), AFFINE), "m.nii"
    )
    assert "(2000 values: --all-counts)" in run("ls", "-c", "m.nii").out[1]
    assert "1999:1" in run("ls", "--all-counts", "m.nii").out[1]


def test_json_is_valid_whatever_the_values(run):
    values = np.array([np.nan, np.inf, 1, 2], np.float32).reshape(2, 2, 1)
    volio.save(volio.Nifti1Image(values, AFFINE), "nan.nii")
    volio.save(volio.Nifti1Image(np.full((2, 2, 1), np.nan, np.float32), AFFINE), "allnan.nii")
    text = "".join(run("ls", "-s", "--json", "-H", "all", "nan.nii", "allnan.nii").out)
    one, other = json.loads(text, parse_constant=pytest.fail)
    assert (one["stats"]["max"], one["stats"]["nan"]) == (2, 1)
    assert other["stats"]["mean"] is None
    assert one["fields"]["magic"] == "n+1"
    assert "nan" in run("ls", "-s", "nan.nii").out[0].split()
    (missing,) = json.loads("".join(run("ls", "--json", "missing.nii").out))
    assert missing == {"file": "missing.nii", "error": "missing.nii: no such file"}


def test_voxels_without_statistics_are_listed_still(run):
    rgb = np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    volio.save(volio.Nifti1Image(rgb, AFFINE), "rgb.nii")
    ran = run("ls", "-s", "-c", "--above", "1", "rgb.nii", "labels.nii.gz")
    assert ran.code == 2
    assert ran.err[0].startswith("volio ls: rgb.nii: ")
    assert ran.out[1].split()[:3] == ["rgb.nii", "RGB", "2x2x2"]
    assert ran.out[2].split()[-2:] == ["3:40", "7:20"]


def test_warnings_are_one_line_each(run):
    header = nibabel.load("bold.nii").header
    raw = bytearray(Path("bold.nii").read_bytes())
    at = header.template_dtype.fields["pixdim"][1] + 4
    raw[at : at + 4] = np.float32(-2).tobytes()
    Path("odd.nii").write_bytes(raw)
    ran = run("ls", "odd.nii", "odd.nii")
    assert ran.out[1].split()[0] == "odd.nii"
    assert ran.err
    assert all(line.startswith("volio ls: warning: odd.nii: ") for line in ran.err)
    assert len(set(ran.err)) == len(ran.err)


def test_shared_volumes_are_listed(run, shared_data):
    ran = run("ls", *(str(shared_data / name) for name in ORIENTATIONS))
    assert ran.code == 0
    assert len(ran.out) == 9
    for line in ran.out[1:]:
        assert line.split()[4] == Path(line.split()[0]).name.partition(".")[0]


def test_selecting_voxels_without_asking_about_them_is_refused(run):
    ran = run("ls", "--above", "3", "head.nii.gz")
    assert (ran.code, ran.out) == (2, [])
    assert ran.err == ["volio ls: --mask, --nonzero, --above and --below go with -s or -c"]


def test_links_to_nothing_are_told(run, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "link.nii").symlink_to("gone.nii")
    ran = run("ls", "sub")
    assert (ran.code, ran.out) == (2, [])
    assert ran.err[0].startswith("volio ls: sub/link.nii: ")


def test_names_with_line_breaks_stay_on_a_line(run, folder):
    (folder / "head.nii.gz").rename(folder / "he\nad.nii.gz")
    assert run("ls", "he*").out[1].startswith("he\\nad.nii.gz  int16")


@pytest.mark.parametrize(
    ("ending", "field", "text"),
    [
        (".mif", "dim", "'6,5,4'"),
        (".nrrd", "sizes", "'6 5 4'"),
        (".mha", "DimSize", "'6 5 4'"),
        ("+orig.HEAD", "DATASET_DIMENSIONS", "[6, 5, 4, 0, 0]"),
        (".mnc", "zspace:step", "[3]"),
        (".v", "num_planes", "4"),
        (".mgz", "dims", "[6, 5, 4, 1]"),
    ],
)
def test_fields_of_headers_of_every_kind(run, ending, field, text):
    assert run("convert", "head.nii.gz", f"head{ending}").code == 0
    ran = run("ls", "-H", field, f"head{ending}")
    assert (ran.code, ran.err) == (0, [])
    assert ran.out[0].split()[-1] == field
    assert ran.out[1].endswith(f"  {text}")
    assert text.strip("'[]") in " ".join(run("ls", "-H", "all", f"head{ending}").out)


def test_fields_of_a_scan(run):
    sample = samples_of("parrec")[0].path
    assert run("ls", "-H", "patient_name", str(sample)).out[1].endswith("'someone'")


def test_a_mask_that_has_changed_is_read_anew(run):
    assert run("ls", "-s", "--mask", "labels.nii.gz", "head.nii.gz").out[1].split()[-5] == "60"
    volio.save(volio.Nifti1Image(np.ones((6, 5, 4), np.uint8), AFFINE), "labels.nii.gz")
    assert run("ls", "-s", "--mask", "labels.nii.gz", "head.nii.gz").out[1].split()[-5] == "120"


def test_nan_is_counted_as_one_value_in_all_slabs(run, monkeypatch):
    voxels = np.tile(np.array([np.nan, 2, 1], np.float32), 40).reshape(6, 5, 4)
    volio.save(volio.Nifti1Image(voxels, AFFINE), "nan.nii")
    monkeypatch.setattr("volio.cli.results.counts.iterate_slabs", partial(iterate_slabs, nbytes=64))
    assert run("ls", "-c", "nan.nii").out[1].split()[-3:] == ["1:40", "2:40", "nan:40"]


@pytest.mark.parametrize("name", ["zarr", "tiff", "czi", "hdf5", "n5", "precomputed"])
def test_images_in_chunks_that_other_programs_wrote(run, name):
    samples = samples_of(name)
    assert len(samples) >= 2
    for sample in samples:
        facts = json.loads("".join(run("ls", "--json", str(sample.path)).out))[0]
        assert facts["format"] == name
        assert facts["shape"] == list(sample.shape)
        assert facts["zooms"] == pytest.approx(list(sample.zooms))
        np.testing.assert_allclose(facts["affine"], sample.affine, atol=1e-9)


#: Resolutions, chunks, unit, channels.
IN_CHUNKS = {
    "zarr/anatomical.ozx": (2, [4, 4, 4], "millimeter", []),
    "zarr/scaled.nii.zarr.zip": (3, [4, 4, 4], "millimeter", []),
    "tiff/channels.ome.tif": (2, [32, 16, 1, 1, 1], "micrometer", ["DAPI", "GFP"]),
    "czi/two_scenes.czi": (1, None, "micrometer", ["DAPI", "GFP"]),
    "hdf5/cells.ims": (2, [8, 8, 8], "um", ["GFP"]),
    "n5/pyramid.n5": (2, [8, 7, 6], "nm", []),
    "precomputed/grey.precomputed": (2, [8, 7, 6], "nanometer", []),
}


@pytest.mark.parametrize("name", IN_CHUNKS)
def test_levels_chunks_unit_and_channels_are_listed(run, name):
    facts = json.loads("".join(run("ls", "--json", str(SAMPLES / name)).out))[0]
    found = (len(facts["levels"]), facts["chunks"], facts["length_unit"], facts["channels"])
    assert found == IN_CHUNKS[name]


@pytest.mark.parametrize(
    ("name", "zooms", "unit"),
    [
        ("zarr/scaled.nii.zarr.zip", "2x2.5x3", "-"),
        ("zarr/series.zarr.zip", "0.1x0.2x0.3x2.5x1", "centimeter"),
        ("czi/two_scenes.czi", "0.5x0.5x2x1x1", "micrometer"),
        ("n5/pyramid.n5", "8x8x40", "nm"),
        ("precomputed/grey.precomputed", "40x40x100", "nanometer"),
    ],
)
def test_voxel_sizes_are_in_the_unit_that_is_beside_them(run, name, zooms, unit):
    heads, cells = (line.split() for line in run("ls", str(SAMPLES / name)).out)
    found = dict(zip(heads, cells, strict=False))
    assert (found["zooms"], found.get("unit", "-")) == (zooms, unit)
    lines = [line.split(maxsplit=1) for line in run("ls", "-v", str(SAMPLES / name)).out]
    assert ["zooms", zooms if unit == "-" else f"{zooms} ({unit})"] in lines
    facts = json.loads("".join(run("ls", "--json", str(SAMPLES / name)).out))[0]
    assert facts["zooms"] == pytest.approx(list(volio.load(SAMPLES / name).header.get_zooms()))


def test_a_unit_of_nifti_is_beside_its_voxel_sizes(run, tmp_path):
    img = volio.Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.diag([5, 6, 7, 1]))
    img.header.set_xyzt_units("micron", "sec")
    volio.save(img, tmp_path / "a.nii")
    heads, cells = (line.split() for line in run("ls", str(tmp_path / "a.nii")).out)
    found = dict(zip(heads, cells, strict=True))
    assert (found["zooms"], found["unit"]) == ("5x6x7", "micron")


@pytest.fixture
def mixed(folder):
    """Names of a volume, a surface, another volume and tracts, in this order."""
    values = {name: np.zeros(3, np.float32) for name in ("thickness", "curvature", "area")}
    surf = volio.Surface([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], values, space="scanner")
    volio.save(surf, "one.surf.gii")
    lines = [np.zeros((2, 3), np.float32), np.ones((5, 3), np.float32)]
    tracts = volio.Tractogram.from_lines(lines, reference=((6, 5, 4), AFFINE))
    volio.save(tracts, "two.trk")
    return ["head.nii.gz", "one.surf.gii", "bold.nii", "two.trk"]


def test_each_kind_has_a_table_of_its_own(run, mixed):
    ran = run("ls", *mixed)
    assert (ran.code, ran.err) == (0, [])
    tables = [table.splitlines() for table in "\n".join(ran.out).split("\n\n")]
    files = [[line.split()[0] for line in lines] for lines in tables]
    assert files == [
        ["file", "head.nii.gz", "bold.nii"],
        ["file", "one.surf.gii"],
        ["file", "two.trk"],
    ]
    assert tables[1][0].split() == ["file", "format", "vertices", "faces", "space", "data"]
    assert tables[1][1].split()[1:5] == ["gifti", "3", "1", "scanner"]
    assert tables[2][0].split() == ["file", "format", "dtype", "lines", "points", "space", "grid"]
    rows = json.loads("".join(run("ls", "--json", *mixed).out))
    assert [row["file"] for row in rows] == mixed


def test_texts_are_cut_where_the_terminal_is_narrow(run, mixed, monkeypatch):
    names = "thickness, curvature, area"
    whole = run("ls", "one.surf.gii").out
    assert whole[1].endswith(f"  {names}")
    monkeypatch.setattr(ls, "terminal_width", lambda: len(whole[1]))
    assert run("ls", "one.surf.gii").out == whole
    monkeypatch.setattr(ls, "terminal_width", lambda: len(whole[1]) - 1)
    cut = run("ls", "one.surf.gii").out
    assert cut[1] == whole[1].replace(names, "thickness, curvature, ar…")
    monkeypatch.setattr(ls, "terminal_width", lambda: 10)  # only texts are cut
    assert run("ls", "one.surf.gii").out[1] == whole[1].replace(names, "thickness…")
    assert run("ls", "head.nii.gz").out[1].split()[:3] == ["head.nii.gz", "int16", "6x5x4"]
