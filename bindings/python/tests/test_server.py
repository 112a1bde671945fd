"""Server, Request, Session and Client on threads."""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import select
import socket
import threading
import time
import warnings
from collections.abc import Callable

import oxrtmp
import pytest
from conftest import ASC, AVCC, Collector, until
from oxrtmp import _receiving


def publish_in_thread(url: str, send: Callable[[oxrtmp.Client], None] = lambda c: None) -> threading.Thread:
    def run() -> None:
        with oxrtmp.Client.publish(url) as client:
            send(client)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_everything_arrives_in_order(collector: Collector) -> None:
    with oxrtmp.Client.publish(collector.url()) as client:
        client.send_metadata({"width": 320, "nested": {"list": [1, "two", None, True]}})
        client.send_video_sequence_header(AVCC)
        client.send_audio_sequence_header(ASC)
        client.send_video(0, True, b"key")
        client.send_video_at(40, 80, False, memoryview(b"inter"))
        client.send_audio(45, bytearray(b"aac"))
        client.send_data(50, b"\x02\x00\x03abc\x05")
        client.send_video(2**32 + 60, False, b"late")
        assert client.flush() and client.flush(1)
        sent = client.statistics()
    until(lambda: len(collector.packets) == 8)
    got = [(p.type, p.timestamp_ms, p.composition_ms, p.keyframe, bytes(p.data)) for p in collector.packets]
    assert got[1:6] == [
        (9, 0, 0, False, AVCC),
        (8, 0, 0, False, ASC),
        (9, 0, 0, True, b"key"),
        (9, 40, 80, False, b"inter"),
        (8, 45, 0, False, b"aac"),
    ]
    assert got[7] == (9, 60, 0, False, b"late")
    assert collector.packets[0].values()[1] == {"width": 320, "nested": {"list": [1, "two", None, True]}}
    assert collector.packets[6].handler == "abc"
    until(lambda: collector.sessions[0].closed)
    session = collector.sessions[0]
    assert session.encoder == "oxrtmp"
    assert session.end_reason in ("FCUnpublish", "deleteStream") and session.error is None
    received = session.statistics()
    assert received.packets == sent.packets == 8 and received.video_packets == 4 and received.keyframes == 1
    assert client.statistics().packets == 8 and client.closed


def test_metadata(collector: Collector) -> None:
    sent = oxrtmp.Metadata(width=640, height=360, frame_rate=29.97, video_codec="avc1", audio_codec="mp4a", stereo=True,
                           audio_sample_rate=48000, encoder="test", surround="7.1")  # fmt: skip
    with oxrtmp.Client.publish(collector.url()) as client:
        until(lambda: collector.sessions)
        session = collector.sessions[0]
        assert session.metadata() is None and session.metadata_values() is None and session.metadata_raw() is None
        client.send_metadata(sent)
        until(lambda: collector.packets)
        assert session.metadata() == sent
        values, raw = session.metadata_values(), session.metadata_raw()
        assert values and values["width"] == 640 and values["encoder"] == "test"
        assert raw and raw.startswith(b"\x02\x00\x0aonMetaData") and raw == bytes(collector.packets[0].data)
        with pytest.raises(ValueError):
            client.send_metadata({"x": float("nan")})


def test_requests_tell_everything() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        url = f"rtmp://{server.address}/live/name?key=1&b=%20"
        options = {
            "flash_version": "FMLE/3.0 (compatible; FMSc/1.0)",
            "page_url": "http://page/",
            "swf_url": "http://swf/",
        }
        thread = threading.Thread(target=lambda: oxrtmp.Client.publish(url, publish_type="record", **options).close())
        thread.start()
        request = server.accept(10)
        assert request.kind is oxrtmp.RequestKind.PUBLISH
        assert (request.app, request.stream_name, request.raw_stream_name) == ("live", "name", "name?key=1&b=%20")
        assert request.query == "key=1&b=%20" and request.publish_type == "record"
        assert request.tc_url == f"rtmp://{server.address}/live"
        assert request.flash_version == options["flash_version"]
        assert (request.page_url, request.swf_url) == ("http://page/", "http://swf/")
        assert request.encoder == "FMLE" and request.peer_address.startswith("127.0.0.1:")
        assert list(request.connect)[0] == "app" and request.connect["flashVer"] == options["flash_version"]
        assert request.connect_info.capabilities > 0 and request.connect_info.fpad is False
        with request.accept() as session:
            for name in ("app", "stream_name", "query", "tc_url", "encoder", "peer_address", "connect"):
                assert getattr(session, name) == getattr(request, name)
        assert session.closed and session.stream_name == "name"
        with pytest.raises(oxrtmp.UsageError, match="answered"):
            request.reject()
        thread.join()


