"""Surface: vertices and faces, and values per vertex; the base of every format of surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.errors import ImageDataError, UsageError
from volio.files.filemap import FileHolder
from volio.images.file_image import FileImage
from volio.images.kinds import Kind
from volio.images.labels import Labels
from volio.space.meshes import vertex_areas, vertex_bounds, vertex_normals
from volio.space.volume_geometry import VolumeGeometry
from volio.surfaces.contents import SurfaceContents, copied_contents
from volio.surfaces.conversion import in_space, warn_of_losses
from volio.surfaces.description import describe
from volio.surfaces.header import SurfaceHeader
from volio.surfaces.joining import join_values
from volio.surfaces.mesh_arrays import (
    checked_colours,
    checked_faces,
    checked_indices,
    checked_vertices,
)
from volio.surfaces.parts import cut_contents, joined_contents
from volio.surfaces.row_volumes import is_row, surface_contents
from volio.surfaces.shown import ShownSurface
from volio.surfaces.spaces import (
    check_space,
    geometry_from,
    matrices_from,
    matrix_between,
    move_vertices,
)
from volio.surfaces.vertex_data import StoredVertexData, VertexData

__all__ = ["Surface"]


class Surface(ShownSurface, FileImage):
    """Vertices and faces in a space that is named, and values per vertex.

    Parameters
    ----------
    vertices : array-like, shape (V, 3), optional
        mm, in `space`. None where there are only values.
    faces : array-like of int, shape (F, 3), optional
        The numbers of three vertices each, counterclockwise as seen from outside.
    data : mapping of str to array-like, optional
        Values per vertex by name, of shape (V,) or (V, T).
    space : str
        'scanner', 'aligned', 'talairach', 'mni', 'tkras' (FreeSurfer's surface RAS),
        'template:NAME' or 'unknown'; it is never guessed.
    structure : str
        What the surface is of: 'cortex_left', ...
    geometry : VolumeGeometry, optional
        Of the volume that the surface was made from, which leads from tkRAS to the scanner.
    colors : array-like of uint8, shape (V, 4), optional
        Red, green, blue and opacity of each vertex.
    indices : array-like of int, shape (V,), optional
        The numbers of the vertices in a whole surface, of patches and labels.
    meta : mapping of str to str, optional
        Free texts.
    header, extra, file_map
        As for `FileImage`.

    Raises
    ------
    ImageDataError
        If shapes do not fit, or faces name vertices that are not there.
    UsageError
        If there is no such space.

    Examples
    --------
    >>> corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> sides = [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]
    >>> surf = volio.Surface(corners, sides, {"height": [0, 0, 0, 1]}, space="scanner")
    >>> surf.n_vertices, surf.data["height"].tolist(), float(surf.areas.sum().round(3))
    (4, [0, 0, 0, 1], 2.366)
    """

    kind: ClassVar[Kind] = "surface"
    leads_to: ClassVar[Mapping[Kind, str]] = {
        "volume": "values without a mesh go to FreeSurfer's .mgh: volio.Surface(data=surf.data)"
    }
    header_class: ClassVar[type[Any]] = SurfaceHeader
    conversion_choices: ClassVar[tuple[str, ...]] = ("space",)
    arrays_are: ClassVar[str] = "surf.vertices, surf.faces and surf.data['name'] are arrays"
    #: Whether files of this class say which space vertices are in.
    states_space: ClassVar[bool] = True

    def __init__(
        self,
        vertices: ArrayLike | None = None,
        faces: ArrayLike | None = None,
        data: Mapping[str, ArrayLike] | None = None,
        *,
        space: str = "unknown",
        structure: str = "",
        geometry: VolumeGeometry | None = None,
        colors: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        meta: Mapping[str, str] | None = None,
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        super().__init__(header, extra, file_map)
        self.header.meta.update(meta or {})
        self._vertices: NDArray[Any] | None = None
        self._faces: NDArray[np.int32] | None = None
        self._data = StoredVertexData.from_any(data)
        self.vertices = vertices
        self.faces = faces
        self.space = space
        self.structure = structure
        self.geometry = geometry
        self.matrices: dict[str, NDArray[np.float64]] = {}
        self.colors = colors
        self.indices = indices
        self._set_file_defaults()

    # The mesh.

    @property
    def vertices(self) -> NDArray[Any] | None:
        """Positions, mm in `space`, shape (V, 3); None in a file of values only."""
        return self._vertices

    @vertices.setter
    def vertices(self, vertices: ArrayLike | None) -> None:
        array = None if vertices is None else checked_vertices(vertices)
        if array is not None:
            self._check_count(len(array), "vertices")
            self._data.count = len(array)
        self._vertices = array

    @property
    def faces(self) -> NDArray[np.int32] | None:
        """Numbers of three vertices each, int32, shape (F, 3); None without a mesh."""
        return self._faces

    @faces.setter
    def faces(self, faces: ArrayLike | None) -> None:
        self._faces = None if faces is None else checked_faces(faces, self.n_vertices)

    @property
    def n_vertices(self) -> int:
        """Number of vertices, or of values where there are no vertices."""
        if self.vertices is not None:
            return len(self.vertices)
        return len(self.data[next(iter(self.data))]) if len(self.data) else 0

    @property
    def normals(self) -> NDArray[np.float64] | None:
        """Unit normal at each vertex, those of its faces weighted by angle; shape (V, 3).

        None without a mesh, as `areas`.
        """
        if self.vertices is None or self.faces is None:
            return None
        return vertex_normals(self.vertices, self.faces)

    @property
    def areas(self) -> NDArray[np.float64] | None:
        """Area of each vertex, a third of the faces around it, mm²; shape (V,)."""
        if self.vertices is None or self.faces is None:
            return None
        return vertex_areas(self.vertices, self.faces)

    @property
    def bounds(self) -> NDArray[np.float64] | None:
        """Lowest and highest coordinates, mm, shape (2, 3); NaN vertices do not count.

        None without vertices.
        """
        return None if self.vertices is None else vertex_bounds(self.vertices)

    def _needed_vertices(self) -> NDArray[Any]:
        if self.vertices is None:
            raise UsageError(
                f"{self._name()}: has values, but no vertices; mesh.with_data(values) joins them"
            )
        return self.vertices

    # Values.

    @property
    def data(self) -> VertexData:
        """Values per vertex, by name; ``data.labels[name]`` is a table of labels or None."""
        return self._data

    @property
    def labels(self) -> Labels | None:
        """The table of labels of the only array that has one; None where none or several have."""
        return self.data.only_labels()

    @property
    def meta(self) -> Any:
        """Free texts that the file has, by key."""
        return self.header.meta

    @property
    def colors(self) -> NDArray[np.uint8] | None:
        """Red, green, blue and opacity of each vertex, uint8, shape (V, 4); None without."""
        return self._colors

    @colors.setter
    def colors(self, colors: ArrayLike | None) -> None:
        array = None if colors is None else checked_colours(colors)
        if array is not None:
            self._check_count(len(array), "colors")
        self._colors = array

    @property
    def indices(self) -> NDArray[np.int64] | None:
        """Numbers of the vertices in the whole surface, shape (V,); None for a whole one."""
        return self._indices

    @indices.setter
    def indices(self, indices: ArrayLike | None) -> None:
        array = None if indices is None else checked_indices(indices)
        if array is not None:
            self._check_count(len(array), "indices")
        self._indices = array

    def _check_count(self, count: int, what: str) -> None:
        known = self.n_vertices
        if (self.vertices is not None or len(self.data)) and count != known:
            raise ImageDataError(f"{what}: one for each of {known} vertices, got {count}")

    # Space.

    @property
    def space(self) -> str:
        """The space of the vertices."""
        return self._space

    @space.setter
    def space(self, space: str) -> None:
        self._space = check_space(space)

    def vertices_in(self, space: str, reference: Any = None) -> NDArray[Any]:
        """Return the vertices in another space.

        Parameters
        ----------
        space : str
            'scanner', 'tkras', ..., as for `Surface`.
        reference : SpatialImage, optional
            The volume that the surface was made from, where the file does not tell of it.

        Returns
        -------
        array, shape (V, 3)
            mm, of the dtype of the vertices.

        Raises
        ------
        SpaceError
            If nothing says how to get there.
        """
        vertices = self._needed_vertices()
        return move_vertices(vertices, self.space, check_space(space), self._matrices(reference))

    def matrix_to(self, space: str, reference: Any = None) -> NDArray[np.float64]:
        """Return the matrix (4, 4) from the space of the vertices to another, mm to mm.

        Parameters
        ----------
        space, reference
            As for `vertices_in`.

        Raises
        ------
        SpaceError
            If nothing says how to get there.
        """
        return matrix_between(self.space, check_space(space), self._matrices(reference))

    def _matrices(self, reference: Any) -> dict[str, NDArray[np.float64]]:
        """Return the matrices to other spaces; a volume that it was made from says more."""
        geometry = geometry_from(reference, self.geometry)
        return matrices_from(self.space, geometry, self.matrices)

    def to_space(self, space: str, reference: Any = None) -> Self:
        """Return the surface with its vertices in another space.

        Parameters
        ----------
        space, reference
            As for `vertices_in`.

        Raises
        ------
        SpaceError
            If nothing says how to get there.
        """
        moved = self.copy()
        moved.geometry = geometry_from(reference, self.geometry)
        moved.vertices = moved.vertices_in(space)
        moved.matrices = {}
        moved.space = space
        return moved

    # Together with volumes.

    def sample(
        self,
        img: Any,
        interpolation: str | None = None,
        *,
        depths: ArrayLike = 0.0,
        towards: Surface | None = None,
        mean: bool = True,
        outside: float = np.nan,
        space: str = "scanner",
        reference: Any = None,
    ) -> NDArray[Any]:
        """Return the values of a volume at the vertices, or along a line through each vertex.

        Parameters
        ----------
        img : SpatialImage
            Its affine leads to `space`. Axes after the third are a series.
        interpolation : {"linear", "nearest"}, optional
            Default: linear, but nearest for images whose header says that they hold labels.
        depths : float or sequence of float
            Steps along the normal of each vertex, mm, outwards; 0 is the vertex. Normals are
            those of the surface in `space`, weighted by angle.
        towards : Surface, optional
            Another surface with the same vertices, as the pial one of a white one: depths are
            then shares of the way there, 0 here and 1 there.
        mean : bool
            Whether to average over several depths. What is outside of the volume does not count
            in the mean.
        outside : float
            The value of points outside of the volume, which reaches half a voxel beyond the
            centres of its outermost voxels.
        space : str
            The space of the volume.
        reference : SpatialImage, optional
            The volume that the surface was made from, as for `vertices_in`.

        Returns
        -------
        array, shape (V,), or (V, T) of a series
            float64 (complex128 of complex voxels); of the nearest voxels their dtype, if it holds
            `outside`. Of a sequence of depths without `mean`, shape (V, D) or (V, D, T).

        Raises
        ------
        SpaceError
            If nothing says where the vertices are in `space`, or the volume has no affine.
        UsageError
            If labels are to be averaged, or an argument is out of its range.
        ImageDataError
            If voxels are colours, or surfaces have different numbers of vertices.

        Examples
        --------
        >>> height = np.broadcast_to(np.arange(8.0), (8, 8, 8))
        >>> img = volio.Nifti1Image(height, np.eye(4))
        >>> triangle = [[1, 1, 1.5], [3, 1, 2], [1, 3, 9]]
        >>> surf = volio.Surface(triangle, [[0, 1, 2]], space="scanner")
        >>> surf.sample(img).tolist()
        [1.5, 2.0, nan]
        """
        from volio.ops.surfaces.sample import sample_volume

        return sample_volume(
            self,
            img,
            interpolation,
            depths=depths,
            towards=towards,
            mean=mean,
            outside=outside,
            space=space,
            reference=reference,
        )

    # Putting together and copying.

    def with_data(self, *others: Surface) -> Self:
        """Return the surface with the values of other files.

        Parameters
        ----------
        *others : Surface
            Files of values for the same vertices, or volumes of one row (lh.thickness.mgh). A
            name that is there already gets a number.

        Raises
        ------
        ImageDataError
            If one has another number of vertices, or is of another structure.
        """
        joined = self.copy()
        join_values(joined, others)
        return joined

    def cut(self, where: ArrayLike) -> Surface:
        """Return the part of the surface at some of its vertices.

        Parameters
        ----------
        where : array-like of bool, shape (V,), or of int, shape (n,)
            Which vertices: a mask, or their numbers in any order.

        Returns
        -------
        Surface
            With arrays of its own; its faces are those of which all vertices are chosen, and
            `indices` are the numbers of its vertices in the whole surface.

        Raises
        ------
        IndexingError
            If they are not vertices of the surface, or one is named twice.

        Examples
        --------
        >>> corners = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
        >>> square = volio.Surface(corners, [[0, 1, 2], [0, 2, 3]], {"x": [0, 1, 1, 0]})
        >>> part = square.cut([0, 2, 3])
        >>> part.faces.tolist(), part.data["x"].tolist(), part.indices.tolist()
        ([[0, 1, 2]], [0, 1, 0], [0, 2, 3])
        """
        return Surface.from_contents(cut_contents(self.contents(), where, self.n_vertices))

    def join(self, *others: Surface) -> Surface:
        """Return one surface of this and others: both hemispheres, for instance.

        Parameters
        ----------
        *others : Surface
            In the same space.

        Returns
        -------
        Surface
            With the vertices of one after those of the other, in arrays of its own, and with the
            values that all have, by name. Tables of labels are joined. Its structure is what
            those of all have in common, ``"cortex"`` of both hemispheres.

        Raises
        ------
        SpaceError
            If they are in different spaces.
        ImageDataError
            If some have vertices or faces and others have none.
        HeaderDataError
            If their tables of labels give one key different names.

        Warns
        -----
        LossWarning
            If some have values or colours that others do not have; the message lists them.

        Examples
        --------
        >>> corners = [[1, 0, 0], [2, 0, 0], [1, 1, 0]]
        >>> right = volio.Surface(corners, [[0, 1, 2]], {"x": [1, 2, 3]}, structure="cortex_right")
        >>> left = volio.Surface(corners, [[0, 2, 1]], {"x": [4, 5, 6]}, structure="cortex_left")
        >>> both = right.join(left)
        >>> both.faces.tolist(), both.data["x"].tolist(), both.structure
        ([[0, 1, 2], [3, 5, 4]], [1, 2, 3, 4, 5, 6], 'cortex')
        """
        return Surface.from_contents(joined_contents([self, *others]))

    def contents(self) -> SurfaceContents:
        """Return all that can be handed to another class of surfaces."""
        return SurfaceContents(
            self.vertices,
            self.faces,
            tuple(self.data.arrays()),
            self.space,
            self.structure,
            self.geometry,
            dict(self.matrices),
            self.colors,
            self.indices,
            dict(self.meta),
        )

    @classmethod
    def from_contents(cls, contents: SurfaceContents) -> Self:
        """Return a surface of this class with what it can hold of some contents."""
        made = cls(
            contents.vertices,
            contents.faces,
            StoredVertexData(contents.arrays),
            space=contents.space,
            structure=contents.structure,
            geometry=contents.geometry,
            colors=contents.colours,
            indices=contents.indices,
            meta=contents.meta,
        )
        made.matrices = dict(contents.matrices)
        return made

    @classmethod
    def from_image(cls, img: Any, *, space: str | None = None) -> Self:
        """Return a surface of this class with what another one holds.

        Parameters
        ----------
        img : Surface
            Or a volume whose voxels are one row, of shape (V, 1, 1) or (V, 1, 1, T): values of
            vertices, as FreeSurfer has them in MGH files.
        space : str, optional
            The space that vertices are to be in. Those of an unknown space are taken to be in it,
            others are moved.

        Raises
        ------
        UsageError
            If it is not a surface, or there is no such space.
        SpaceError
            If nothing says how to get to the space.
        SaveError
            If the format of this class holds nothing of it.

        Warns
        -----
        LossWarning
            If the format has no place for all of it; the message lists what is lost.
        GeometryWarning
            If vertices are moved.
        """
        before = surface_contents(img, cls.__name__)
        if space is not None:
            before = in_space(before, space, cls.__name__ if is_row(img) else img._name())
        made = cls.from_contents(before)
        made.extra = dict(img.extra)
        if type(img) is not cls:
            is_said = space is not None and not cls.states_space
            warn_of_losses(before, made.contents(), cls.__name__, said_space=is_said)
        return made

    def _held(self) -> Self:
        """Return this surface with what a file of its class holds."""
        return self._with_contents(type(self).from_contents(self.contents()).contents())

    def copy(self) -> Self:
        """Return a copy with vertices, faces and values of its own; it has no file."""
        made = self._with_contents(copied_contents(self.contents()))
        made.file_map = self.make_file_map()
        return made

    def _with_contents(self, contents: SurfaceContents) -> Self:
        """Return this surface with other contents; what only its class has comes along."""
        made = copy(self)
        made._header = self._header.copy()
        made._header.meta = dict(contents.meta)
        made._vertices = contents.vertices
        made._faces = contents.faces
        made._data = StoredVertexData(contents.arrays)
        made._data.count = None if contents.vertices is None else len(contents.vertices)
        made._colors = contents.colours
        made._indices = contents.indices
        made.space = contents.space
        made.structure = contents.structure
        made.geometry = contents.geometry
        made.matrices = dict(contents.matrices)
        made.extra = dict(self.extra)
        return made

    def _name(self) -> str:
        return self.get_filename() or type(self).__name__

    def __repr__(self) -> str:
        return describe(self)
