"""MirrorChoice: which of the mirrors of a stack is asked."""

from __future__ import annotations

from volio.caller import warn_caller
from volio.errors import UsageError, VolioWarning
from volio.formats.catmaid.info import Stack
from volio.formats.catmaid.mirrors import StackMirror, find_mirror

__all__ = ["MirrorChoice"]


class MirrorChoice:
    """The mirror that was chosen, if one was.

    Parameters
    ----------
    stack : Stack

    Attributes
    ----------
    chosen : StackMirror or None
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.chosen: StackMirror | None = None

    def choose(self, value: StackMirror | int | str | None) -> None:
        """Choose a mirror; warn where there is no such position or title, and choose none.

        Parameters
        ----------
        value : StackMirror, int, str or None
            One of the stack's mirrors, its position, or its title.

        Raises
        ------
        UsageError
            If it is a mirror of another stack.
        """
        if isinstance(value, StackMirror):
            if value not in self._stack.mirrors:
                raise UsageError(f"{value.described()} is not one of the stack's: {self._listed()}")
            self.chosen = value
            return
        self.chosen = None if value is None else find_mirror(self._stack.mirrors, value)
        if value is not None and self.chosen is None:
            warn_caller(
                f"no mirror has the position or title {value!r:.60}; there are {self._listed()}",
                VolioWarning,
            )

    def current(self) -> StackMirror:
        """Return the mirror that was chosen; where none was, the first, with a warning.

        Raises
        ------
        UsageError
            If the stack has none.
        """
        if self.chosen is not None:
            return self.chosen
        if not self._stack.mirrors:
            raise UsageError("the stack has no mirrors")
        first = self._stack.mirrors[0]
        warn_caller(
            f"no mirror is set: {first.described()} is taken; choose one with fetcher.mirror = ... "
            "or set_fastest_mirror()",
            VolioWarning,
        )
        return first

    def _listed(self) -> str:
        return ", ".join(f"{each.position}: {each.described()}" for each in self._stack.mirrors)
