"""Clients that make a lost connection again, and that drop video instead of waiting, for threads and for asyncio."""

from __future__ import annotations

import asyncio
import threading
import time

import oxrtmp
import pytest
from oxrtmp import EventKind, Limits, PacketKind, aio

AVCC = bytes.fromhex("0164001fffe100016701000168")


def publish(server: oxrtmp.Server, **options: object) -> tuple[oxrtmp.Client, oxrtmp.Session]:
    clients: list[oxrtmp.Client] = []
    url = f"rtmp://{server.address}/live/x"
    thread = threading.Thread(target=lambda: clients.append(oxrtmp.Client.publish(url, **options)))  # type: ignore[arg-type]
    thread.start()
    session = server.accept(10).accept()
    thread.join()
    return clients[0], session


def test_a_lost_connection_is_made_again() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = publish(server, reconnect=True, retry_min=0.02, retry_max=0.1)
        client.send_video_sequence_header(AVCC)
        client.send_video(0, True, b"frame")
        assert session.next_packet(10).kind == PacketKind.SEQUENCE_HEADER
        session.close()  # which cuts the connection
        lost = client.next_event(10)
        assert lost.kind == EventKind.RECONNECTING and str(lost.error) == "media: the peer has ended the stream"
        session = server.accept(10).accept()
        assert client.next_event(10).kind == EventKind.RECONNECTED
        client.send_video(40, False, b"frame")  # left out: it needs an earlier one
        client.send_video(80, True, b"frame")
        header, frame = session.next_packet(10), session.next_packet(10)
        assert header.kind == PacketKind.SEQUENCE_HEADER and bytes(header.data) == AVCC
        assert frame.timestamp_ms == 80
        assert client.statistics().dropped >= 1
        session.close(description="enough")  # the server's word is final
        with pytest.raises(oxrtmp.RefusedError, match="enough"):
            while True:
                client.send_audio(0, b"x")
        client.close()


def test_attempts_are_counted() -> None:
    server = oxrtmp.Server("127.0.0.1:0")
    client, session = publish(server, reconnect=True, retry_min=0.001, retry_max=0.01, attempts=3)
    server.close()
    session.close()
    assert client.next_event(10).kind == EventKind.RECONNECTING
    with client, pytest.raises(oxrtmp.TransportError) as end:
        while True:
            client.send_audio(0, b"x")
            time.sleep(0.001)
    assert end.value.phase in ("tcp", "handshake"), end.value  # nobody is there, but for a test of somebody else's


def test_video_is_dropped_instead_of_waiting() -> None:
    with oxrtmp.Server("127.0.0.1:0", limits=Limits(queue_bytes=1000)) as server:
        client, session = publish(
            server, drop_video=True, output_bytes=200_000, send_timeout=0.1, send_buffer_bytes=20_000
        )
        for i in range(2000):
            client.send_video(i, i % 10 == 0, bytes(20_000))
        assert client.next_event(10).kind == EventKind.CONGESTED
        assert 500 < client.statistics().dropped < 2000
        taking = threading.Thread(target=lambda: list(session))
        taking.start()
        assert client.next_event(10).kind == EventKind.RELIEVED
        client.close()
        taking.join()


def test_the_same_for_asyncio() -> None:
    async def run() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            url = f"rtmp://{server.address}/live/x"
            opening = asyncio.ensure_future(aio.Client.publish(url, reconnect=True, retry_min=0.02, retry_max=0.1))
            session = await (await server.accept()).accept()
            client = await opening
            await session.close()
            lost = await client.next_event()
            assert lost.kind == EventKind.RECONNECTING and lost.error is not None
            session = await (await server.accept()).accept()
            assert (await client.next_event()).kind == EventKind.RECONNECTED
            await client.send_audio(0, b"again")
            assert bytes((await session.next_packet()).raw).endswith(b"again")
            await client.close()
            await session.close()

    asyncio.run(asyncio.wait_for(run(), 30))
