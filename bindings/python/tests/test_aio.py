"""oxrtmp.aio: the same names on asyncio, on its own loop and on uvloop."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import time
import warnings
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import oxrtmp
import pytest
from conftest import ASC, AVCC, Run
from oxrtmp import _aio_receiving, aio
from oxrtmp._reactor import Reactor


@asynccontextmanager
async def stuffed(**options: Any) -> Any:
    """A server with one client and its session, from which nobody takes."""
    async with aio.Server("127.0.0.1:0") as server:
        coming = asyncio.ensure_future(client_of(server, **options))
        async with (await server.accept()).accept() as session, await coming as client:
            yield server, client, session


async def client_of(server: aio.Server, name: str = "x", **options: Any) -> aio.Client:
    return await aio.Client.publish(f"rtmp://{server.address}/live/{name}", **options)


async def take_all(server: aio.Server, into: list[bytes]) -> None:
    async for request in server:
        async with request.accept() as session:
            async for packet in session:
                into.append(bytes(packet.data))


def test_everything_arrives_in_order(run: Run) -> None:
    async def main() -> None:
        async with stuffed() as (_, client, session):
            await client.send_metadata({"width": 320})
            await client.send_metadata(oxrtmp.Metadata(width=640))
            await client.send_video_sequence_header(AVCC)
            await client.send_audio_sequence_header(ASC)
            await client.send_video(0, True, b"key")
            await client.send_video_at(40, 80, False, b"inter")
            await client.send_audio(45, b"aac")
            await client.send_data(50, b"\x02\x00\x03abc\x05")
            await client.send_packet(oxrtmp.Packet(8, 55, raw=b"\xaf\x01raw"), timestamp_ms=60)
            await client.send_packets([oxrtmp.Packet(8, 70 + i, raw=b"\xaf\x01%d" % i) for i in range(200)])
            await client.flush()
            assert client.statistics().packets == 209 and client.peer_address.startswith("127.0.0.1:")
            await client.close()
            got = [p async for p in session]
            assert [bytes(p.data) for p in got[2:7]] == [AVCC, ASC, b"key", b"inter", b"aac"]
            assert got[7].handler == "abc" and (got[8].timestamp_ms, bytes(got[8].data)) == (60, b"raw")
            assert [bytes(p.data) for p in got[9:]] == [b"%d" % i for i in range(200)]
            metadata = session.metadata()
            assert metadata and metadata.width == 640
            assert session.end_reason and session.error is None and session.statistics().packets == 209
            with pytest.raises(oxrtmp.EndOfStreamError):
                await session.next_packet()

    run(main())


def test_request_and_refusal(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            for awaited in (True, False):
                coming = asyncio.ensure_future(client_of(server))
                request = await server.accept()
                assert request.stream_name == "x" and request.kind is oxrtmp.RequestKind.PUBLISH
                done = request.reject("unauthorized", code="NetStream.Publish.Denied")
                if awaited:
                    await done
                with pytest.raises(oxrtmp.RefusedError) as caught:
                    await coming
                assert caught.value.description == "unauthorized" and caught.value.phase == "publish"
                with pytest.raises(oxrtmp.UsageError):
                    request.accept()

    run(main())


def test_awaiting_accept(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            coming = asyncio.ensure_future(client_of(server))
            session = await (await server.accept()).accept()
            async with await coming as client:
                await client.send_audio(0, b"1")
                assert bytes((await session.next_packet()).data) == b"1"
                await session.close("enough", code="NetStream.Publish.Rejected")
                with pytest.raises(oxrtmp.Error):
                    while True:
                        await client.send_audio(0, b"2")
                        await asyncio.sleep(0.005)

    run(main())


def test_clients_and_sessions_that_tasks_open(run: Run) -> None:
    """In a task group, whose tasks are of coroutines; and one of them is cancelled."""

    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            url = f"rtmp://{server.address}/live/"
            async with asyncio.TaskGroup() as group:
                coming = [group.create_task(aio.Client.publish(url + name)) for name in "ab"]
                accepted = [group.create_task((await server.accept()).accept()) for _ in coming]
            assert sorted(task.result().stream_name for task in accepted) == ["a", "b"]
            for task in coming + accepted:
                await task.result().close()
            unwanted = asyncio.create_task(aio.Client.publish(url + "c"))
            request = await server.accept()
            unwanted.cancel()
            with pytest.raises(asyncio.CancelledError):
                await unwanted
            request.reject()
            aio.Client.publish(url + "d").close()  # as a coroutine that is not wanted

    run(main())


def test_cancelled_waits_take_nothing(run: Run) -> None:
    async def main() -> None:
        async with stuffed() as (server, client, session):
            for _ in range(50):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await session.next_packet()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.001):
                        await server.accept()
            assert not session._waiters._futures and not server._waiters._futures
            received: list[bytes] = []

            async def receive() -> None:
                while len(received) < 500:
                    try:
                        async with asyncio.timeout(0.0005):
                            received.append(bytes((await session.next_packet()).data))
                    except TimeoutError:
                        pass

            receiving = asyncio.ensure_future(receive())
            for i in range(500):
                await client.send_audio(i, b"%d" % i)
                if i % 7 == 0:
                    await asyncio.sleep(0.001)
            await receiving
            assert received == [b"%d" % i for i in range(500)]

    run(main())


def test_anext_takes_nothing_until_it_is_awaited(run: Run) -> None:
    async def main() -> None:
        async with stuffed() as (_, client, session):
            packets = aiter(session)

            async def arrived(count: int) -> None:
                while len(session._packets) < count:
                    await asyncio.sleep(0.005)

            for i in range(5):
                await client.send_audio(i, b"%d" % i)
            await arrived(5)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(packets), 0)
            anext(packets)  # given up
            later = anext(packets)
            assert bytes((await anext(packets)).data) == b"0"
            assert bytes((await later).data) == b"1"
            with pytest.raises(RuntimeError, match="awaited already"):
                await later
            both = await asyncio.gather(anext(packets), anext(packets))
            assert [bytes(p.data) for p in both] == [b"2", b"3"]
            late = [anext(packets), anext(packets)]  # of one packet
            assert bytes((await late[0]).data) == b"4"
            waiting = asyncio.ensure_future(late[1])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), 0.01)
            await client.send_audio(5, b"5")
            assert bytes((await waiting).data) == b"5"
            with pytest.raises(RuntimeError, match="awaited already"):
                await late[1]
            await client.send_audio(6, b"6")
            await arrived(1)
            last = anext(packets)
            await session.next_packet()
            await client.close()
            with pytest.raises(StopAsyncIteration):
                await last

    run(main())


def test_cancelling_a_publish(run: Run) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/x"
            for _ in range(20):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await aio.Client.publish(url)
            with pytest.raises(oxrtmp.TimeoutError) as caught:
                await aio.Client.publish(url, timeouts=oxrtmp.Timeouts(handshake=0.1))
            assert caught.value.phase == "handshake"
            began = time.monotonic()
            task = asyncio.ensure_future(own(url, silent.getsockname()))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 1

    async def own(url: str, address: Any) -> None:
        with socket.create_connection(address) as s:
            await aio.Client.publish(url, connection=s, timeouts=oxrtmp.Timeouts(handshake=0.5))

    run(main())


def test_closing_wakes_who_waits(run: Run) -> None:
    async def main() -> None:
        async with stuffed() as (server, client, session):
            waits: list[Awaitable[Any]] = [session.next_packet(), session.next_packets(), server.accept()]
            tasks = [asyncio.ensure_future(w) for w in waits]
            await asyncio.sleep(0.05)
            await session.close()
            await server.close()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                assert isinstance(result, oxrtmp.ClosedError), result
            assert [p async for p in session] == [] and [r async for r in server] == []

    run(main())


def test_server_close_ends_sessions(run: Run) -> None:
    async def main() -> None:
        async with stuffed() as (server, client, session):
            asyncio.get_running_loop().call_later(0.05, lambda: asyncio.ensure_future(server.close()))
            assert [p async for p in session] == []
            assert session.error is None

    run(main())


def test_slow_tasks_hold_their_peer_up(run: Run) -> None:
    """Memory stays bounded, nothing is lost, and others go on."""

    async def main() -> None:
        count, size = 3000, 20_000
        async with stuffed(output_bytes=100_000) as (server, client, session):

            async def send() -> None:
                for i in range(count):
                    await client.send_video(i, True, i.to_bytes(4, "big") + bytes(size))
                await client.close()

            sending = asyncio.ensure_future(send())
            await asyncio.sleep(0.5)
            most = oxrtmp.library_statistics().payload_bytes
            assert not sending.done() and most < 16 << 20
            assert len(session._packets) < 512

            other = asyncio.ensure_future(client_of(server, "other"))
            async with (await server.accept()).accept() as second, await other as quick:
                for i in range(20):
                    await quick.send_audio(i, b"x")
                    assert (await second.next_packet()).timestamp_ms == i

            got = 0
            async for packet in session:
                assert packet.data[:4] == got.to_bytes(4, "big")
                got += 1
                if got % 100 == 0:
                    await asyncio.sleep(0.001)
            assert got == count
            await sending

    run(main())


@pytest.mark.parametrize("who", ["client", "server"])
def test_the_end_comes_though_nobody_takes_packets(who: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can be known: the packets before it have left the connection, or it is closed here."""
    monkeypatch.setattr(_aio_receiving, "LOOK", 0.05)

    async def main() -> None:
        async with stuffed() as (server, client, session):
            coming = asyncio.ensure_future(session.next_event())
            for i in range(1000):
                await client.send_audio(i, b"%d" % i)
            while session.statistics().packets < 1000 or not session._paused:
                await asyncio.sleep(0.01)
            assert not coming.done()
            if who == "client":
                await client.close()
            else:
                await server.close()
            with pytest.raises(oxrtmp.EndOfStreamError if who == "client" else oxrtmp.ClosedError):
                await coming
            assert [event async for event in session.events()] == []
            assert [bytes(p.data) async for p in session] == [b"%d" % i for i in range(1000)]

    run(main())


