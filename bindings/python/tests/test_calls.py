"""Calls between the applications on both sides, shared objects, and messages inside aggregate messages."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oxrtmp
import oxrtmp._engine
import oxrtmp._receiving
import oxrtmp.aio
import pytest
from conftest import ROOT
from oxrtmp import EventKind, SharedEvent, SharedEventKind, SharedObject, amf, lowlevel


class Pair:
    """Both ends of a stream, and applications there that answer calls on threads."""

    def __init__(self, **options: bool) -> None:
        self.server = oxrtmp.Server("127.0.0.1:0", **options)  # type: ignore[arg-type]
        opened: list[oxrtmp.Client] = []
        url = f"rtmp://{self.server.address}/live/test"
        opening = threading.Thread(target=lambda: opened.append(oxrtmp.Client.publish(url, **options)))  # type: ignore[arg-type]
        opening.start()
        self.session = self.server.accept(10).accept()
        opening.join()
        (self.client,) = opened
        self.threads: list[threading.Thread] = []

    def answer(self, stream: oxrtmp.Session | oxrtmp.Client) -> None:
        def run() -> None:
            for event in stream.events():
                if event.kind != EventKind.CALL:
                    continue
                if event.name == "add":
                    stream.answer(event, sum(event.values), "and more")
                elif event.name == "secret":
                    stream.refuse(event, "not today", code="App.No")

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def close(self) -> None:
        self.client.close()
        self.session.close()
        self.server.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def pair() -> Iterator[Pair]:
    both = Pair(answer_calls=True)
    yield both
    both.close()


def test_calls_both_ways(pair: Pair) -> None:
    pair.answer(pair.session)
    pair.answer(pair.client)
    for caller in (pair.client, pair.session):
        assert caller.call("add", 1, 2.5) == [3.5, "and more"]
        with pytest.raises(oxrtmp.RefusedError) as refused:
            caller.call("secret", {"a": [1, None]})
        assert (refused.value.code, refused.value.description) == ("App.No", "not today")
        with pytest.raises(oxrtmp.TimeoutError):
            caller.call("never", timeout=0.05)
        caller.notify("told", 1)
        with pytest.raises(oxrtmp.UsageError):
            caller.answer(99)
        with pytest.raises(oxrtmp.UsageError):
            caller.refuse(99)
    pair.client.send_audio(5, b"still")
    assert bytes(pair.session.next_packet(10).data) == b"still"


def test_calls_are_refused_in_any_words(pair: Pair) -> None:
    """Such as the name that the peer has chosen."""
    for caller, callee in ((pair.client, pair.session), (pair.session, pair.client)):
        with ThreadPoolExecutor(1) as pool:
            calling = pool.submit(caller.call, "ask")
            callee.refuse(callee.next_event(10), "no \udcff\0", code="App.No\0")
            with pytest.raises(oxrtmp.RefusedError) as refused:
                calling.result(10)
        assert (refused.value.code, refused.value.description) == ("App.No?", "no ??")


def test_events_say_everything(pair: Pair) -> None:
    pair.client.notify("told", amf.Date(5), {"a": 1})
    event = pair.session.next_event(10)
    assert (event.kind, event.name, event.value) == (EventKind.CALL, "told", 0)
    assert event.values == [amf.Date(5), {"a": 1}]
    waiting = threading.Thread(target=lambda: pair.client.call("ask", timeout=10))
    waiting.start()
    event = pair.session.next_event(10)
    assert event.name == "ask" and event.value != 0
    pair.session.answer(event.value)
    waiting.join(10)


def test_calls_are_refused_by_default() -> None:
    pair = Pair()
    for caller in (pair.client, pair.session):
        with pytest.raises(oxrtmp.RefusedError) as refused:
            caller.call("unheardOf")
        assert refused.value.code == "NetConnection.Call.Failed"
    pair.close()
    with pytest.raises(oxrtmp.Error):
        pair.client.call("late")


EVENTS = [
    [SharedEvent(SharedEventKind.USE)],
    [SharedEvent(SharedEventKind.CHANGE, slots={"n": 1.0, "who": "me"}), SharedEvent(SharedEventKind.REMOVE, name="old")],
    [SharedEvent(SharedEventKind.SEND_MESSAGE, name="say", arguments=["hello", [1.0, None]])],
    [SharedEvent(SharedEventKind.STATUS, name="SharedObject.NoWriteAccess", level="error"), SharedEvent(99, data=b"\1\2")],
]  # fmt: skip


def test_shared_objects(pair: Pair) -> None:
    for events in EVENTS:
        sent = SharedObject("chat", events, version=3, flags=2)
        for one, other in ((pair.client, pair.session), (pair.session, pair.client)):
            one.send_shared_object(sent)
            event = other.next_event(10)
            assert event.kind == EventKind.SHARED_OBJECT and event.shared_object == sent
        assert SharedObject.parse(19, sent.build()) == sent
    with pytest.raises(oxrtmp.ProtocolError):
        SharedObject.parse(19, b"\0\1")
    with pytest.raises(oxrtmp.ArgumentError):
        SharedObject("x", [SharedEvent(256)]).build()


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / f"testdata/vectors/{name}.json").read_text())["vectors"]
    return found


def test_vectors_of_shared_objects() -> None:
    for vector in vectors("sharedobject"):
        want, payload = vector["value"], bytes.fromhex(vector["hex"])
        found = SharedObject.parse(19, payload)
        assert (found.name, found.version, found.flags) == (want["name"], want["version"], want["flags"])
        for event, described in zip(found.events, want["events"], strict=True):
            assert event.kind == described["event"]
            slots = {name: float(value["number"]) for name, value in described.get("slots", [])}
            assert (event.slots or {}) == slots
        assert found.build() == payload


def test_vectors_of_aggregate_messages() -> None:
    for vector in vectors("aggregate"):
        want, payload = vector["value"], bytes.fromhex(vector["hex"])
        found = lowlevel.aggregate_parse(want["timestamp"], payload)
        assert [(m.type, m.timestamp_ms, m.payload.hex()) for m in found] == [
            (m["type"], m["timestamp"], m["payload"]) for m in want["messages"]
        ]
        first = lowlevel.aggregate_parse(100, payload)
        assert lowlevel.aggregate_build(first) == payload
        with pytest.raises(oxrtmp.ProtocolError):
            lowlevel.aggregate_parse(0, payload[:5])


def test_what_cannot_be_read_takes_nothing_with_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; what came with it is delivered."""

    def read(*_: object) -> oxrtmp.Event:
        raise LookupError("a fault of the package's")

    monkeypatch.setattr(oxrtmp._receiving, "event_of", read)
    pair.client.notify("something")
    pair.client.send_audio(0, b"x")
    pair.client.close()
    assert [bytes(packet.data) for packet in pair.session] == [b"x"]
    assert pair.session.end_reason
    (record,) = [r for r in caplog.records if r.name == "oxrtmp" and r.levelno == logging.ERROR]
    assert record.exc_info and record.exc_info[0] is LookupError
    record.exc_info = None  # which has what came


