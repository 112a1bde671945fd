"""Playing, both sides: clients that receive, sessions that send. On threads."""

from __future__ import annotations

import contextlib
import ctypes
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oxrtmp
import pytest
from conftest import ASC, AVCC, ROOT
from oxrtmp import Client, EventKind, PacketKind, RequestKind, Server, Session

CLIP = ROOT / "testdata/flv/veovera-av1-opus-10s.flv"


def is_own(packet: oxrtmp.Packet) -> bool:
    """Whether it is what the server says by itself, for Flash players."""
    return packet.handler == "|RtmpSampleAccess"


def media(client: Client) -> Iterator[oxrtmp.Packet]:
    return (packet for packet in client if not is_own(packet))


@contextlib.contextmanager
def played(server_options: dict[str, Any] | None = None, **options: Any) -> Iterator[tuple[Server, Client, Session]]:
    """A server, a client that plays from it, and the session to send to."""
    with Server("127.0.0.1:0", ask_play=True, **(server_options or {})) as server, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.play, f"rtmp://{server.address}/live/test?key=1", **options)
        request = server.accept(10)
        assert request.kind is RequestKind.PLAY
        with request.accept() as session, coming.result(10) as client:
            yield server, client, session


def test_a_clip_is_played() -> None:
    """Every packet reaches the player as it was; then the stream ends."""
    with oxrtmp.FLVReader(CLIP) as reader:
        packets = list(reader)
    with played() as (_, client, session), ThreadPoolExecutor(1) as pool:

        def feed() -> None:
            session.send_packets(packets)
            assert session.flush(20)
            session.close()

        feeding = pool.submit(feed)
        got = list(media(client))
        feeding.result(10)
        assert [(p.type, p.timestamp_ms, p.kind, p.codec, bytes(p.data)) for p in got] == [
            (p.type, p.timestamp_ms, p.kind, p.codec, bytes(p.data)) for p in packets
        ]
        assert isinstance(client.error, oxrtmp.EndOfStreamError)
        with pytest.raises(oxrtmp.EndOfStreamError):
            client.next_packet()
        counted = client.statistics()
        assert counted.video_packets == session.statistics().video_packets > 100
        metadata, values, raw = client.metadata(), client.metadata_values(), client.metadata_raw()
        assert metadata and metadata.video_codec == "av01" and values and values["width"] == metadata.width > 0
        assert raw and raw.startswith(b"\2\0\x0aonMetaData")


def test_a_server_that_is_gone() -> None:
    """Its reset ends the stream; why, the error says."""
    for play in (True, False):
        with Server("127.0.0.1:0", ask_play=True) as server, ThreadPoolExecutor(1) as pool:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                near = socket.create_connection(listener.getsockname())
                far, _ = listener.accept()
            ours = far.dup()
            server.adopt_connection(far)
            open_client = Client.play if play else Client.publish
            coming = pool.submit(open_client, "rtmp://any/live/test", connection=near)
            with server.accept(10).accept(), ours, coming.result(10) as client:
                libc = ctypes.CDLL(None)
                assert libc.connect(ours.fileno(), bytes(16), 16) == 0  # AF_UNSPEC: sends RST
                if play:
                    assert list(media(client)) == []
                    assert isinstance(client.error, oxrtmp.EndOfStreamError)
                    assert re.fullmatch("media: .*reset by peer", str(client.error))
                else:  # whichever of writing and reading is told of the reset, the other one finds an end
                    with pytest.raises(oxrtmp.EndOfStreamError, match="media: .*(reset by peer|broken pipe|hung up)"):
                        while True:
                            client.send_audio(0, b"x")
                            time.sleep(0.001)
                    with contextlib.suppress(oxrtmp.EndOfStreamError):  # what was still queued is lost
                        client.close()


