"""What goes on in a conversation besides media: pings, aborts, control messages, odd media and data, names in URLs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import oxrtmp
import pytest
from conftest import Certificate, Collector, Program, until
from oxrtmp import Client, Engine, Event, EventKind, Packet, PacketKind, Server, amf
from oxrtmp.lowlevel import ChunkDecoder, Control, Message, control_build, control_parse, packet_build
from test_engine import Pair, accept, give


def chunk(message: Message) -> bytes:
    """A message in one chunk with a complete header (RTMP 1.0 §5.3.1.2.1)."""
    m = message
    assert 2 <= m.chunk_stream_id < 64 and len(m.payload) <= 128
    head = bytes([m.chunk_stream_id]) + m.timestamp_ms.to_bytes(3, "big") + len(m.payload).to_bytes(3, "big")
    return head + bytes([m.type]) + m.stream_id.to_bytes(4, "little") + bytes(m.payload)


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair(shaken=True)
    pair.converse()
    yield pair
    pair.close()


class Overheard:
    """Two engines, of which one is asked, and everything that it says is read."""

    def __init__(self, side: str, options: oxrtmp.ServerOptions | None = None) -> None:
        server = Engine.server(shaken=True, **(options or {}))
        client = Engine.publish("rtmp://host/live/name", shaken=True)
        self.asked, self.other = (server, client) if side == "server" else (client, server)
        self.decoder = ChunkDecoder()
        self.said: list[Message] = []
        while self.asks() | bool(give(self.asked, self.other.output(), 0, accept)):
            pass

    def asks(self) -> bool:
        """Carries what it says to the other one."""
        data = self.asked.output()
        self.read(data)
        give(self.other, data, 0, accept)
        return bool(data)

    def read(self, data: bytes) -> list[Message]:
        rest, found = memoryview(data), []
        while rest:
            rest = rest[self.decoder.feed(rest) :]
            if (message := self.decoder.next()) is not None:
                found.append(message)
                if message.type == 1:
                    self.decoder.set_chunk_size(control_parse(1, message.payload).value)
        self.said += found
        return found

    def answer(self, data: bytes) -> Control:
        """The one control message with which it answers."""
        give(self.asked, data, 0, accept)
        (message,) = self.read(self.asked.output())
        return control_parse(message.type, message.payload)

    def close(self) -> None:
        for part in (self.asked, self.other, self.decoder):
            part.close()


@pytest.fixture(params=["server", "client"])
def overheard(request: pytest.FixtureRequest) -> Iterator[Overheard]:
    overheard = Overheard(request.param)
    yield overheard
    overheard.close()


def test_pings_are_answered(overheard: Overheard) -> None:
    ping = Message(2, 0, 0, 4, control_build(Control(4, event=6, timestamp_ms=4711)))
    assert overheard.answer(chunk(ping)) == Control(4, event=7, timestamp_ms=4711)


def test_aborts_are_applied(overheard: Overheard) -> None:
    """What has come of the message is forgotten, and the next one of its chunk stream begins anew."""
    size = 6000  # of which a chunk of 4096 bytes comes
    begun = b"\5\0\0\0" + size.to_bytes(3, "big") + b"\x08\1\0\0\0" + bytes(4096)
    abort = Message(2, 0, 0, 2, control_build(Control(2, value=5)))
    ping = Message(5, 0, 0, 4, control_build(Control(4, event=6, timestamp_ms=1)))
    assert overheard.answer(begun + chunk(abort) + chunk(ping)) == Control(4, event=7, timestamp_ms=1)


def packet_of(pair: Pair, kind: int, payload: bytes) -> Packet:
    events = give(pair.server, chunk(Message(6, 40, 1, kind, payload)), 0, accept)
    (packet,) = [e.packet for e in events if e.packet]
    assert packet.raw == payload and packet.type == kind and packet.timestamp_ms == 40
    return packet


def test_media_of_unknown_codecs_are_handed_on(pair: Pair) -> None:
    """Codec numbers and FourCCs that mean nothing: every message is a packet, and none an end."""
    video = [bytes([0x10 | n]) + b"\0\0\0\0\x09" for n in range(16)] + [bytes([0xF0 | n, 0]) for n in range(16)]
    audio = [bytes([n << 4 | 0xF]) + b"\0\1\2" for n in range(16)]
    strange = [bytes([0x90 | n]) + b"zzzz12345678" for n in range(16)]
    cut = [b"", b"\x17", b"\x17\1", b"\x97\x02"]
    count = malformed = 0
    for kind, payload in [
        *((9, p) for p in video + strange + cut),
        *((8, p) for p in audio + strange + [b"", b"\xaf"]),
    ]:
        packet = packet_of(pair, kind, payload)
        if packet.malformed:
            assert packet.codec == "" and packet.data == payload
        count, malformed = count + 1, malformed + packet.malformed
        assert packet_build(packet) == payload or not packet.malformed
    counted = pair.server.statistics()
    assert (counted.packets_received, counted.malformed) == (count, malformed) and malformed > 4
    assert packet_of(pair, 9, b"\x90zzzz\1").codec == "zzzz"


def odd_things() -> Iterator[tuple[int, bytes]]:
    """Messages that mean nothing, by their type."""
    for kind in set(range(256)) - {1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22}:
        yield from ((kind, b"what is this"), (kind, b""))
    for event in (*range(34, 300), *range(300, 65536, 997)):
        yield 4, event.to_bytes(2, "big") + b"\0\0\0\1"
    for marker in range(256):
        yield 20, amf.encode("other", 0, None) + bytes([marker, 1, 2, 3])
        yield 20, bytes([marker, 0x70])
    yield 9, b"\x97\2\1\xf4"  # ModEx that is cut


def test_what_is_not_understood(pair: Pair) -> None:
    """It costs no connection, a counter rises, and media after it arrive."""

    def counted() -> int:
        c = pair.server.statistics()
        return c.unknown + c.faulty + c.ignored + c.malformed

    before = counted()
    for n, (kind, payload) in enumerate(odd_things()):
        odd, media = chunk(Message(6, 40, 1, kind, payload)), chunk(Message(6, 40, 1, 8, b"\xaf\1x"))
        give(pair.server, odd, n / 50, accept)
        after = counted()
        assert after > before, (kind, payload)
        (packet,) = [e.packet for e in give(pair.server, media, n / 50, accept) if e.packet]
        assert packet.raw == b"\xaf\1x"
        before = after


@pytest.mark.parametrize(
    ("body", "handler", "kind"),
    [
        (amf.encode("@setDataFrame", "onMetaData", {}), "onMetaData", PacketKind.METADATA),
        (amf.encode("onMetaData", {}), "onMetaData", PacketKind.METADATA),
        (amf.encode("onTextData", {"text": "x"}), "onTextData", PacketKind.DATA),
        (amf.encode("onMetaData"), "onMetaData", PacketKind.METADATA),
        (amf.encode("x", None, 1, [1, 2]), "x", PacketKind.DATA),
        (b"", "", PacketKind.DATA),
        (b"\5", "", PacketKind.DATA),
    ],
)
def test_data_messages_of_any_shape(pair: Pair, body: bytes, handler: str, kind: PacketKind) -> None:
    for message_type, payload in ((18, body), (15, b"\0" + body)):
        events = give(pair.server, chunk(Message(6, 40, 1, message_type, payload)), 0, accept)
        (packet,) = [e.packet for e in events if e.packet]
        assert packet.raw == payload
        try:
            assert packet.handler == handler and packet.kind == kind
        except oxrtmp.ProtocolError:
            assert not handler
    assert not pair.server.closing


@pytest.mark.parametrize("switch", [b"", b"\x11"])  # alone, or behind the marker with which AMF0 switches
def test_messages_in_amf3(switch: bytes) -> None:
    """A whole conversation in messages of types 15 and 17 that are AMF3 throughout."""
    events: list[Event] = []

    def say(stream_id: int, kind: int, *values: Any) -> None:
        payload = switch + amf.encode(*values, amf3=True)
        events.extend(give(engine, chunk(Message(3, 0, stream_id, kind, payload)), 0, accept))

    with Engine.server(shaken=True) as engine:
        say(0, 17, "connect", 1, {"app": "live", "tcUrl": "rtmp://host/live"})
        say(0, 17, "createStream", 2, None)
        say(1, 17, "publish", 3, None, "name", "live")
        assert b"NetStream.Publish.Start" in engine.output()
        say(1, 15, "onTextData", {"text": "x", "bytes": b"\1\2"})
        say(0, 17, "somethingElse", 4, None)
        (packet,) = [e.packet for e in events if e.packet]
        assert packet.handler == "onTextData" and packet.values()[1]["text"] == "x"
        assert amf.decode(packet.data[len(switch) :], amf3=True)[1]["bytes"] == b"\1\2"
        assert [e.code for e in events if e.kind == EventKind.COMMAND] == ["somethingElse"]
        assert engine.statistics().faulty == 0


# ---- metadata ----


def metadata_of(collector: Collector, value: dict[str, Any]) -> oxrtmp.Metadata:
    with Client.publish(collector.url()) as client:
        client.send_metadata(value)
        until(lambda: collector.packets)
        collector.packets.clear()
        found = collector.sessions[-1].metadata()
    assert found is not None
    return found


def fourcc(text: str) -> int:
    return int.from_bytes(text.encode(), "big")


@pytest.mark.parametrize(
    ("video", "audio", "want"),
    [
        (7, 10, ("avc1", "mp4a")),
        (2, 2, ("flv1", ".mp3")),
        (fourcc("hvc1"), fourcc("Opus"), ("hvc1", "Opus")),
        ("av01", "mp4a", ("av01", "mp4a")),
    ],
)
def test_codecs_of_metadata_are_read_by_number_and_by_name(
    collector: Collector, video: object, audio: object, want: tuple[str, str]
) -> None:
    found = metadata_of(collector, {"videocodecid": video, "audiocodecid": audio})
    assert (found.video_codec, found.audio_codec) == want


@pytest.mark.parametrize(
    ("video", "audio", "want"), [("avc1", "mp4a", (7, 10)), ("hvc1", "Opus", (fourcc("hvc1"), fourcc("Opus")))]
)
def test_codecs_of_metadata_are_written_as_numbers(
    collector: Collector, video: str, audio: str, want: tuple[int, int]
) -> None:
    with Client.publish(collector.url()) as client:
        client.send_metadata(oxrtmp.Metadata(video_codec=video, audio_codec=audio))
    until(lambda: collector.packets)
    values = collector.packets[0].values()[-1]
    assert (values["videocodecid"], values["audiocodecid"]) == want


@pytest.mark.parametrize("surround", ["2.1", "3.1", "4.0", "4.1", "5.1", "7.1"])
def test_surround_flags(collector: Collector, surround: str) -> None:
    """OBS Studio's booleans, one of which is true."""
    flags = {name: name == surround for name in ("2.1", "3.1", "4.0", "4.1", "5.1", "7.1")}
    assert metadata_of(collector, flags).surround == surround
    with Client.publish(collector.url()) as client:
        client.send_metadata(oxrtmp.Metadata(surround=surround))
    until(lambda: collector.packets)
    values = collector.packets[0].values()[-1]
    assert {name: values.get(name, False) for name in flags} == flags


