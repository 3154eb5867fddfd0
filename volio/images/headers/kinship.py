"""Classes that count as others without deriving from them, for programs that ask `isinstance`."""

from __future__ import annotations

from typing import Any

__all__ = ["Kinship"]


class Kinship(type):
    """Metaclass of headers and images, by which a class can count as another.

    In nibabel a NIfTI header is an Analyze header, and programs ask for that. Here they have
    nothing in common but their fields: ``counts_as``, a class attribute, holds the names of the
    classes of which instances are instances too.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        # Stand-ins of tests, and proxies, are of another type and name the class they stand for.
        return issubclass(type(instance), cls) or issubclass(instance.__class__, cls)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if super().__subclasscheck__(subclass):
            return True
        return any(cls.__name__ in vars(base).get("counts_as", ()) for base in subclass.__mro__)
