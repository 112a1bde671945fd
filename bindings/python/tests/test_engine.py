"""Engine: the protocol without a socket, from bytes of real encoders and between two of them."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import math
import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import oxrtmp
import pytest
from conftest import ROOT
from oxrtmp import Engine, Event, EventKind, aio

CAPTURES = sorted((ROOT / "testdata/captures").glob("*.bin"))
CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"

Grant = Callable[[oxrtmp.EngineRequest], None]


def accept(request: oxrtmp.EngineRequest) -> None:
    request.accept()


def give(engine: Engine, data: bytes, now: float, answer: Grant) -> list[Event]:
    """Gives all of data to an engine, answers its requests, and returns its events."""
    events: list[Event] = []
    rest = memoryview(data)
    while rest and not engine.closing:
        taken = engine.receive(rest, now)
        rest = rest[taken:]
        new = engine.events()
        assert taken or new, "an engine that takes nothing has events"
        for event in new:
            if event.request is not None:
                answer(event.request)
        events += new
    return events


class Pair:
    """Two engines that talk to each other through memory, in pieces of some size."""

    def __init__(
        self,
        piece: int = 1 << 20,
        shaken: bool = False,
        answer: Grant = accept,
        play: oxrtmp.ServerOptions | None = None,
        client: Engine | None = None,
    ) -> None:
        """play: the client plays, and the server has these options besides ask_play."""
        url = "rtmp://host/live/name?key=1"
        if play is None:
            self.server, self.client = Engine.server(shaken=shaken), client or Engine.publish(url, shaken=shaken)
        else:
            self.server = Engine.server(shaken=shaken, **{**play, "ask_play": True})
            self.client = Engine.play(url, shaken=shaken)
        self.piece, self.answer = piece, answer
        self.heard: list[Event] = []  # by the server
        self.told: list[Event] = []  # to the client

    def converse(self) -> None:
        """Until neither has anything to say."""
        while self._carry(self.client, self.server, self.heard) | self._carry(self.server, self.client, self.told):
            pass

    def _carry(self, sender: Engine, receiver: Engine, events: list[Event]) -> bool:
        output = sender.output()
        for at in range(0, len(output), self.piece):
            events += give(receiver, output[at : at + self.piece], 0, self.answer)
        events += receiver.events()
        return bool(output)

    def close(self) -> None:
        self.server.close()
        self.client.close()


def kinds(events: list[Event]) -> set[EventKind]:
    return {event.kind for event in events}


def only(events: list[Event], kind: EventKind) -> Event:
    (found,) = [event for event in events if event.kind == kind]
    return found


@pytest.mark.parametrize("piece", [1, 977, 1 << 20])
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_what_real_encoders_said(capture: Path, piece: int) -> None:
    """The same packets, whatever the pieces: those of the encoder's own file, where there is one."""
    data = capture.read_bytes()[: 60_000 if piece == 1 else None]
    events: list[Event] = []

    def answer(request: oxrtmp.EngineRequest) -> None:
        request.reject("unauthorized") if "wrong" in request.stream_name else request.accept()

    with Engine.server() as engine:
        for at in range(0, len(data), piece):
            events += give(engine, data[at : at + piece], 0, answer)
        assert engine.output() or piece == 1
        counted = engine.statistics()
    got = [e.packet for e in events if e.packet is not None]
    tags = [
        {"type": p.type, "timestamp": p.timestamp_ms, "size": p.raw_size, "sha256": hashlib.sha256(p.raw).hexdigest()}
        for p in got
        if not p.continued
    ]
    assert (counted.packets_received, counted.malformed, counted.faulty) == (len(got), 0, 0)
    if capture.stem.endswith("refused"):
        assert not got and counted.requests_rejected == 1
        return
    wanted = capture.with_suffix(".json")
    if wanted.exists():
        want = json.loads(wanted.read_text())
        # onMetaData comes inside @setDataFrame, and stands in the file without it
        media = [t for t in tags if t["type"] != 18]
        assert media == [t for t in want if t["type"] != 18][: len(media)] and len(media) > 40
        assert len(tags) == len(want) or piece == 1
    assert all(e.text for e in events if e.kind == EventKind.STREAM_END)


def clip() -> list[oxrtmp.Packet]:
    with oxrtmp.FLVReader(CLIP) as reader:
        return list(reader)