def test_one_by_one() -> None:
    with played() as (_, client, session):
        assert client.metadata() is None and client.metadata_values() is None and client.metadata_raw() is None
        session.send_metadata(oxrtmp.Metadata(width=1280))
        session.send_metadata({"height": 720})
        session.send_video_sequence_header(AVCC)
        session.send_audio_sequence_header(ASC)
        session.send_video(40, True, b"key")
        session.send_video_at(80, 40, False, b"inter")
        session.send_audio(90, b"aac")
        session.send_data(100, b"\2\0\5onCue\5")
        session.send_packet(
            oxrtmp.Packet(9, 120, data=b"hevc", kind=PacketKind.FRAME, codec="hvc1", frame_type=1, flags=3)
        )
        session.send_packet(oxrtmp.Packet(8, 7, raw=b"\xaf\1raw"), timestamp_ms=130)
        packets = media(client)
        got = [next(packets) for _ in range(10)]
        assert [p.values()[-1] for p in got[:2]] == [{"duration": 0, "width": 1280}, {"height": 720}]
        assert [(p.type, p.timestamp_ms, p.codec, p.composition_ms, bytes(p.data)) for p in got[2:7]] == [
            (9, 0, "avc1", 0, AVCC),
            (8, 0, "mp4a", 0, ASC),
            (9, 40, "avc1", 0, b"key"),
            (9, 80, "avc1", 40, b"inter"),
            (8, 90, "mp4a", 0, b"aac"),
        ]
        assert (got[7].handler, got[7].timestamp_ms) == ("onCue", 100)
        assert (got[8].codec, got[8].keyframe, bytes(got[8].data)) == ("hvc1", True, b"hevc")
        assert (got[9].timestamp_ms, bytes(got[9].data)) == (130, b"raw")
        assert session.statistics().packets == 10 and session.statistics().video_packets == 4
        client.close()
        with pytest.raises(oxrtmp.EndOfStreamError):
            session.next_event(10)
        with pytest.raises(oxrtmp.EndOfStreamError):
            session.send_audio(200, b"late")
        assert session.end_reason and session.error is None


def test_what_a_player_asks_for() -> None:
    with Server("127.0.0.1:0", ask_play=True) as server, ThreadPoolExecutor(1) as pool:
        url = f"rtmp://{server.address}/live/test?key=1"
        coming = pool.submit(Client.play, url, live_only=True, buffer_length_ms=2500)
        request = server.accept(10)
        assert (request.kind, request.app, request.stream_name) == (RequestKind.PLAY, "live", "test")
        assert request.query == "key=1" and request.publish_type == ""
        assert request.play == oxrtmp.PlayInfo(reset=True, buffer_length_ms=2500, start=-1, duration=-1)
        with request.accept() as session, coming.result(10) as client:
            assert session.kind is RequestKind.PLAY and session.play == request.play
            client.set_buffer_length(3000)
            assert session.next_event(10).kind is EventKind.BUFFER_LENGTH
            assert session.play.buffer_length_ms == 3000
        assert session.play.buffer_length_ms == 3000
        coming = pool.submit(Client.play, url, start_ms=4000, duration_ms=2000)
        request = server.accept(10)
        assert (request.play.start, request.play.duration) == (4, 2), "in seconds, as most do"
        request.reject()
        with pytest.raises(oxrtmp.RefusedError):
            coming.result(10)


def test_commands_reach_the_session() -> None:
    with played() as (_, client, session):
        with pytest.raises(oxrtmp.TimeoutError):
            session.next_event(0)
        client.pause()
        assert session.next_event(10).kind is EventKind.PAUSE
        session.send_audio(1, b"not heard")
        client.resume()
        assert session.next_event(10).kind is EventKind.UNPAUSE
        client.seek(4000)
        event = session.next_event(10)
        assert (event.kind, event.value) == (EventKind.SEEK, 4000)
        for on in (False, True):
            client.receive_video(on)
            event = session.next_event(10)
            assert (event.kind, event.value, event.on) == (EventKind.RECEIVE, 9, on)
            client.receive_audio(on)
            event = session.next_event(10)
            assert (event.kind, event.value, event.on) == (EventKind.RECEIVE, 8, on)
            session.send_video(2 + on, True, b"v")
        packet = next(media(client))
        assert packet.timestamp_ms == 3, "what was paused or not wanted was left out"
        said = []
        while "NetStream.Unpause.Notify" not in said:
            event = client.next_event(10)
            assert event.kind in (EventKind.STATUS, EventKind.CONTROL)
            said.append(event.code)
        assert "NetStream.Pause.Notify" in said
        session.close()
        assert all(e.kind in (EventKind.STATUS, EventKind.CONTROL) for e in client.events())
        with pytest.raises(oxrtmp.EndOfStreamError):
            client.pause()