def test_tracks_of_metadata(collector: Collector) -> None:
    """audioTrackIdInfoMap and videoTrackIdInfoMap, read and written."""
    sent = oxrtmp.Metadata(
        width=1920,
        video_tracks=[oxrtmp.TrackInfo(track=1, codec="av01", width=640, height=360, data_rate=800)],
        audio_tracks=[
            oxrtmp.TrackInfo(track=2, codec="Opus", channels=1, sample_rate=48000),
            oxrtmp.TrackInfo(track=255, codec="mp4a"),
        ],
    )
    with Client.publish(collector.url()) as client:
        client.send_metadata(sent)
    until(lambda: collector.packets)
    values = collector.packets[0].values()[-1]
    assert values["videoTrackIdInfoMap"] == {
        "1": {"width": 640, "height": 360, "videodatarate": 800, "videocodecid": 0x61763031}
    }
    assert values["audioTrackIdInfoMap"] == {
        "2": {"channels": 1, "samplerate": 48000, "audiocodecid": 0x4F707573}, "255": {"audiocodecid": 10},
    }  # fmt: skip
    collector.packets.clear()
    got = metadata_of(collector, values)
    assert (got.video_tracks, got.audio_tracks, got.width) == (sent.video_tracks, sent.audio_tracks, 1920)
    assert metadata_of(collector, {"width": 1}).video_tracks == []
    with Client.publish(collector.url()) as client:
        with pytest.raises(oxrtmp.ArgumentError):
            client.send_metadata(oxrtmp.Metadata(video_tracks=[oxrtmp.TrackInfo(track=256)]))
        with pytest.raises(ValueError, match="512"):
            client.send_metadata(oxrtmp.Metadata(video_tracks=[oxrtmp.TrackInfo(track=0)] * 513))