@pytest.mark.parametrize(
    ("piece", "shaken", "count"), [(1 << 20, False, 10_000), (1, False, 20), (977, False, 200), (1 << 20, True, 50)]
)
def test_a_clip_passes(piece: int, shaken: bool, count: int) -> None:
    pair, packets = Pair(piece, shaken), clip()[:count]
    with pytest.raises(oxrtmp.UsageError) as early:
        pair.client.send_packet(packets[0])
    assert early.value.status == oxrtmp.Status.STATE
    pair.converse()
    assert (EventKind.HANDSHAKE in kinds(pair.heard)) is not shaken
    assert EventKind.REQUEST in kinds(pair.heard) and EventKind.CONNECTED in kinds(pair.told)
    pair.client.send_metadata(oxrtmp.Metadata(width=640, encoder="tests"))
    for packet in packets:
        pair.client.send_packet(packet)
        pair.converse()
    got = [e.packet for e in pair.heard if e.packet is not None]
    assert got[0].values()[-1] == {"duration": 0, "width": 640, "encoder": "tests"}
    assert [(p.type, p.timestamp_ms, bytes(p.raw)) for p in got[1:]] == [
        (p.type, p.timestamp_ms, bytes(p.raw)) for p in packets
    ]
    assert all(e.stream_id > 0 for e in pair.heard if e.packet is not None)
    assert pair.server.statistics().packets_received == pair.client.statistics().packets_sent == len(packets) + 1
    assert pair.server.statistics().phase == "media"
    pair.client.end()
    pair.converse()
    end = only(pair.heard, EventKind.STREAM_END)
    assert end.status == oxrtmp.Status.EOF and end.text and pair.client.closing
    pair.close()


def test_another_timestamp() -> None:
    pair = Pair()
    pair.converse()
    pair.client.send_packet(oxrtmp.Packet(8, 7, raw=b"\xaf\x01x"), timestamp_ms=70)
    pair.converse()
    assert [e.packet.timestamp_ms for e in pair.heard if e.packet] == [70]
    pair.close()


def test_requests() -> None:
    asked: list[oxrtmp.EngineRequest] = []

    def refuse(request: oxrtmp.EngineRequest) -> None:
        asked.append(request)
        assert (request.app, request.stream_name, request.query) == ("live", "name", "key=1")
        assert request.tc_url == "rtmp://host/live" and request.peer_address == ""
        assert request.connect["app"] == "live"
        request.reject("unauthorized")

    pair = Pair(answer=refuse)
    pair.converse()
    failed = only(pair.told, EventKind.FAILED)
    assert (failed.status, failed.phase) == (oxrtmp.Status.NAME, "publish")
    assert (failed.code, failed.text) == ("NetStream.Publish.BadName", "unauthorized")
    assert pair.server.closing and pair.server.statistics().requests_rejected == 1
    with pytest.raises(oxrtmp.ClosedError):
        pair.server.receive(b"x", 0)
    with pytest.raises(oxrtmp.UsageError):
        asked[0].accept()
    pair.close()


def test_peers_are_redirected() -> None:
    pair = Pair(answer=lambda request: request.redirect("rtmp://elsewhere/live", "not here"))
    pair.converse()
    failed = only(pair.told, EventKind.FAILED)
    assert failed.text == "not here" and pair.server.closing
    pair.close()


def test_nothing_is_received_while_a_request_waits() -> None:
    waiting: list[oxrtmp.EngineRequest] = []
    with Engine.server() as server, Engine.publish("rtmp://host/live/name") as client:
        while not waiting:
            rest = client.output()
            while rest and not waiting:
                rest = rest[server.receive(rest, 0) :]
                waiting += [e.request for e in server.events() if e.request]
            give(client, server.output(), 0, accept)
            client.events()
        assert server.receive(b"0123456789", 0) == 0
        waiting.pop().accept()
        give(client, server.output(), 0, accept)
        assert client.statistics().phase in ("publish", "media")


def test_a_request_that_outlives_its_engine_is_harmless() -> None:
    kept: list[oxrtmp.EngineRequest] = []

    def keep(request: oxrtmp.EngineRequest) -> None:
        kept.append(request)
        pair.server.close()

    pair = Pair(answer=keep)
    with pytest.raises(oxrtmp.UsageError):  # the server is closed under the conversation
        pair.converse()
    assert kept[0].app == "live"
    with pytest.raises(oxrtmp.UsageError):
        kept[0].accept()
    pair.close()


def test_a_stream_is_closed_with_words() -> None:
    pair = Pair()
    pair.converse()
    pair.client.send_packet(clip()[0])
    pair.converse()
    stream = next(e.stream_id for e in pair.heard if e.packet)
    with pytest.raises(oxrtmp.UsageError):
        pair.server.close_stream(stream + 1)
    pair.server.close_stream(stream, "kicked")
    pair.converse()
    said = [(e.kind, e.code, e.text) for e in pair.told]
    assert [text for _, code, text in said if code == "NetStream.Publish.Rejected"] == ["kicked"], said
    pair.close()


def chunk(kind: int, payload: bytes) -> bytes:
    """A message in one chunk with a whole header (RTMP 1.0 §5.3.1.2.1), on a chunk stream of its own."""
    assert len(payload) <= 128
    return bytes([40, 0, 0, 0, 0, 0, len(payload), kind, 0, 0, 0, 0]) + payload


