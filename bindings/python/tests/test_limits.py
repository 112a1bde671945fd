"""Each limit and each option of sockets takes effect: what is at a limit is taken, one more is not."""

from __future__ import annotations

import dataclasses
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import oxrtmp
import pytest
from oxrtmp import Engine, EventKind, Limits

TCP_USER_TIMEOUT = 18
NULL = b"\x05"


def head(chunk_stream: int, type_id: int, stream: int, length: int) -> bytes:
    """The header of a message: chunk streams are counted from 64."""
    return (
        struct.pack("<BH", 1, chunk_stream - 64)
        + bytes(3)
        + struct.pack(">I", length)[1:]
        + struct.pack("<BI", type_id, stream)
    )


def message(type_id: int, stream: int, payload: bytes, chunk_stream: int = 100) -> bytes:
    return head(chunk_stream, type_id, stream, len(payload)) + payload


def text(value: str) -> bytes:
    return struct.pack(">BH", 2, len(value)) + value.encode()


def command(name: str, arguments: bytes, stream: int = 0) -> bytes:
    return message(20, stream, text(name) + b"\x00" + struct.pack(">d", 1) + arguments)


CHUNK_SIZE = message(1, 0, b"\0\xff\xff\xff", 64)  # each message is one chunk
CONNECT = command("connect", b"\x03\0\x03app" + text("live") + b"\0\0\x09")


class Peer:
    """The far end of an engine."""

    def __init__(self, limits: Limits, *, publishing: bool = True) -> None:
        self.engine = Engine.server(shaken=True, limits=limits)
        self.packets = 0
        self.answers = b""
        self.give(CHUNK_SIZE + CONNECT)
        if publishing:
            self.give(command("createStream", NULL) + command("publish", NULL + text("key") + text("live"), 1))
            assert b"NetStream.Publish.Start" in self.answers
        self.answers = b""
        self.faulty = self.engine.statistics().faulty

    def give(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.engine.receive(rest, 0) :]
            for event in self.engine.events():
                if event.request is not None:
                    event.request.accept()
                self.packets += event.kind == EventKind.PACKET
        self.answers += self.engine.output()

    def outcome(self, data: bytes) -> str:
        try:
            self.give(data)
        except oxrtmp.ProtocolError as error:
            assert error.status == oxrtmp.Status.LIMIT
            return "dies"
        if self.engine.statistics().faulty > self.faulty:
            return "is faulty"
        return "is refused" if b"NetStream.Publish.BadName" in self.answers or b"_error" in self.answers else "is taken"


def incomplete(n: int) -> bytes:
    """n messages of 1024 bytes, of which 128 come."""
    begun = b"".join(head(200 + i, 99, 0, 1024) + bytes(128) for i in range(n))
    return message(1, 0, b"\0\0\0\x80", 64) + begun


def quiet(arguments: bytes) -> bytes:
    """A command that wants no answer."""
    return message(20, 0, text("x") + b"\x00" + bytes(8) + arguments)


@pytest.mark.parametrize(
    ("field", "value", "limit", "publishing", "use", "over"),
    [
        ("message_bytes", 1000, 1000, True, lambda n: message(9, 1, bytes(n)), "dies"),
        ("partial_bytes", 4096, 4, True, incomplete, "dies"),
        ("early_message_bytes", 1000, 1000, False, lambda n: message(99, 0, bytes(n)), "dies"),
        ("early_partial_bytes", 4096, 4, False, incomplete, "dies"),
        ("chunk_streams", 6, 4, True, lambda n: b"".join(message(8, 1, b"\xaf", 200 + i) for i in range(n)), "dies"),
        ("message_streams", 3, 3, False, lambda n: command("createStream", NULL) * n, "is refused"),
        ("amf_depth", 10, 10, True, lambda n: quiet(b"\x0a\0\0\0\x01" * n + NULL), "is faulty"),
        ("amf_values", 50, 50, True, lambda n: quiet(NULL * (n - 2)), "is faulty"),
        ("early_amf_values", 50, 50, False, lambda n: quiet(NULL * (n - 2)), "is faulty"),
        (
            "name_bytes",
            100,
            100,
            False,
            lambda n: command("createStream", NULL) + command("publish", NULL + text("a" * n) + text("live"), 1),
            "is refused",
        ),
        ("idle_messages", 200, 998, True, lambda n: message(99, 0, b"") * n, "dies"),  # two came before
    ],
)
def test_limits_of_a_connection(
    field: str, value: int, limit: int, publishing: bool, use: Callable[[int], bytes], over: str
) -> None:
    for n in (limit - 1, limit, limit + 1):
        peer = Peer(Limits(**{field: value}), publishing=publishing)
        assert peer.outcome(use(n)) == (over if n > limit else "is taken"), f"{n} of {limit}"
        peer.engine.close()


def test_chunks_in_a_turn() -> None:
    for n in (4, 5, 6):
        peer = Peer(Limits(read_chunks=5))
        frame = message(9, 1, bytes(10))
        assert peer.engine.receive(frame * n, 0) == len(frame) * min(n, 5)
        peer.engine.close()


def let_in(server: oxrtmp.Server, n: int) -> int:
    """How many of n connections get a byte of the handshake."""
    host, port = server.address.rsplit(":", 1)
    peers = [socket.create_connection((host, int(port)), 10) for _ in range(n)]
    taken = 0
    for peer in peers:
        try:
            peer.sendall(b"\x03" + bytes(1536))
            taken += peer.recv(1) != b""
        except OSError:
            pass
    for peer in peers:
        peer.close()
    return taken


