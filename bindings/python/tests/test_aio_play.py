"""Playing on asyncio, both sides."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import oxrtmp
import pytest
from conftest import ASC, AVCC, Run
from oxrtmp import EventKind, RequestKind, aio
from oxrtmp._aio_receiving import MOST_PACKETS
from test_play import CLIP, is_own


async def media(client: aio.Client) -> AsyncIterator[oxrtmp.Packet]:
    async for packet in client:
        if not is_own(packet):
            yield packet


@asynccontextmanager
async def played(
    server_options: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[aio.Server, aio.Client, aio.Session]]:
    """A server, a client that plays from it, and the session to send to."""

    async def open() -> aio.Client:
        return await aio.Client.play(f"rtmp://{server.address}/live/test?key=1", **options)

    async with aio.Server("127.0.0.1:0", ask_play=True, **(server_options or {})) as server:
        coming = asyncio.ensure_future(open())
        request = await server.accept()
        assert request.kind is RequestKind.PLAY and request.play.start == -2
        async with request.accept() as session, await coming as client:
            yield server, client, session


def test_a_clip_is_played(run: Run) -> None:
    async def main() -> None:
        with oxrtmp.FLVReader(CLIP) as reader:
            packets = list(reader)
        async with played() as (_, client, session):

            async def feed() -> None:
                await session.send_packets(packets)
                await session.flush()
                await session.close()

            feeding = asyncio.create_task(feed())
            got = [p async for p in media(client)]
            await feeding
            assert [(p.type, p.timestamp_ms, p.kind, p.codec, bytes(p.data)) for p in got] == [
                (p.type, p.timestamp_ms, p.kind, p.codec, bytes(p.data)) for p in packets
            ]
            assert isinstance(client.error, oxrtmp.EndOfStreamError)
            with pytest.raises(oxrtmp.EndOfStreamError):
                await client.next_packet()
            metadata = client.metadata()
            assert metadata and metadata.video_codec == "av01"

    run(main())


def test_one_by_one(run: Run) -> None:
    async def main() -> None:
        async with played() as (_, client, session):
            await session.send_metadata(oxrtmp.Metadata(width=1280))
            await session.send_metadata({"height": 720})
            await session.send_video_sequence_header(AVCC)
            await session.send_audio_sequence_header(ASC)
            await session.send_video(40, True, b"key")
            await session.send_video_at(80, 40, False, b"inter")
            await session.send_audio(90, b"aac")
            await session.send_data(100, b"\2\0\5onCue\5")
            await session.send_packet(oxrtmp.Packet(8, 7, raw=b"\xaf\1raw"), timestamp_ms=130)
            got = []
            while len(got) < 9:
                got += [p for p in await client.next_packets() if not is_own(p)]
            assert [(p.type, p.timestamp_ms) for p in got[2:]] == [
                (9, 0), (8, 0), (9, 40), (9, 80), (8, 90), (18, 100), (8, 130)
            ]  # fmt: skip
            await client.close()
            with pytest.raises(oxrtmp.EndOfStreamError):
                while True:
                    await session.next_event()
            with pytest.raises(oxrtmp.EndOfStreamError):
                await session.send_audio(200, b"late")

    run(main())


def test_commands_reach_the_session(run: Run) -> None:
    async def main() -> None:
        async with played() as (_, client, session):
            client.pause()
            assert (await session.next_event()).kind is EventKind.PAUSE
            client.resume()
            assert (await session.next_event()).kind is EventKind.UNPAUSE
            client.seek(4000)
            assert (await session.next_event()).value == 4000
            client.receive_audio(False)
            event = await session.next_event()
            assert (event.kind, event.value, event.on) == (EventKind.RECEIVE, 8, False)
            client.set_buffer_length(3000)
            assert (await session.next_event()).kind is EventKind.BUFFER_LENGTH
            assert session.play.buffer_length_ms == 3000
            said = []
            async for event in client.events():
                said.append(event.code)
                if event.code == "NetStream.Seek.Notify":
                    break
            assert "NetStream.Pause.Notify" in said and "NetStream.Unpause.Notify" in said
            assert 0 < await client.ping() < 20 and 0 < await session.ping() < 20
            await session.close()
            assert all([e.kind in (EventKind.STATUS, EventKind.CONTROL) async for e in client.events()])

    run(main())


def test_refusals_and_the_wrong_way(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0", ask_play=True) as server:
            opening = asyncio.ensure_future(aio.Client.play(f"rtmp://{server.address}/live/none")._coming)
            await (await server.accept()).reject("not here")
            with pytest.raises(oxrtmp.RefusedError) as caught:
                await opening
            assert (caught.value.status, caught.value.phase) == (oxrtmp.Status.NOT_FOUND, "play")
            assert caught.value.description == "not here"
        async with played() as (_, client, session):
            with pytest.raises(oxrtmp.UsageError):
                await client.send_audio(0, b"x")
            with pytest.raises(oxrtmp.UsageError):
                await session.next_packet()
            with pytest.raises(oxrtmp.UsageError):
                async for _ in session:
                    pass

    run(main())


def test_slow_tasks_hold_the_server_up(run: Run) -> None:
    """The player takes nothing: what waits for it is bounded, sending waits; when it takes, everything comes."""

    async def main() -> None:
        limits = oxrtmp.Limits(queue_bytes=1024)
        async with played({"send_timeout": 0.3, "output_bytes": 100_000}, limits=limits) as (_, client, session):
            sent = 0
            with pytest.raises(oxrtmp.TimeoutError, match="no room"):
                while True:
                    await session.send_video(sent, True, sent.to_bytes(4, "big") + bytes(20_000))
                    sent += 1
            assert len(client._packets) <= 2 * MOST_PACKETS + 1 and client._paused

            async def more() -> None:
                for n in range(sent, sent + 500):
                    await session.send_video(n, True, n.to_bytes(4, "big"))

            sending = asyncio.create_task(more())
            packets = media(client)
            for n in range(sent + 500):
                assert bytes((await anext(packets)).data[:4]) == n.to_bytes(4, "big")
            await sending
            await packets.aclose()  # type: ignore[attr-defined]

    run(main())


def test_closing_a_client_that_is_full(run: Run) -> None:
    async def main() -> None:
        async with played({"send_timeout": 0.2, "output_bytes": 100_000}) as (_, client, session):
            with pytest.raises(oxrtmp.TimeoutError):
                while True:
                    await session.send_video(0, True, bytes(20_000))
            assert client._paused
            async with asyncio.timeout(10):
                await client.close()

    run(main())


def test_closing_wakes_who_waits(run: Run) -> None:
    async def main() -> None:
        async with played() as (_, client, session):

            async def all_events(stream: aio.Client | aio.Session) -> None:
                async for _ in stream.events():
                    pass

            async def all_packets() -> None:
                async for _ in client:
                    pass

            async def next_event() -> None:
                with contextlib.suppress(oxrtmp.ClosedError):
                    while True:
                        await client.next_event()

            waiting = [asyncio.create_task(c) for c in (all_events(client), all_packets(), next_event())]
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in waiting)
            await client.close()
            async with asyncio.timeout(10):
                await asyncio.gather(*waiting)
                await all_events(session)

    run(main())


def test_cancelled_waits_take_nothing(run: Run) -> None:
    async def main() -> None:
        async with played() as (_, client, session):
            assert is_own(await client.next_packet())
            for n in range(50):
                for wait in (client.next_packet, session.next_event):
                    task = asyncio.create_task(wait())  # type: ignore[operator]
                    await asyncio.sleep(0)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
                await session.send_audio(n, b"%d" % n)
                assert bytes((await client.next_packet()).data) == b"%d" % n

    run(main())


def test_a_socket_of_one_s_own(run: Run) -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        async with aio.Server(ask_play=True) as server:
            server.adopt_connection(ours)

            async def open() -> aio.Client:
                return await aio.Client.play("rtmp://x/live/test", connection=theirs)

            coming = asyncio.ensure_future(open())
            async with (await server.accept()).accept() as session, await coming as client:
                await session.send_audio(5, b"over a socketpair")
                packets = media(client)
                assert bytes((await anext(packets)).data) == b"over a socketpair"
                await packets.aclose()  # type: ignore[attr-defined]

    async def patient() -> None:  # the library waits on a thread of asyncio's, which stays
        await main()
        await asyncio.get_running_loop().shutdown_default_executor()

    run(patient())


def test_a_hundred_players_on_one_loop(run: Run) -> None:
    """One loop serves and plays: everybody gets everything in order."""
    players, frames = 100, 60

    async def feed(request: aio.Request) -> None:
        async with request.accept() as session:
            for n in range(frames):
                await session.send_video(n, n == 0, n.to_bytes(4, "big") * 100)
            await session.flush()

    async def play(url: str) -> list[int]:
        async with aio.Client.play(url) as client:
            return [int.from_bytes(p.data[:4], "big") async for p in media(client)]

    async def main() -> None:
        async with aio.Server("127.0.0.1:0", ask_play=True) as server:
            serving = asyncio.create_task(server.serve(feed))
            results = await asyncio.gather(*[play(f"rtmp://{server.address}/live/x") for _ in range(players)])
            assert results == [list(range(frames))] * players
            await server.close()
            await serving
        await asyncio.get_running_loop().shutdown_default_executor()

    run(main())


def test_a_player_switches(run: Run) -> None:
    async def main() -> None:
        async with played() as (server, client, first):
            await first.send_video(0, True, b"first")
            client.play2("other", transition="swap", properties={"mine": True})
            request = await server.accept()
            assert request.play.play2 and request.play.transition == "swap"
            assert request.play2 is not None and request.play2["mine"] is True
            async with request.accept() as second:
                assert second.play2 == request.play2 and first.play2 is None
                await second.send_video(40, True, b"second")
                got: list[bytes] = []
                async for packet in media(client):
                    got.append(bytes(packet.data))
                    if len(got) == 2:
                        break
                assert got == [b"first", b"second"]

    run(main())