def test_sending_waits_for_room(run: Run) -> None:
    async def main() -> None:
        async with stuffed(output_bytes=50_000, send_timeout=0.2) as (_, client, session):
            # Take until the session stops taking, which is past its own bounds.
            sent = 0
            with pytest.raises(oxrtmp.TimeoutError, match="no room"):
                while True:
                    await client.send_video(sent, True, bytes(60_000))
                    sent += 1
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.send_video(sent, True, bytes(60_000))
            senders = [asyncio.ensure_future(client.send_audio(i, b"%d" % i)) for i in range(5)]
            for _ in range(sent):
                await session.next_packet()
            await asyncio.gather(*senders)
            assert [bytes((await session.next_packet()).data) for _ in range(5)] == [b"%d" % i for i in range(5)]

    run(main())


def test_closing_reports_what_was_lost_and_does_not_block(run: Run) -> None:
    async def main() -> None:
        async with stuffed(output_bytes=50_000, send_timeout=0.1, linger=0.3) as (_, client, session):
            with pytest.raises(oxrtmp.TimeoutError):
                while True:
                    await client.send_video(0, True, bytes(60_000))
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.01)
                    ticks += 1

            ticking = asyncio.ensure_future(tick())
            with pytest.raises(oxrtmp.TimeoutError, match="lost"):
                await client.close()
            ticking.cancel()
            assert ticks > 2  # a loop that is held up has one

    run(main())


