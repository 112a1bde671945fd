"""What lives how long: cycles, forgotten handles, callbacks at the end of the interpreter, counts that stay flat."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oxrtmp
import pytest
from conftest import ROOT, Program, Run, until
from oxrtmp import aio, lowlevel

CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
ROUNDS = 10_000


def live() -> int:
    return oxrtmp.library_statistics().handles


def rss() -> int:
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


ALONE: dict[str, Callable[[], Any]] = {
    "packet": lambda: oxrtmp.Packet(9, 0, data=b"x" * 100, codec="avc1"),
    "reader": oxrtmp.FLVReader,
    "hub": oxrtmp.Hub,
    "engine": oxrtmp.Engine.server,
    "calling engine": lambda: oxrtmp.Engine.publish("rtmp://localhost/live/x"),
    "decoder": lowlevel.ChunkDecoder,
    "encoder": lowlevel.ChunkEncoder,
    "handshake": lambda: lowlevel.Handshake(client=True),
    "server that listens nowhere": oxrtmp.Server,
}


def end(thing: Any) -> None:
    getattr(thing, "close", getattr(thing, "release", None))()


@pytest.mark.parametrize("kind", ALONE)
def test_made_and_ended_ten_thousand_times(kind: str) -> None:
    make = ALONE[kind]

    def rounds(count: int) -> None:
        for _ in range(count):
            end(make())

    rounds(500)
    gc.collect()
    handles, memory = live(), rss()
    rounds(ROUNDS)
    gc.collect()
    assert live() == handles
    assert rss() - memory < 16 << 20, f"{rss() - memory} bytes"


def open_things(directory: Path) -> dict[str, Any]:
    """One of everything that can be forgotten."""
    server = oxrtmp.Server("127.0.0.1:0", ask_play=True)
    publishing: list[oxrtmp.Client] = []
    thread = threading.Thread(target=lambda: publishing.append(oxrtmp.Client.publish(f"rtmp://{server.address}/a/x")))
    thread.start()
    session = server.accept(10).accept()
    thread.join()
    hub = oxrtmp.Hub()
    return {
        "server": server,
        "session": session,
        "client": publishing[0],
        "hub": hub,
        "publisher": hub.publish("a", "x"),
        "player": hub.play("a", "x"),
        "relay": hub.push("a", "x", "rtmp://127.0.0.1:1/a/x"),
        "reader": oxrtmp.FLVReader(CLIP),
        "recorder": oxrtmp.Recorder(directory / "r.flv"),
        "engine": oxrtmp.Engine.server(),
        "decoder": lowlevel.ChunkDecoder(),
        "handshake": lowlevel.Handshake(),
    }


class Holder:
    """Refers to itself, and to something else."""

    def __init__(self, thing: object) -> None:
        self.me, self.thing = self, thing


def test_cycles_are_collected(tmp_path: Path) -> None:
    """Whatever is open in a cycle is closed when that is collected, and said to have been forgotten."""
    before = live()
    gc.disable()
    try:
        things = open_things(tmp_path)
        holders = [Holder(thing) for thing in things.values()]
        for holder, thing in zip(holders, things.values(), strict=True):
            thing.holder = holder  # and from the thing itself
        count = len(things)
        del things, thing, holder, holders
        assert live() > before
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            gc.collect()
    finally:
        gc.enable()
    told = [str(w.message) for w in caught if w.category is ResourceWarning]
    assert len(told) == count - 1, told  # the relay is its hub's
    until(lambda: live() == before)


def test_views_outlive_what_they_came_from() -> None:
    """Packets and views in a cycle, after their session: the memory is there as long as they are, and goes with them."""
    packets = oxrtmp.library_statistics().packets
    with oxrtmp.Hub() as hub, hub.publish("a", "x") as publisher, hub.play("a", "x") as player:
        publisher.send_video(0, True, b"still there" * 100)
        packet = next(p for p in player if p.type == 9)
    holder = Holder((packet, packet.data, packet.raw[5:]))
    del packet, player, publisher, hub
    gc.collect()
    assert bytes(holder.thing[1]) == bytes(holder.thing[2]) == b"still there" * 100  # type: ignore[index]
    assert oxrtmp.library_statistics().packets == packets + 1
    del holder
    gc.collect()
    assert oxrtmp.library_statistics().packets == packets


def test_reference_counts_are_flat() -> None:
    """What every packet, event and exception refers to has as many references afterwards as before."""
    watched = [
        oxrtmp.Packet, oxrtmp.PacketFlags, oxrtmp.PacketKind.FRAME, oxrtmp.PacketKind.SEQUENCE_HEADER,
        oxrtmp.Error, oxrtmp.ArgumentError, oxrtmp._native, oxrtmp._native.Inbox, oxrtmp.make_error, oxrtmp.Status.ARGUMENT,
        oxrtmp.Statistics, oxrtmp.Event,
    ]  # fmt: skip

    def work(count: int) -> None:
        with oxrtmp.Hub() as hub, hub.publish("a", "x") as publisher, hub.play("a", "x") as player:
            for number in range(count):
                publisher.send_packet(oxrtmp.Packet(9, number, data=b"x", codec="avc1", frame_type=1, packet_type=1))
                packet = player.next_packet(10)
                _ = packet.kind, packet.flags, packet.codec, packet.data, packet.raw, repr(packet), packet.keyframe
                publisher.statistics()
                try:
                    oxrtmp.Packet(9, 0, codec="too long")
                except ValueError:
                    pass
                try:
                    oxrtmp.Client.publish("nonsense")
                except oxrtmp.ArgumentError:
                    pass

    work(100)
    gc.collect()
    before = [sys.getrefcount(thing) for thing in watched]
    work(1000)
    gc.collect()
    grown = {repr(t): sys.getrefcount(t) - n for t, n in zip(watched, before, strict=True)}
    assert all(abs(n) < 20 for n in grown.values()), grown


def publisher_ended(client: oxrtmp.Client) -> bool:
    try:
        client.send_audio(0, b"x")
    except oxrtmp.Error:
        return True
    return False


def test_what_must_be_closed_cannot_be_copied(tmp_path: Path) -> None:
    """A copy that is forgotten would close it."""
    with (
        oxrtmp.Hub() as hub,
        oxrtmp.Server("127.0.0.1:0") as server,
        oxrtmp.Recorder(tmp_path / "a.flv") as recorder,
        oxrtmp.FLVReader() as reader,
        oxrtmp.Engine.server() as engine,
        hub.publish("live", "x") as client,
    ):
        for thing in (hub, server, recorder, reader, engine, client):
            for copied in (copy.copy, copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match=f"cannot copy or pickle {type(thing).__name__!r} object"):
                    copied(thing)


def test_a_forgotten_object_is_named(tmp_path: Path) -> None:
    recorder = oxrtmp.Recorder(tmp_path / "a.flv")
    with pytest.warns(ResourceWarning, match=r"unclosed <oxrtmp.Recorder .*/a\.flv>"):
        del recorder


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_what_is_no_exception_in_a_handler(raised: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends its own session too, and is threading's to tell."""
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    kept = []

    def handler(request: oxrtmp.Request) -> None:
        kept.append(request.accept())
        raise raised

    server = oxrtmp.Server("127.0.0.1:0")
    serving = threading.Thread(target=server.serve, args=(handler,))
    serving.start()
    with oxrtmp.Client.publish(f"rtmp://{server.address}/a/x") as client:
        until(lambda: publisher_ended(client))
    server.close()
    serving.join(5)
    assert told == [raised] and kept[0].closed


