"""What surfaces show of themselves: pictures."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.images.describe import table_html
from volio.surfaces.vertex_data import VertexArray

__all__ = ["ShownSurface"]


class ShownSurface:
    """Pictures of a surface."""

    def plot(self, values: Any = None, **options: Any) -> NDArray[np.uint8]:
        """Draw the surface from some sides, next to each other.

        Parameters
        ----------
        values : str, path, Surface or array-like, optional
            What is shown in colours: the name of an array of `data`, a file of values or a surface
            loaded from one, or numbers of shape (V,) or (V, T) (default: the first array that is
            not "sulc" or "curv").
        views : str, (azimuth, elevation), or sequence of these
            'lateral', 'medial' (default: these two), 'anterior', 'posterior', 'dorsal', 'ventral',
            'left', 'right' (default of both hemispheres together), or angles in degrees.
        hemi : {"left", "right"}, optional
            Which hemisphere it is (default: as its structure or the name of its file says, else
            by the sign of its mean x, with a warning).
        **options
            Of `volio.display.plot_surface`: ``background``, ``cmap``, ``vmin``, ``vmax``,
            ``threshold``, ``alpha``, ``labels``, ``outline``, ``size``, ``output_file``, ...

        Returns
        -------
        (rows, columns, 4) uint8 array
            RGBA.

        Raises
        ------
        UsageError
            If the surface has no faces, there are no such values, or an option is outside what it
            may be.
        ImageDataError
            If values are not one for each vertex.

        Warns
        -----
        GeometryWarning
            If only the coordinates tell which hemisphere it is.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
        >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
        >>> surf = volio.Surface(corners, sides, {"height": [0, 0, 0, 1]})
        >>> picture = surf.plot("height", views="anterior", size=60, output_file="height.png")
        """
        from volio.display.pictures.surfaces import plot_one_surface

        return plot_one_surface(self, values, **options)  # type: ignore[arg-type]  # a part of them

    def to_html(
        self, path: str | PathLike[str] | None = None, values: Any = None, **options: Any
    ) -> str | None:
        """Make one HTML page of the surface, which any browser of 2023 or later shows offline.

        It turns with the mouse, fingers and keys, shows vertex, value and position of what is
        pointed at, and has views, maps, colours and thresholds to choose from.

        Parameters
        ----------
        path : str or path, optional
            Name of the page; without one its text is returned.
        values : optional
            The maps that can be chosen: the name of an array of `data`, a file of values or a
            surface loaded from one, numbers of shape (V,) or (V, T), or a list or mapping of these
            (default: all arrays of `data`).
        hemi : {"left", "right"}, optional
            Which hemisphere it is, for the views "lateral" and "medial" (default: as its structure
            or the name of its file says).
        **options
            Of `volio.display.surface_page`: ``map``, ``background``, ``cmap``, ``vmin``, ``vmax``,
            ``threshold``, ``view``, ``limit`` (2,000,000 bytes), ``title``, ...

        Returns
        -------
        str or None
            The text of the page, if there is no `path`.

        Raises
        ------
        UsageError
            If the surface has no faces, there are no such values, the limit is too small for the
            surface alone, or an option is outside what it may be.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
        >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
        >>> surf = volio.Surface(corners, sides, {"height": [0, 0, 0, 1]})
        >>> surf.to_html("height.html", view="anterior")
        """
        from volio.display.page.surface_html import one_surface_page

        return one_surface_page(self, path, values, **options)

    def to_nilearn(
        self, values: str | None = None, *, other: Any = None, hemi: str | None = None
    ) -> Any:
        """Return nilearn's ``SurfaceImage`` of the surface, or ``PolyMesh`` where it has no values.

        Parameters
        ----------
        values : str, optional
            Name of an array of `data`, of both surfaces (default: the first).
        other : Surface, optional
            The other hemisphere.
        hemi : {"left", "right"}, optional
            Which hemisphere this is (default: as its structure or the name of its file says).

        Raises
        ------
        MissingPackageError
            If nilearn is not installed: ``pip install 'volio[nilearn]'``.
        UsageError
            If there is no mesh, there are no such values, or nothing says which hemisphere it is.
        """
        from volio.display.handoff.nilearn_image import nilearn_image

        return nilearn_image(self, other, values, hemi)  # type: ignore[arg-type]  # a Surface

    def to_napari(self, values: Any = None, *, space: str | None = None, **options: Any) -> Any:
        """Return a napari layer of the surface, which ``viewer.add_layer`` shows.

        Parameters
        ----------
        values : optional
            What is shown in colours, as for `plot`.
        space : str, optional
            Where vertices are to be (default: in the scanner's space, where the surface leads
            there, so that it fits its volumes; else as they are). The layer says which one in
            ``layer.metadata["space"]``.
        **options
            Parameters of `SurfaceLayer`: ``colormap``, ``contrast_limits``, ``shading``, ...

        See Also
        --------
        SurfaceLayer.to_napari : axes, and errors.
        """
        from volio.display.layers.surface_conversion import placed_layer
        from volio.display.layers.surface_layer import SurfaceLayer

        return placed_layer(SurfaceLayer, self, values, space, options).to_napari()

    def to_fastplotlib(
        self, values: Any = None, *, space: str | None = None, **options: Any
    ) -> Any:
        """Return a fastplotlib MeshGraphic of the surface, which ``subplot.add_graphic`` shows.

        Parameters
        ----------
        values, space, **options
            As for `to_napari`.

        See Also
        --------
        SurfaceLayer.to_fastplotlib : what it has, and errors.
        """
        from volio.display.layers.surface_conversion import placed_layer
        from volio.display.layers.surface_layer import SurfaceLayer

        return placed_layer(SurfaceLayer, self, values, space, options).to_fastplotlib()

    def _repr_html_(self) -> str:
        from volio.display.pictures.surface_preview import surface_preview_png

        about = "the surface from two sides"
        title = type(self).__name__
        return table_html(title, surface_facts(self), lambda: surface_preview_png(self), about)


def surface_facts(surface: Any) -> dict[str, str]:
    """Return the facts of a surface that fit in a few lines, by name."""
    found = {}
    if surface.vertices is not None:
        found["vertices"] = str(surface.n_vertices)
        found["space"] = surface.space
    if surface.faces is not None:
        found["faces"] = str(len(surface.faces))
    if surface.structure:
        found["structure"] = surface.structure
    found["data"] = "\n".join(map(_array_text, surface.data.arrays())) or "none"
    found["file"] = str(surface.get_filename() or "none")
    return found


def _array_text(array: VertexArray) -> str:
    """Return the name of values per vertex, their dtype and how many there are."""
    shape = " × ".join(str(length) for length in array.values.shape)
    dtype = array.values.dtype.newbyteorder("=")
    labels = "" if array.labels is None else f", {len(array.labels)} labels"
    return f"{array.name}: {shape} {dtype}{labels}"
