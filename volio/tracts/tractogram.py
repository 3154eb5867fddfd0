"""Tractogram: lines in a space that is named, with values and groups; the base of every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from volio.arrays.ragged import ArraySequence
from volio.errors import ImageDataError, SourceChangedError, UsageError
from volio.files.filemap import FileHolder
from volio.images.file_image import FileImage
from volio.images.kinds import Kind, check_kind
from volio.tracts.changes import PointMap, moved_lines, resampled_lines
from volio.tracts.checks import checked_lines, checked_points, joined_lines, joined_values
from volio.tracts.contents import Holds, TractContents
from volio.tracts.geometry import lines_inside, millimetres
from volio.tracts.grid import Grid
from volio.tracts.groups import checked_groups, copied_groups, selected_groups
from volio.tracts.header import TractHeader
from volio.tracts.lines import Lines
from volio.tracts.measures import bounds_of, counted, measured
from volio.tracts.selection import chosen_lines, random_lines
from volio.tracts.shown import ShownTracts
from volio.tracts.sources import BLOCK, HeldLines, LineSource, SelectedLines
from volio.tracts.values import TractValues

if TYPE_CHECKING:
    from volio.images.spatial import SpatialImage

__all__ = ["SPACES", "Tractogram"]

Array = NDArray[Any]

#: Spaces that points are in: scanner RAS+ mm, or one that the file does not tell.
SPACES = ("scanner", "unknown")


class Tractogram(ShownTracts, FileImage):
    """Lines through the white matter: points, and values per point, per line and per group.

    Lines of a file are read when they are asked for: until then only the header is.

    Parameters
    ----------
    points : array-like, shape (N, 3), optional
        Scanner RAS+ mm, one line after the other. float64 stays what it is, all else becomes
        float32.
    lengths : array-like of int, shape (n,), optional
        Number of points of each line (default: one line).
    per_point : mapping of str to array-like, shape (N,) or (N, k), optional
    per_line : mapping of str to array-like, shape (n,) or (n, k), optional
    groups : mapping of str to array-like of int, optional
        Numbers of the lines of each group.
    per_group : mapping of str to mapping of str to array-like, optional
        Values of groups by name.
    reference : image or (shape, affine), optional
        The volume that the tracts belong to, which some formats need.
    space : {"scanner", "unknown"}
        'unknown' where nobody says what coordinates mean.
    header, extra, file_map
        As for `FileImage`.

    Raises
    ------
    ImageDataError
        If shapes do not fit, or groups name lines that are not there.

    Examples
    --------
    >>> tracts = volio.Tractogram([[0, 0, 0], [0, 3, 4], [1, 1, 1]], [2, 1], per_line={"w": [7, 8]})
    >>> len(tracts), tracts.lengths().tolist(), tracts[1:].per_line["w"].tolist()
    (2, [5.0, 0.0], [8])
    >>> tracts.transformed(np.diag([2, 2, 2, 1])).points[1].tolist()
    [0.0, 6.0, 8.0]
    """

    kind: ClassVar[Kind] = "tracts"
    leads_to: ClassVar[Mapping[Kind, str]] = {
        "volume": "tracts.density(image) makes a volume of them"
    }
    header_class: ClassVar[type[Any]] = TractHeader
    arrays_are: ClassVar[str] = "tracts.points is the array of all points, tracts[0] of one line"
    #: What files of this class have a place for.
    holds: ClassVar[Holds] = Holds()
    #: Texts of tracts of another class, for which the header of this one has no place.
    _other_texts: Mapping[str, str] = {}
    #: Whether a save keeps points to the precision of their dtype, and adds none.
    keeps_points: ClassVar[bool] = True
    #: Whether tracts cannot be saved without the volume that they belong to.
    needs_reference: ClassVar[bool] = False

    def __init__(
        self,
        points: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        per_point: Mapping[str, ArrayLike] | None = None,
        per_line: Mapping[str, ArrayLike] | None = None,
        *,
        groups: Mapping[str, ArrayLike] | None = None,
        per_group: Mapping[str, Mapping[str, ArrayLike]] | None = None,
        reference: Any = None,
        space: str = "scanner",
        header: Any = None,
        extra: Mapping[str, Any] | None = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> None:
        super().__init__(header, extra, file_map)
        lines = checked_lines(points, lengths, per_point, per_line)
        self._lines: LineSource = HeldLines(lines)
        self._held: Lines | None = None
        self.groups, self.per_group = checked_groups(groups, per_group, len(lines))
        self.reference = reference
        self.space = space

    @classmethod
    def from_source(
        cls,
        lines: LineSource,
        *,
        groups: Mapping[str, Array] | None = None,
        per_group: Mapping[str, Mapping[str, Array]] | None = None,
        reference: Grid | None = None,
        space: str = "scanner",
        header: Any = None,
        file_map: Mapping[str, FileHolder] | None = None,
    ) -> Self:
        """Return tracts whose lines are read when they are asked for: the door for formats.

        Parameters
        ----------
        lines : LineSource
        groups, per_group, reference, space, header, file_map
            As for `Tractogram`; groups are those of the lines, and are not checked.
        """
        made = cls(reference=reference, space=space, header=header, file_map=file_map)
        made._lines = lines
        made.groups, made.per_group = copied_groups(groups, per_group)
        return made

    @classmethod
    def from_lines(cls, lines: Iterable[ArrayLike], **kwargs: Any) -> Self:
        """Return tracts made of one array for each line.

        Parameters
        ----------
        lines : iterable of array-like, shape (m, 3)
            Scanner RAS+ mm.
        **kwargs
            As for `Tractogram`. Values per point may be one array for each line as well.

        Examples
        --------
        >>> lines = [np.zeros((3, 3)), np.ones((2, 3))]
        >>> volio.Tractogram.from_lines(lines, per_line={"w": [0.5, 1]})
        <Tractogram 2 lines, scanner; per line: w>
        """
        points, lengths = joined_lines(lines)
        per_point = joined_values(kwargs.pop("per_point", None) or {}, lengths)
        return cls(points, lengths, per_point, **kwargs)

    # Lines.

    @property
    def lines(self) -> LineSource:
        """Where the lines come from, to go through them in blocks."""
        return self._lines if self._held is None else HeldLines(self._held)

    def held(self) -> Lines:
        """Return all lines in memory; those of a file are read once, and are read-only."""
        if self._held is None:
            if isinstance(self._lines, HeldLines):
                return self._lines.lines
            lines = self._lines.read()
            for array in (lines.points, *lines.per_point.values(), *lines.per_line.values()):
                array.flags.writeable = False
            self._held = lines
        return self._held

    def hold(self, lines: Lines) -> None:
        """Take other lines in place of those there are; groups stay."""
        self._lines = HeldLines(lines)
        self._held = None

    def __len__(self) -> int:
        """Return the number of lines."""
        return self.lines.n_lines()

    @property
    def points(self) -> Array:
        """Points of all lines, one line after the other, scanner RAS+ mm, shape (N, 3).

        Those of a file cannot be changed in place, because a save copies what the file has; set
        the attribute, or use `transformed`.
        """
        return self._compact().points

    @points.setter
    def points(self, points: ArrayLike) -> None:
        lines = self._compact()
        array = checked_points(points)
        if len(array) != len(lines.points):
            raise ImageDataError(f"points: must be {len(lines.points)} as before, got {len(array)}")
        self.hold(replace(lines, points=array))

    def _compact(self) -> Lines:
        lines = self.held()
        if not lines.is_compact:
            lines = lines.compacted()
            self.hold(lines)
        return lines

    @property
    def lengths_in_points(self) -> NDArray[np.int64]:
        """Number of points of each line, shape (n,)."""
        return self.lines.line_lengths()

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Number of the first point of each line, and the number of points, shape (n + 1,)."""
        return np.concatenate([[0], np.cumsum(self.lengths_in_points)])

    @property
    def per_point(self) -> TractValues:
        """Values per point by name, of shape (N,) or (N, k), rows as those of `points`."""
        return TractValues(self, "per_point")

    @property
    def per_line(self) -> TractValues:
        """Values per line by name, of shape (n,) or (n, k)."""
        return TractValues(self, "per_line")

    @property
    def streamlines(self) -> ArraySequence:
        """The points of each line, as a sequence of arrays over `points`."""
        lines = self.held()
        return ArraySequence.from_rows(lines.points, lines.lengths, lines.starts)

    def __iter__(self) -> Iterator[Array]:
        """Go through the lines: their points, shape (m, 3)."""
        for block in self.lines.blocks():
            yield from block

    def blocks(self, points: int = BLOCK) -> Iterator[Self]:
        """Go through the lines in parts, without holding all of them in memory.

        Parameters
        ----------
        points : int
            About how many points a part has; lines are not divided.

        Yields
        ------
        Tractogram
            Of this class, without groups.

        Raises
        ------
        UsageError
            If `points` is not above 0.
        """
        if points < 1:
            raise UsageError(f"points: must be above 0, got {points}")
        for block in self.lines.blocks(points):
            yield self._with(HeldLines(block))

    # Space.

    @property
    def space(self) -> str:
        """'scanner' where points are in scanner RAS+ mm, 'unknown' where nobody says so."""
        return self._space

    @space.setter
    def space(self, space: str) -> None:
        if space not in SPACES:
            raise UsageError(f"space: must be one of {', '.join(SPACES)}, got {space!r}")
        self._space = space

    @property
    def reference(self) -> Grid | None:
        """The volume that the tracts belong to: its shape and affine; None where it is unknown."""
        return self._reference

    @reference.setter
    def reference(self, reference: Any) -> None:
        is_grid = reference is None or isinstance(reference, Grid)
        self._reference: Grid | None = reference if is_grid else Grid.of(reference)

    # Selections.

    def __getitem__(self, key: Any) -> Any:
        """Return some of the lines, which are read when they are asked for.

        Parameters
        ----------
        key : int, slice, array of bool or array of int
            One number gives the points of that line, shape (m, 3); all else gives tracts.

        Raises
        ------
        IndexingError
            If there are no such lines.
        """
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            number = chosen_lines([key], len(self))[0]
            lines = self.held()
            start = lines.starts[number]
            return lines.points[start : start + lines.lengths[number]]
        return self._selected(chosen_lines(key, len(self)))

    def _selected(self, numbers: NDArray[np.int64]) -> Self:
        made = self._with(SelectedLines(self._source_for_saving(), numbers))
        if self._held is not None:
            made._held = self._held.take(numbers)
        groups = selected_groups(self.groups, numbers)
        made.groups, made.per_group = copied_groups(groups, self.per_group)
        return made

    def _with(self, lines: LineSource) -> Self:
        """Return tracts with other lines, without groups, and without files."""
        return type(self).from_source(
            lines, reference=self.reference, space=self.space, header=self.header.copy()
        )

    def group(self, name: str) -> Self:
        """Return the lines of a group.

        Raises
        ------
        UsageError
            If there is no such group.
        """
        if name not in self.groups:
            known = ", ".join(self.groups) or "none"
            raise UsageError(f"group: there is no {name!r}; there are: {known}")
        return self._selected(np.asarray(self.groups[name], np.int64))

    def subsample(self, count: int, seed: int = 0) -> Self:
        """Return so many lines, chosen at random, in their order; all, where there are fewer.

        Parameters
        ----------
        count : int
        seed : int
            The same seed chooses the same lines.
        """
        return self._selected(random_lines(count, len(self), seed))

    # Measures.

    def lengths(self) -> NDArray[np.float64]:
        """Return the length of each line in mm, shape (n,)."""
        return measured(self.lines, millimetres, np.float64)

    def bounds(self) -> NDArray[np.float64]:
        """Return lowest and highest coordinates, mm, shape (2, 3); NaN where there are none."""
        return bounds_of(self.lines)

    def inside(self, reference: Any) -> NDArray[np.bool_]:
        """Return for each line whether all of its points are in voxels of a volume, shape (n,).

        Parameters
        ----------
        reference : image or (shape, affine)
        """
        grid = Grid.of(reference)
        return measured(self.lines, lambda lines: lines_inside(lines, grid), np.bool_)

    def density(self, reference: Any, step: float = 0.5) -> SpatialImage:
        """Return a volume that counts in each voxel the lines that pass it.

        Parameters
        ----------
        reference : image or (shape, affine)
            The voxels.
        step : float
            Lines are looked at in places that are at most so many voxels apart; infinite: at their
            points alone.

        Returns
        -------
        SpatialImage
            int32; a line counts once in a voxel.

        Raises
        ------
        UsageError
            If `step` is not above 0.
        """
        from volio.images.spatial import SpatialImage

        grid = Grid.of(reference)
        return SpatialImage(counted(self.lines, grid, step), grid.affine)

    # Changes.

    def resample(self, count: int) -> Self:
        """Return lines with so many points each, at equal distances along the line.

        Values per point are interpolated. Lines without points stay without.

        Parameters
        ----------
        count : int
            2 or more.
        """
        return self._changed(resampled_lines(self.lines, count))

    def transformed(self, transform: PointMap) -> Self:
        """Return the lines with their points moved.

        Parameters
        ----------
        transform : array-like of shape (4, 4), function, or object with ``apply``
            From scanner RAS+ mm before to those after: an affine; or what gives, for points of
            shape (n, 3), where they go, as ``scipy.spatial.transform.Rotation`` does and a warp
            would. It is asked block by block when lines are read, so that where a point goes must
            not depend on the others.

        Returns
        -------
        Tractogram
            Of the same dtype, nothing read or moved yet.

        Raises
        ------
        AffineError
            If it is an array, and not an affine.
        UsageError
            When lines are read: if a function returns something else than a point for each.

        Examples
        --------
        >>> lines = volio.Tractogram([[1, 0, 0], [2, 0, 0]], [2])
        >>> lines.transformed(np.diag([-1, 1, 1, 1])).points.tolist()
        [[-1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]]
        >>> lines.transformed(lambda points: points + [0, 0, 5]).points.tolist()
        [[1.0, 0.0, 5.0], [2.0, 0.0, 5.0]]
        """
        return self._changed(moved_lines(self.lines, transform))

    def _changed(self, lines: LineSource) -> Self:
        made = self._with(lines)
        made.groups, made.per_group = copied_groups(self.groups, self.per_group)
        return made

    # Other classes.

    def contents(self) -> TractContents:
        """Return all that can be handed to another class of tracts."""
        return TractContents(
            self._source_for_saving(),
            dict(self.groups),
            dict(self.per_group),
            self.reference,
            self.space,
            self.texts(),
        )

    def texts(self) -> dict[str, str]:
        """Return the free texts of the header, and those for which it has no place."""
        return {**self._other_texts, **getattr(self.header, "meta", {})}

    @classmethod
    def from_contents(cls, contents: TractContents) -> Self:
        """Return tracts of this class with all of some contents; a save drops what has no place."""
        made = cls.from_source(
            contents.lines,
            groups=contents.groups,
            per_group=contents.per_group,
            reference=contents.reference,
            space=contents.space,
        )
        if isinstance(made.header, TractHeader):
            made.header.meta.update(contents.meta)
        else:
            made._other_texts = dict(contents.meta)
        return made

    @classmethod
    def from_image(cls, img: Any) -> Self:
        """Return tracts of this class with what other ones hold.

        Raises
        ------
        UsageError
            If it is of another kind.
        """
        check_kind(img, "tracts", cls.__name__)
        made = cls.from_contents(img.contents())
        made.extra.update(img.extra)
        return made

    # Saving.

    def _source_for_saving(self) -> LineSource:
        """Return where lines are saved from: the file where it is as it was, else memory."""
        if self._held is None or isinstance(self._lines, HeldLines):
            return self.lines
        try:
            self._lines.check_there()
        except SourceChangedError:
            return HeldLines(self._held)
        return self._lines

    def __repr__(self) -> str:
        count = self.lines.stated_lines()
        noun = "line" if count == 1 else "lines"
        lines = noun if count is None else f"{count} {noun}"
        facts = [f"{lines}, {self.space}"]
        named = {"per point": self.per_point, "per line": self.per_line, "groups": self.groups}
        for what, names in named.items():
            if names:
                facts.append(f"{what}: {', '.join(names)}")
        return f"<{type(self).__name__} {'; '.join(facts)}>"
