"""What a packet costs on its way into Python: `packets.py [ROUNDS [NAME]]` prints lines "NAME SIZE NANOSECONDS".

    iterator      for packet in session
    aio           async for packet in session
    data          the first one, with a memoryview of each packet's data
    stream        the first one while a client of the same process sends: the whole path, sender included
    aio stream    the second one so
    data stream   the third one so
    loop          the loop of the first one alone, over packets that are Python's already

As bench/c/queue.c does it. The first three are to be compared with its `drain`: a session that a client of the same process
has filled before, over a socket pair, so that only the taking is measured: from the session to the program, its look at the
size, and the release. Each filling begins with small packets, whose taking is not measured. The others are to be compared
with its `stream`: what a packet costs that has to be sent and received. Each figure is the median of ROUNDS (5).
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice

import oxrtmp
import oxrtmp.aio

# Bytes of a packet, packets for each filling, fillings for each round: those of bench/c/queue.c.
SIZES = [(64, 12800, 2), (1024, 3200, 8), (16 * 1024, 500, 8), (256 * 1024, 160, 4)]
FIRST = 256  # small packets: as many as are taken from the library by one call
LIMITS = oxrtmp.Limits(queue_bytes=2**31 - 1)

Session = oxrtmp.Session | oxrtmp.aio.Session


def publisher(connection: socket.socket) -> Callable[[], oxrtmp.Client]:
    """Begins to publish, and returns what waits for the client."""
    clients: list[oxrtmp.Client] = []

    def publish() -> None:
        clients.append(oxrtmp.Client.publish("rtmp://localhost/live/bench", connection=connection))

    thread = threading.Thread(target=publish)
    thread.start()

    def wait() -> oxrtmp.Client:
        thread.join()
        return clients[0]

    return wait


def fill(client: oxrtmp.Client, session: Session, size: int, count: int) -> None:
    """Send packets and wait until all of them wait in the session."""
    wanted = session.statistics().packets + FIRST + count
    small, frame = (oxrtmp.Packet(9, 0, raw=b"\x27\x01" + bytes(n - 2)) for n in (64, size))  # AVC inter frames
    client.send_packets([small] * FIRST + [frame] * count)
    while session.statistics().packets < wanted:
        time.sleep(50e-6)


def iterate(session: oxrtmp.Session, count: int) -> int:
    seen = 0
    for packet in islice(session, count):
        seen += packet.size
    return seen


async def iterate_async(session: oxrtmp.aio.Session, size: int, count: int) -> int:
    seen, wanted = 0, (size - 5) * count
    async for packet in session:
        seen += packet.size
        if seen >= wanted:
            break
    return seen


def look(session: oxrtmp.Session, count: int) -> int:
    seen = 0
    for packet in islice(session, count):
        seen += len(packet.data)
    return seen


def loop(size: int, count: int, fillings: int, rounds: int) -> float:
    packets = [oxrtmp.Packet(9, 0, raw=b"\x27\x01" + bytes(size - 2))] * count
    took = []
    for _ in range(rounds * fillings):
        seen = 0
        begun = time.perf_counter_ns()
        for packet in islice(packets, count):
            seen += packet.size
        took.append((time.perf_counter_ns() - begun) / count)
    return statistics.median(took)


def sending(client: oxrtmp.Client, size: int, count: int) -> threading.Thread:
    """A thread that sends packets."""
    frame = oxrtmp.Packet(9, 0, raw=b"\x27\x01" + bytes(size - 2))
    thread = threading.Thread(target=client.send_packets, args=([frame] * count,))
    thread.start()
    return thread


def threads(
    size: int, count: int, fillings: int, rounds: int, take: Callable[[oxrtmp.Session, int], int], stream: bool = False
) -> float:
    ours, theirs = socket.socketpair()
    with oxrtmp.Server(limits=LIMITS) as server:
        server.adopt_connection(ours)
        client = publisher(theirs)
        with server.accept(10).accept() as session, client() as sender:
            took = []
            for _ in range(rounds + 1):
                total = 0.0
                for _ in range(fillings):
                    if not stream:
                        fill(sender, session, size, count)
                        take(session, FIRST)
                    begun = time.perf_counter_ns()
                    thread = sending(sender, size, count) if stream else None
                    seen = take(session, count)
                    total += (time.perf_counter_ns() - begun) / count / fillings
                    assert seen >= (size - 5) * count
                    if thread is not None:
                        thread.join()
                took.append(total)
    return statistics.median(took[1:])  # the first one fills the pools


@asynccontextmanager
async def path() -> AsyncIterator[tuple[oxrtmp.aio.Session, oxrtmp.Client]]:
    ours, theirs = socket.socketpair()
    async with oxrtmp.aio.Server(limits=LIMITS) as server:
        server.adopt_connection(ours)
        client = publisher(theirs)
        async with (await server.accept()).accept() as session:
            with client() as sender:
                yield session, sender


async def tasks(size: int, count: int, fillings: int, rounds: int, stream: bool = False) -> float:
    async with path() as (session, sender):
        took = []
        for _ in range(rounds + 1):
            total = 0.0
            for _ in range(fillings):
                if not stream:
                    fill(sender, session, size, count)
                    await iterate_async(session, 64, FIRST)
                begun = time.perf_counter_ns()
                thread = sending(sender, size, count) if stream else None
                seen = await iterate_async(session, size, count)
                total += (time.perf_counter_ns() - begun) / count / fillings
                assert seen >= (size - 5) * count
                if thread is not None:
                    thread.join()
            took.append(total)
    return statistics.median(took[1:])


WAYS: dict[str, Callable[[int, int, int, int], float]] = {
    "iterator": lambda *a: threads(*a, take=iterate),
    "aio": lambda *a: asyncio.run(tasks(*a)),
    "data": lambda *a: threads(*a, take=look),
    "stream": lambda *a: threads(*a, take=iterate, stream=True),
    "aio stream": lambda *a: asyncio.run(tasks(*a, stream=True)),
    "data stream": lambda *a: threads(*a, take=look, stream=True),
    "loop": loop,
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, way in WAYS.items():
        if len(sys.argv) > 2 and sys.argv[2] != name:
            continue
        for size, count, fillings in SIZES:
            print(f"{name} {size} {way(size, count, fillings, rounds):.1f}", flush=True)


if __name__ == "__main__":
    main()
