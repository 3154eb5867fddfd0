"""Attributes computed once: nibabel's ``onetime`` names, on the standard library's own."""

from __future__ import annotations

from typing import Any

from volio.cached import cached_property

__all__ = ["OneTimeProperty", "ResetMixin", "auto_attr"]

OneTimeProperty = cached_property
"""A property whose value is computed on first use and kept in the instance."""

auto_attr = cached_property
"""The same as a decorator for methods."""


class ResetMixin:
    """Mixin whose `reset` forgets all values kept by `auto_attr`."""

    def reset(self) -> None:
        """Forget the kept values; they are computed again on their next use."""
        for name in [name for name in self.__dict__ if self._is_kept(name)]:
            del self.__dict__[name]

    def _is_kept(self, name: str) -> bool:
        declared: Any = getattr(type(self), name, None)
        return isinstance(declared, cached_property)
