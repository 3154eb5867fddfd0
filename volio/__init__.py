"""Read, write, convert and look at neuroimaging files.

>>> import volio
>>> img = volio.load("sub-01_T1w.nii.gz")  # doctest: +SKIP
>>> img.shape, img.affine, img.get_fdata().mean()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from volio import compat, forks

# Every public name, but for those of formats, and the module it comes from; modules are imported
# when a name is first used. Editors and type checkers read `__init__.pyi`, which a test compares.
_NAMES = {
    "FORMATS": "formats.table",
    "load": "io",
    "save": "io",
    "convert": "io",
    "identify": "io",
    "create": "ops.create",
    "verify": "ops.verify",
    "cifti": "ops.cifti",
    "concat_images": "ops.combine",
    "four_to_three": "ops.combine",
    "squeeze_image": "ops.combine",
    "crop_to_mask": "ops.crop",
    "pad_image": "ops.crop",
    "pad_to_image": "ops.crop",
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
    "CoordinateAxis": "images.coordinates",
    "CoordinateImage": "images.coordinates",
    "Parcel": "images.coordinates",
    "Surface": "surfaces.surface",
    "Tractogram": "tracts.tractogram",
    "Label": "images.labels",
    "Labels": "images.labels",
    "VolumeGeometry": "space.volume_geometry",
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
    "stacks",
    "surfaces",
    "testing",
    "tiles",
    "tracts",
)


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__version__":
        from importlib.metadata import version

        value = version("volio")
    elif name == "__all__":
        value = sorted(["__version__", *_NAMES, *_format_names()])
    elif name in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    elif name in _PARTS:
        value = import_module(f"{__name__}.{name}")
    else:
        value = _attribute_of_format(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__"), *_PARTS})


def _attribute_of_format(name: str) -> Any:
    """Return a class of a format. What nibabel calls so comes first, for it is found faster."""
    try:
        return compat.attribute(name)
    except AttributeError:
        module = None if name.startswith("_") else _format_names().get(name)
        if module is None:
            raise
    return getattr(import_module(module), name)


def _format_names() -> dict[str, str]:
    """Return the names that the table of formats makes public, and the modules they come from."""
    from volio.formats.lookup import public_names

    return public_names()


compat.install()
forks.watch()
