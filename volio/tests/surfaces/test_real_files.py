"""Surfaces that other programs wrote: what each shows, by other readers and by geometry."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.freesurfer import read_annot, read_label, read_morph_data

import volio
from volio import Label
from volio.errors import LossWarning
from volio.ops.examine import examine
from volio.ops.surfaces.describe import describe_arrays, describe_mesh
from volio.space.meshes import enclosed_volume, euler_number

#: Real area of each vertex, mm2.
AREAS = (0.1, 1.0)


@pytest.fixture
def surfaces(shared_data: Path) -> Path:
    return shared_data / "surfaces"


@pytest.fixture
def freesurfer(shared_data: Path) -> Path:
    return shared_data / "freesurfer"


def levels(surf: object) -> dict[str, str]:
    return {found.where: found.level for found in examine(surf) if found.level != "info"}


def test_conte69(surfaces: Path):
    path = surfaces / "Conte69.L.inflated.32k_fs_LR.surf.gii"
    surf, theirs = volio.load(path), nibabel.load(path)
    assert (surf.n_vertices, len(surf.faces)) == (32492, 64980)
    assert euler_number(surf.faces) == 2
    assert (surf.space, surf.structure) == ("talairach", "cortex_left")
    np.testing.assert_array_equal(surf.vertices, theirs.darrays[0].data)
    np.testing.assert_array_equal(surf.faces, theirs.darrays[1].data)
    assert surf.darrays[0].meta["AnatomicalStructurePrimary"] == "CortexLeft"
    assert levels(path) == {}


def test_functional_maps_of_caret(surfaces: Path):
    path = surfaces / "Human.colin.R.FUNCTIONAL.71723.func.gii"
    surf, theirs = volio.load(path), nibabel.load(path)
    assert surf.vertices is None
    assert [each[:12] for each in surf.data] == ["Eye movement", "Attn shifts,"]
    # The intent is NONE: each map by itself, as nibabel has it.
    ours = surf.agg_data()
    assert isinstance(ours, tuple)
    for found, expected in zip(ours, theirs.agg_data(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_yeo_in_two_formats(surfaces: Path):
    gifti = volio.load(surfaces / "lh.Yeo2011.gii")
    mgh = volio.load(surfaces / "lh.Yeo2011.mgz")
    (name,) = gifti.data
    np.testing.assert_array_equal(gifti.data[name], np.ravel(mgh.dataobj))
    assert gifti.labels == mgh.labels
    found = next(describe_arrays(gifti)).labels
    values = np.ravel(mgh.dataobj)
    assert (found.rows, found.used, found.without) == (8, 8, 0)
    assert (found.largest, found.count) == ("7Networks_7", int((values == 7).sum()))


@pytest.mark.parametrize("where", ["surfaces/boggle.lh.annot", "freesurfer/label/lh.aparc.annot"])
def test_annotations(shared_data: Path, where: str):
    path = shared_data / where
    surf = volio.load(path)
    rows, table, names = read_annot(path)
    (values,) = surf.data.values()
    np.testing.assert_array_equal(values, rows)
    assert list(surf.labels.names) == [name.decode() for name in names]
    for number in (0, 5, len(names) - 1):
        red, green, blue, transparency, packed = table[number].tolist()
        assert surf.labels[number].colour == (red, green, blue, 255 - transparency)
        assert surf.labels.source_values[number] == packed
    assert levels(path) == {}


def test_a_label_of_freesurfer(freesurfer: Path):
    path = freesurfer / "label" / "lh.BA1.label"
    surf = volio.load(path)
    indices, values = read_label(path, read_scalars=True)
    assert len(surf.indices) == 4129
    np.testing.assert_array_equal(surf.indices, indices)
    np.testing.assert_allclose(surf.data["value"], values, rtol=1e-6)
    assert (surf.space, surf.structure) == ("tkras", "cortex_left")
    np.testing.assert_allclose(surf.vertices[:, 0].max(), -2.796, atol=1e-3)


def test_areas_of_freesurfer(freesurfer: Path):
    path = freesurfer / "surf" / "lh.area"
    surf = volio.load(path)
    np.testing.assert_array_equal(surf.data["area"], read_morph_data(path))
    assert surf.data["area"].min() > AREAS[0]
    assert surf.data["area"].max() < AREAS[1]


def test_a_mesh_and_its_values(surfaces: Path):
    mesh = volio.load(surfaces / "BrainMesh_ICBM152.lh.mz3")
    values = volio.load(surfaces / "BrainMesh_ICBM152.lh.curv")
    assert (mesh.n_vertices, len(mesh.faces)) == (40962, 81920)
    joined = mesh.with_data(values)
    expected = read_morph_data(surfaces / "BrainMesh_ICBM152.lh.curv")
    np.testing.assert_array_equal(joined.data["values"], expected)
    # Gzip within .mz3 is usual: nothing is odd about it.
    assert levels(surfaces / "BrainMesh_ICBM152.lh.mz3") == {}


def test_two_hemispheres_in_one_mesh(surfaces: Path):
    found = [each.found for each in examine(surfaces / "cortex_5124.mz3")]
    assert "the surface is in 2 parts, each like a sphere" in found
    assert euler_number(volio.load(surfaces / "cortex_5124.mz3").faces) == 4


def test_polygons_of_a_cube(surfaces: Path):
    with pytest.warns(LossWarning, match="5 polygons are split into 10 triangles"):
        cube = volio.load(surfaces / "cube.ply")
    assert (cube.n_vertices, len(cube.faces), cube.colors.shape) == (8, 12, (8, 4))
    assert enclosed_volume(cube.vertices, cube.faces) == pytest.approx(1)


def test_a_brain_in_obj(surfaces: Path):
    surf = volio.load(surfaces / "simplify_brain.obj")
    assert (surf.n_vertices, len(surf.faces)) == (4553, 9064)
    lines = (surfaces / "simplify_brain.obj").read_text().splitlines()
    corners = [line.split()[1:] for line in lines if line.startswith("v ")]
    np.testing.assert_array_equal(surf.vertices, np.array(corners, np.float32))
    found = {each.found for each in examine(surf)}
    assert "64 edges have more than two faces" in found
    assert "the Euler number is 85, not 8 as of 4 parts: not like a sphere" in found


def test_vtk_of_version_5_1(surfaces: Path):
    surf = volio.load(surfaces / "issue1298.vtk")
    assert (surf.n_vertices, len(surf.faces)) == (260, 500)
    mesh = describe_mesh(surf)
    assert (mesh.euler, mesh.volume) == (-2, None)


# The nibabel wheel.

WHEEL = Path(nibabel.__file__).parent / "gifti" / "tests" / "data"


@pytest.mark.parametrize(
    "name",
    [
        *("ascii.gii", "ascii_flat_data.gii", "base64bin.gii", "gzipbase64.gii", "external.gii"),
        *("label.gii", "rh.aparc.annot.gii", "rh.shape.curv.gii", "task.func.gii"),
    ],
)
def test_every_encoding_of_gifti(name: str):
    ours, theirs = volio.load(WHEEL / name), nibabel.load(WHEEL / name)
    assert len(ours.darrays) == len(theirs.darrays)
    for one, other in zip(ours.darrays, theirs.darrays, strict=True):
        assert (one.intent, one.encoding) == (other.intent, other.encoding)
        np.testing.assert_array_equal(one.data, other.data)
    rows = theirs.labeltable.labels
    if rows:
        assert list(ours.labels) == [Label(row.key, row.label, colour(row.rgba)) for row in rows]


def colour(levels: tuple[float | None, ...]) -> tuple[int, ...] | None:
    return None if None in levels else tuple([round(255 * level) for level in levels])