@pytest.mark.parametrize(
    ("code", "description", "status"),
    [
        (None, None, oxrtmp.Status.NOT_FOUND),
        ("NetStream.Play.FileNotFound", "gone", oxrtmp.Status.NOT_FOUND),
        ("NetStream.Play.Failed", "cannot", oxrtmp.Status.REFUSED),
        ("NetStream.Play.Unauthorized", "who?", oxrtmp.Status.AUTH),
    ],
)
def test_refusals(code: str | None, description: str | None, status: oxrtmp.Status) -> None:
    with Server("127.0.0.1:0", ask_play=True) as server, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.play, f"rtmp://{server.address}/live/none")
        server.accept(10).reject(description, code=code)
        with pytest.raises(oxrtmp.RefusedError) as caught:
            coming.result(10)
        assert (caught.value.status, caught.value.phase) == (status, "play")
        assert caught.value.code == (code or "NetStream.Play.StreamNotFound")
        assert description is None or caught.value.description == description


def test_a_server_that_does_not_ask_has_nothing_to_play() -> None:
    with Server("127.0.0.1:0") as server, pytest.raises(oxrtmp.RefusedError) as caught:
        Client.play(f"rtmp://{server.address}/live/none", timeout=10)
    assert caught.value.status == oxrtmp.Status.NOT_FOUND


def test_the_wrong_way() -> None:
    """What is for playing fails where something is published, and the other way round; and the stream goes on."""
    with played() as (server, player, sends), ThreadPoolExecutor(1) as pool:
        coming = pool.submit(Client.publish, f"rtmp://{server.address}/live/up")
        with server.accept(10).accept() as receives, coming.result(10) as publisher:
            calls = [
                lambda: publisher.next_packet(1),
                lambda: list(publisher),
                publisher.pause,
                publisher.resume,
                lambda: publisher.seek(1),
                lambda: publisher.receive_audio(True),
                lambda: publisher.receive_video(True),
                lambda: publisher.set_buffer_length(1),
                lambda: receives.send_audio(0, b"x"),
                lambda: player.send_audio(0, b"x"),
                lambda: sends.next_packet(1),
                lambda: list(sends),
            ]
            for call in calls:
                with pytest.raises(oxrtmp.UsageError) as caught:
                    call()
                assert caught.value.status == oxrtmp.Status.STATE
            publisher.send_audio(0, b"up")
            assert bytes(receives.next_packet(10).data) == b"up"
            sends.send_audio(0, b"down")
            assert bytes(next(media(player)).data) == b"down"


def test_pings() -> None:
    with played() as (server, player, sends), ThreadPoolExecutor(2) as pool:
        coming = pool.submit(Client.publish, f"rtmp://{server.address}/live/up")
        with server.accept(10).accept() as receives, coming.result(10) as publisher:
            for stream in (player, sends, receives, publisher):
                assert 0 < stream.ping(20) < 20
                assert 0 < pool.submit(stream.ping, None).result(20) < 20
        with pytest.raises(oxrtmp.Error):
            publisher.ping()