def test_names_that_are_not_utf_8_can_be_printed() -> None:
    """What a peer sends cannot break a program that prints it."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        thread = threading.Thread(
            target=lambda: oxrtmp.Client.publish(f"rtmp://{server.address}/live/x", stream_name="na\u20acme").close()
        )
        thread.start()
        with server.accept(10).accept() as session:
            assert session.stream_name == "na\u20acme"
            str(session).encode("utf-8")
        thread.join()


def test_timeouts() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        for seconds in (0, 0.05, 0.3):
            began = time.monotonic()
            with pytest.raises(TimeoutError) as caught:
                server.accept(seconds)
            assert seconds <= time.monotonic() - began < seconds + 0.25
            assert caught.value.status == oxrtmp.Status.TIMEOUT  # type: ignore[attr-defined]
        stop = threading.Event()
        thread = publish_in_thread(f"rtmp://{server.address}/live/x", lambda c: stop.wait(10) and None)
        with server.accept(10).accept() as session:
            with pytest.raises(oxrtmp.TimeoutError):
                session.next_packet(0)
            with pytest.raises(oxrtmp.TimeoutError):
                session.next_packets(10, 0.05)
            for most, seconds in ((0, 0.05), (-1, 0.05), (10, math.nan)):
                with pytest.raises(ValueError):
                    session.next_packets(most, seconds)
        stop.set()
        thread.join()


def test_taking_in_batches_and_one_by_one() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        thread = publish_in_thread(
            f"rtmp://{server.address}/live/x", lambda c: [c.send_audio(i, b"%d" % i) for i in range(50)] and None
        )
        with server.accept(10).accept() as session:
            got = [session.next_packet(5)]
            while len(got) < 30:
                got += session.next_packets(7, 5)
            for packet in session:
                got.append(packet)
                if len(got) == 40:
                    break
            got += session  # a loop that was left can be taken up again
            assert [bytes(p.data) for p in got] == [b"%d" % i for i in range(50)]
            with pytest.raises(oxrtmp.EndOfStreamError):
                session.next_packet()
            with pytest.raises(EOFError):
                session.next_packets()
            assert list(session) == []
        with pytest.raises(oxrtmp.Error):
            session.next_packet()
        thread.join()


def test_closing_wakes_who_waits() -> None:
    server = oxrtmp.Server("127.0.0.1:0")
    woken: list[tuple[str, float]] = []

    def accept() -> None:
        with pytest.raises(oxrtmp.ClosedError):
            server.accept()
        woken.append(("server", time.monotonic()))

    def take(session: oxrtmp.Session) -> None:
        with pytest.raises(oxrtmp.ClosedError):
            session.next_packet()
        woken.append(("session", time.monotonic()))

    client = oxrtmp.Client
    held: list[oxrtmp.Client] = []
    thread = threading.Thread(target=lambda: held.append(client.publish(f"rtmp://{server.address}/live/x")))
    thread.start()
    session = server.accept(10).accept()
    thread.join()
    threads = [threading.Thread(target=accept) for _ in range(2)]
    threads += [threading.Thread(target=take, args=(session,)) for _ in range(3)]
    for t in threads:
        t.start()
    time.sleep(0.2)
    began = time.monotonic()
    session.close()
    server.close()
    for t in threads:
        t.join(5)
        assert not t.is_alive()
    assert len(woken) == 5 and max(at for _, at in woken) - began < 0.5
    held[0].close()


def test_server_close_ends_sessions() -> None:
    server = oxrtmp.Server("127.0.0.1:0")
    ended = []

    def serve() -> None:
        with server.accept(10).accept() as session:
            for _ in session:
                pass
            ended.append((session.error, session.end_reason))

    thread = threading.Thread(target=serve)
    thread.start()
    client = oxrtmp.Client.publish(f"rtmp://{server.address}/live/x")
    time.sleep(0.1)
    server.close()
    thread.join(5)
    assert len(ended) == 1 and ended[0][0] is None
    client.close()


def test_closing_with_words() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        clients: list[oxrtmp.Client] = []
        thread = threading.Thread(
            target=lambda: clients.append(oxrtmp.Client.publish(f"rtmp://{server.address}/live/x"))
        )
        thread.start()
        session = server.accept(10).accept()
        thread.join()
        session.close("too loud", code="NetStream.Publish.Rejected")
        with pytest.raises(oxrtmp.Error) as caught:
            for i in range(1000):
                clients[0].send_audio(i, b"x")
                time.sleep(0.005)
        assert caught.value.description == "too loud" or isinstance(caught.value, (oxrtmp.EndOfStreamError, OSError))
        clients[0].close()


def test_peer_that_has_gone() -> None:
    """Between its wish and the answer: the session has ended, and nothing is raised."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        gone = threading.Event()

        def publish() -> None:
            with pytest.raises(oxrtmp.Error):
                oxrtmp.Client.publish(f"rtmp://{server.address}/live/x", timeout=0.2)
            gone.set()

        thread = threading.Thread(target=publish)
        thread.start()
        request = server.accept(10)
        gone.wait(5)
        time.sleep(0.1)
        with request.accept() as session:
            assert list(session) == [] and session.error is None and session.end_reason
        thread.join()


