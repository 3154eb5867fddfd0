"""ImageLayer: an image and how it is shown, without anything that draws."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.display.colour.colormaps import NAMED
from volio.display.colour.colours import colorize, colorize_rgb
from volio.display.colour.contrast import RULES
from volio.display.layers.interaction.plane_keys import PLANE_KEYS
from volio.display.layers.interaction.plane_mouse import move_plane_along_normal, set_plane_position
from volio.display.layers.picking import SeenLayer
from volio.display.layers.saving import image_of, save_layer
from volio.errors import UsageError

__all__ = ["ImageLayer"]

LAYER_TYPES = ("image", "labels")
#: How layers of whole numbers that name regions are shown.
LABELS = {
    **{"colormap": "nipy_spectral", "interpolation3d": "nearest", "contrast_rule": "exact"},
    "projection_mode": "none",
}
LABEL_DTYPES = ("int32", "uint32", "int64", "uint64")


class ImageLayer(SeenLayer):
    """An image and how it is shown: the names and the meaning of napari's Image layer.

    Nothing is read when a layer is made. Contrast limits that are not given are found, and the
    slice that is shown is read, when they are first asked for.

    Parameters
    ----------
    data : array-like, or list of array-like
        Two axes or more; lazy ones stay lazy. A list of arrays of falling size is one image at
        several resolutions.
    affine : (m+1, m+1) array-like, optional
        Physical to world coordinates; smaller matrices are about the last axes.
    attenuation : float
        For rendering ``"attenuated_mip"``.
    auto_contrast : bool
        Find contrast limits anew for every slice.
    axis_labels : sequence of str, optional
    blending : str
        One of `BLENDINGS`.
    cache : bool
        Keep the slice that is shown (False reads it each time).
    colormap : str, Colormap, tuple, mapping or array-like
        See `as_colormap`.
    contrast_limits : (float, float), optional
        Values of the first and last colour (default: found by `contrast_rule`).
    contrast_rule : {"robust", "napari", "exact", "dtype"}
        How limits are found: see `volio.display.colour.contrast.find_limits`.
    custom_interpolation_kernel_2d : (K, L) array-like, optional
    depiction : {"volume", "plane"}
    experimental_clipping_planes : list of ClippingPlane or dict, optional
    gamma : float
    interpolation2d, interpolation3d : str
        One of `INTERPOLATIONS`.
    iso_threshold : float, optional
        Default: the middle of the range of contrast limits.
    locked_data_level : int, optional
        A level to show whatever would fit.
    metadata : mapping, optional
    multiscale : bool, optional
        Default: found out.
    name : str, optional
    opacity : float
    plane : SlicingPlane or dict, optional
    projection_mode : {"mean", "sum", "max", "min", "none"}
        What becomes of the slices that `dims_thickness` shows together.
    rendering : str
        One of `RENDERINGS`.
    rgb : bool or "guess", optional
        Whether the last axis is colour. By default only voxels of a structured dtype are:
        volumes of three slices are not taken for colours.
    rotate, scale, shear, translate : optional
        Voxels to physical coordinates; see `volio.display.layers.geometry.affine.Affine`.
    units : str or sequence of str, optional
        Units of the world (default: pixel).
    visible : bool

    Raises
    ------
    UsageError
        If an argument is outside the values it may take.
    ImageDataError
        If the data cannot be shown: complex, without voxels, no numbers.

    Notes
    -----
    The semantics are those of ``napari.layers.Image`` 0.4.19 and later; where these differ from
    their documentation, volio does what is documented (see the design notes).
    """

    class_keymap: ClassVar[dict[Any, Any]] = dict(PLANE_KEYS)

    def __init__(
        self,
        data: Any,
        *,
        affine: Any = None,
        attenuation: float = 0.05,
        auto_contrast: bool = False,
        axis_labels: Sequence[str] | None = None,
        blending: str = "translucent",
        cache: bool = True,
        colormap: Any = "gray",
        contrast_limits: Sequence[float] | None = None,
        contrast_rule: str = "robust",
        custom_interpolation_kernel_2d: ArrayLike | None = None,
        depiction: str = "volume",
        experimental_clipping_planes: Any = None,
        gamma: float = 1.0,
        interpolation2d: str = "nearest",
        interpolation3d: str = "linear",
        iso_threshold: float | None = None,
        locked_data_level: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        multiscale: bool | None = None,
        name: str | None = None,
        opacity: float = 1.0,
        plane: Any = None,
        projection_mode: str = "mean",
        rendering: str = "mip",
        rgb: bool | str | None = None,
        rotate: Any = None,
        scale: Any = None,
        shear: Any = None,
        translate: Any = None,
        units: str | Sequence[str] | None = None,
        visible: bool = True,
    ) -> None:
        super().__init__(
            data,
            affine=affine,
            attenuation=attenuation,
            auto_contrast=auto_contrast,
            axis_labels=axis_labels,
            blending=blending,
            cache=cache,
            colormap=colormap,
            contrast_limits=contrast_limits,
            contrast_rule=contrast_rule,
            custom_interpolation_kernel_2d=custom_interpolation_kernel_2d,
            depiction=depiction,
            experimental_clipping_planes=experimental_clipping_planes,
            gamma=gamma,
            interpolation2d=interpolation2d,
            interpolation3d=interpolation3d,
            iso_threshold=iso_threshold,
            locked_data_level=locked_data_level,
            metadata=metadata,
            multiscale=multiscale,
            name=name,
            opacity=opacity,
            plane=plane,
            projection_mode=projection_mode,
            rendering=rendering,
            rgb=rgb,
            rotate=rotate,
            scale=scale,
            shear=shear,
            translate=translate,
            units=units,
            visible=visible,
        )
        self.mouse_drag_callbacks.append(move_plane_along_normal)
        self.mouse_double_click_callbacks.append(set_plane_position)

    # Colours of what is shown.

    def slice_colours(self) -> NDArray[np.float32] | None:
        """Return the slice or volume that is shown in colours.

        Returns
        -------
        (..., 4) float32 array
            RGBA between 0 and 1, alpha times opacity, axes as `dims_displayed`; None outside of
            the image. Colours of an RGB layer are as they are stored.
        """
        values = self.slice_values()
        if values is None:
            return None
        if self.rgb:
            return colorize_rgb(values, opacity=self.opacity)
        return colorize(values, self.contrast_limits, self.gamma, self.colormap, self.opacity)

    # In and out.

    @classmethod
    def from_image(cls, img: Any, **options: Any) -> Self:
        """Return the layer of an image: axes (i, j, k, ...), world scanner RAS+ mm.

        What is shown at first is the middle (i, j) slice of the first volume, which files read
        best. Complex voxels are shown by their magnitude.

        Parameters
        ----------
        img : SpatialImage
            Lazy voxels stay lazy. Without an affine the world is that of the voxels.
        **options
            Parameters of the layer; others than the image's name, metadata, affine and units too.

        Returns
        -------
        ImageLayer
            Its metadata hold the header; it is saved in the format of the image.

        Raises
        ------
        ImageDataError
            If the image has fewer than two axes, or no voxels.
        """
        from volio.display.layers.conversion import layer_of

        layer: Self = layer_of(cls, img, options)
        return layer

    def to_image(self) -> Any:
        """Return the image of the layer: its finest level, in its place; lazy voxels stay lazy.

        Returns
        -------
        SpatialImage
            Of the class of the image the layer was made from, with what its header says, else a
            `Nifti1Image`.

        Raises
        ------
        SaveError
            If axes after the third mix with the first three, or colours cannot be stored.
        """
        return image_of(self)

    def save(self, path: str | PathLike[str], plugin: str | None = None) -> list[str]:
        """Save voxels and affine in the format of the name, or a .png of the slice shown.

        Parameters
        ----------
        path : str or path
            A name without an ending gets ``.nii.gz``.
        plugin : {None, "volio"}
            volio's own writers are the only ones.

        Returns
        -------
        list of str
            What was written.

        Raises
        ------
        FilenameError
            If no format with this ending can be written.
        SaveError
            If the format cannot hold the layer.
        """
        if plugin not in (None, "volio"):
            raise UsageError(f"plugin: volio writes by itself, got {plugin!r}; leave it out")
        return save_layer(self, path)

    def to_napari(self, as_tuple: bool = False) -> Any:
        """Return a napari layer, which ``viewer.add_layer`` shows; lazy voxels stay lazy.

        Parameters
        ----------
        as_tuple : bool
            Data, parameters and type instead, for which napari need not be installed.

        Returns
        -------
        napari.layers.Image or tuple
            Axes reversed: those of an image become (…, z, y, x), in mm of the world.

        Raises
        ------
        MissingPackageError
            If napari is not installed.
        """
        from volio.display.handoff.napari import layer_data, to_napari

        return layer_data(self) if as_tuple else to_napari(self)

    @classmethod
    def from_napari(cls, layer: Any) -> Self:
        """Return the layer of a napari layer (image or labels), or of its data tuple.

        Its axes are reversed back: (…, z, y, x) become those of an image.
        """
        from volio.display.handoff.napari import from_napari

        found: Self = from_napari(cls, layer)
        return found

    def to_fastplotlib(self, volume: int = 0, **options: Any) -> Any:
        """Return a fastplotlib ImageVolumeGraphic, which ``subplot.add_graphic`` shows.

        Parameters
        ----------
        volume : int
            Which volume of a series; axes after the third taken as one, the last fastest.
        **options
            Parameters of the graphic, instead of those of the layer.

        Returns
        -------
        fastplotlib.ImageVolumeGraphic
            Voxels as float32, axes (z, y, x), in their place: world (x, y, z) is RAS+ mm.

        Raises
        ------
        MissingPackageError
            If fastplotlib is not installed.
        UsageError
            If there is no such volume, or the axes of the voxels are not at right angles.
        ImageDataError
            If there are fewer than three axes, or colours.
        """
        from volio.display.handoff.fastplotlib import to_fastplotlib

        return to_fastplotlib(self, volume, **options)

    def as_layer_data_tuple(self) -> tuple[Any, dict[str, Any], str]:
        """Return data, parameters and type; ``ImageLayer.create`` makes the same layer of them."""
        state: dict[str, Any] = {name: getattr(self, name) for name in parameters()}
        if self.contrast_rule == RULES[0]:  # so that napari takes the parameters as they are
            del state["contrast_rule"]
        state["affine"] = self.affine.affine_matrix
        for name in ("rotate", "scale", "shear", "translate"):
            state[name] = state[name].tolist()
        named = self.colormap.name in NAMED or type(self.colormap).__name__ != "Colormap"
        state["colormap"] = self.colormap.name if named else self.colormap.dict()
        state["plane"] = self.plane.dict()
        state["experimental_clipping_planes"] = [
            plane.dict() for plane in self.experimental_clipping_planes
        ]
        state["metadata"] = dict(self.metadata)
        return self.data, state, "image"

    @classmethod
    def create(
        cls, data: Any, meta: Mapping[str, Any] | None = None, layer_type: str | None = None
    ) -> Self:
        """Return a layer from what `as_layer_data_tuple` gives.

        Parameters
        ----------
        data : array-like or list of these
        meta : mapping, optional
            Parameters of the layer.
        layer_type : {"image", "labels"}, optional
            In any case; by default 32 and 64 bit integers are labels, everything else an image.
            Labels are image layers with a colour map of many colours and no interpolation.

        Raises
        ------
        UsageError
            If there is no such type.
        TypeError
            If there is no such parameter.
        """
        kind = str(layer_type).lower() if layer_type else _type_of(data)
        if kind not in LAYER_TYPES:
            raise UsageError(f"layer_type: must be one of {LAYER_TYPES}, got {layer_type!r}")
        given = dict(meta or {})
        unknown = [name for name in given if name not in (*parameters(), "cache")]
        if unknown:
            raise TypeError(f"meta: an image layer has no parameter {unknown[0]!r}")
        return cls(data, **{**(LABELS if kind == "labels" else {}), **given})


def parameters() -> Iterator[str]:
    """Go through the names of the parameters that make up the state of a layer."""
    for name in inspect.signature(ImageLayer.__init__).parameters:
        if name not in ("self", "data", "cache"):
            yield name


def _type_of(data: Any) -> str:
    first = data[0] if isinstance(data, list | tuple) and len(data) else data
    dtype = getattr(first, "dtype", None)
    return "labels" if dtype is not None and dtype in LABEL_DTYPES else "image"
