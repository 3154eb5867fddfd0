"""A proxy that delays what is sent to a server: ``python -m bench.latency PORT SECONDS``.

It prints the port that it listens at, and runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys

PIECE = 1 << 18


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass on what comes, each piece so many seconds later."""
    try:
        while data := await reader.read(PIECE):
            if delay:
                await asyncio.sleep(delay)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(port: int, delay: float) -> None:
    """Listen until standard input ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", port)
        # Requests are small, and wait; answers pass at once.
        await asyncio.gather(_carry(reader, to_server[1], delay), _carry(to_server[0], writer, 0))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