def test_reject_after_the_peer_has_gone() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        with pytest.raises(oxrtmp.TimeoutError):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/x", timeout=0.1)
        request = server.accept(5)
        time.sleep(0.1)
        request.reject("too late")


def test_asking_for_every_step() -> None:
    kinds: list[oxrtmp.RequestKind] = []
    with oxrtmp.Server("127.0.0.1:0", ask_connection=True, ask_connect=True, ask_fc_publish=True) as server:
        thread = publish_in_thread(f"rtmp://{server.address}/live/x")
        while not kinds or kinds[-1] != oxrtmp.RequestKind.PUBLISH:
            request = server.accept(10)
            kinds.append(request.kind)
            with request.accept() as session:
                assert session.closed == (request.kind != oxrtmp.RequestKind.PUBLISH)
                assert list(session) == []
        thread.join()
    assert [k.name for k in kinds] == ["CONNECTION", "CONNECT", "FC_PUBLISH", "PUBLISH"]


def test_serving_goes_on_without_a_thread(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """For one request there can be no more threads: it is rejected."""
    start = threading.Thread.start

    def start_most(thread: threading.Thread) -> None:
        if "live/bad" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_most)
    seen: list[str] = []

    def handler(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            seen.append(session.stream_name)
            list(session)

    failed: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve(handler)
        except BaseException as error:  # noqa: BLE001 it is looked at
            failed.append(error)

    with oxrtmp.Server("127.0.0.1:0") as server:
        serving = threading.Thread(target=serve)
        serving.start()
        for name in ("good", "bad", "better"):
            try:
                oxrtmp.Client.publish(f"rtmp://{server.address}/live/{name}").close()
            except oxrtmp.RefusedError:
                seen.append(f"not {name}")
        server.close()
        serving.join(10)
    assert sorted(seen) == ["better", "good", "not bad"] and not failed and not serving.is_alive()
    assert [r.getMessage().split(" from ")[0] for r in caplog.records if r.exc_info] == ["no thread for live/bad"]


def test_client_timeout_and_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/x"
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            oxrtmp.Client.publish(url, timeout=0.3)
        assert 0.3 <= time.monotonic() - began < 0.8
        with pytest.raises(TimeoutError) as caught:
            oxrtmp.Client.publish(url, timeouts=oxrtmp.Timeouts(handshake=0.2))
        assert caught.value.phase == "handshake"  # type: ignore[attr-defined]


def stuffed(server: oxrtmp.Server, **options: object) -> tuple[oxrtmp.Client, oxrtmp.Session]:
    """A client and a session from which nobody takes."""
    clients: list[oxrtmp.Client] = []
    url = f"rtmp://{server.address}/live/x"
    thread = threading.Thread(target=lambda: clients.append(oxrtmp.Client.publish(url, **options)))  # type: ignore[arg-type]
    thread.start()
    session = server.accept(10).accept()
    thread.join()
    return clients[0], session


def test_headers_have_the_time_of_what_was_sent_before() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server)
        for _ in range(2):
            client.send_video_sequence_header(b"avcc")
            client.send_audio_sequence_header(b"\x12\x10")
            client.send_video(5000, True, b"frame")
        client.close()
        assert [packet.timestamp_ms for packet in session] == [0, 0, 5000, 5000, 5000, 5000]


