"""A tile server for tests: a small stack in the layouts of CATMAID, its description, and faults.

The stack has 700 × 530 × 6 pixels (x, y, z) of 8 bits, three zoom levels and tiles of 256 × 128.
Slice 3 is not there, slice 4 is broken: its tiles are white.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from email.message import Message
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from volio.testing.servers.tile_images import TileEncoding, encoded, padded
from volio.testing.servers.tile_paths import SOURCES, ServedTile, TileRequest, requested_tile
from volio.testing.servers.web_server import Fault, Reply, Server

__all__ = ["ABSENT", "BROKEN", "LEVELS", "SHAPE", "TILE", "TileServer", "pixels"]

SHAPE = (700, 530, 6)
TILE = (256, 128)  # width, height
SQUARE = 128  # side of the tiles of type 12, which has no others
LEVELS = 3
ABSENT = 3
BROKEN = 4
WHITE = 255

RAW_PLANES = {"xy": "0_1", "xz": "0_2", "zy": "1_2"}  # of DVID's arrays
JSON = {"Content-Type": "application/json"}


@cache
def pixels(depth: int = 8) -> NDArray[Any]:
    """Return the pixels of the stack: smooth waves with a little noise, none of them 0 or white.

    Parameters
    ----------
    depth : {8, 16}
        Bits. The high bytes of the 16-bit values are the 8-bit ones.

    Returns
    -------
    ndarray of uint8 or uint16, shape (700, 530, 6)
        Axes x, y, z; read only. Every line of pixels differs from every other.
    """
    x, y, z = np.meshgrid(*map(np.arange, SHAPE), indexing="ij", sparse=True)
    waves = 50 * np.sin(x / 17 + z) + 40 * np.sin(y / 23 + 2 * z) + 30 * np.sin((x + y) / 31)
    random = np.random.default_rng(13)
    noise = random.integers(-2, 3, SHAPE)
    values: NDArray[Any] = (127 + waves + noise).astype(np.uint8)
    if depth == 16:
        values = values.astype(np.uint16) * 256 + random.integers(0, 256, SHAPE, np.uint16)
    values.setflags(write=False)
    return values


class TileServer(Server):
    """Serves the stack at ``/1/stack/5``, as tiles of every type with addresses of their own.

    Attributes
    ----------
    types : sequence of int
        Types of the mirrors that the description lists, in this order.
    changes : dict
        Put over the description of the stack.
    stacks : dict of int to dict
        Further stacks: what is put over the description, by their number.
    orientation : {"xy", "xz", "zy"}
    levels : int
        How many zoom levels there are.
    absent : set of int
        Slices that are not there: 3, where nothing else is set.
    broken : dict of int to int
        Slices whose tiles are white, and the offset of another one to show: 4, with slice 5.
    encoding : TileEncoding
    every : Fault or None
        What is wrong with every tile.
    tile_faults : dict of ServedTile to Fault
        What is wrong with some tiles; `faults` are taken off by tiles and descriptions alike.
    tiles : Counter of ServedTile
        How often each tile was asked for.
    token : str
        Where one is set, requests need it: ``X-Authorization: Token …``, or ``Authorization`` for
        tiles of type 12.
    user : (name, password) or None
        The same for basic authentication.
    """

    def __init__(self, *types: int) -> None:
        super().__init__()
        self.types = types or (4,)
        self.changes: dict[str, Any] = {}
        self.stacks: dict[int, dict[str, Any]] = {5: {}}
        self.orientation = "xy"
        self.levels = LEVELS
        self.absent = {ABSENT}
        self.broken = {BROKEN: 1}
        self.encoding = TileEncoding()
        self.every: Fault | None = None
        self.tile_faults: dict[ServedTile, Fault] = {}
        self.tiles = Counter[ServedTile]()
        self.token = ""
        self.user: tuple[str, str] | None = None

    @property
    def address(self) -> str:
        """The address of the stack: ``catmaid+http://…/1/stack/5``."""
        return f"catmaid+{self.url}/1/stack/5"

    def level(self, number: int, depth: int = 8) -> NDArray[Any]:
        """Return the pixels of a zoom level, axes x, y, z: every 2ⁿ-th pixel of x and y.

        Absent and broken slices have what they would have if they were not.
        """
        step = 2**number
        return pixels(depth)[::step, ::step]

    def info(self, sid: int = 5) -> dict[str, Any]:
        """Return the description of a stack, as CATMAID gives it."""
        described: dict[str, Any] = {
            "sid": sid,
            "pid": 1,
            "stitle": "waves",
            "ptitle": "tests",
            "dimension": dict(zip("xyz", SHAPE, strict=True)),
            "resolution": {"x": 4.0, "y": 5.0, "z": 40.0},
            "translation": {"x": 1000.0, "y": 2000.0, "z": 3000.0},
            "orientation": ["xy", "xz", "zy"].index(self.orientation),
            "num_zoom_levels": self.levels - 1,
            "broken_slices": {str(number): offset for number, offset in self.broken.items()},
            "canary_location": {"x": 300, "y": 200, "z": 1},
            "attribution": "nobody",
            "metadata": None,
            "downsample_factors": None,
            "mirrors": [self.mirror(kind, place) for place, kind in enumerate(self.types)],
        }
        return described | self.changes | self.stacks.get(sid, {})

    def mirror(self, kind: int, position: int = 0, **changes: Any) -> dict[str, Any]:
        """Return the description of the mirror of a type.

        Parameters
        ----------
        kind : int
        position : int
        **changes
            Put over it.
        """
        base = SOURCES[kind].base.replace("PLANE", RAW_PLANES[self.orientation])
        described = {
            "id": 10 + position,
            "title": f"type {kind}",
            "position": position,
            "image_base": f"{self.url}/tiles/{kind}/{base}",
            "tile_width": SQUARE if kind == 12 else TILE[0],
            "tile_height": SQUARE if kind == 12 else TILE[1],
            "tile_source_type": kind,
            "file_extension": self.encoding.form,
        }
        return described | changes

    def reply(self, path: str, headers: Message) -> Reply:
        """Answer with a description, a tile, or a file."""
        stack = re.fullmatch(r"/1/stack/(\d+)/info", path)
        if stack:
            return self._allowed(headers) or self._description(int(stack[1]))
        asked = self._asked(path)
        if asked is None:
            return super().reply(path, headers)
        with self.lock:
            self.tiles[asked.tile] += 1
        return self._allowed(headers) or self._tile(asked)

    def next_fault(self, path: str) -> Fault | None:
        """Return what is to be wrong with the answer: the next fault, the tile's, every tile's."""
        fault = super().next_fault(path)
        asked = self._asked(path)
        if fault is not None or asked is None:
            return fault
        return self.tile_faults.get(asked.tile, self.every)

    def _asked(self, path: str) -> TileRequest | None:
        """Return the tile that a path asks for."""
        found = re.match(r"/tiles/(\d+)/", path)
        return requested_tile(int(found[1]), path[found.end() :], TILE) if found else None

    def _allowed(self, headers: Message) -> Reply | None:
        """Return a refusal, unless the request has the credentials that it needs."""
        given = {headers.get("Authorization"), headers.get("X-Authorization")}
        needed: set[str] = set()
        if self.token:
            needed.add(f"Token {self.token}")
        if self.user is not None:
            words = ":".join(self.user).encode()
            needed.add(f"Basic {base64.b64encode(words).decode()}")
        if needed <= given:
            return None
        return Reply(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="tiles"'})

    def _description(self, sid: int) -> Reply:
        if sid not in self.stacks:
            # CATMAID gives errors with the status of success.
            error = {"error": f"Stack {sid} does not exist", "type": "DoesNotExist"}
            return Reply(200, json.dumps(error).encode(), JSON)
        return Reply(200, json.dumps(self.info(sid)).encode(), JSON)

    def _tile(self, asked: TileRequest) -> Reply:
        plane = self._plane(asked)
        if plane is None:
            return Reply(404, b"<html>there is no such tile</html>", {"Content-Type": "text/html"})
        if asked.transposed:
            plane = plane.T
        tag = {"ETag": f'"{"-".join(map(str, asked.tile))}"'}
        return Reply(200, encoded(plane, self.encoding), {**self.encoding.headers(), **tag})

    def _plane(self, asked: TileRequest) -> NDArray[Any] | None:
        """Return the pixels of a tile, axes y, x; None where there is none."""
        tile = asked.tile
        width = asked.width or TILE[0]
        height = asked.height or TILE[1]
        if not 0 <= tile.level < self.levels or tile.depth in self.absent:
            return None
        image = self.level(tile.level, self.encoding.depth)
        x = tile.column * width
        y = tile.row * height
        if not (0 <= x < image.shape[0] and 0 <= y < image.shape[1]):
            return None
        if not 0 <= tile.depth < image.shape[2]:
            return None
        part = image[x : x + width, y : y + height, tile.depth].T
        if tile.depth in self.broken:
            part = np.full_like(part, WHITE)
        return padded(part, (width, height), self.encoding)
