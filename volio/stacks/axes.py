"""Letters for axes: from any order to SC(Z)YX, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from volio.arrays.dtypes import Array
from volio.errors import UsageError

__all__ = ["AxesTransform", "reshape_array", "restore_array", "restore_tile"]

#: Samples, time, channels, depth, rows, columns: the axes that are known, slowest first.
ORDER = "STCZYX"
SAMPLE_AXES = "ST"  # merged into one; S varies slowly, T fast
SPATIAL_AXES = "ZYX"


def check_axes(axes: str, ndim: int | None = None) -> None:
    """Refuse letters that do not name axes.

    Parameters
    ----------
    axes : str
    ndim : int, optional
        Number of axes of the array that they are for.

    Raises
    ------
    UsageError
        If a letter is not known or is there twice, if Y or X is missing, or if there are not as
        many letters as axes.
    """
    unknown = "".join(sorted(set(axes) - set(ORDER)))
    if unknown:
        raise UsageError(f"axes: letters must be of {ORDER}, got {unknown!r} in {axes!r}")
    if len(set(axes)) != len(axes):
        raise UsageError(f"axes: each letter may be there once, got {axes!r}")
    if "Y" not in axes or "X" not in axes:
        raise UsageError(f"axes: Y and X must be among them, got {axes!r}")
    if ndim is not None and ndim != len(axes):
        raise UsageError(f"axes: {axes!r} names {len(axes)} axes, the array has {ndim}")


@dataclass(frozen=True)
class AxesTransform:
    """How the axes of an array become SC(Z)YX.

    S and T become one axis of samples, on which S varies slowly and T fast, whatever their order
    in the array: ``sample = s * T + t``. Samples and channels are axes of length 1 where the array
    has none.

    Parameters
    ----------
    original_axes : str
        A letter per axis of the array, of ``STCZYX``.
    original_shape : sequence of int

    Raises
    ------
    UsageError
        If the letters do not name the axes of such an array.

    Examples
    --------
    >>> transform = volio.stacks.AxesTransform("XCSYT", (7, 1, 2, 9, 3))
    >>> transform.transformed_axes, transform.transformed_shape
    ('SCYX', (6, 1, 9, 7))
    >>> transform.sample_dims, transform.order_permutation
    (['S', 'T'], [2, 4, 1, 3, 0])
    """

    original_axes: str
    original_shape: Sequence[int]

    def __post_init__(self) -> None:
        check_axes(self.original_axes, len(self.original_shape))

    @property
    def original_dim_sizes(self) -> dict[str, int]:
        """Length of each axis, by its letter."""
        return dict(zip(self.original_axes, self.original_shape, strict=True))

    @property
    def sample_dims(self) -> list[str]:
        """Those of S and T that the array has."""
        return [axis for axis in SAMPLE_AXES if axis in self.original_axes]

    @property
    def order_permutation(self) -> list[int]:
        """Axes of the array in the order STCZYX, for `numpy.transpose`."""
        return [self.original_axes.index(axis) for axis in ORDER if axis in self.original_axes]

    @property
    def transformed_axes(self) -> str:
        """``SCZYX`` where the array has a depth, ``SCYX`` where it has none."""
        return "SCZYX" if "Z" in self.original_axes else "SCYX"

    @property
    def transformed_shape(self) -> tuple[int, ...]:
        """Shape in the order of `transformed_axes`."""
        lengths = self.original_dim_sizes
        samples = prod([lengths[axis] for axis in self.sample_dims])
        spatial = [lengths[axis] for axis in SPATIAL_AXES if axis in lengths]
        return (samples, lengths.get("C", 1), *spatial)


def reshape_array(array: Array, original_axes: str) -> Array:
    """Bring the axes of an array into the order SC(Z)YX.

    Parameters
    ----------
    array : ndarray
    original_axes : str
        A letter per axis, of ``STCZYX``; see `AxesTransform`.

    Returns
    -------
    ndarray, shape (S, C, (Z,) Y, X)
        A view where numpy can give one.

    Raises
    ------
    UsageError
        If the letters do not name the axes of the array.

    Examples
    --------
    >>> volio.stacks.reshape_array(np.zeros((64, 48, 3)), "YXC").shape
    (1, 3, 64, 48)
    """
    transform = AxesTransform(original_axes, array.shape)
    ordered = array.transpose(transform.order_permutation)
    return ordered.reshape(transform.transformed_shape)


def restore_array(
    array: Array,
    original_axes: str,
    original_shape: Sequence[int],
    target_axes: str | None = None,
) -> Array:
    """Bring the axes of an array from SC(Z)YX back into those of the array that it came from.

    Parameters
    ----------
    array : ndarray, shape (S, C, (Z,) Y, X)
        The lengths of C, Z, Y and X may be others than those of the original array.
    original_axes : str
        Letters of the original array. Where they have no Z and `array` has a depth, T is the
        depth: ``SCTYX``, as `CziImageStack` can give it.
    original_shape : sequence of int
        Shape of the original array: how many of the samples are S, and how many are T.
    target_axes : str, optional
        Letters of the result (default: the original ones): the same but for their order, and for
        C, which may be added, or left out where there is one channel.

    Returns
    -------
    ndarray
        A view where numpy can give one.

    Raises
    ------
    UsageError
        If the axes do not fit, or C would be left out of an array of several channels.

    Examples
    --------
    >>> image = np.arange(24).reshape(2, 4, 3)
    >>> samples = volio.stacks.reshape_array(image, "TYX")
    >>> bool((volio.stacks.restore_array(samples, "TYX", image.shape) == image).all())
    True
    >>> volio.stacks.restore_array(samples, "TYX", image.shape, "YXTC").shape
    (4, 3, 2, 1)
    """
    if array.ndim not in (4, 5):
        raise UsageError(f"array: must have the axes SC(Z)YX, got shape {array.shape}")
    check_axes(original_axes, len(original_shape))
    depth = _depth_of(original_axes, "SC" if array.ndim == 4 else "SCZ", array)
    lengths = dict(zip(original_axes, original_shape, strict=True))
    counts = {axis: n for axis, n in lengths.items() if axis in SAMPLE_AXES and axis != depth}
    samples = sorted(counts)  # S before T
    split = _split_samples(array, [counts[axis] for axis in samples])
    names = f"{''.join(samples)}C{depth}YX"
    return _ordered(split, names, _target(original_axes, target_axes))


def _split_samples(array: Array, counts: Sequence[int]) -> Array:
    if prod(counts) != array.shape[0]:
        raise UsageError(
            f"array: must have {prod(counts)} samples, as the original has, got {array.shape[0]}"
        )
    return array.reshape(*counts, *array.shape[1:])


def restore_tile(
    tile: Array,
    original_axes: str,
    original_shape: Sequence[int] | str | None = None,
    target_axes: str | None = None,
) -> Array:
    """Bring the axes of a tile of one sample from C(Z)YX into those of the original array.

    Parameters
    ----------
    tile : ndarray, shape (C, (Z,) Y, X)
    original_axes : str
        Letters of the original array; S and T are left out of the result.
    original_shape : sequence of int, optional
        Not needed, and taken so that calls look like those of `restore_array`. May be left out
        altogether: ``restore_tile(tile, original_axes, target_axes)``.
    target_axes : str, optional
        As for `restore_array`.

    Returns
    -------
    ndarray
        A view.

    Raises
    ------
    UsageError
        If the axes do not fit, or C would be left out of a tile of several channels.

    Examples
    --------
    >>> volio.stacks.restore_tile(np.zeros((3, 64, 48)), "SYXC").shape
    (64, 48, 3)
    """
    if tile.ndim not in (3, 4):
        raise UsageError(f"tile: must have the axes C(Z)YX, got shape {tile.shape}")
    depth = _depth_of(original_axes, "C" if tile.ndim == 3 else "CZ", tile)
    names = f"C{depth}YX"
    wanted = original_shape if isinstance(original_shape, str) else target_axes
    target = _target(original_axes, wanted)
    left_out = set(SAMPLE_AXES) - set(names)
    return _ordered(tile, names, "".join([axis for axis in target if axis not in left_out]))


def _depth_of(original_axes: str, leading: str, array: Array) -> str:
    """Return the letter that the depth of an array had in the original; "" for no depth."""
    check_axes(original_axes)
    has_depth = leading.endswith("Z")
    if has_depth and "Z" not in original_axes and "T" in original_axes:
        return "T"
    if has_depth != ("Z" in original_axes):
        raise UsageError(
            f"original_axes: {original_axes!r} cannot be those of {leading}YX, shape {array.shape}"
        )
    return "Z" if has_depth else ""


def _target(original_axes: str, target_axes: str | None) -> str:
    """Return the letters of the result, which are those of the original but for C."""
    target = original_axes if target_axes is None else target_axes
    check_axes(target)
    if set(target) - {"C"} != set(original_axes) - {"C"}:
        raise UsageError(
            f"target_axes: must have the letters of {original_axes!r}, with or without C, "
            f"got {target!r}"
        )
    return target


def _ordered(array: Array, axes: str, target: str) -> Array:
    """Bring axes into the order of the target, which may have no channels."""
    channel = axes.index("C")
    if "C" in target:
        return array.transpose([axes.index(axis) for axis in target])
    if array.shape[channel] != 1:
        raise UsageError(
            f"target_axes: {target!r} has no C, and the array has {array.shape[channel]} channels"
        )
    without = axes.replace("C", "")
    return array.squeeze(channel).transpose([without.index(axis) for axis in target])