def test_sending_waits_for_room() -> None:
    """Nobody takes: sending waits, then times out with nothing taken; when somebody takes, everything comes."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server, send_timeout=0.3, output_bytes=100_000)
        sent = 0
        with pytest.raises(oxrtmp.TimeoutError, match="no room") as caught:
            while True:
                client.send_video(sent, True, sent.to_bytes(4, "big") + bytes(50_000))
                sent += 1
        assert caught.value.phase == "media" and sent > 20
        assert client.statistics().queued_bytes > 0 and client.statistics().packets == sent
        with client, session:
            more = threading.Thread(
                target=lambda: [client.send_video(n, True, n.to_bytes(4, "big")) for n in range(sent, sent + 100)]
            )
            more.start()
            for n in range(sent + 100):
                assert bytes(session.next_packet(10).data[:4]) == n.to_bytes(4, "big")
            more.join()


def test_two_threads_that_wait_for_room_both_get_it() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server, output_bytes=50_000)
        senders = [
            threading.Thread(target=lambda k=k: [client.send_audio(n, bytes([k]) + bytes(20_000)) for n in range(200)])
            for k in range(3)
        ]
        for s in senders:
            s.start()
        time.sleep(0.2)
        times: dict[int, list[int]] = {0: [], 1: [], 2: []}
        with session:
            for _ in range(600):
                packet = session.next_packet(10)
                times[packet.data[0]].append(packet.timestamp_ms)
            for s in senders:
                s.join(5)
                assert not s.is_alive()
            client.close()
        assert all(t == list(range(200)) for t in times.values())


def test_waiting_for_events_takes_no_packets_without_end() -> None:
    """They wait in the library, and the peer has to wait; who takes packets gets all of them."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server, send_timeout=0.2, output_bytes=100_000)
        events: list[oxrtmp.Event] = []
        waiting = threading.Thread(target=lambda: events.extend(session.events()))
        waiting.start()
        sent = 0
        with pytest.raises(oxrtmp.TimeoutError):
            while sent < 4000:
                client.send_video(sent, True, bytes(20_000))
                sent += 1
        assert session._held_back and session._packets.bytes < 2 * _receiving.MOST_BYTES + 256 * 20_000
        with pytest.raises(oxrtmp.TimeoutError):
            session.next_event(timeout=0.01)
        taking = threading.Thread(target=client.close)
        client._send_timeout = 10
        more = threading.Thread(target=lambda: [client.send_video(sent + n, True, b"frame") for n in range(500)])
        more.start()
        for n in range(sent + 500):
            assert session.next_packet(10).timestamp_ms == n
        more.join(10)
        taking.start()
        with pytest.raises(oxrtmp.EndOfStreamError):
            session.next_packet(10)
        taking.join(10)
        waiting.join(10)
        assert not waiting.is_alive() and events == []
        session.close()


