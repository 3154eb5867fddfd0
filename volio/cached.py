"""Properties that are worked out once, without the lock that Python 3.11 has for each class.

One lock for all instances of a class keeps threads that read different images waiting, and stays
taken in a child that is forked while another thread holds it: the child would wait for ever.
"""

from __future__ import annotations

import functools
from typing import Any, TypeVar

__all__ = ["cached_property"]

T = TypeVar("T")


class cached_property(functools.cached_property[T]):  # noqa: TID251
    """A property that is worked out at the first look and kept, as that of `functools`.

    Two threads that look first at the same time may both work it out; one result is kept.
    """

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        assert self.attrname is not None
        kept = instance.__dict__
        if self.attrname not in kept:
            kept.setdefault(self.attrname, self.func(instance))
        return kept[self.attrname]