def test_a_peer_that_does_not_answer_pings() -> None:
    """A server that falls silent once it has accepted the stream: the ping times out, or ends with the client."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with oxrtmp.Engine.server() as engine:
            while engine.statistics().phase != "media":
                rest = ours.recv(65536)
                while rest:
                    rest = rest[engine.receive(rest, 0) :]
                    for event in engine.events():
                        if event.request:
                            event.request.accept()
                ours.sendall(engine.output())

    with ours, ThreadPoolExecutor(2) as pool:
        serving = pool.submit(serve)
        with Client.publish("rtmp://x/live/test", connection=theirs) as client:
            serving.result(10)
            began = time.monotonic()
            with pytest.raises(oxrtmp.TimeoutError):
                client.ping(0.2)
            assert time.monotonic() - began < 5
            waiting = pool.submit(client.ping, None)
            time.sleep(0.1)
            began = time.monotonic()
        with pytest.raises(oxrtmp.ClosedError):
            waiting.result(5)
        assert time.monotonic() - began < 5


def test_sending_to_a_player_waits_for_room() -> None:
    """The player does not take: sending waits, then times out with nothing taken; when it takes, everything comes."""
    limits = oxrtmp.Limits(queue_bytes=1024)
    with played({"send_timeout": 0.3, "output_bytes": 100_000}, limits=limits) as (_, client, session):
        sent = 0
        with pytest.raises(oxrtmp.TimeoutError, match="no room") as caught:
            while True:
                session.send_video(sent, True, sent.to_bytes(4, "big") + bytes(50_000))
                sent += 1
        assert caught.value.phase == "media" and sent > 20 and session.statistics().queued_bytes > 0
        assert not session.flush(0)
        with ThreadPoolExecutor(1) as pool:
            more = pool.submit(
                lambda: [session.send_video(n, True, n.to_bytes(4, "big")) for n in range(sent, sent + 100)]
            )
            packets = media(client)
            for n in range(sent + 100):
                assert bytes(next(packets).data[:4]) == n.to_bytes(4, "big")
            more.result(10)


@pytest.mark.parametrize("call", ["next_packet", "next_event", "iterate", "events", "ping"])
def test_closing_wakes_who_waits(call: str) -> None:
    with played() as (_, client, session), ThreadPoolExecutor(1) as pool:
        for packet in client.next_packets():
            assert is_own(packet)
        with contextlib.suppress(oxrtmp.TimeoutError):
            while True:
                client.next_event(0.3)
        calls = {
            "next_packet": lambda: client.next_packet(),
            "next_event": lambda: client.next_event(),
            "iterate": lambda: list(client),
            "events": lambda: list(client.events()),
            "ping": lambda: [client.ping(None) for _ in range(10**9)],
        }
        waiting = pool.submit(calls[call])
        time.sleep(0.2)
        began = time.monotonic()
        client.close()
        if call in ("iterate", "events"):
            assert waiting.result(5) == []
        else:
            with pytest.raises(oxrtmp.Error):
                waiting.result(5)
        assert time.monotonic() - began < 2
        session.close()


def test_closing_a_session_wakes_who_waits_for_its_events() -> None:
    with played() as (_, _, session), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(session.events()))
        time.sleep(0.1)
        session.close()
        assert waiting.result(5) == []
        with pytest.raises(oxrtmp.ClosedError):
            session.next_event()


def test_a_socket_of_one_s_own() -> None:
    ours, theirs = socket.socketpair()
    with Server(ask_play=True) as server, ThreadPoolExecutor(1) as pool:
        server.adopt_connection(ours)
        coming = pool.submit(Client.play, "rtmp://x/live/test", connection=theirs, timeout=10)
        with server.accept(10).accept() as session, coming.result(10) as client:
            session.send_audio(5, b"over a socketpair")
            assert bytes(next(media(client)).data) == b"over a socketpair"


def test_many_players_on_threads() -> None:
    """Twenty players of one feed, each served by the thread of its request: everybody gets everything in order."""
    players, frames = 20, 100

    def feed(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            for n in range(frames):
                session.send_video(n, n == 0, n.to_bytes(4, "big") * 100)
            session.flush(20)

    def play(url: str) -> list[int]:
        with Client.play(url) as client:
            return [int.from_bytes(p.data[:4], "big") for p in media(client)]

    with Server("127.0.0.1:0", ask_play=True) as server, ThreadPoolExecutor(players) as pool:
        serving = threading.Thread(target=server.serve, args=(feed,))
        serving.start()
        results = list(pool.map(play, [f"rtmp://{server.address}/live/x"] * players, timeout=60))
        server.close()
        serving.join(10)
    assert results == [list(range(frames))] * players


SWITCH: dict[str, Any] = {
    "old_stream_name": "test",
    "transition": "switch",
    "start_ms": 1500,
    "offset_ms": 250,
    "properties": {"mine": [1, "two"]},
}
SWITCHED = {
    "oldStreamName": "test", "streamName": "other?b=2", "start": 1.5, "len": -1, "offset": 0.25, "transition": "switch",
    "mine": [1, "two"],
}  # fmt: skip


def test_a_player_switches() -> None:
    """play2: the request has its object; accepted, the player goes on with the other stream."""
    with played() as (server, client, first):
        assert first.play2 is None and not first.play.play2
        first.send_video(0, True, b"first")
        client.play2("other?b=2", **SWITCH)
        request = server.accept(10)
        assert (request.kind, request.stream_name, request.query) == (RequestKind.PLAY, "other", "b=2")
        assert request.play2 == SWITCHED and list(request.play2 or ()) == list(SWITCHED)
        assert (request.play.play2, request.play.start, request.play.offset) == (True, 1.5, 0.25)
        assert request.play.transition == "switch"
        with request.accept() as second:
            assert second.play2 == SWITCHED and second.play.play2
            with pytest.raises(oxrtmp.EndOfStreamError):
                first.send_video(40, True, b"late")
            second.send_video(40, True, b"second")
            frames = (bytes(p.data) for p in media(client))
            assert [next(frames), next(frames)] == [b"first", b"second"]
            codes = []
            while "NetStream.Play.Transition" not in codes:
                codes.append(client.next_event(10).code)
        for wrong in ("", "a\0b"):
            with pytest.raises(ValueError):
                client.play2(wrong)
        with pytest.raises(TypeError):
            client.play2("x", properties={1j})  # type: ignore[arg-type]
