"""ImageVolume: a volume in a scene, with fastplotlib's attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.base.choices import BLENDINGS, RENDERINGS
from volio.display.base.given import AnyImage
from volio.display.base.image_levels import image_levels
from volio.display.base.series import check_volume, volume_index
from volio.display.base.settings import number_from, numbers, one_of
from volio.display.colour.colormaps import AnyColormap, Colormap, as_colormap
from volio.display.colour.contrast import quick_ends
from volio.display.layers.conversion import loaded
from volio.display.layers.geometry.planes import SlicingPlane
from volio.display.layers.layer import ImageLayer
from volio.display.layers.parts.voxels import VoxelLevels
from volio.display.projection.picture import STEP, Projection, project
from volio.display.projection.surface import Light
from volio.display.sampling.view import View
from volio.display.volumes.buffer import VolumeBuffer
from volio.display.volumes.features import Feature, colour, name_or_none
from volio.display.volumes.graphic_events import GraphicEvents
from volio.display.volumes.rendering import ALPHA_MODES, render_volumes
from volio.errors import ImageDataError, UsageError
from volio.flags import as_flag
from volio.space.affines import apply_affine, from_matvec, to_matvec
from volio.space.quaternions import quat2mat
from volio.space.transforms import invert

__all__ = ["ImageVolume"]

Matrix = NDArray[np.float64]

SLICE = "slice"
ISO = "iso"
#: Entries of the table of colours.
COLOURS = 256
MODES = (*RENDERINGS, SLICE)
LAYER_BLENDINGS = {kind: mode for kind, mode in ALPHA_MODES.items() if mode in BLENDINGS}
#: From (x, y, z) to (z, y, x) and back.
REVERSE = np.eye(4)[[2, 1, 0, 3]]
#: Steps between samples of fastplotlib's surfaces, in voxels: least and greatest.
STEPS = (0.1, 0.8)


def _known_colormap(name: str, value: Any) -> Any:
    """Return a colour map as it was given, if it is one."""
    as_colormap(value)
    return value


def _one_volume(
    img: Any, index: Sequence[int], level: int | None
) -> tuple[NDArray[Any], Matrix | None]:
    """Read one volume of an image at a level, (x, y, z); return its affine, too."""
    series = image_levels(img)
    voxels = VoxelLevels(series.data, **series.settings)
    levels = voxels.one_volume(index)
    chosen = levels.sized_for_memory if level is None else voxels.checked_level(level)
    matrix: Matrix | None = img.affine
    if levels.matrices is not None:
        matrix = (np.eye(4) if matrix is None else matrix) @ levels.matrices[chosen]
    return np.asarray(levels.arrays[chosen]), matrix


class ImageVolume(GraphicEvents):
    """A volume in a scene: with the attributes of fastplotlib's ImageVolumeGraphic.

    Nothing is drawn until `render` is called, which needs no display and no graphics card.

    Parameters
    ----------
    data : array-like or VolumeBuffer
        Axes (z, y, x), of colours a fourth of 3 or 4; kept as float32. The `data` of another
        volume is shared with it.
    mode : str
        'mip', 'minip', 'iso' or 'slice', or another rendering mode of layers.
    vmin, vmax : float, optional
        Values of the first and last colour; by default the least and the greatest, of about a
        million voxels, or numbers ``data.min`` and ``data.max``.
    cmap : str, Colormap or array-like
        See `as_colormap`.
    interpolation : {'linear', 'nearest', 'cubic'}
        Between voxels.
    cmap_interpolation : {'linear', 'nearest'}
        Between 256 colours.
    plane : (a, b, c, d)
        For 'slice': where ``a*x + b*y + c*z + d = 0`` in world coordinates.
    threshold : float
        For 'iso', in the units of the data.
    step_size : float
        For 'iso': 1 searches each slice; others are multiples of a step of 0.1 to 0.8 voxels,
        depending on the size of the volume. The whole ray is searched, whatever the step.
    substep_size : float
        For 'iso': part of a step to which the surface is found.
    emissive : (red, green, blue) or str
        For 'iso': colour that the surface gives off.
    shininess : float
        For 'iso': exponent of the highlight; 0 for none.
    isolated_buffer : bool
        Copy the data; False uses an array of float32 as it is.
    offset : (x, y, z)
    rotation : (x, y, z, w)
        Quaternion.
    scale : float or (x, y, z)
        Voxels are scaled, then rotated, then moved by the offset.
    alpha : float
        Opacity, 0 to 1.
    alpha_mode : str
        One of 'auto', 'solid', 'solid_premul', 'blend', 'add', 'subtract', 'multiply',
        'weighted_blend', 'weighted_solid', 'dither', 'bayer'.
    name : str, optional
    visible : bool
    gamma : float
    metadata : optional
        Anything to keep with the volume.
    matrix : (4, 4) array-like, optional
        From (x, y, z) of voxels to the world before scale, rotation and offset, which then act
        on the world: for images at an angle or sheared.

    Raises
    ------
    ImageDataError
        If the data have other axes, or no numbers.
    UsageError
        If an argument is outside the values it may take.

    Notes
    -----
    Voxel centres are at integers; x runs along the last axis of an array. Opacities and
    sums are of light, as in fastplotlib, and not of screen values.

    Examples
    --------
    >>> voxels = np.random.default_rng(0).integers(0, 200, (8, 9, 10)).astype(np.int16)
    >>> img = volio.Nifti1Image(voxels, np.eye(4))
    >>> volume = volio.ImageVolume.from_image(img, mode="mip", cmap="gray")
    >>> volume.render(size=64).shape
    (64, 64, 4)
    """

    def __init__(
        self,
        data: ArrayLike | VolumeBuffer,
        mode: str = "mip",
        vmin: float | None = None,
        vmax: float | None = None,
        cmap: AnyColormap = "plasma",
        interpolation: str = "linear",
        cmap_interpolation: str = "linear",
        plane: Sequence[float] = (0.0, 0.0, -1.0, 0.0),
        threshold: float = 0.5,
        step_size: float = 1.0,
        substep_size: float = 0.1,
        emissive: ArrayLike = (0.0, 0.0, 0.0),
        shininess: float = 30.0,
        isolated_buffer: bool = True,
        *,
        offset: ArrayLike = (0.0, 0.0, 0.0),
        rotation: ArrayLike = (0.0, 0.0, 0.0, 1.0),
        scale: ArrayLike = (1.0, 1.0, 1.0),
        alpha: float = 1.0,
        alpha_mode: str = "auto",
        name: str | None = None,
        visible: bool = True,
        gamma: float = 1.0,
        metadata: object = None,
        matrix: ArrayLike | None = None,
    ) -> None:
        super().__init__()
        if isinstance(data, VolumeBuffer):
            self._buffer = data
        else:
            self._buffer = VolumeBuffer(data, isolated_buffer)
        self._buffer.listen(self._data_changed)
        self._matrix = np.eye(4) if matrix is None else np.asarray(matrix, np.float64)
        self.metadata = metadata
        self.vmin, self.vmax = _given_or_found(vmin, vmax, data)
        self.mode = mode
        self.plane = plane
        self.threshold = threshold
        self.step_size = step_size
        self.substep_size = substep_size
        self.emissive = emissive
        self.shininess = shininess
        self.cmap = cmap
        self.gamma = gamma
        self.interpolation = interpolation
        self.cmap_interpolation = cmap_interpolation
        self.offset = offset
        self.rotation = rotation
        self.scale = scale
        self.alpha = alpha
        self.alpha_mode = alpha_mode
        self.name = name
        self.visible = visible

    name = Feature(name_or_none, "Its name.")
    mode = Feature(one_of(*MODES), "How the volume becomes a picture.")
    vmin = Feature(number_from(), "Value of the first colour.")
    vmax = Feature(number_from(), "Value of the last colour.")
    gamma = Feature(number_from(1e-6), "Exponent between the two.")
    cmap = Feature(_known_colormap, "Colours: a name, a Colormap, or a table.")
    interpolation = Feature(one_of("linear", "nearest", "cubic"), "Between voxels.")
    cmap_interpolation = Feature(one_of("linear", "nearest"), "Between the 256 colours.")
    plane = Feature(numbers(4), "``a*x + b*y + c*z + d = 0``, world.", (SLICE,))
    threshold = Feature(number_from(), "Value of the surface, in units of the data.", (ISO,))
    step_size = Feature(number_from(0.01), "Steps in which the surface is searched.", (ISO,))
    substep_size = Feature(number_from(1e-6, 1), "Part of a step to which it is found.", (ISO,))
    emissive = Feature(colour, "Colour the surface gives off.", (ISO,))
    shininess = Feature(number_from(0), "Exponent of the highlight.", (ISO,))
    offset = Feature(numbers(3), "Position of the centre of voxel (0, 0, 0), world (x, y, z).")
    rotation = Feature(numbers(4, zeros="some"), "Quaternion (x, y, z, w).")
    scale = Feature(numbers(3, single=True, zeros="none"), "Factors along x, y and z.")
    alpha = Feature(number_from(0, 1), "Opacity.")
    alpha_mode = Feature(one_of(*ALPHA_MODES), "How it mixes with what is below.")
    visible = Feature(as_flag, "Whether it is shown.")

    @classmethod
    def from_image(
        cls, img: AnyImage, volume: int = 0, level: int | None = None, **settings: Any
    ) -> Self:
        """Return the volume of an image at its position: world (x, y, z) is RAS+ mm.

        Parameters
        ----------
        img : SpatialImage
            Axes (i, j, k, ...), or with colours in a structured dtype.
        volume : int
            Which one, of an image with more than three axes: later ones taken as one, the last
            fastest, as everywhere in the display.
        level : int, optional
            Of several resolutions (default: the finest with 2**27 voxels at most).
        **settings
            Other parameters.

        Raises
        ------
        ImageDataError
            If it has fewer than three axes, or no real numbers.
        UsageError
            If there is no such volume or level.
        """
        image: Any = loaded(img)
        if len(image.shape) < 3:
            raise ImageDataError(f"an image of three axes or more is needed, got {image.shape}")
        check_volume(volume, image.shape)
        voxels, matrix = _one_volume(image, volume_index(volume, image.shape), level)
        settings.setdefault("matrix", matrix)
        settings.setdefault("name", image.get_filename())
        return cls(voxels.transpose(2, 1, 0), **settings)

    @property
    def data(self) -> VolumeBuffer:
        """The voxels, axes (z, y, x); ``data[...] = values`` changes them where they are shared."""
        return self._buffer

    @data.setter
    def data(self, value: ArrayLike) -> None:
        self._buffer.replace(value)

    def _data_changed(self, key: Any, value: Any) -> None:
        self.handle_event("data", key=key, value=value)

    def reset_vmin_vmax(self) -> None:
        """Take `vmin` and `vmax` from the voxels as they are now."""
        self.vmin, self.vmax = _limits_of(self._buffer)

    @property
    def supports_colours(self) -> bool:
        """Whether voxels are colours: `cmap` is not used then."""
        return self._buffer.ndim == 4

    @property
    def world_matrix(self) -> NDArray[np.float64]:
        """From (x, y, z) of voxels to the world, shape (4, 4)."""
        x, y, z, w = self.rotation
        rotation = np.asarray(quat2mat((w, x, y, z)), np.float64)
        matrix: Matrix = from_matvec(rotation * self.scale, self.offset) @ self._matrix
        return matrix

    def map_model_to_world(self, position: ArrayLike) -> NDArray[np.float64]:
        """Return the world (x, y, z) of points (..., 3) in voxels (x, y, z)."""
        return apply_affine(self.world_matrix, np.asarray(position, np.float64))

    def map_world_to_model(self, position: ArrayLike) -> NDArray[np.float64]:
        """Return the voxels (x, y, z) of points (..., 3) in the world."""
        return apply_affine(invert(self.world_matrix), np.asarray(position, np.float64))

    @property
    def limits(self) -> tuple[float, float]:
        """`vmin` and `vmax`, a little apart where the data are constant.

        Raises
        ------
        UsageError
            If `vmin` is the larger.
        """
        low = self.vmin
        high = self.vmax
        if low > high:
            raise UsageError(f"vmin and vmax: must increase, got {low} and {high}")
        return (low, high) if low < high else (low, low + max(1.0, abs(low)))

    def as_layer(self) -> ImageLayer:
        """Return a layer with these voxels (not copied), their position, and these settings.

        Returns
        -------
        ImageLayer
            Axes (z, y, x); the axes displayed are (x, y, z).
        """
        layer = ImageLayer(
            self._colours() if self.supports_colours else self._buffer.value,
            rgb=self.supports_colours,
            affine=REVERSE @ self.world_matrix @ REVERSE.T,
            name=self.name,
            visible=self.visible,
            opacity=self.alpha,
            gamma=self.gamma,
            blending=LAYER_BLENDINGS.get(self.alpha_mode, "translucent_no_depth"),
            colormap=self._colormap(),
            contrast_limits=(0.0, 1.0) if self.supports_colours else self.limits,
            interpolation3d=self.interpolation,
            rendering="average" if self.mode == SLICE else self.mode,
            iso_threshold=self.threshold,
        )
        layer.dims_displayed = (2, 1, 0)
        if self.mode == SLICE:
            layer.depiction = "plane"
            layer.plane = self._slicing_plane()
        return layer

    def _colormap(self) -> Colormap:
        table = as_colormap(self.cmap).map(np.linspace(0, 1, COLOURS))
        return Colormap(
            table,
            name=self.cmap if isinstance(self.cmap, str) else "custom",
            interpolation="linear" if self.cmap_interpolation == "linear" else "zero",
        )

    def _colours(self) -> NDArray[np.float32]:
        """Return colours stretched to 0..1; alpha is left as it is, or brought from 0..255."""
        low, high = self.limits
        colours = np.array(self._buffer.value)
        colours[..., :3] = np.clip((colours[..., :3] - low) / (high - low), 0, 1) ** self.gamma
        if colours.shape[-1] == 4 and float(np.nanmax(colours[..., 3])) > 1:
            colours[..., 3] /= 255
        return colours

    def _slicing_plane(self) -> SlicingPlane:
        """Return the plane in voxels (x, y, z)."""
        normal = self.plane[:3]
        square = float(normal @ normal)
        if square == 0:
            raise UsageError(f"plane: a, b and c must not all be 0, got {tuple(self.plane)}")
        nearest_to_origin = -normal * (self.plane[3] / square)
        linear, translation = to_matvec(self.world_matrix)
        position = np.linalg.solve(linear, nearest_to_origin - translation)
        # Normals of planes map by the transpose of the matrix that maps points back.
        return SlicingPlane(position, normal @ linear)

    def project(
        self,
        view: View | str = "front",
        size: int | Sequence[int] = (256, 256),
        quality: str = "fast",
        cutoff: bool = False,
    ) -> Projection:
        """Project the volume.

        Parameters
        ----------
        view : View or str
            In world (x, y, z); a name shows the whole volume from a side.
        size : int or (height, width)
            Pixels, for a name.
        quality : {'fast', 'exact'}
            Surfaces with a `step_size` other than 1 are searched ray by ray.
        cutoff : bool
            Leave out voxels at `vmin` (for minip `vmax`) instead of giving them the first colour.

        Returns
        -------
        Projection
        """
        layer = self.as_layer()
        if isinstance(view, str):
            view = View.of(layer, view, size)
        step = STEP
        if self.mode == ISO and self.step_size != 1:
            quality = "exact"
            step = self._nominal_step() * self.step_size
        return project(
            layer,
            view,
            quality=quality,
            step=step,
            precision=self.substep_size,
            cutoff=as_flag("cutoff", cutoff),
            light=Light(self.shininess, self.emissive),
        )

    def _nominal_step(self) -> float:
        """Return the voxels between samples that fastplotlib takes at a step size of 1."""
        longest = max(self._buffer.shape[:3])
        return float(np.clip(np.sqrt(longest) / 20, *STEPS))

    def render(
        self,
        view: View | str = "front",
        size: int | Sequence[int] = (256, 256),
        background: Sequence[float] | None = (0.0, 0.0, 0.0, 1.0),
        **options: Any,
    ) -> NDArray[np.uint8]:
        """Draw the volume.

        Parameters
        ----------
        view, size, **options
            As for `project`.
        background : sequence of float or None
            Colour behind the volume, 0 to 1; None leaves it transparent.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
        """
        if background is None:
            return self.project(view, size, **options).picture
        return render_volumes([self], view, size, background, **options)

    def setting_changed(self, name: str, value: Any) -> None:
        """Tell the handlers of a setting that it was set."""
        self.handle_event(name, value=value)

    def delete(self) -> None:
        """Tell handlers that the volume is gone, and drop them."""
        self.handle_event("deleted", value=True)
        self.clear_event_handlers()

    def __repr__(self) -> str:
        shape = self._buffer.shape
        return f"ImageVolume({self.name!r}, mode={self.mode!r}, shape={shape})"


def _limits_of(data: Any) -> tuple[float, float]:
    """Return the limits of voxels that are given none: those that the data tell, if they do."""
    known = getattr(data, "min", None), getattr(data, "max", None)
    if all(isinstance(limit, int | float) for limit in known):
        return float(known[0]), float(known[1])  # type: ignore[arg-type]
    return quick_ends(data if hasattr(data, "shape") else np.asarray(data))


def _given_or_found(vmin: float | None, vmax: float | None, data: Any) -> tuple[float, float]:
    """Return limits, those of the data where they are not given."""
    if vmin is not None and vmax is not None:
        return vmin, vmax
    low, high = _limits_of(data)
    return low if vmin is None else vmin, high if vmax is None else vmax
