"""How the faces of a surface layer are drawn: light, edges and normals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from volio.display.base.events import Event
from volio.display.base.settings import Setting, number_from, one_of
from volio.display.colour.colors import Color, as_color
from volio.display.layers.parts.part import LayerPart
from volio.display.surfaces.picture import SHADINGS
from volio.errors import UsageError
from volio.flags import as_flag

__all__ = ["NormalLook", "SurfaceLook", "SurfaceNormals", "Wireframe"]


def _color(name: str, value: Any) -> Color:
    """Return a colour, RGBA in 0..1."""
    try:
        return as_color(value)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error


class LineLook(LayerPart):
    """Lines of a surface.

    Parameters
    ----------
    visible : bool
    color : colour
    width : float
        Pixels.
    """

    visible = Setting(as_flag, "Whether the lines are drawn.", False)
    color = Setting(_color, "Colour of the lines; may be set by anything that names one.")
    width = Setting(number_from(0), "Width of the lines, pixels.", False)

    def __init__(self, visible: bool = False, color: Any = "black", width: float = 1.0) -> None:
        super().__init__()
        self.visible = visible
        self.color = color
        self.width = width

    def update(self, values: Mapping[str, Any]) -> None:
        """Set some settings by name.

        Raises
        ------
        UsageError
            If there is no such setting.
        """
        for name, value in values.items():
            if name not in self.events:
                raise UsageError(f"{name}: there is no such setting of lines")
            setattr(self, name, value)

    def dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {name: getattr(self, name) for name in self.events}

    def __repr__(self) -> str:
        state = ", ".join(f"{name}={value!r}" for name, value in self.dict().items())
        return f"{type(self).__name__}({state})"


class Wireframe(LineLook):
    """The edges of all faces."""


class NormalLook(LineLook):
    """Normals as lines.

    Parameters
    ----------
    visible : bool
    color : colour
    width : float
        Pixels.
    length : float
        In the unit of the vertices.
    """

    length = Setting(number_from(0), "Length of the lines, in the unit of the vertices.", False)

    def __init__(
        self,
        visible: bool = False,
        color: Any = "black",
        width: float = 1.0,
        length: float = 5.0,
    ) -> None:
        super().__init__(visible, color, width)
        self.length = length


class SurfaceNormals:
    """The normals of faces, and those of vertices.

    Attributes
    ----------
    face, vertex : NormalLook
    """

    def __init__(self) -> None:
        self.face = NormalLook()
        self.vertex = NormalLook()

    def update(self, values: Mapping[str, Any]) -> None:
        """Set some settings of ``"face"`` and of ``"vertex"``.

        Raises
        ------
        UsageError
            If there is no such kind, or no such setting.
        """
        for kind, settings in values.items():
            if kind not in ("face", "vertex"):
                raise UsageError(f"normals: must be of 'face' or 'vertex', got {kind!r}")
            known = {name: value for name, value in dict(settings).items() if name != "mode"}
            getattr(self, kind).update(known)

    def dict(self) -> dict[str, dict[str, Any]]:
        """Return the settings by name."""
        return {"face": self.face.dict(), "vertex": self.vertex.dict()}

    def connect(self, callback: Callable[[Event], object]) -> Self:
        """Have a function called at each change."""
        self.face.events.connect(callback)
        self.vertex.events.connect(callback)
        return self


class SurfaceLook(LayerPart):
    """Light, edges and normals of a surface.

    Parameters
    ----------
    shading : {"none", "flat", "smooth"}
        No light, that of faces, or that of normals between vertices.
    wireframe : mapping, optional
        Settings of `Wireframe`.
    normals : mapping, optional
        Settings of `NormalLook`, by ``"face"`` and ``"vertex"``.
    """

    further_events = ("wireframe", "normals")

    shading = Setting(one_of(*SHADINGS), f"Light: one of {', '.join(SHADINGS)}.")

    def __init__(
        self, *, shading: str = "flat", wireframe: Any = None, normals: Any = None
    ) -> None:
        super().__init__()
        self.shading = shading
        self._wireframe = Wireframe()
        self._normals = SurfaceNormals()
        self._wireframe.update(_settings("wireframe", wireframe))
        self._normals.update(_settings("normals", normals))
        self._wireframe.events.connect(self._wireframe_changed)
        self._normals.connect(self._normals_changed)

    @property
    def wireframe(self) -> Wireframe:
        """The edges of faces; may be set by a mapping, and by None for the default."""
        return self._wireframe

    @wireframe.setter
    def wireframe(self, value: Any) -> None:
        self._wireframe.update(_settings("wireframe", value) or Wireframe().dict())

    @property
    def normals(self) -> SurfaceNormals:
        """Normals of faces and vertices; may be set by a mapping, and by None for the default."""
        return self._normals

    @normals.setter
    def normals(self, value: Any) -> None:
        self._normals.update(_settings("normals", value) or SurfaceNormals().dict())

    def _wireframe_changed(self, event: Event) -> None:
        self.events.wireframe(value=self._wireframe)

    def _normals_changed(self, event: Event) -> None:
        self.events.normals(value=self._normals)


def _settings(name: str, value: Any) -> Mapping[str, Any]:
    """Return settings that are given as a mapping, as an object that has `dict`, or as None."""
    given = value.dict() if isinstance(value, LineLook | SurfaceNormals) else value
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UsageError(f"{name}: must be a mapping of settings, got {type(value).__name__}")
    return given
