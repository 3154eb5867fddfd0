"""Properties that are worked out once, without the lock that Python 3.11 has for each class.

One lock for all instances of a class keeps threads that read different images waiting, and stays
taken in a child that is forked while another thread holds it: the child would wait for ever.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING:
    cached_property = functools.cached_property  # noqa: TID251
else:

    class cached_property(functools.cached_property):  # noqa: TID251
        """A property that is worked out at the first look and kept, as that of `functools`.

        Two threads that look first at the same time may both work it out; one result is kept.
        """

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
            if instance is None:
                return self
            kept = instance.__dict__
            if self.attrname not in kept:
                kept.setdefault(self.attrname, self.func(instance))
            return kept[self.attrname]
