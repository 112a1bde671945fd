"""oxrtmp for asyncio: the same names, to be used with `async with`, `async for` and `await`.

    async with oxrtmp.aio.Server("127.0.0.1:1935") as server:
        async for request in server:
            if request.stream_name != "secret":
                await request.reject("unauthorized")
                continue
            async with request.accept() as session:
                async for packet in session:
                    print(packet.timestamp_ms, packet.track, packet.codec, len(packet.data))

    async with oxrtmp.aio.Client.publish("rtmp://127.0.0.1/live/secret") as client:
        await client.send_video(timestamp_ms, keyframe, nalus)

All objects of an event loop share one queue, whose descriptor the loop watches: there are no threads, and thousands of
sessions cost one descriptor. Any loop with add_reader will do, uvloop for example. Every wait can be cancelled, and
then has taken nothing; for bounds on time use asyncio.timeout(). An object belongs to the loop in which it was made.
"""

from __future__ import annotations

from ._aio_client import Client
from ._aio_hub import Hub
from ._aio_relay import Relay
from ._aio_server import Request, Server, Session, serve
from ._flv import FLVReader, Recorder
from ._native import Packet

__all__ = ["Client", "FLVReader", "Hub", "Packet", "Recorder", "Relay", "Request", "Server", "Session", "serve"]

for _class in (Client, Hub, Relay, Request, Server, Session):
    _class.__module__ = __name__  # what tracebacks and the objects show
