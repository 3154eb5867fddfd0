"""SIGHT: pictures of images.

Four parts: what is shown and how (state), values at places (sampling and projection), colours
(compositing), and what people look at. Names are imported when they are first used: a layer needs
no matplotlib before it is coloured.

================  ============================================================================
``state``         ImageLayer and LayerStack, without anything that draws: coordinates, limits,
                  planes, rays, events, keys and mouse
``volumes``       ImageVolume, a volume in a scene, on the same state; ``scene``: several
``sampling``      ``plane`` (slices and slabs), ``sections`` (the three cuts along the axes of
                  the voxels), ``kernels`` (interpolation), ``gather`` (at any points), ``view``
                  (from where); ``block``: the three axes that are read
``projection``    pictures of volumes: ``shearwarp`` (fast), ``march`` (exact), ``fold`` (what
                  becomes of a ray), ``surface`` (isosurfaces)
``compositing``   ``colormaps``, ``colours`` (of values, and blending), ``blended`` (one picture
                  of several layers), ``overlay``, ``outlines`` (contours), ``boxes``
``ortho``         OrthoSlicer3D: the viewer, and its state without anything that draws
``pictures``      sections and volumes as arrays and files, without a figure or a display
``page``          one self-contained HTML page
``handoff``       layers for napari and fastplotlib
================  ============================================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Every public name and the module it comes from.
_NAMES = {
    "Affine": "state.placement",
    "BLENDINGS": "state.choices",
    "ClippingPlane": "state.planes",
    "ClippingPlaneList": "state.clipping",
    "Colormap": "compositing.colormaps",
    "Contours": "compositing.outlines",
    "DEPICTIONS": "state.choices",
    "EmitterGroup": "state.events",
    "Event": "state.events",
    "EventEmitter": "state.events",
    "Extent": "state.placement",
    "INTERPOLATIONS": "state.choices",
    "ImageLayer": "state.layer",
    "ImageVolume": "volumes.volume",
    "LayerStack": "state.stack",
    "MouseEvent": "state.mouse",
    "OrthoSlicer3D": "ortho.viewer",
    "OrthoState": "ortho.state",
    "Overlay": "compositing.overlay",
    "Pick": "state.rays",
    "Plane": "state.planes",
    "Projection": "projection",
    "RENDERINGS": "state.choices",
    "Sections": "sampling.sections",
    "SlicingPlane": "state.planes",
    "Source": "state.source",
    "View": "sampling.view",
    "as_colormap": "compositing.colormaps",
    "blend": "compositing.colours",
    "colorize": "compositing.colours",
    "colormap_names": "compositing.colormaps",
    "compose": "compositing.colours",
    "find_limits": "state.contrast",
    "layer_source": "state.source",
    "normalize_key": "state.keys",
    "plot_mosaic": "pictures.plots",
    "plot_ortho": "pictures.plots",
    "plot_rendering": "pictures.rendered",
    "project": "projection",
    "render_volumes": "volumes.scene",
    "sample_plane": "sampling.plane",
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
