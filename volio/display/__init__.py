"""SIGHT: pictures of images.

State that nothing draws yet (`layer` and the parts it is built of), and what draws it. Names are
imported when they are first used: a layer needs no matplotlib before it is coloured.

==================  ==========================================================================
``layer``           ImageLayer: an image and how it is shown; built up in ``identity`` (name,
                    events), ``voxels`` (arrays, levels), ``sliced`` (what is shown of them;
                    ``thick``: slabs), ``placed`` (coordinates), ``drawn`` (blending, rendering,
                    planes), ``shaded`` (limits, colours), ``seen`` (values at places and along
                    rays)
``stack``           LayerStack: layers above each other; ``blended``: one picture of them,
                    ``boxes``: what is drawn around them
``events``          callbacks; ``keys``, ``mouse``: what these do (``plane_keys``,
                    ``plane_mouse``: to planes)
``placement``       affines of n axes; ``planes``, ``clipping``, ``rays``, ``levels``: geometry
``contrast``        limits; ``colormaps``: colours; ``thumbnail``
``volume``          ImageVolume: a volume in a scene; ``buffer`` (voxels that are shared),
                    ``features``, ``graphic_events``, ``scene`` (several volumes)
``sampling``        slices and slabs; ``kernels``: interpolation, ``gather``: at any points
``projection``      pictures of volumes: ``shearwarp`` (fast), ``march`` (exact), ``fold`` (what
                    becomes of a ray), ``surface`` (isosurfaces); ``view``: from where
``compositing``     colours of values, blending; ``block``, ``shown``: what these read of layers
``sections``        the sagittal, coronal and axial cuts along the axes of the voxels
``overlay``         Overlay: an image over another; ``outlines``: contours of masks and regions
``pictures``        ``plots``: pictures of sections as arrays, without a figure or a display
``glance``          slices for notebooks; ``handoff``: layers for napari and fastplotlib
``page``            one self-contained HTML page
``ortho``           OrthoSlicer3D: the viewer, and its state without anything that draws
==================  ==========================================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Every public name and the module it comes from.
_NAMES = {
    "Affine": "placement",
    "BLENDINGS": "choices",
    "ClippingPlane": "planes",
    "ClippingPlaneList": "clipping",
    "Colormap": "colormaps",
    "Contours": "outlines",
    "DEPICTIONS": "choices",
    "EmitterGroup": "events",
    "Event": "events",
    "EventEmitter": "events",
    "Extent": "placement",
    "INTERPOLATIONS": "choices",
    "ImageLayer": "layer",
    "ImageVolume": "volume",
    "LayerStack": "stack",
    "MouseEvent": "mouse",
    "OrthoSlicer3D": "ortho.viewer",
    "OrthoState": "ortho.state",
    "Overlay": "overlay",
    "Pick": "rays",
    "Plane": "planes",
    "Projection": "projection",
    "RENDERINGS": "choices",
    "Sections": "sections",
    "SlicingPlane": "planes",
    "Source": "source",
    "View": "view",
    "as_colormap": "colormaps",
    "blend": "compositing",
    "colorize": "compositing",
    "colormap_names": "colormaps",
    "compose": "compositing",
    "find_limits": "contrast",
    "layer_source": "source",
    "normalize_key": "keys",
    "plot_mosaic": "pictures.plots",
    "plot_ortho": "pictures.plots",
    "plot_rendering": "pictures.rendered",
    "project": "projection",
    "render_volumes": "scene",
    "sample_plane": "sampling",
    "save_gif": "pictures.moving",
    "save_png": "pictures.tiles",
    "through_slices": "pictures.moving",
    "through_time": "pictures.moving",
    "turn": "pictures.rendered",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