def test_a_handler_that_is_cancelled_ends_its_session(run: Run) -> None:
    async def main() -> None:
        async def handler(request: aio.Request) -> None:
            kept.append(await request.accept())
            task = asyncio.current_task()
            assert task
            task.cancel()
            await asyncio.sleep(0)

        kept: list[aio.Session] = []
        server = aio.Server("127.0.0.1:0")
        serving = asyncio.ensure_future(server.serve(handler))
        async with aio.Client.publish(f"rtmp://{server.address}/a/x") as client:
            with pytest.raises(oxrtmp.Error):
                while True:
                    await client.send_audio(0, b"x")
                    await asyncio.sleep(0.005)
        await server.close()
        await serving
        assert kept[0].closed

    run(main())


def test_sends_that_are_cancelled_send_nothing(run: Run) -> None:
    """With a full queue: what was cancelled did not go, and everything else did, in order."""

    async def main() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            coming = asyncio.ensure_future(publish(f"rtmp://{server.address}/a/x"))
            async with (await server.accept()).accept() as session, await coming as client:
                sent: list[int] = []
                given_up = 0
                for number in range(2000):
                    try:
                        async with asyncio.timeout(0.002):
                            await client.send_audio(number, number.to_bytes(4, "big") + bytes(20_000))
                        sent.append(number)
                    except TimeoutError:
                        given_up += 1
                    if given_up == 25:
                        break
                receiving = asyncio.ensure_future(take(session))
                await client.close()
                assert await receiving == sent
                assert given_up == 25 and len(sent) > 50

    async def publish(url: str) -> aio.Client:
        return await aio.Client.publish(url, linger=30)

    async def take(session: aio.Session) -> list[int]:
        return [int.from_bytes(packet.data[:4], "big") async for packet in session]

    run(main())


