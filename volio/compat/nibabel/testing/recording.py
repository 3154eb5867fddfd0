"""Warnings in tests: contexts that record them, raise them, or keep them quiet."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import ModuleType
from typing import Any, ClassVar

__all__ = ["clear_and_catch_warnings", "error_warnings", "suppress_warnings"]


class clear_and_catch_warnings(warnings.catch_warnings):
    """Record warnings, those included that some modules have given once already.

    Parameters
    ----------
    record : bool, optional
        Give a list of the warnings.
    modules : iterable of module, optional
        Whose memory of given warnings is set aside meanwhile, besides `class_modules`.
    """

    class_modules: ClassVar[tuple[ModuleType, ...]] = ()

    def __init__(self, record: bool = True, modules: Iterable[ModuleType] = ()) -> None:
        self.modules = {*modules, *self.class_modules}
        self._memory: dict[ModuleType, dict[Any, Any]] = {}
        super().__init__(record=record)

    def __enter__(self) -> Any:
        for module in self.modules:
            registry = module.__dict__.setdefault("__warningregistry__", {})
            self._memory[module] = registry.copy()
            registry.clear()
        return super().__enter__()

    def __exit__(self, *exc_info: Any) -> None:
        super().__exit__(*exc_info)
        for module, registry in self._memory.items():
            module.__dict__["__warningregistry__"] = registry
        self._memory.clear()


class error_warnings(clear_and_catch_warnings):
    """Raise every warning as an error."""

    filter: ClassVar[Any] = "error"

    def __enter__(self) -> Any:
        recorded = super().__enter__()
        warnings.simplefilter(self.filter)
        return recorded


class suppress_warnings(error_warnings):
    """Keep warnings quiet."""

    filter: ClassVar[Any] = "ignore"
