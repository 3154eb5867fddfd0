"""Jobs of nilearn on files; run as a program, on nibabel and on volio in its place.

``python -m volio.tests.compat.nilearn_jobs FOLDER`` writes the figures of all jobs to
FOLDER/nibabel.npz and FOLDER/volio.npz.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import numpy as np

#: What takes most of the time of importing nilearn, and does not import nibabel.
SHARED = (
    "pandas",
    "scipy.ndimage",
    "scipy.stats",
    "sklearn.cluster",
    "sklearn.utils.estimator_checks",
)


class Blocked(MetaPathFinder):
    """Refuses to find nibabel's own package."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """Refuse nibabel, and know nothing of other modules."""
        if fullname.partition(".")[0] == "nibabel":
            raise ModuleNotFoundError(f"{fullname}: must not be imported here")


def without_nibabel() -> None:
    """Give volio nibabel's name, where nibabel itself cannot be imported."""
    sys.meta_path.insert(0, Blocked())
    import volio
    from volio.compat import install_as_nibabel

    install_as_nibabel()
    import nibabel  # this is volio

    assert nibabel.__file__ == volio.__file__


def surface_jobs(folder: Path) -> Iterator[tuple[str, Any]]:
    """Meshes and values of every kind of file, values from volumes, images of both hemispheres."""
    from nilearn import surface

    for name in ("lh.surf.gii", "lh.white"):
        mesh = surface.load_surf_mesh(str(folder / name))
        yield f"mesh {name} coordinates", mesh.coordinates
        yield f"mesh {name} faces", mesh.faces
    for name in ("lh.shape.gii", "lh.func.gii", "lh.thickness", "lh.parts.annot", "lh.some.label",
                 "lh.values.mgz", "lh.values.nii.gz"):  # fmt: skip
        yield f"data {name}", surface.load_surf_data(str(folder / name))
    for kind in ("line", "ball"):
        for interpolation in ("linear", "nearest_most_frequent"):
            found = surface.vol_to_surf(
                str(folder / "bold.nii.gz"),
                str(folder / "lh.surf.gii"),
                kind=kind,
                interpolation=interpolation,
            )
            yield f"vol_to_surf {kind} {interpolation}", found
    image = surface_image(folder)
    for side in ("left", "right"):
        yield f"surface image {side}", image.data.parts[side]
        yield f"surface image {side} mesh", image.mesh.parts[side].coordinates
    image.data.to_filename(folder / "values.gii")
    image.mesh.to_filename(folder / "mesh.gii")
    for side in ("L", "R"):
        yield f"saved {side}", surface.load_surf_data(str(folder / f"values_hemi-{side}.gii"))
        mesh = surface.load_surf_mesh(str(folder / f"mesh_hemi-{side}.gii"))
        yield f"saved {side} mesh", mesh.coordinates


def surface_image(folder: Path) -> Any:
    """Both hemispheres with a series of values."""
    from nilearn.surface import PolyMesh, SurfaceImage

    mesh = PolyMesh(left=folder / "lh.surf.gii", right=folder / "lh.white")
    return SurfaceImage(mesh, {"left": folder / "lh.func.gii", "right": folder / "lh.func.gii"})


def image_jobs(folder: Path) -> Iterator[tuple[str, Any]]:
    """Operations on volumes, whose affines are figures too."""
    from nilearn import image

    bold = image.load_img(str(folder / "bold.nii.gz"))
    mean = image.mean_img(bold, copy_header=True)
    made = {
        "mean": mean,
        "smooth": image.smooth_img(bold, 4.0),
        "resample": image.resample_img(
            mean, np.diag([3.0, 2.5, 4.0]), interpolation="linear", copy_header=True,
            force_resample=True,
        ),
        "resample to": image.resample_to_img(
            mean, str(folder / "parts.nii.gz"), copy_header=True, force_resample=True
        ),
        "index": image.index_img(bold, slice(1, 4)),
        "concat": image.concat_imgs([mean, mean]),
        "math": image.math_img("a.mean(axis=-1) * 2", a=bold),
        "threshold": image.threshold_img(mean, "70%", copy_header=True),
        "clean": image.clean_img(bold, detrend=True, standardize=None, t_r=2.0),
        "crop": image.crop_img(str(folder / "parts.nii.gz"), copy_header=True),
        "like": image.new_img_like(mean, mean.get_fdata() > 0.5, copy_header=True),
        "canonical": image.reorder_img(str(folder / "parts.nii.gz"), resample="nearest"),
    }  # fmt: skip
    for name, found in made.items():
        yield f"{name} voxels", np.asanyarray(found.dataobj)
        yield f"{name} affine", found.affine
        yield f"{name} zooms", found.header.get_zooms()
    made["smooth"].to_filename(folder / "smooth.nii.gz")
    yield "smooth again", image.load_img(str(folder / "smooth.nii.gz")).get_fdata()


def masker_jobs(folder: Path) -> Iterator[tuple[str, Any]]:
    """Signals of volumes and surfaces, and back."""
    from nilearn import maskers, masking
    from nilearn.surface import SurfaceImage

    bold = str(folder / "bold.nii.gz")
    whole = maskers.NiftiMasker(mask_strategy="epi", smoothing_fwhm=3.0, standardize=None)
    signals = whole.fit_transform(bold)
    yield "masker", signals
    yield "masker back", whole.inverse_transform(signals).get_fdata()
    mask = masking.compute_epi_mask(bold)
    yield "epi mask", np.asarray(mask.dataobj)
    yield "epi mask affine", mask.affine
    yield "signals within it", masking.apply_mask(bold, mask)
    parts = maskers.NiftiLabelsMasker(str(folder / "parts.nii.gz"), standardize=None)
    signals = parts.fit_transform(bold)
    yield "labels", signals
    yield "labels back", parts.inverse_transform(signals).get_fdata()
    spheres = maskers.NiftiSpheresMasker([(2.0, 1.0, 3.0)], radius=6.0, standardize=None)
    yield "spheres", spheres.fit_transform(bold)
    image = surface_image(folder)
    yield "surface masker", maskers.SurfaceMasker(standardize=None).fit_transform(image)
    numbers = {"left": folder / "lh.parts.annot", "right": folder / "lh.parts.annot"}
    labels = SurfaceImage(image.mesh, numbers)
    masker = maskers.SurfaceLabelsMasker(labels, standardize=None)
    yield "surface labels", masker.fit_transform(image)


def run(library: str, folder: Path) -> None:
    """Run all jobs, and write their figures."""
    warnings.simplefilter("ignore")  # of nilearn, about what it will change
    if library == "volio":
        without_nibabel()
    figures: dict[str, Any] = {}
    own = folder / library
    for jobs in (surface_jobs, image_jobs, masker_jobs):
        figures |= {f"{jobs.__name__} {name}": np.asarray(found) for name, found in jobs(own)}
    if library == "volio":
        files = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
        assert not [name for name in files if "/nibabel/" in name and "/compat/" not in name]
    np.savez(folder / f"{library}.npz", **figures)


def run_each(folder: Path) -> None:
    """Run all jobs on each library, in processes that only share imports that need neither."""
    for name in SHARED:
        import_module(name)
    assert "nibabel" not in sys.modules
    context = multiprocessing.get_context("fork")
    for library in ("nibabel", "volio"):
        process = context.Process(target=run, args=(library, folder))
        process.start()
        process.join()
        assert process.exitcode == 0, library


if __name__ == "__main__":
    run_each(Path(sys.argv[1]))
