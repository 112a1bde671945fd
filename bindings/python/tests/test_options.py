"""Options: each one is set by a test; here those that no other test is about."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import oxrtmp
import pytest
from conftest import until
from oxrtmp import Client, Engine, EventKind, Hub, Mask, PacketKind, Server, Status, Takeover, Timeouts, amf
from oxrtmp.lowlevel import (
    ChunkDecoder,
    ChunkEncoder,
    Command,
    Handshake,
    Message,
    command_build,
    command_parse,
    control_parse,
)
from test_conversation import Overheard
from test_engine import Pair, only
from test_hub import frames, send_frames, take
from test_hub_streams import late_player, stream


def names_of(options: Any) -> list[str]:
    return (
        [f.name for f in dataclasses.fields(options)]
        if dataclasses.is_dataclass(options)
        else [*options.__annotations__]
    )


@pytest.mark.parametrize(
    "options",
    [
        oxrtmp.ServerOptions, oxrtmp.ClientOptions, oxrtmp.HubOptions, oxrtmp.RelayOptions, oxrtmp.Timeouts, oxrtmp.TLS,
        oxrtmp.Mask,
    ],
)  # fmt: skip
def test_every_option_is_set_by_a_test(options: Any) -> None:
    """One that is added without a test fails here; limits have such a test of their own."""
    tests = "\n".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    missing = [name for name in names_of(options) if not re.search(rf'\b{name}=|"{name}"[:,]', tests)]
    assert names_of(options) and not missing


# ---- servers ----


def test_what_a_server_announces() -> None:
    options: oxrtmp.ServerOptions = {
        "window_ack_size": 1234567, "peer_bandwidth": 7654321, "chunk_size": 5000, "send_on_bw_done": True,
    }  # fmt: skip
    overheard = Overheard("server", options)
    said = {m.type: control_parse(m.type, m.payload).value for m in overheard.said if m.type in (1, 5, 6)}
    assert said == {1: 5000, 5: 1234567, 6: 7654321}
    commands = [command_parse(20, m.payload).name for m in overheard.said if m.type == 20]
    assert commands[:2] == ["_result", "onBWDone"]
    overheard.close()
    overheard = Overheard("server")
    assert "onBWDone" not in [command_parse(20, m.payload).name for m in overheard.said if m.type == 20]
    overheard.close()


def test_requests_that_are_not_answered_are_refused() -> None:
    with Server("127.0.0.1:0", timeouts=Timeouts(decision=0.2)) as server, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.publish, f"rtmp://{server.address}/live/x")
        request = server.accept(10)
        with pytest.raises(oxrtmp.RefusedError):
            coming.result(10)
        with pytest.raises(oxrtmp.Error), request.accept() as session:
            session.next_packet(10)


# ---- clients ----


def test_what_a_client_says_instead_of_its_url() -> None:
    client = Engine.publish("rtmp://host/live/name", app="a/b", stream_name="key?x=1", tc_url="rtmp://other/c")
    asked: list[oxrtmp.EngineRequest] = []

    def grant(request: oxrtmp.EngineRequest) -> None:
        asked.append(request)
        request.accept()

    pair = Pair(client=client, answer=grant)
    pair.converse()
    (request,) = asked
    assert (request.app, request.stream_name, request.query) == ("a/b", "key", "x=1")
    assert request.tc_url == "rtmp://other/c"
    pair.close()


@pytest.mark.parametrize("digest", [True, False])
def test_the_handshake_that_a_client_offers(digest: bool) -> None:
    pair = Pair(client=Engine.publish("rtmp://host/live/name", digest_handshake=digest))
    pair.converse()
    assert only(pair.heard, EventKind.HANDSHAKE).text == ("digest" if digest else "simple")
    pair.close()


def fails(phase: str, url: str, **timeouts: float) -> None:
    """A client's call ends in time, in this phase."""
    began = time.monotonic()
    with pytest.raises(oxrtmp.Error) as caught:
        Client.publish(url, timeouts=Timeouts(**timeouts))
    assert caught.value.phase == phase and time.monotonic() - began < 8
    assert caught.value.status in (Status.TIMEOUT, Status.RESOLVE, Status.SILENT)


