"""Takes streams in, counts their packets, and does nothing else: `ingest.py threads|aio|pyrtmp`.

As bench/c/ingest.c it prints "listening on ADDRESS", serves until its standard input ends, and then prints how many payload
bytes came, in how many packets. "threads" and "aio" are this library's two ways, "pyrtmp" is the package of that name.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading

taken = [0, 0]  # bytes, packets


def end(size: int = 0, packets: int = 0) -> None:
    print(taken[0] + size, taken[1] + packets, flush=True)
    os._exit(0)  # what is under way is of no interest any more


def watch() -> None:
    """Ends the process with its standard input, from a thread that does not keep the others from their work."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        end()

    threading.Thread(target=wait, daemon=True).start()


def threads() -> None:
    import oxrtmp

    def take(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            for packet in session:
                taken[0] += packet.size
                taken[1] += 1

    server = oxrtmp.Server("127.0.0.1:0")
    print("listening on", server.address, flush=True)
    watch()
    server.serve(take)


async def aio() -> None:
    import oxrtmp.aio

    async def take(request: oxrtmp.aio.Request) -> None:
        async with request.accept() as session:
            async for packet in session:
                taken[0] += packet.size
                taken[1] += 1

    async with oxrtmp.aio.Server("127.0.0.1:0") as server:
        print("listening on", server.address, flush=True)
        watch()
        await server.serve(take)


async def pyrtmp() -> None:
    from pyrtmp.rtmp import RTMPProtocol, SimpleRTMPController

    logging.disable()  # it tells everything

    class Counter(SimpleRTMPController):
        async def on_video_message(self, session: object, message: object) -> None:
            taken[0] += len(message.payload)
            taken[1] += 1

        on_audio_message = on_video_message

    server = await asyncio.get_running_loop().create_server(lambda: RTMPProtocol(Counter()), "127.0.0.1", 0)
    print("listening on 127.0.0.1:" + str(server.sockets[0].getsockname()[1]), flush=True)
    watch()
    await server.serve_forever()


def main() -> None:
    way = sys.argv[1]
    if way == "threads":
        threads()
    elif way == "aio":
        asyncio.run(aio())
    elif way == "pyrtmp":
        import uvloop  # as its authors advise

        uvloop.run(pyrtmp())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
