"""Base classes that count more than their own subclasses as theirs."""

from __future__ import annotations

from typing import Any

from volio.images.headers.kinship import Kinship

__all__ = ["WideBase"]


class WideBase(Kinship):
    """Metaclass of a class whose instances are all those of its `counts`.

    nibabel has pairs of base classes where volio has one class that does both. A second class
    derived from it, for programs to derive theirs from, must still say of volio's own objects
    that they are its instances.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        return issubclass(type(instance), cls)

    def __subclasscheck__(cls, subclass: type) -> bool:
        counts = cls.__dict__.get("counts")
        # By the bases and not by `issubclass`, which asks this class as a subclass of `counts`.
        return counts in subclass.__mro__ if counts else super().__subclasscheck__(subclass)
