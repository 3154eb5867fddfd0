"""A region of a stack on a tile server: found in a coarse level, looked at, and saved as OME-Zarr.

By default the stack is one that a small server on this computer makes up.
"""

from contextlib import ExitStack

import numpy as np
from gallery import Example, side_by_side

import volio
from volio.display import plot_ortho
from volio.testing.servers.tile_server import TileServer
from volio.testing.servers.web_server import serving


def small_server(stack):
    """Start a server, which ends with the stack; return the address of what it serves."""
    server = stack.enter_context(serving(TileServer()))
    server.absent.clear()
    return server.address


def main():
    """Draw the whole stack and the region, and save the region."""
    example = Example(__doc__)
    with ExitStack() as stack:
        image = volio.load(small_server(stack), broken="interpolate")
        print(image)
        coarse = image.levels[-1]
        # The middle of the stack, half as wide: nm, as in CATMAID.
        first, last = np.array([[1700, 2660, 3000], [3100, 3990, 3240]])
        region = image.roi([first, last], space="project")
        look = {"size": example.size, "display_mode": "z", "vmin": 80, "vmax": 230}
        pictures = [plot_ortho(part, **look) for part in (coarse, region)]
        volio.save(region, example.folder / "region.ome.zarr")
    # The file needs no server.
    saved = volio.load(example.folder / "region.ome.zarr")
    pictures.append(plot_ortho(saved, **look))
    example.save("tile_server.png", side_by_side(pictures, 3))


if __name__ == "__main__":
    main()
