"""SIGHT: pictures of images.

A folder imports those above it in this table only; the one exception is named in the layer test.
Names are imported when they are first used: a layer needs no matplotlib before it is coloured.

==============  ============================================================================
``base``        settings, channels of voxels, events, the attributes that pictures ask for
``colour``      colour maps, contrast limits, colours of values, blending, lines and letters
``sampling``    slices and slabs at any angle, sections along the axes, interpolation, views
``projection``  pictures of volumes: by shear and warp (fast), by rays (exact), isosurfaces
``surfaces``    pictures of surfaces: views, colours of vertices, faces in a z-buffer
``tracts``      pictures of tracts: colours of segments, lines in a z-buffer
``layers``      ImageLayer, SurfaceLayer: what is shown, and how; ``geometry``: affines, planes,
                rays; ``interaction``: keys and the mouse
``scene``       LayerStack and Overlay: several layers in one picture, contours, boxes
``pictures``    sections and volumes as arrays and files, without a figure or a display
``volumes``     ImageVolume: a volume with fastplotlib's names
``ortho``       OrthoSlicer3D: the viewer, and its state without anything that draws
``page``        one self-contained HTML page
``handoff``     layers for napari and fastplotlib
==============  ============================================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Every public name and the module it comes from.
_NAMES = {
    "Affine": "layers.geometry.affine",
    "BLENDINGS": "base.choices",
    "ClippingPlane": "layers.geometry.planes",
    "ClippingPlaneList": "layers.geometry.clipping",
    "Colormap": "colour.colormaps",
    "Contours": "scene.contours",
    "DEPICTIONS": "base.choices",
    "EmitterGroup": "base.events",
    "Event": "base.events",
    "EventEmitter": "base.events",
    "Extent": "layers.geometry.affine",
    "INTERPOLATIONS": "base.choices",
    "ImageLayer": "layers.layer",
    "ImageVolume": "volumes.volume",
    "LayerStack": "scene.stack",
    "MouseEvent": "layers.interaction.mouse",
    "OrthoSlicer3D": "ortho.viewer",
    "OrthoState": "ortho.state",
    "Overlay": "scene.overlay",
    "Pick": "layers.geometry.rays",
    "Plane": "layers.geometry.planes",
    "Projection": "projection",
    "RENDERINGS": "base.choices",
    "Sections": "sampling.sections",
    "SlicingPlane": "layers.geometry.planes",
    "Source": "layers.source",
    "SurfaceLayer": "layers.surface_layer",
    "View": "sampling.view",
    "as_colormap": "colour.colormaps",
    "blend": "colour.blending",
    "colorize": "colour.colours",
    "colormap_names": "colour.colormaps",
    "compose": "colour.blending",
    "find_limits": "colour.contrast",
    "layer_source": "layers.source",
    "normalize_key": "layers.interaction.keys",
    "plot_mosaic": "pictures.plots",
    "plot_ortho": "pictures.plots",
    "plot_rendering": "pictures.renderings",
    "plot_surface": "pictures.surfaces",
    "plot_tracts": "pictures.tracts",
    "project": "projection",
    "render_volumes": "volumes.rendering",
    "sample_plane": "sampling.plane",
    "save_gif": "pictures.animation",
    "save_png": "pictures.tiles",
    "surface_page": "page.surface_html",
    "through_slices": "pictures.animation",
    "through_time": "pictures.animation",
    "turn": "pictures.renderings",
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