@pytest.mark.parametrize("field", ["connections", "connections_per_address"])
def test_limits_of_a_server(field: str) -> None:
    for n in (3, 4, 5):
        with oxrtmp.Server("127.0.0.1:0", limits=Limits(**{field: 4})) as server:
            assert let_in(server, n) == min(n, 4)


def test_handshakes_in_a_second() -> None:
    with oxrtmp.Server("127.0.0.1:0", limits=Limits(handshakes=4)) as server:
        began = time.monotonic()
        assert let_in(server, 5) == 5
        assert time.monotonic() - began >= 0.2


def test_requests_that_wait() -> None:
    with oxrtmp.Server("127.0.0.1:0", limits=Limits(pending_requests=2)) as server:
        url = f"rtmp://{server.address}/live/x"

        def publish() -> None:
            with pytest.raises(oxrtmp.Error):
                oxrtmp.Client.publish(url, timeout=20)

        waiting = [threading.Thread(target=publish) for _ in range(2)]
        for thread in waiting:
            thread.start()
        time.sleep(1)  # both wait by now
        with pytest.raises(oxrtmp.RefusedError, match="busy"):
            oxrtmp.Client.publish(url, timeout=10)
        taken = [server.accept(timeout=0) for _ in waiting]
        with pytest.raises(oxrtmp.RefusedError, match="busy"):  # they are not answered
            oxrtmp.Client.publish(url, timeout=10)
        taken[0].reject()
        waiting.append(threading.Thread(target=publish))
        waiting[-1].start()
        taken[0] = server.accept(timeout=10)
        for request in taken:
            request.reject()
        for thread in waiting:
            thread.join()


def test_packets_that_wait() -> None:
    with oxrtmp.Server("127.0.0.1:0", limits=Limits(queue_bytes=100_000)) as server:
        sessions: list[oxrtmp.Session] = []
        taking = threading.Thread(target=lambda: sessions.append(server.accept().accept()))
        taking.start()
        with oxrtmp.Client.publish(f"rtmp://{server.address}/live/x") as client:
            taking.join()
            for i in range(40):
                client.send_video(i, True, bytes(20_000))
            time.sleep(0.3)
            assert 100_000 <= sessions[0].statistics().queued_bytes < 100_000 + 2 * 66_000
            sessions[0].close()


def test_answers_that_wait() -> None:
    """A peer that makes the server answer, and does not read, is given up."""
    pings = message(4, 0, b"\0\x06\0\0\0\0", 64) * 10_000
    with oxrtmp.Server("127.0.0.1:0", limits=Limits(output_bytes=50_000, idle_messages=10**9)) as server:
        host, port = server.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 10) as peer, pytest.raises(OSError):
            peer.sendall(b"\x03" + bytes(2 * 1536) + CHUNK_SIZE)
            for _ in range(300):
                peer.sendall(pings)
            for _ in range(1000):
                time.sleep(0.01)
                peer.send(pings[:19])


def test_calls_that_wait() -> None:
    with oxrtmp.Server("127.0.0.1:0", answer_calls=True) as server:  # and then does not
        sessions: list[oxrtmp.Session] = []
        taking = threading.Thread(target=lambda: sessions.append(server.accept().accept()))
        taking.start()
        client = oxrtmp.Client.publish(f"rtmp://{server.address}/live/x", limits=Limits(pending_calls=2))
        taking.join()
        ends: list[int] = []

        def call() -> None:
            try:
                client.call("f", timeout=2)
            except oxrtmp.Error as error:
                ends.append(error.status)

        calls = [threading.Thread(target=call) for _ in range(3)]
        for thread in calls:
            thread.start()
        for thread in calls:
            thread.join()
        assert sorted(ends) == [oxrtmp.Status.LIMIT, oxrtmp.Status.TIMEOUT, oxrtmp.Status.TIMEOUT]
        client.close()
        sessions[0].close()


def test_every_limit_is_tested() -> None:
    here = Path(__file__).read_text()
    assert [f.name for f in dataclasses.fields(Limits) if f'"{f.name}"' not in here and f"{f.name}=" not in here] == []


def sockets() -> list[socket.socket]:
    """This process's connected TCP sockets."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            s = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        try:
            s.getpeername()
            if s.family == socket.AF_INET:
                found.append(s)
                continue
        except OSError:
            pass
        s.close()
    return found


def test_socket_options() -> None:
    asked = {"keep_alive": 77.0, "user_timeout": 12.345, "receive_buffer_bytes": 50_000, "send_buffer_bytes": 60_000}
    with oxrtmp.Server("127.0.0.1:0", **asked) as server:  # type: ignore[arg-type]
        sessions: list[oxrtmp.Session] = []
        taking = threading.Thread(target=lambda: sessions.append(server.accept().accept()))
        taking.start()
        with oxrtmp.Client.publish(f"rtmp://{server.address}/live/x", **asked):  # type: ignore[arg-type]
            taking.join()
            ends = [s for s in sockets() if s.getsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT) == 12345]
            assert len(ends) == 2
            for s in ends:
                assert s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 77
                assert s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 100_000  # the kernel doubles it
                assert s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 120_000
                s.close()
        sessions[0].close()