START = """
import asyncio, logging, sys, threading, time
import oxrtmp, oxrtmp.aio
logging.basicConfig(level=logging.ERROR, stream=sys.stdout)
"""
LIVE = {
    "hooks in a thread": """
def hook(about):
    seen.set()
    while True:
        sum(range(100))
hub, seen = oxrtmp.Hub(), threading.Event()
server = oxrtmp.Server("127.0.0.1:0", hub=hub, hooks=oxrtmp.Hooks(publish=lambda request: None, audio_frame=hook))
threading.Thread(target=server.serve, daemon=True).start()
client = oxrtmp.Client.publish(f"rtmp://{server.address}/a/x")
threading.Thread(target=lambda: [client.send_audio(i, b"x") for i in range(10**9)], daemon=True).start()
seen.wait(10)
""",
    "handlers in threads": """
def handler(request):
    with request.accept() as session:
        for packet in session:
            seen.set()
seen = threading.Event()
server = oxrtmp.Server("127.0.0.1:0")
threading.Thread(target=server.serve, args=(handler,), daemon=True).start()
for n in range(5):
    client = oxrtmp.Client.publish(f"rtmp://{server.address}/a/{n}")
    threading.Thread(target=lambda client=client: [client.send_audio(i, b"x") for i in range(10**9)], daemon=True).start()
seen.wait(10)
""",
    "a loop in a thread": """
async def hook(event):
    seen.set()
    await asyncio.sleep(0)
async def main():
    hooks = oxrtmp.Hooks(audio_frame=hook)
    async with oxrtmp.aio.Hub() as hub, oxrtmp.aio.Server("127.0.0.1:0", hub=hub, hooks=hooks) as server:
        serving = asyncio.ensure_future(server.serve())
        async with oxrtmp.aio.Client.publish(f"rtmp://{server.address}/a/x") as client:
            while True:
                await client.send_audio(0, b"x")
                await asyncio.sleep(0)
seen = threading.Event()
threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
seen.wait(10)
""",
}


@pytest.mark.parametrize("what", LIVE)
def test_the_interpreter_ends_under_live_callbacks(program: Callable[..., Program], what: str) -> None:
    """While hooks and handlers run: exit code 0, in time, without a crash or a word but that things were left open."""
    flags = ("-X", "dev", "-W", "ignore::ResourceWarning")
    p = program(START + LIVE[what] + "\nprint('ends')\n", flags=flags)
    code, out, err = p.finish()
    assert (code, out, err) == (0, "ends\n", ""), (code, out, err)


def test_threads_stay_away_when_the_interpreter_ends(program: Callable[..., Program]) -> None:
    """Those that are in the library do not come back; the one that ends goes on as ever."""
    p = program(
        START
        + """
def look():
    while True:
        try:
            server.accept(0.001)
        except TimeoutError:
            looks.append(1)
looks, server = [], oxrtmp.Server("127.0.0.1:0")
threading.Thread(target=look, daemon=True).start()
while not looks:
    time.sleep(0.01)
oxrtmp._native.ending()
time.sleep(0.1)
before = len(looks)
time.sleep(0.1)
print(len(looks) - before)
server.close()
print("ends")
"""
    )
    assert p.finish() == (0, "0\nends\n", "")


def test_packets_that_others_take_meanwhile() -> None:
    """A list for packets may have the collector run, and so code that takes some of them."""

    class Taker:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            taken.extend(player._packets.take(5))

    taken: list[oxrtmp.Packet] = []
    thresholds = gc.get_threshold()
    with oxrtmp.Hub() as hub, hub.publish("live", "a") as publisher, hub.play("live", "a") as player:
        for n in range(20):
            publisher.send_audio(n, b"frame")
        until(lambda: (player._channel.look(player._event), len(player._packets))[1] == 20)
        gc.collect()
        gc.disable()
        Taker()
        gc.enable()
        gc.set_threshold(1, 1000, 1000)
        try:
            found = player.next_packets(timeout=0)
        finally:
            gc.set_threshold(*thresholds)
        gc.collect()
        found += player._packets.take(20)
        assert sorted(packet.timestamp_ms for packet in found + taken) == list(range(20))
        taken.clear()