def test_names_are_not_looked_up_for_ever() -> None:
    fails("resolve", "rtmp://nobody.invalid/live/x", resolve=2)


def test_connections_are_not_tried_for_ever() -> None:
    """A listener whose queue is full answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as held:
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        fails("tcp", f"rtmp://127.0.0.1:{listener.getsockname()[1]}/live/x", dial=0.3)


def connected(connection: socket.socket) -> None:
    """Answers the connect of a client, and nothing after it."""
    with Handshake() as handshake, ChunkDecoder() as decoder, ChunkEncoder() as encoder:
        while received := connection.recv(65536):
            rest = memoryview(received)[handshake.receive(received) :]
            connection.sendall(handshake.output())
            while rest:
                rest = rest[decoder.feed(rest) :]
                if (message := decoder.next()) is None:
                    continue
                if message.type == 1:
                    decoder.set_chunk_size(control_parse(1, message.payload).value)
                if message.type != 20 or (command := command_parse(20, message.payload)).name != "connect":
                    continue
                done = {"level": "status", "code": "NetConnection.Connect.Success"}
                answer = Command("_result", command.transaction_id, amf.encode({}, done))
                connection.sendall(encoder.write(Message(3, 0, 0, 20, command_build(answer))))


@contextlib.contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something that serves one connection: its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)
        assert not thread.is_alive()


def test_servers_that_make_no_stream() -> None:
    with serving(connected) as address:
        fails("createStream", f"rtmp://{address}/live/x", create_stream=0.3)


# ---- hubs ----


@pytest.mark.parametrize(("cache_bytes", "want"), [(100_000, [0, 1, 2, 10]), (2500, [10])])
def test_bytes_that_a_cache_holds(cache_bytes: int, want: list[int]) -> None:
    with Hub(cache_bytes=cache_bytes) as hub, hub.publish("live", "x") as publisher:
        for n in range(3):
            publisher.send_video(n * 10, n == 0, n.to_bytes(4, "big") + bytes(1000))
        with late_player(hub, 3) as player:
            publisher.send_video(100, True, (10).to_bytes(4, "big"))
            got: list[int] = []
            while 10 not in got:
                packet = player.next_packet(10)
                if packet.type == 9 and packet.kind == PacketKind.FRAME:
                    got.append(int.from_bytes(packet.data[:4], "big"))
            assert got == want


def test_a_silent_publisher_is_replaced() -> None:
    with Hub(takeover=Takeover.IF_SILENT, silent_after=1.5) as hub, hub.publish("live", "x") as first:
        with pytest.raises(oxrtmp.BusyError):
            hub.publish("live", "x")
        send_frames(first, 0, 1)
        until(lambda: stream(hub).packets == 1)
        began = time.monotonic()

        def replaced() -> bool:
            with contextlib.suppress(oxrtmp.BusyError), hub.publish("live", "x"):
                return True
            return False

        until(replaced, 20)
        assert time.monotonic() - began > 1


def test_players_do_not_wait_for_ever() -> None:
    with Hub(wait_for_publisher=True, wait_limit=0.3) as hub, Server("127.0.0.1:0", hub=hub) as server:
        url = f"rtmp://{server.address}/live/x"
        with Client.play(url) as player:
            assert list(frames(player)) == [] and player.error is not None
        with Client.play(url) as player, Client.publish(url) as publisher:
            send_frames(publisher, 0, 10)
            take(player, 0, 10)


def test_data_can_be_left_out() -> None:
    with Hub(mask=Mask(no_data=True)) as hub, Server("127.0.0.1:0", hub=hub, no_sample_access=True) as server:
        with Client.publish(f"rtmp://{server.address}/live/x") as publisher:
            publisher.send_metadata({"width": 640})
            send_frames(publisher, 0, 1)
            until(lambda: stream(hub).packets == 2)
            with Client.play(f"rtmp://{server.address}/live/x") as player:
                publisher.send_data(5, amf.encode("onTextData"))
                publisher.send_audio(10, b"sound")
                types = []
                while 8 not in types:
                    types.append(player.next_packet(10).type)
                assert types == [9, 8]
