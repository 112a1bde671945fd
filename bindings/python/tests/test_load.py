"""Five hundred publishers on one asyncio loop, and memory that stays flat."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import oxrtmp
import pytest
import uvloop
from conftest import TORTURE, until
from oxrtmp import aio

STREAMS = 500
SECONDS = 60 if TORTURE else 10


class Numbers:
    """Checks the packets of tests/load: each stream's numbers from 0 on, without a gap, bytes as they were made."""

    def __init__(self) -> None:
        self.packets = 0
        self.faults: list[str] = []

    def check(self, stream: str, wanted: int, packet: oxrtmp.Packet) -> None:
        data = packet.data
        got = (int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big"))
        if (
            got != (int(stream), wanted)
            or data[-1] != (got[0] + got[1]) & 0xFF
            or packet.keyframe != (wanted % 30 == 0)
        ):
            self.faults.append(f"stream {stream}: packet {wanted} is {got}")
        self.packets += 1


async def receive(request: aio.Request, numbers: Numbers) -> None:
    async with request.accept() as session:
        wanted = 0
        async for packet in session:
            numbers.check(session.stream_name, wanted, packet)
            wanted += 1
        if session.error is not None:
            numbers.faults.append(f"stream {session.stream_name} after {wanted}: {session.error}")


async def load(program: Path, streams: int, *flags: str) -> tuple[Numbers, str]:
    numbers = Numbers()
    async with aio.Server("127.0.0.1:0") as server:
        child = await asyncio.create_subprocess_exec(
            program, "-streams", str(streams), *flags, f"rtmp://{server.address}/load",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        serving = asyncio.create_task(server.serve(lambda request: receive(request, numbers)))
        output = (await child.communicate())[0].decode()
        assert child.returncode == 0, output[-2000:]
        await server.shutdown(20)
        await serving
    return numbers, output.splitlines()[-1]


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_500_publishers_on_one_loop(load_program: Path, factory: Any) -> None:
    """1 Mbit/s at 30 packets a second each: not one packet lost, altered or out of order, and no thread."""
    before = threading.active_count()
    with asyncio.Runner(loop_factory=factory) as runner:
        numbers, said = runner.run(load(load_program, STREAMS, "-seconds", str(SECONDS)))
    assert numbers.faults == []
    assert numbers.packets == STREAMS * SECONDS * 30, said
    assert f"packets={numbers.packets} failures=0" in said
    until(lambda: threading.active_count() == before)  # asyncio waits for the other program on a thread


def rss() -> int:
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_memory_is_flat_over_packets(load_program: Path) -> None:
    """10^5 packets through the iterators of both kinds: as much memory afterwards as before, to the object."""

    def through_threads(count: int) -> None:
        with oxrtmp.Server("127.0.0.1:0") as server:
            child = subprocess.Popen(
                [load_program, "-streams", "1", "-fps", "0", "-size", "1000", "-count", str(count),
                 f"rtmp://{server.address}/load"], stdout=subprocess.DEVNULL,
            )  # fmt: skip
            numbers = Numbers()
            with server.accept(20).accept() as session:
                for wanted, packet in enumerate(session):
                    numbers.check("0", wanted, packet)
            assert (numbers.packets, numbers.faults, child.wait(10)) == (count, [], 0)

    def through_tasks(count: int) -> None:
        flags = ("-fps", "0", "-size", "1000", "-count", str(count))
        numbers, _ = asyncio.run(load(load_program, 1, *flags))
        assert (numbers.packets, numbers.faults) == (count, [])

    for run in (through_threads, through_tasks):
        run(5_000)
        gc.collect()
        packets, before = oxrtmp.library_statistics().packets, rss()
        tracemalloc.start()
        start = tracemalloc.get_traced_memory()[0]
        run(100_000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - start
        tracemalloc.stop()
        assert oxrtmp.library_statistics().packets == packets
        assert grown < 20_000, f"{run.__name__}: {grown} bytes of Python objects"
        assert rss() - before < 24 << 20, f"{run.__name__}: {rss() - before} bytes"


def test_memory_is_flat_over_create_and_destroy() -> None:
    """Servers, clients, sessions and requests, made and closed again and again."""
    rounds = 10_000 if TORTURE else 500

    def once() -> None:
        with oxrtmp.Server("127.0.0.1:0") as server:
            publishing = threading.Thread(target=lambda: clients.append(oxrtmp.Client.publish(url)))
            clients: list[oxrtmp.Client] = []
            url = f"rtmp://{server.address}/live/x"
            publishing.start()
            with server.accept(10).accept() as session:
                publishing.join()
                with clients[0] as client:
                    client.send_audio(0, b"x")
                assert len(list(session)) == 1

    async def once_in_a_task() -> None:
        async with aio.Server("127.0.0.1:0") as server:
            coming = asyncio.ensure_future(publish(f"rtmp://{server.address}/live/x"))
            async with (await server.accept()).accept() as session, await coming as client:
                await client.send_audio(0, b"x")
                await client.close()
                assert len([p async for p in session]) == 1

    async def publish(url: str) -> aio.Client:
        return await aio.Client.publish(url)

    async def tasks(count: int) -> None:
        for _ in range(count):
            await once_in_a_task()

    def threads(count: int) -> None:
        for _ in range(count):
            once()

    for run in (threads, lambda count: asyncio.run(tasks(count))):
        run(50)
        gc.collect()
        tracemalloc.start()
        start, handles, descriptors, before = tracemalloc.get_traced_memory()[0], live(), fds(), rss()
        run(rounds)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - start
        tracemalloc.stop()
        assert live() == handles and fds() <= descriptors + 2
        assert grown < 20_000, f"{grown} bytes of Python objects"
        assert rss() - before < 24 << 20, f"{rss() - before} bytes"


def live() -> int:
    return oxrtmp.library_statistics().handles


def test_errors_leave_nothing() -> None:
    """Exceptions and their tracebacks hold no object back."""

    def once() -> None:
        for call in (
            lambda: oxrtmp.Client.publish("rtmp://127.0.0.1:1/live/x"),
            lambda: oxrtmp.Client.publish("nonsense"),
            lambda: oxrtmp.Server("300.0.0.1:1"),
            lambda: oxrtmp.FLVReader("/nonexistent"),
        ):
            with pytest.raises(oxrtmp.Error):
                call()

    for _ in range(20):
        once()
    gc.collect()
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        once()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert grown < 40_000, grown
