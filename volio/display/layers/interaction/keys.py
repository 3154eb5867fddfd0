"""Keys: names of key combinations, and functions bound to them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from types import EllipsisType
from typing import Any, ClassVar

from volio.errors import UsageError

__all__ = ["KeyBound", "normalize_key"]

MODIFIERS = ("Control", "Alt", "Shift", "Meta")
SPECIAL = (
    *("Up", "Down", "Left", "Right", "PageUp", "PageDown", "Insert", "Delete", "Home", "End"),
    *("Escape", "Backspace", "Space", "Enter", "Tab", "F1", "F2", "F3", "F4", "F5", "F6", "F7"),
    *("F8", "F9", "F10", "F11", "F12", *MODIFIERS),
)
#: Other names of keys, in lower case: short ones, and those of matplotlib's events.
OTHER = {
    **{name.lower(): name for name in (*SPECIAL, *MODIFIERS)},
    **{"ctrl": "Control", "cmd": "Meta", "super": "Meta", "win": "Meta", "esc": "Escape"},
    **{"return": "Enter", " ": "Space", "del": "Delete"},
}

Function = Callable[..., Any]


def normalize_key(key: str) -> str:
    """Return the name of a key combination as it is stored: ``'ctrl+x'`` is ``'Control-X'``.

    Parameters
    ----------
    key : str
        ``"[Modifier-]...Key"``, or with ``+`` as matplotlib has it. Modifiers are Control
        (Ctrl), Alt, Shift and Meta, in any order. Keys are single characters, arrows, Home, F1, …

    Returns
    -------
    str
        Modifiers in a fixed order, then the key.

    Raises
    ------
    TypeError
        If there is no such key or modifier.

    Examples
    --------
    >>> volio.display.normalize_key("ctrl+x")
    'Control-X'
    """
    if not isinstance(key, str) or not key:
        raise TypeError(f"key: must be text such as 'Control-X', got {key!r}")
    *given, last = _parts(key)
    modifiers = [OTHER.get(name.lower(), name) for name in given]
    wrong = [name for name in modifiers if name not in MODIFIERS]
    if wrong:
        raise TypeError(f"key: {key!r} has no modifier {wrong[0]!r}; there are {MODIFIERS}")
    if len(set(modifiers)) < len(modifiers):
        raise TypeError(f"key: {key!r} has a modifier twice")
    in_order = [name for name in MODIFIERS if name in modifiers]
    return "-".join([*in_order, _key(last, key)])


def _parts(key: str) -> list[str]:
    """Return the modifiers of a key combination, and the key."""
    sign = "+" if "+" in key[:-1] and "-" not in key[:-1] else "-"
    if key[-1] != sign:
        return key.split(sign)
    # The key itself may be the sign: 'Control--' is Control and minus.
    *modifiers, rest = key[:-1].split(sign)
    if rest:
        raise TypeError(f"key: {key!r} ends without a key")
    return [*modifiers, sign]


def _key(name: str, whole: str) -> str:
    if name.lower() in OTHER:
        return OTHER[name.lower()]
    if len(name) == 1 and name.isprintable():
        return name.upper()
    raise TypeError(f"key: {whole!r} has no key {name!r}: a character, or one of {SPECIAL}")


def _stored(key: str | EllipsisType) -> str | EllipsisType:
    return key if key is ... else normalize_key(key)


def bind_key(
    keymap: dict[Any, Any], key: Any, func: Any = inspect.Parameter.empty, overwrite: bool = False
) -> Any:
    """Bind a function to a key in a keymap.

    Parameters
    ----------
    keymap : dict
    key : str or Ellipsis
        Ellipsis stands for every key without a binding of its own.
    func : callable, None or Ellipsis, optional
        None takes the binding away, Ellipsis blocks the key. Left out: a decorator is returned.
        A generator function runs up to its ``yield`` at the press and on at the release.
    overwrite : bool
        Whether a binding that is there may be replaced.

    Returns
    -------
    callable or None
        The function whose binding is taken away, a decorator when `func` is left out, else `func`.

    Raises
    ------
    TypeError
        If there is no such key, or `func` is not a function.
    UsageError
        If the key is bound already.
    """
    stored = _stored(key)
    if func is inspect.Parameter.empty:
        return partial(bind_key, keymap, stored, overwrite=overwrite)
    if func is not None and stored in keymap and not overwrite:
        raise UsageError(f"key: {key!r} is bound to {keymap[stored]!r}; overwrite=True replaces it")
    if func is None:
        return keymap.pop(stored, None)
    if func is not ... and not callable(func):
        raise TypeError(f"func: must be a function, None or Ellipsis, got {func!r}")
    keymap[stored] = func
    return func


class _BindKey:
    """``bind_key`` of a class binds for all its objects, that of an object for it alone."""

    def __get__(self, bound: Any, owner: Any) -> Function:
        keymap = owner.class_keymap if bound is None else bound.keymap

        def bind(key: Any, func: Any = inspect.Parameter.empty, *, overwrite: bool = False) -> Any:
            return bind_key(keymap, key, func, overwrite)

        bind.__doc__ = bind_key.__doc__
        return bind


class KeyBound:
    """Something that keys act on: every class has a keymap, and every object.

    Attributes
    ----------
    class_keymap : dict
        Bindings of the class; those of its bases are found after these.
    keymap : dict
        Bindings of this object, found first.
    """

    class_keymap: ClassVar[dict[Any, Any]] = {}
    bind_key = _BindKey()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "class_keymap" not in cls.__dict__:
            cls.class_keymap = {}

    def __init__(self) -> None:
        super().__init__()
        self.keymap: dict[Any, Any] = {}
        self._held: dict[str, Iterator[Any]] = {}

    def bound_function(self, key: str) -> Function | None:
        """Return what a key does here: looked up in the object, its class, then its bases.

        Returns
        -------
        callable or None
            None for a key that is free or blocked.
        """
        name = normalize_key(key)
        classes = [cls.class_keymap for cls in type(self).__mro__ if issubclass(cls, KeyBound)]
        for keymap in (self.keymap, *classes):
            found = keymap.get(name, keymap.get(...))
            if found is not None:
                return None if found is ... else found
        return None

    def press_key(self, key: str) -> bool:
        """Do what a key does, or the part of it before the release; False for a free key."""
        function = self.bound_function(key)
        if function is None:
            return False
        result = function(self)
        if inspect.isgenerator(result):
            next(result, None)
            self._held[normalize_key(key)] = result
        return True

    def release_key(self, key: str) -> None:
        """Do what a key does after its release, if it is held."""
        rest = self._held.pop(normalize_key(key), None)
        if rest is not None:
            next(rest, None)