def test_unknown_commands_are_events() -> None:
    pair = Pair(shaken=True)
    pair.converse()
    events = give(pair.server, chunk(20, b"\2\0\3foo\0@\x1c\0\0\0\0\0\0\5\2\0\3bar"), 0, accept)
    assert only(events, EventKind.COMMAND).code == "foo"
    assert b"NetConnection.Call.Failed" in pair.server.output() and not pair.server.closing
    pair.close()


def test_acknowledgements_are_reported() -> None:
    pair = Pair(shaken=True)
    pair.converse()
    events = give(pair.server, chunk(3, (123456).to_bytes(4, "big")), 0, accept)
    assert [(e.kind, e.value) for e in events] == [(EventKind.ACKNOWLEDGED, 123456)]
    pair.close()


def test_time_is_told() -> None:
    with Engine.server(timeouts=oxrtmp.Timeouts(handshake=3.001)) as engine:
        assert engine.deadline == 3.001
        engine.advance(3.0)
        with pytest.raises(oxrtmp.ConnectionError) as caught:
            engine.advance(engine.deadline)
        assert caught.value.status == oxrtmp.Status.SILENT and caught.value.phase == "handshake"
        assert engine.closing and engine.deadline is None
    with Engine.server(timeouts=oxrtmp.Timeouts(handshake=math.inf, setup=math.inf)) as engine:
        engine.advance(1e9)


def test_nonsense_is_refused() -> None:
    with Engine.server() as engine:
        for data in (b"GET / HTTP/1.1\r\n", b"\3"):
            with pytest.raises(oxrtmp.ProtocolError) as caught:
                engine.receive(data, 0)
            assert caught.value.status == oxrtmp.Status.HANDSHAKE
    with pytest.raises(oxrtmp.ArgumentError):
        Engine.publish("nonsense")
    with pytest.raises(TypeError):
        Engine.server(nonsense=1)  # type: ignore[call-arg]
    for seed in range(100):  # whatever comes: an error or none, and nothing is left behind
        with Engine.server(shaken=True) as engine:
            data = random.Random(seed).randbytes(4000).translate(bytes(b >> seed % 3 * 3 for b in range(256)))
            try:
                give(engine, data, 0, lambda request: request.reject())
            except oxrtmp.ProtocolError as error:
                assert engine.closing, error


def test_an_engine_that_is_closed_or_forgotten() -> None:
    engine = Engine.server()
    engine.close()
    engine.close()
    for call in (engine.events, engine.output, engine.statistics, lambda: engine.receive(b"x", 0)):
        with pytest.raises(oxrtmp.UsageError) as caught:
            call()
        assert caught.value.status == oxrtmp.Status.HANDLE
    with pytest.warns(ResourceWarning, match="unclosed"):
        Engine.server().__del__()


def test_a_socket_of_one_s_own() -> None:
    """An engine behind a blocking socket serves a client that knows nothing of it."""
    ours, theirs = socket.socketpair()

    def publish() -> None:
        with oxrtmp.Client.publish("rtmp://x/live/test", connection=theirs) as client:
            for i in range(100):
                client.send_video(i, i == 0, bytes(2000))

    thread = threading.Thread(target=publish)
    thread.start()
    began, events = time.monotonic(), list[Event]()
    with Engine.server() as engine, ours:
        ours.settimeout(20)
        while EventKind.STREAM_END not in kinds(events) and (data := ours.recv(3000)):
            events += give(engine, data, time.monotonic() - began, accept)
            ours.sendall(engine.output())
        engine.end()
        ours.sendall(engine.output())
    thread.join(20)
    assert [e.packet.timestamp_ms for e in events if e.packet] == list(range(100))


class Transported(asyncio.Protocol):
    """An engine behind an asyncio transport."""

    def __init__(self, ended: asyncio.Future[list[Event]]) -> None:
        self.ended, self.events, self.began = ended, list[Event](), time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.engine = transport, Engine.server()

    def data_received(self, data: bytes) -> None:
        self.events += give(self.engine, data, time.monotonic() - self.began, accept)
        self.transport.write(self.engine.output())

    def connection_lost(self, error: Exception | None) -> None:
        self.engine.close()
        self.ended.set_result(self.events)


def test_a_transport_of_asyncio() -> None:
    async def main() -> list[Event]:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[list[Event]] = loop.create_future()
        server = await loop.create_server(lambda: Transported(ended), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, aio.Client.publish(f"rtmp://127.0.0.1:{port}/live/test") as client:
            for i in range(100):
                await client.send_audio(i * 20, bytes(300))
            await client.close()
            return await asyncio.wait_for(ended, 20)

    events = asyncio.run(main())
    assert [e.packet.timestamp_ms for e in events if e.packet] == [i * 20 for i in range(100)]
    assert list(itertools.dropwhile(lambda e: e.kind != EventKind.STREAM_END, events))