def test_serve(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        server = aio.Server("127.0.0.1:0")
        got: dict[str, list[bytes]] = {}

        async def handler(request: aio.Request) -> None:
            if request.stream_name == "ignored":
                return
            session = await request.accept()
            if request.stream_name == "broken":
                raise LookupError("the handler's own fault")
            async with session:
                got[request.stream_name] = [bytes(p.data) async for p in session]

        serving = asyncio.ensure_future(server.serve(handler))
        with pytest.raises(oxrtmp.RefusedError):
            await client_of(server, "ignored")
        async with await client_of(server, "a") as a, await client_of(server, "b") as b:
            with pytest.raises(oxrtmp.Error):
                async with await client_of(server, "broken") as broken:
                    while True:
                        await broken.send_audio(0, b"x")
                        await asyncio.sleep(0.005)
            await a.send_audio(0, b"to a")
            await b.send_audio(0, b"to b")
        while len(got) < 2:
            await asyncio.sleep(0.01)
        await server.close()
        await serving
        assert got == {"a": [b"to a"], "b": [b"to b"]}

    run(main())
    records = [r for r in caplog.records if r.name == "oxrtmp" and r.levelno == logging.ERROR]
    assert len(records) == 1 and "live/broken" in records[0].getMessage() and records[0].exc_info


def test_cancelling_serve_ends_everything(run: Run) -> None:
    async def main() -> None:
        ended = []

        async def handler(request: aio.Request) -> None:
            async with request.accept() as session:
                try:
                    async for _ in session:
                        pass
                finally:
                    ended.append(request.stream_name)

        port = free_port()
        serving = asyncio.ensure_future(aio.serve(f"127.0.0.1:{port}", handler))
        await asyncio.sleep(0.05)
        clients = [await aio.Client.publish(f"rtmp://127.0.0.1:{port}/live/{i}") for i in range(3)]
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert sorted(ended) == ["0", "1", "2"]
        for client in clients:
            await client.close()

    run(main())


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def test_shutdown(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            assert await server.shutdown(1) and server.closed
        async with stuffed() as (server, client, session):
            assert not await server.shutdown(0.1)
        async with stuffed() as (server, client, session):
            asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(client.close()))
            assert await server.shutdown(10)

    run(main())


def test_connection_of_one_s_own(run: Run) -> None:
    async def main() -> None:
        async with aio.Server() as server:
            ours, theirs = socket.socketpair()
            server.adopt_connection(ours)
            coming = asyncio.ensure_future(publish(theirs))
            async with (await server.accept()).accept() as session:
                assert [bytes(p.data) async for p in session] == [b"hello"]
            await coming

    async def publish(s: socket.socket) -> None:
        async with aio.Client.publish("rtmp://anywhere/live/x", connection=s) as client:
            await client.send_audio(0, b"hello")
        assert s.fileno() == -1

    async def both() -> None:
        await main()
        await asyncio.get_running_loop().shutdown_default_executor()

    run(both())


def test_an_event_that_fails_takes_no_others_with_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def tell(session: aio.Session, kind: int, payload: Any) -> None:
        raise LookupError("a fault of the package's")

    async def main() -> None:
        async with aio.Server("127.0.0.1:0", answer_calls=True) as server:
            coming = asyncio.ensure_future(client_of(server))
            async with (await server.accept()).accept() as session, await coming as client:
                monkeypatch.setattr(aio.Session, "_tell", tell)
                client.notify("something")
                await client.send_audio(0, b"x")
                await client.flush()
                time.sleep(0.1)  # noqa: ASYNC251 so that they come together
                assert [bytes(p.data) async for p in closing(client, session)] == [b"x"]
                assert session.end_reason

    async def closing(client: aio.Client, session: aio.Session) -> AsyncIterator[oxrtmp.Packet]:
        await client.close()
        async for packet in session:
            yield packet

    run(main())
    (record,) = [r for r in caplog.records if r.name == "oxrtmp" and r.levelno == logging.ERROR]
    assert record.exc_info and record.exc_info[0] is LookupError


def test_two_loops_in_two_threads() -> None:
    """Each has its own queue."""
    got: dict[int, list[bytes]] = {0: [], 1: []}

    async def main(number: int) -> None:
        async with aio.Server("127.0.0.1:0") as server:
            taking = asyncio.ensure_future(take_all(server, got[number]))
            async with aio.Client.publish(f"rtmp://{server.address}/live/x") as client:
                for i in range(300):
                    await client.send_audio(i, b"%d/%d" % (number, i))
            while len(got[number]) < 300:
                await asyncio.sleep(0.01)
            await server.close()
            await taking

    threads = [threading.Thread(target=lambda n=n: asyncio.run(main(n))) for n in got]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
        assert not t.is_alive()
    for number, packets in got.items():
        assert packets == [b"%d/%d" % (number, i) for i in range(300)]


def test_what_is_forgotten_is_closed_with_a_warning() -> None:
    async def main() -> None:
        server = aio.Server("127.0.0.1:0")
        coming = asyncio.ensure_future(client_of(server))
        session = await (await server.accept()).accept()
        client = await coming
        assert session and client
        del session, client, coming
        gc.collect()
        del server
        gc.collect()
        await asyncio.sleep(0.01)
        assert asyncio.get_running_loop() not in Reactor._running

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
    assert [w.category for w in caught] == [ResourceWarning] * 3, [str(w.message) for w in caught]


def test_loop_that_ends_with_everything_open() -> None:
    """Nothing hangs, and what is dropped later is closed."""
    kept: list[Any] = []

    async def main() -> None:
        server = aio.Server("127.0.0.1:0")
        coming = asyncio.ensure_future(client_of(server))
        kept.extend([server, await (await server.accept()).accept(), await coming])

    asyncio.run(main())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept.clear()
        gc.collect()


def test_errors_of_the_server(run: Run) -> None:
    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            with pytest.raises(oxrtmp.TransportError):
                aio.Server(server.address)
            with pytest.raises(TypeError):
                aio.Server("127.0.0.1:0", surprise=1)  # type: ignore[call-arg]
            with pytest.raises(oxrtmp.ConnectionError) as caught:
                await aio.Client.publish(f"rtmp://127.0.0.1:{free_port()}/live/x")
            assert caught.value.phase == "tcp"
            with pytest.raises(ValueError):
                await aio.Client.publish("nonsense")

    run(main())
    with pytest.raises(RuntimeError, match="no running event loop"):
        aio.Server("127.0.0.1:0")
