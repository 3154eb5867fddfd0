"""Read, write, convert and look at neuroimaging files.

>>> import volio
>>> img = volio.load("sub-01_T1w.nii.gz")  # doctest: +SKIP
>>> img.shape, img.affine, img.get_fdata().mean()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from volio import compat

# Every public name and the module it comes from; modules are imported when a name is first used.
_NAMES = {
    "load": "io",
    "save": "io",
    "convert": "io",
    "identify": "io",
    "create": "ops.create",
    "verify": "ops.verify",
    "concat_images": "ops.combine",
    "four_to_three": "ops.combine",
    "squeeze_image": "ops.combine",
    "as_closest_canonical": "ops.orient",
    "conform": "ops.resample",
    "resample_from_to": "ops.resample",
    "resample_to_output": "ops.resample",
    "fwhm2sigma": "ops.smooth",
    "sigma2fwhm": "ops.smooth",
    "smooth_image": "ops.smooth",
    "is_proxy": "arrays.lazy",
    "LazyArray": "arrays.lazy",
    "ArrayProxy": "arrays.proxy",
    "SpatialImage": "images.spatial",
    "SpatialHeader": "images.headers.spatial",
    "AFNIHeader": "formats.afni",
    "AFNIImage": "formats.afni",
    "AnalyzeHeader": "formats.analyze",
    "AnalyzeImage": "formats.analyze",
    "EcatHeader": "formats.ecat",
    "EcatImage": "formats.ecat",
    "MGHHeader": "formats.mgh",
    "MGHImage": "formats.mgh",
    "MetaImage": "formats.metaimage",
    "MetaPair": "formats.metaimage",
    "MifImage": "formats.mif",
    "MifPair": "formats.mif",
    "Minc1Image": "formats.minc.minc1",
    "Minc2Image": "formats.minc.minc2",
    "Nifti1Header": "formats.nifti1",
    "Nifti1Image": "formats.nifti1",
    "Nifti1Pair": "formats.nifti1",
    "Nifti1PairHeader": "formats.nifti1",
    "Nifti2Header": "formats.nifti2",
    "Nifti2Image": "formats.nifti2",
    "Nifti2Pair": "formats.nifti2",
    "NrrdImage": "formats.nrrd",
    "NrrdPair": "formats.nrrd",
    "PARRECHeader": "formats.parrec",
    "PARRECImage": "formats.parrec",
    "Spm2AnalyzeImage": "formats.spm2",
    "Spm99AnalyzeImage": "formats.spm99",
    "aff2axcodes": "space.orientations",
    "apply_orientation": "space.orientations",
    "flip_axis": "space.orientations",
    "io_orientation": "space.orientations",
    "FileHolder": "files.filemap",
    "FileMap": "files.filemap",
    "ImageLayer": "display.layers.layer",
    "ImageVolume": "display.volumes.volume",
    "LayerStack": "display.scene.stack",
    "OrthoSlicer3D": "display.ortho.viewer",
    "VolioError": "errors",
    "options": "settings",
}

_PARTS = (
    "arrays",
    "cli",
    "codes",
    "compat",
    "display",
    "errors",
    "extras",
    "files",
    "formats",
    "images",
    "io",
    "ops",
    "settings",
    "space",
    "testing",
)

__all__ = sorted(["__version__", *_NAMES])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("volio")
    elif name in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    elif name in _PARTS:
        value = import_module(f"{__name__}.{name}")
    else:
        value = compat.attribute(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PARTS})


compat.install()