def test_what_an_engine_cannot_read_takes_nothing_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(*_: object) -> oxrtmp.Event:
        raise LookupError("a fault of the package's")

    monkeypatch.setattr(oxrtmp._engine, "values_of", read)
    with oxrtmp.Engine.server(answer_calls=True) as server, oxrtmp.Engine.publish("rtmp://a/live/test") as client:
        found: list[oxrtmp.Event] = []
        for now in range(20):
            for taker, giver in ((server, client), (client, server)):
                taker.receive(giver.output(), now / 100)
                for event in taker.events():
                    if event.request is not None:
                        event.request.accept()
                    elif event.kind == EventKind.CONNECTED:
                        client.notify("something")
                        client.send_packet(oxrtmp.Packet(8, 0, raw=b"\xaf\x01x"))
                    elif event.kind in (EventKind.PACKET, EventKind.CALL):
                        found.append(event)
        assert [event.kind for event in found] == [EventKind.PACKET]
        found.clear()
    (record,) = [r for r in caplog.records if r.name == "oxrtmp" and r.levelno == logging.ERROR]
    assert record.exc_info and record.exc_info[0] is LookupError
    record.exc_info = None  # which has what came


def test_asyncio() -> None:
    async def answering(stream: oxrtmp.aio.Session | oxrtmp.aio.Client) -> None:
        async for event in stream.events():
            if event.kind == EventKind.CALL and event.name == "double":
                stream.answer(event, 2 * event.values[0])
            elif event.kind == EventKind.CALL and event.value:
                stream.refuse(event)

    async def main() -> None:
        async with oxrtmp.aio.Server("127.0.0.1:0", answer_calls=True) as server:
            url = f"rtmp://{server.address}/live/test"
            opening = asyncio.ensure_future(oxrtmp.aio.Client.publish(url, answer_calls=True).__aenter__())
            request = await server.accept()
            async with request.accept() as session:
                client = await opening
                tasks = [asyncio.create_task(answering(s)) for s in (client, session)]
                assert await client.call("double", 21) == [42]
                assert await session.call("double", 1.5) == [3]
                with pytest.raises(oxrtmp.RefusedError):
                    await client.call("other")
                with pytest.raises(oxrtmp.RefusedError):
                    await session.call("other", timeout=5)
                client.send_shared_object(SharedObject("chat"))
                client.notify("told")
                await client.close()
                await asyncio.gather(*tasks)

    asyncio.run(main())


