"""Events: changes of an object, and the callbacks that are called after them."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FunctionType, MethodType
from typing import Any

from volio.errors import UsageError

__all__ = ["EmitterGroup", "Event", "EventEmitter"]

Callback = Callable[..., Any]


class Event:
    """What happened, as callbacks get it.

    Parameters
    ----------
    type : str
        Name of the event: ``"opacity"``, say.
    source : object
        The object that changed.
    **facts
        Further attributes of the event, as ``value``: the new value, where there is one.

    Examples
    --------
    >>> event = volio.display.Event("opacity", "scan", value=0.5)
    >>> event.type, event.value
    ('opacity', 0.5)
    """

    def __init__(self, type: str, source: object, **facts: object) -> None:
        self.type = type
        self.source: Any = source
        self.value: Any = None
        self.__dict__.update(facts)

    def __repr__(self) -> str:
        return f"Event({self.type!r}, source={self.source!r}, value={self.value!r})"


class EventEmitter:
    """One kind of event, and the callbacks that it calls.

    The callback connected last is called first. Bound methods are held weakly: connecting one
    keeps no object alive.

    Parameters
    ----------
    source : object
        The object that changes.
    type : str
        Name of the events.

    Examples
    --------
    >>> heard = []
    >>> layer = volio.ImageLayer(np.zeros((2, 3)))
    >>> emitter = volio.display.EventEmitter(layer, "opacity")
    >>> callback = emitter.connect(lambda event: heard.append(event.value))
    >>> event = emitter(value=0.5)
    >>> heard
    [0.5]
    """

    def __init__(self, source: object, type: str) -> None:
        self._source = weakref.ref(source)
        self.type = type
        self._callbacks: list[_CallbackReference] = []
        self._blocked = 0
        self._muted: dict[_CallbackReference, int] = {}

    @property
    def source(self) -> Any:
        """The object that changes."""
        return self._source()

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """Connected callbacks, in the order in which they are called."""
        callbacks = (reference.get() for reference in self._callbacks)
        return tuple(callback for callback in callbacks if callback is not None)

    def connect(self, callback: Callback, position: str = "first") -> Callback:
        """Call a function at each event from now on; one that is connected already stays.

        Parameters
        ----------
        callback : callable
            Takes the `Event`, or nothing. Bound methods are held weakly.
        position : {"first", "last"}
            Before or after those connected already.

        Returns
        -------
        callable
            `callback`, so that this can be used as a decorator.

        Raises
        ------
        UsageError
            If it cannot be called with one argument or none.
        """
        if position not in ("first", "last"):
            raise UsageError(f"position: must be 'first' or 'last', got {position!r}")
        reference = _CallbackReference(callback)
        if reference not in self._callbacks:
            index = 0 if position == "first" else len(self._callbacks)
            self._callbacks.insert(index, reference)
        return callback

    def disconnect(self, callback: Callback | None = None) -> None:
        """Stop calling a function, or all of them; one that is not connected is not an error."""
        if callback is None:
            self._callbacks = []
            return
        gone = _CallbackReference(callback)
        self._callbacks = [reference for reference in self._callbacks if reference != gone]

    def block(self, callback: Callback | None = None) -> None:
        """Hold back all calls, or those of one callback, until `unblock`; calls add up."""
        if callback is None:
            self._blocked += 1
            return
        reference = _CallbackReference(callback)
        self._muted[reference] = self._muted.get(reference, 0) + 1

    def unblock(self, callback: Callback | None = None) -> None:
        """Undo one `block`.

        Raises
        ------
        UsageError
            If nothing was blocked.
        """
        reference = None if callback is None else _CallbackReference(callback)
        count = self._blocked if reference is None else self._muted.get(reference, 0)
        if not count:
            raise UsageError(f"events of {self.type or 'all types'}: unblock without a block")
        if reference is None:
            self._blocked -= 1
        else:
            self._muted[reference] = count - 1

    @contextmanager
    def blocker(self, callback: Callback | None = None) -> Iterator[None]:
        """Hold back calls (all, or of one callback) inside a ``with`` block."""
        self.block(callback)
        try:
            yield
        finally:
            self.unblock(callback)

    @property
    def blocked(self) -> bool:
        """Whether all calls are held back."""
        return self._blocked > 0

    def __call__(self, **facts: Any) -> Event:
        """Call everyone connected.

        Parameters
        ----------
        **facts
            Attributes of the event: ``value=...``.

        Returns
        -------
        Event
        """
        event = Event(self.type, self.source, **facts)
        self._send(event)
        return event

    def _send(self, event: Event) -> None:
        if self._blocked:
            return
        for reference in tuple(self._callbacks):
            callback = reference.get()
            if callback is None:  # its object is gone
                self._callbacks.remove(reference)
            elif not self._muted.get(reference):
                callback(event) if reference.takes_event else callback()


class _Emitter(EventEmitter):
    """An emitter of a group, whose callbacks are called after its own."""

    def __init__(self, group: EmitterGroup, source: Any, type: str) -> None:
        super().__init__(source, type)
        self._group = weakref.ref(group)

    def _send(self, event: Event) -> None:
        group = self._group()
        if self._blocked or group is None or group.blocked:
            return
        super()._send(event)
        group._send(event)


class EmitterGroup(EventEmitter):
    """The events of an object: an emitter for each, as attributes, and all of them at once.

    ``events.opacity.connect(f)`` is for one kind, ``events.connect(f)`` for all.

    Parameters
    ----------
    source : object
        The object that changes.
    *types : str
        Names of the events.

    Examples
    --------
    >>> heard = []
    >>> layer = volio.ImageLayer(np.zeros((2, 3)))
    >>> events = volio.display.EmitterGroup(layer, "opacity", "name")
    >>> event = events.opacity.connect(lambda event: heard.append(event.type))
    >>> event = events.opacity()
    >>> heard
    ['opacity']
    """

    def __init__(self, source: object, *types: str) -> None:
        super().__init__(source, "")
        # An emitter is made when it is first asked for: most of a layer's never are.
        self._emitters: dict[str, EventEmitter | None] = {}
        self.add(*types)

    def add(self, *types: str) -> None:
        """Add kinds of events."""
        self._emitters.update(dict.fromkeys(types))

    def __getattr__(self, name: str) -> EventEmitter:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no event {name!r}") from None

    def __getitem__(self, name: str) -> EventEmitter:
        """Return the emitter of one kind of events."""
        emitters = vars(self)["_emitters"]
        emitter: EventEmitter | None = emitters[name]
        if emitter is None:
            emitter = _Emitter(self, self.source, name)
            emitters[name] = emitter
        return emitter

    def __iter__(self) -> Iterator[str]:
        return iter(self._emitters)

    def __contains__(self, name: object) -> bool:
        return name in self._emitters

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._emitters})

    @property
    def emitters(self) -> dict[str, EventEmitter]:
        """The emitter of each kind of events, by its name."""
        return {name: self[name] for name in self}

    def block_all(self) -> None:
        """Hold back every call until `unblock_all`."""
        self.block()

    def unblock_all(self) -> None:
        """Undo one `block_all`."""
        self.unblock()

    def blocker_all(self) -> AbstractContextManager[None]:
        """Hold back every call inside a ``with`` block."""
        return self.blocker()


class _CallbackReference:
    """A callback: weakly held if it is a bound method."""

    def __init__(self, callback: Callback) -> None:
        self._reference: Any = callback
        self._key: Any = callback
        if isinstance(callback, MethodType):
            self._reference = weakref.WeakMethod(callback)
            # Methods of equal objects are not the same method.
            self._key = (id(callback.__self__), callback.__func__)
        self.takes_event = takes_event(callback)

    def get(self) -> Callback | None:
        """Return the callback; None if its object is gone."""
        if isinstance(self._reference, weakref.WeakMethod):
            return self._reference()
        return self._reference  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _CallbackReference) or self._key != other._key:
            return False
        return self.get() is not None and other.get() is not None

    def __hash__(self) -> int:
        return hash(self._key)


#: Whether methods take the event: to find it out is slow, and objects of a class share it.
_TAKES_EVENT: weakref.WeakKeyDictionary[FunctionType, bool] = weakref.WeakKeyDictionary()


def takes_event(callback: Callback) -> bool:
    """Return whether a callback takes the event; if not, it takes nothing.

    Raises
    ------
    UsageError
        If it is not a function, or needs more than one argument.
    """
    function = getattr(callback, "__func__", None)
    if not isinstance(function, FunctionType):
        return _takes_event(callback)
    if function not in _TAKES_EVENT:
        _TAKES_EVENT[function] = _takes_event(callback)
    return _TAKES_EVENT[function]


def _takes_event(callback: Callback) -> bool:
    if not callable(callback):
        raise UsageError(f"callback: must be a function, got {callback!r}")
    try:
        signature = inspect.signature(callback)
    except ValueError:  # some built-in functions have none
        return True
    for arguments in ((None,), ()):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return bool(arguments)
    raise UsageError(f"callback: must take the event or nothing, got {callback!r}{signature}")
