"""What servers, connections and streams tell about themselves."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import pytest
from conftest import until
from oxrtmp import (
    ArgumentError,
    Client,
    ConnectionStatistics,
    Engine,
    Error,
    Failure,
    Hub,
    Packet,
    Server,
    Session,
    Status,
    Strict,
    aio,
)

LINE = re.compile(r'[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? [0-9.]+')


def published(server: Server) -> tuple[Client, Session]:
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.publish, f"rtmp://{server.address}/live/secret-stream-key")
        session = server.accept(10).accept()
        return coming.result(10), session


def test_streams_and_connections() -> None:
    """C20: counts, frame rate, bitrates, round trips, on both sides; also of what is closed."""
    with Server("127.0.0.1:0") as server:
        client, session = published(server)
        for n in range(50):
            client.send_video(n * 20, n % 25 == 0, bytes(1000))
            client.send_audio(n * 20, bytes(100))
            time.sleep(0.02)
        client.flush(5)
        assert 0 < session.ping(5) < 5
        until(lambda: session.statistics().packets == 100)
        sent = client.statistics()
        seconds = sent.duration_ns / 1e9
        assert seconds >= 1
        assert (
            sent.video_bytes == 50 * 1005
            and sent.audio_bytes == 50 * 102
            and sent.bytes == sent.video_bytes + sent.audio_bytes
        )
        assert sent.keyframes == 2 and sent.keyframe_interval_ns == 500_000_000 and sent.dropped == 0
        assert sent.frame_rate == pytest.approx(50 / seconds, rel=0.01)
        assert sent.video_bitrate == pytest.approx(50 * 1005 * 8 / seconds, rel=0.01)
        assert sent.audio_bitrate == pytest.approx(50 * 102 * 8 / seconds, rel=0.01)
        until(lambda: client.connection_statistics().bytes_sent == session.connection_statistics().bytes_received)
        here, there = client.connection_statistics(), session.connection_statistics()
        assert there.number == 1 and here.number == 0 and there.phase == here.phase == "media"
        assert there.rtt_ns > 0 and here.rtt_ns > 0 and 0 < there.ping_rtt_ns < 5_000_000_000 and here.ping_rtt_ns == 0
        assert there.bytes_received > 50 * 1100 and there.bytes_sent > 3000
        assert there.packets_received == 100 and there.unknown == there.faulty == there.ignored == 0
        client.close()
        assert client.connection_statistics().bytes_sent >= here.bytes_sent
        session.close()
        assert session.connection_statistics().number == 1


def test_server() -> None:
    """A180: a server as a mapping and for Prometheus: names are masked."""
    with Hub() as hub, Server("127.0.0.1:0", hub=hub) as server:
        with Client.publish(f"rtmp://{server.address}/live/secret-stream-key") as client:
            client.send_video(0, True, b"x")
            until(lambda: server.statistics()["packets_received"] == 1)
            figures = server.statistics()
            assert figures["connections"] == figures["publishers"] == figures["accepted"] == figures["streams"] == 1
            assert figures["refused_connections"] == figures["refused_address"] == figures["players"] == 0
            assert set(figures["failed_in"].values()) == {0} and "handshake" in figures["failed_in"]
            (connection,) = figures["connection_list"]
            assert {f.name for f in fields(ConnectionStatistics)} <= set(connection)
            (stream,) = connection["stream_list"]
            assert (stream["kind"], stream["app"], stream["stream_name"], stream["video_packets"]) == (
                "publish",
                "live",
                "se…",
                1,
            )
            text = server.prometheus()
            assert (
                "secret" not in text and "\noxrtmp_accepted_total 1\n" in text and "oxrtmp_stream_frame_rate{" in text
            )
            assert all(LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("# "))
        until(lambda: server.statistics()["ended"] == 1)
        assert server.statistics()["packets_received"] == 1


def test_failures() -> None:
    """A184, A185: a strict server; the last bytes of what failed, which an engine makes the same of."""
    with Server("127.0.0.1:0", strict=Strict.APP | Strict.ORDER, keep_bytes=100_000) as server:
        assert server.take_failure() is None
        client, session = published(server)
        client.close()
        session.close()
        with pytest.raises(Error):
            Client.publish(f"rtmp://{server.address}/live/x", app="/")
        found: list[Failure] = []
        until(lambda: found or found.extend(f for f in [server.take_failure()] if f))
        (failure,) = found
        assert failure.status == Status.PROTOCOL and failure.phase == "connect" and "strict about app" in failure.text
        assert (
            failure.connection == 2
            and failure.offset == 0
            and len(failure.data) > 3100
            and failure.peer.startswith("127.0.0.1:")
        )
        with Engine.server(strict=Strict.APP) as engine, pytest.raises(Error) as caught:
            engine.receive(failure.data, 0)
        assert caught.value.status == Status.PROTOCOL
        assert server.statistics()["failed_in"]["connect"] == 1
    with pytest.raises(ArgumentError):
        Server("127.0.0.1:0", keep_bytes=(1 << 20) + 1)


def test_asyncio() -> None:
    async def run() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            client, session = await asyncio.gather(
                aio.Client.publish(f"rtmp://{server.address}/live/x"), accepted(server)
            )
            await session.ping(5)
            assert session.connection_statistics().ping_rtt_ns > 0 and client.connection_statistics().bytes_sent > 3000
            assert server.statistics()["publishers"] == 1 and "oxrtmp_publishers 1" in server.prometheus()
            await client.close()
            await session.close()

    async def accepted(server: aio.Server) -> aio.Session:
        return await (await server.accept()).accept()

    asyncio.run(run())


def test_what_is_sent() -> None:
    """It is counted as what it is, however little is said of it: by a connection, and inside a hub."""
    with Server("127.0.0.1:0") as server, Hub() as hub:
        client, session = published(server)
        with session, client, hub.publish("live", "test") as inside:
            for sender in (client, inside):
                for n in range(10):
                    key = n % 5 == 0
                    if n < 5:
                        sender.send_video(n * 40, key, b"x")
                    else:
                        sender.send_packet(Packet(9, n * 40, raw=bytes([0x17 if key else 0x27, 1, 0, 0, 0, 1])))
                sent = sender.statistics()
                assert (sent.video_packets, sent.keyframes, sent.keyframe_interval_ns) == (10, 2, 200_000_000)
                assert 0 < sent.frame_rate <= 10  # as they came at once