# ---- names ----


@pytest.mark.parametrize(
    ("url", "tc_url", "app", "name", "query"),
    [
        ("rtmp://a.rtmp.youtube.com/live2/abcd-efgh", "rtmp://a.rtmp.youtube.com/live2", "live2", "abcd-efgh", ""),
        ("rtmp://live.twitch.tv/app/live_1_x?bandwidthtest=true", "rtmp://live.twitch.tv/app", "app", "live_1_x",
         "bandwidthtest=true"),
        ("rtmps://live-api-s.facebook.com:443/rtmp/FB-1-0-x?s_bl=1&s_psm=1&a=A/b", "rtmps://live-api-s.facebook.com/rtmp",
         "rtmp", "FB-1-0-x", "s_bl=1&s_psm=1&a=A/b"),
        ("rtmp://host:1936/a/b/c/key", "rtmp://host:1936/a/b/c", "a/b/c", "key", ""),
        ("rtmp://[fe80::1%eth0]/live/key", "rtmp://[fe80::1%eth0]/live", "live", "key", ""),
        ("rtmp://user:secret@host/live/key?a=b@c:d", "rtmp://host/live", "live", "key", "a=b@c:d"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", [Engine.publish, Engine.play])
def test_urls(call: Any, url: str, tc_url: str, app: str, name: str, query: str) -> None:
    """Of the big platforms, and others: what a server is told."""
    with Engine.server(shaken=True, ask_play=True) as server, call(url, shaken=True) as client:
        events: list[Event] = []
        for _ in range(4):
            data = client.output()
            events += give(server, data, 0, lambda request: request.accept()) if data else []
            for event in events:
                if event.request:
                    request = event.request
            give(client, server.output(), 0, accept)
        assert (request.tc_url, request.app, request.stream_name, request.query) == (tc_url, app, name, query)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize("scheme", ["rtmp", "rtmps"])
def test_both_address_families_and_keys_with_queries(certificate: Certificate, host: str, scheme: str) -> None:
    listen = "[::1]:0" if host == "[::1]" else "127.0.0.1:0"
    with Server(f"{scheme}://{listen}", tls=certificate.shown) as server:
        port = server.address.rsplit(":", 1)[1]
        seen: list[tuple[str, str, str]] = []

        def take(request: oxrtmp.Request) -> None:
            seen.append((request.app, request.stream_name, request.query))
            with request.accept() as session:
                list(session)

        serving = threading.Thread(target=server.serve, args=(take,))
        serving.start()
        tls = oxrtmp.TLS(ca_file=certificate.trusted.ca_file, server_name="localhost")
        with Client.publish(f"{scheme}://{host}:{port}/live/key?sig=a/b&exp=1", tls=tls) as client:
            client.send_audio(0, b"x")
        server.close()
        serving.join(10)
        assert seen == [("live", "key", "sig=a/b&exp=1")]


# ---- a library ----


def test_the_package_does_nothing_unasked() -> None:
    """No file, socket or thread of Python's comes with it; two servers and hubs in one process know nothing of each other."""
    program = Program(
        """
        import os, threading
        before = set(os.listdir("/proc/self/fd"))
        import oxrtmp, oxrtmp.aio, oxrtmp.lowlevel
        with oxrtmp.Hub() as hub, oxrtmp.Engine.server() as engine, oxrtmp.Server() as server:
            kinds = [os.readlink(f"/proc/self/fd/{fd}") for fd in set(os.listdir("/proc/self/fd")) - before
                     if os.path.exists(f"/proc/self/fd/{fd}")]
            kinds = [k for k in kinds if not k.startswith("/sys/")]  # Go looks how many processors it may use
            assert not [k for k in kinds if k.startswith(("/", "socket:"))], kinds
            assert server.addresses == [] and threading.active_count() == 1
        with oxrtmp.Hub() as a, oxrtmp.Hub() as b:
            one, two = oxrtmp.Server("127.0.0.1:0", hub=a), oxrtmp.Server("127.0.0.1:0", hub=b)
            with one, two, oxrtmp.Client.publish(f"rtmp://{one.address}/live/x"):
                with oxrtmp.Client.publish(f"rtmp://{two.address}/live/x"):
                    assert a.statistics().publishers == b.statistics().publishers == 1
        """
    )
    program.clean()