def deep(depth: int) -> bytes:
    """Objects in objects, in AMF0."""
    return b"\x03\0\1a" * depth + b"\x05" + b"\0\0\x09" * depth


def message(type: int, body: bytes) -> bytes:
    """A message in one chunk."""
    return bytes([7, 0, 0, 0]) + len(body).to_bytes(3, "big") + bytes([type]) + bytes(4) + body


@pytest.mark.parametrize("depth", [64, 1000])
def test_what_the_library_takes_is_told(depth: int) -> None:
    """Values as deep as it permits come out, also inside of what it says about them."""
    told: list[oxrtmp.Event] = []

    def receive(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[server.receive(rest, 0) :]
            for event in server.events():
                if event.request is not None:
                    event.request.accept()
                elif event.kind in (EventKind.CALL, EventKind.SHARED_OBJECT):
                    told.append(event)

    limits = oxrtmp.Limits(amf_depth=depth)
    with (
        oxrtmp.Engine.server(answer_calls=True, limits=limits) as server,
        oxrtmp.Engine.publish("rtmp://host/live/name") as client,
    ):
        while not any(event.kind == EventKind.CONNECTED for event in client.events()):
            receive(client.output())
            client.receive(server.output(), 0)
        slot = b"\0\1s" + deep(depth)
        receive(client.output() + b"\2\0\0\0\0\0\4\1\0\0\0\0" + (60_000).to_bytes(4, "big"))  # the chunks' size
        receive(message(19, b"\0\4chat" + bytes(12) + b"\4" + len(slot).to_bytes(4, "big") + slot))
        receive(message(20, amf.encode("foo", 12, None) + deep(depth)))
    shared, call = told
    assert shared.shared_object
    for value in ((shared.shared_object.events[0].slots or {})["s"], call.values[0]):
        for _ in range(depth):
            value = value["a"]
        assert value is None


def test_calls_between_engines() -> None:
    """The same without a socket, by a clock of the caller's."""
    server = oxrtmp.Engine.server(answer_calls=True)
    client = oxrtmp.Engine.publish("rtmp://host/live/name", answer_calls=True, follow_reconnects=True)
    with pytest.raises(oxrtmp.UsageError):
        client.call("early")
    told: dict[oxrtmp.Engine, list[oxrtmp.Event]] = {server: [], client: []}

    def converse() -> None:
        quiet = 0
        while quiet < 2:
            for to, sender in ((server, client), (client, server)):
                rest = memoryview(sender.output())
                quiet = 0 if rest else quiet + 1
                while rest:
                    rest = rest[to.receive(rest, 0) :]
                    for event in to.events():
                        if event.request is not None:
                            event.request.accept()
                        told[to].append(event)
                told[to] += to.events()

    converse()
    for caller, callee in ((client, server), (server, client)):
        for events in told.values():
            events.clear()
        add = caller.call("add", 1, 2.5)
        no = caller.call("secret")
        slow = caller.call("never", timeout=0.5)
        caller.notify("told", "x")
        caller.send_shared_object(SharedObject("chat", [SharedEvent(SharedEventKind.USE)]))
        converse()
        calls = [e for e in told[callee] if e.kind == EventKind.CALL]
        assert [(e.name, e.values) for e in calls] == [
            ("add", [1, 2.5]),
            ("secret", []),
            ("never", []),
            ("told", ["x"]),
        ]
        assert [e.value == 0 for e in calls] == [False, False, False, True]
        callee.answer(calls[0], 3.5, None)
        callee.refuse(calls[1], "not today", code="App.No")
        with pytest.raises(oxrtmp.UsageError):
            callee.answer(calls[0])
        (shared,) = [e.shared_object for e in told[callee] if e.kind == EventKind.SHARED_OBJECT]
        assert shared is not None and shared.events[0].kind == SharedEventKind.USE
        converse()
        caller.advance(0.5)
        told[caller] += caller.events()
        answer, refusal, late = [e for e in told[caller] if e.kind == EventKind.REPLY]
        assert (answer.value, answer.values, answer.error) == (add, [3.5, None], None)
        assert refusal.value == no and isinstance(refusal.error, oxrtmp.RefusedError) and refusal.code == "App.No"
        assert late.value == slow and isinstance(late.error, oxrtmp.TimeoutError)
    server.request_reconnect("//new.example/live")
    converse()
    assert [e.text for e in told[client] if e.kind == EventKind.RECONNECT] == ["rtmp://new.example/live"]
    client.close()
    server.close()