@pytest.mark.parametrize("who", ["client", "server"])
def test_the_end_comes_though_nobody_takes_packets(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can be known: the packets before it have left the connection, or it is closed here."""
    monkeypatch.setattr(_receiving, "LOOK", 0.05)
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server)
        found: list[Exception] = []

        def wait() -> None:
            try:
                session.next_event()
            except oxrtmp.Error as error:
                found.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        for n in range(1000):
            client.send_audio(n, b"frame")
        until(lambda: session.statistics().packets == 1000 and session._held_back)
        if who == "client":
            client.close()
        else:
            server.close()
        waiting.join(10)
        assert isinstance(found[0], oxrtmp.EndOfStreamError if who == "client" else oxrtmp.ClosedError)
        assert list(session.events()) == []
        assert [packet.timestamp_ms for packet in session] == list(range(1000))
        session.close()
        with contextlib.suppress(oxrtmp.Error):
            client.close()


def test_closing_a_player_whose_packets_nobody_takes() -> None:
    """Somebody waits for its events."""
    with oxrtmp.Hub() as hub, hub.publish("live", "a") as publisher, hub.play("live", "a") as player:
        waiting = threading.Thread(target=lambda: list(player.events()))
        waiting.start()
        for n in range(2000):
            publisher.send_audio(n, b"frame")
        until(lambda: player._held_back)
        player.close()
        waiting.join(10)
        assert not waiting.is_alive()


def test_closing_reports_what_was_lost() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server, send_timeout=0.1, linger=0.2)
        with pytest.raises(oxrtmp.TimeoutError):
            while True:
                client.send_video(0, True, bytes(60_000))
        began = time.monotonic()
        with pytest.raises(oxrtmp.TimeoutError, match="lost"):
            client.close()
        assert time.monotonic() - began < 1
        client.close()
        session.close()


def test_select() -> None:
    """The descriptors of servers, sessions and clients, for loops of one's own."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        assert select.select([server], [], [], 0.05)[0] == []
        stop = threading.Event()

        def send(client: oxrtmp.Client) -> None:
            client.send_audio(0, b"x")
            stop.wait(10)

        thread = publish_in_thread(f"rtmp://{server.address}/live/x", send)
        assert select.select([server], [], [], 10)[0] == [server]
        with server.accept(0).accept() as session:
            assert select.select([server, session], [], [], 10)[0] == [session]
            assert bytes(session.next_packet(0).data) == b"x"
            assert select.select([server, session], [], [], 0.05)[0] == []
            stop.set()
            assert select.select([server, session], [], [], 10)[0] == [session]
            with pytest.raises(oxrtmp.EndOfStreamError):
                session.next_packet(0)
        assert session.fileno() == -1
        thread.join()


def test_sockets_of_one_s_own() -> None:
    """A Unix listener, an accepted socket, and a connected socket for the client."""
    with oxrtmp.Server() as server, socket.socket() as listener:
        assert server.address == "" and server.addresses == []
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        server.adopt_listener(listener)
        assert listener.fileno() == -1
        pair = socket.socketpair()
        server.adopt_connection(pair[0])
        sockets = [pair[1], socket.create_connection(("127.0.0.1", port))]

        def publish() -> None:
            for s in sockets:
                with oxrtmp.Client.publish("rtmp://anywhere/live/x", connection=s) as client:
                    client.send_audio(7, b"hello")
                assert s.fileno() == -1

        thread = threading.Thread(target=publish)
        thread.start()
        for _ in sockets:
            with server.accept(10).accept() as session:
                assert [bytes(p.data) for p in session] == [b"hello"]
        thread.join()
        server.listen("127.0.0.1:0")
        assert len(server.addresses) == 2


def test_shutdown_lets_sessions_end() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        assert server.shutdown(1) and server.closed and server.shutdown()
    server = oxrtmp.Server("127.0.0.1:0")
    client, session = stuffed(server)
    began = time.monotonic()
    assert not server.shutdown(0.2)
    assert 0.2 <= time.monotonic() - began < 1
    client.close()
    session.close()

    server = oxrtmp.Server("127.0.0.1:0")
    client, session = stuffed(server)
    threading.Timer(0.2, client.close).start()
    with session:
        assert server.shutdown(10)
        assert list(session) == []


def test_limits_and_timeouts_are_the_library_s() -> None:
    with oxrtmp.Server("127.0.0.1:0", limits=oxrtmp.Limits(connections=1)) as server:
        client, session = stuffed(server)
        with pytest.raises(oxrtmp.Error):
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/y", timeout=2)
        client.close()
        session.close()
    timeouts = oxrtmp.Timeouts(first_media=0.2)
    with oxrtmp.Server("127.0.0.1:0", timeouts=timeouts) as server:
        client, session = stuffed(server)
        with session:
            assert list(session) == []  # a peer's fault ends the loop, and is told:
            assert isinstance(session.error, oxrtmp.ConnectionError)
            assert session.error.status == oxrtmp.Status.SILENT
            with pytest.raises(oxrtmp.ConnectionError):
                session.next_packet()
        client.close()


def test_serve(caplog: pytest.LogCaptureFixture) -> None:
    """A thread for each request; an exception ends its own session and is logged; what is not answered is rejected."""
    server = oxrtmp.Server("127.0.0.1:0")
    got: dict[str, list[bytes]] = {}

    def handler(request: oxrtmp.Request) -> None:
        if request.stream_name == "ignored":
            return
        session = request.accept()
        if request.stream_name == "broken":
            raise LookupError("the handler's own fault")
        with session:
            got[request.stream_name] = [bytes(p.data) for p in session]

    serving = threading.Thread(target=server.serve, args=(handler,))
    serving.start()
    url = f"rtmp://{server.address}/live/"
    with pytest.raises(oxrtmp.RefusedError):
        oxrtmp.Client.publish(url + "ignored")
    with oxrtmp.Client.publish(url + "a") as a, oxrtmp.Client.publish(url + "b") as b:
        broken = oxrtmp.Client.publish(url + "broken")
        with pytest.raises(oxrtmp.Error):
            for i in range(1000):
                broken.send_audio(i, b"x")
                time.sleep(0.005)
        broken.close()
        a.send_audio(0, b"to a")
        b.send_audio(0, b"to b")
    until(lambda: len(got) == 2)
    server.close()
    serving.join(5)
    assert not serving.is_alive()
    assert got == {"a": [b"to a"], "b": [b"to b"]}
    records = [r for r in caplog.records if r.name == "oxrtmp" and r.levelno == logging.ERROR]
    assert len(records) == 1 and "live/broken" in records[0].getMessage() and records[0].exc_info


def test_the_library_s_log_records(caplog: pytest.LogCaptureFixture) -> None:
    """They come to the logger "oxrtmp", as far as it lets them through when the server is made."""
    with caplog.at_level(logging.DEBUG, "oxrtmp"), oxrtmp.Server("127.0.0.1:0") as server:
        with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2]))) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(2000))
            before = time.time()
            until(lambda: look(server) or any("HTTP" in r.getMessage() for r in caplog.records))
    record = next(r for r in caplog.records if "HTTP" in r.getMessage())
    assert record.name == "oxrtmp" and abs(record.created - before) < 5
    caplog.clear()
    with caplog.at_level(logging.CRITICAL, "oxrtmp"), oxrtmp.Server("127.0.0.1:0") as server:
        with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2]))) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n" + bytes(2000))
            time.sleep(0.1)
            look(server)
    assert not caplog.records


def look(server: oxrtmp.Server) -> None:
    with pytest.raises(oxrtmp.TimeoutError):
        server.accept(0.02)


def test_what_is_forgotten_is_closed_with_a_warning() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server)
        for thing in ("client", "session"):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                if thing == "client":
                    del client
                else:
                    until(lambda: ended(session))
                    del session
                gc.collect()
            assert [w.category for w in caught] == ([ResourceWarning] if thing == "client" else []), thing
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            thread = threading.Thread(target=lambda: refused(server))
            thread.start()
            server.accept(10)
            gc.collect()
            thread.join(5)
            assert not thread.is_alive()
        assert [w.category for w in caught] == [ResourceWarning]


def ended(session: oxrtmp.Session) -> bool:
    try:
        session.next_packet(0.01)
    except oxrtmp.EndOfStreamError:
        return True
    except oxrtmp.TimeoutError:
        pass
    return False


def refused(server: oxrtmp.Server) -> None:
    with pytest.raises(oxrtmp.RefusedError):
        oxrtmp.Client.publish(f"rtmp://{server.address}/live/x")


def test_four_threads_share_a_session() -> None:
    """Every packet comes to exactly one of them."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        client, session = stuffed(server)
        got: list[list[int]] = [[], [], [], []]

        def take(into: list[int]) -> None:
            for packet in session:
                into.append(packet.timestamp_ms)

        threads = [threading.Thread(target=take, args=(g,)) for g in got]
        for t in threads:
            t.start()
        for i in range(3000):
            client.send_audio(i, b"x")
            if i % 500 == 0:
                time.sleep(0.01)
        client.close()
        for t in threads:
            t.join(10)
            assert not t.is_alive()
        session.close()
        assert sorted(sum(got, [])) == list(range(3000))
        assert all(g == sorted(g) for g in got)
