"""Enhanced RTMP: capabilities said and heard, modes, requests to reconnect, several tracks, ModEx, channel layouts."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import oxrtmp
import oxrtmp.aio
import pytest
from oxrtmp import (
    Can,
    Capabilities,
    Caps,
    ChannelOrder,
    Channels,
    Enhanced,
    EventKind,
    ModEx,
    Packet,
    TrackForm,
    lowlevel,
)

OURS = Capabilities(
    caps_ex=Caps.MULTITRACK | Caps.MODEX,
    video={"hvc1": Can.DECODE | Can.FORWARD, "*": Can.FORWARD},
    audio={"Opus": Can.DECODE},
)
THEIRS = Capabilities(caps_ex=Caps.MULTITRACK | Caps.RECONNECT, fourccs=["av01"], video={"av01": Can.ENCODE})


class Publishing:
    """A publisher on a thread, as the server has to answer it."""

    def __init__(self, server: oxrtmp.Server, **options: Any) -> None:
        self.found: list[oxrtmp.Client | oxrtmp.Error] = []
        self.thread = threading.Thread(target=self._run, args=(f"rtmp://{server.address}/live/test", options))
        self.thread.start()

    def _run(self, url: str, options: Any) -> None:
        try:
            self.found.append(oxrtmp.Client.publish(url, **options))
        except oxrtmp.Error as error:
            self.found.append(error)

    def end(self) -> oxrtmp.Client | oxrtmp.Error:
        self.thread.join()
        return self.found[0]


def test_capabilities_are_told() -> None:
    with oxrtmp.Server("127.0.0.1:0", capabilities=OURS) as server:
        publishing = Publishing(server, capabilities=THEIRS)
        request = server.accept(10)
        assert request.capabilities() == THEIRS
        with request.accept() as session:
            assert session.capabilities() == THEIRS
            client = publishing.end()
            assert isinstance(client, oxrtmp.Client)
            heard = client.capabilities()
            assert (heard.caps_ex, heard.video, heard.audio) == (OURS.caps_ex, OURS.video, OURS.audio)
            both = THEIRS.intersect(heard)
            assert both == Capabilities(caps_ex=Caps.MULTITRACK, video={"av01": Can.FORWARD})
            client.close()
    every = Capabilities.all(Can.ENCODE)
    assert len(every.video) == len(every.audio) == 6 and set(every.audio.values()) == {Can.ENCODE}
    with pytest.raises(ValueError):
        oxrtmp.Server(capabilities=Capabilities(fourccs=["av01"] * 33))


@pytest.mark.parametrize(
    ("server_mode", "client_mode", "accepted", "heard"),
    [
        (Enhanced.AUTO, Enhanced.AUTO, True, True),
        (Enhanced.OFF, Enhanced.AUTO, True, False),
        (Enhanced.REQUIRED, Enhanced.AUTO, True, True),
        (Enhanced.REQUIRED, Enhanced.OFF, False, False),
        (Enhanced.OFF, Enhanced.REQUIRED, False, False),
    ],
)
def test_modes(server_mode: Enhanced, client_mode: Enhanced, accepted: bool, heard: bool) -> None:
    with oxrtmp.Server("127.0.0.1:0", enhanced=server_mode) as server:
        publishing = Publishing(server, enhanced=client_mode)
        if not accepted:
            assert isinstance(publishing.end(), oxrtmp.RefusedError)
            return
        with server.accept(10).accept() as session:
            client = publishing.end()
            assert isinstance(client, oxrtmp.Client)
            assert bool(session.capabilities().video) == bool(client.capabilities().video) == heard
            client.close()


def test_reconnects_are_followed() -> None:
    """A server that is about to end sends its publisher to another one, where the stream goes on with a keyframe."""
    with oxrtmp.Server("127.0.0.1:0") as first, oxrtmp.Server("127.0.0.1:0") as second:
        publishing = Publishing(first, follow_reconnects=True)
        session = first.accept(10).accept()
        client = publishing.end()
        assert isinstance(client, oxrtmp.Client)
        client.send_video_sequence_header(b"\1\x4d\x40\x0a\xff\xe0\0")
        client.send_video(0, True, b"\0\0\0\1\x65")
        there: list[oxrtmp.Session] = []
        accepting = threading.Thread(target=lambda: there.append(second.accept(20).accept()))
        accepting.start()
        assert first.request_reconnect(f"rtmp://{second.address}/live", "draining") == 1
        event = client.next_event(10)
        assert (event.kind, event.text) == (EventKind.RECONNECT, f"rtmp://{second.address}/live")
        rest = 10
        for i in range(1, 2000):
            client.send_video(i * 40, i % 5 == 0, b"\0\0\0\1\x65")
            rest -= bool(there)
            if not rest:
                break
            time.sleep(0.002)
        accepting.join()
        header, frame = there[0].next_packet(10), there[0].next_packet(10)
        assert header.kind == oxrtmp.PacketKind.SEQUENCE_HEADER and frame.keyframe
        client.close()
        session.close()
        there[0].close()


def test_reconnects_are_not_asked_of_others() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        publishing = Publishing(server)
        with server.accept(10).accept() as session:
            client = publishing.end()
            with pytest.raises(oxrtmp.UnsupportedError):
                session.request_reconnect()
            assert server.request_reconnect() == 0
            assert isinstance(client, oxrtmp.Client)
            client.close()


def tracks() -> list[Packet]:
    def track(number: int, codec: str, data: bytes) -> Packet:
        kind, flags = oxrtmp.PacketKind.FRAME, oxrtmp.PacketFlags.KEYFRAME
        return Packet(9, 40, data=data, kind=kind, codec=codec, flags=flags, track=number)

    return [track(0, "hvc1", b"zero"), track(1, "hvc1", b"one"), track(7, "av01", b"seven")]


def test_several_tracks() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        publishing = Publishing(server)
        with server.accept(10).accept() as session:
            client = publishing.end()
            assert isinstance(client, oxrtmp.Client)
            with pytest.raises(oxrtmp.ProtocolError):
                client.send_tracks(TrackForm.MANY, tracks())
            for form, count in ((TrackForm.ONE, 1), (TrackForm.MANY, 2), (TrackForm.MANY_MANY_CODECS, 3)):
                sent = tracks()[:count]
                client.send_tracks(form, sent)
                got = [session.next_packet(10) for _ in sent]
                assert [(p.track, p.codec, bytes(p.data), p.timestamp_ms) for p in got] == [
                    (p.track, p.codec, bytes(p.data), 40) for p in sent
                ]
                assert lowlevel.multitrack_form(9, got[0].raw) == form
            client.close()
    with pytest.raises(oxrtmp.ProtocolError):
        lowlevel.multitrack_form(9, b"\x17\1")


def test_several_tracks_in_asyncio() -> None:
    async def main() -> None:
        async with oxrtmp.aio.Server("127.0.0.1:0", capabilities=OURS) as server:
            opening = asyncio.ensure_future(
                oxrtmp.aio.Client.publish(f"rtmp://{server.address}/live/test", capabilities=THEIRS).__aenter__()
            )
            request = await server.accept()
            assert request.capabilities() == THEIRS
            async with request.accept() as session:
                client = await opening
                assert client.capabilities().video == OURS.video
                await client.send_tracks(TrackForm.MANY, tracks()[:2])
                got = [await session.next_packet() for _ in range(2)]
                assert [bytes(p.data) for p in got] == [b"zero", b"one"]
                session.request_reconnect(f"rtmp://{server.address}/other")
                assert (await client.next_event()).text == f"rtmp://{server.address}/other"
                await client.close()

    asyncio.run(main())


def test_modex_entries() -> None:
    frame = Packet(9, 40, data=b"frame", kind=oxrtmp.PacketKind.FRAME, codec="av01", flags=oxrtmp.PacketFlags.ENHANCED)
    payload = lowlevel.packet_build(frame)
    entries = [ModEx(5, bytes(65536)), ModEx(0, b"\0\1\0")]
    longer = lowlevel.modex_build(9, payload, entries)
    assert lowlevel.modex_parse(9, longer) == entries and lowlevel.modex_parse(9, payload) == []
    (packet,) = lowlevel.packet_parse(9, 40, longer)
    assert packet.nano_offset_ns == 256 and bytes(packet.data) == b"frame"
    for wrong in (ModEx(16, b"x"), ModEx(1, b"")):
        with pytest.raises(oxrtmp.ProtocolError):
            lowlevel.modex_build(9, payload, [wrong])


def test_channel_layouts() -> None:
    surround = Channels.parse(b"\1\6\0\0\0\x3f")
    assert surround == Channels(order=ChannelOrder.NATIVE, count=6, mask=0x3F, channels=[0, 1, 2, 3, 4, 5])
    assert surround.build() == b"\1\6\0\0\0\x3f"
    assert Channels(order=ChannelOrder.CUSTOM, channels=[1, 254]).build() == b"\2\2\1\xfe"
    assert Channels.parse(b"\2\2\1\xfe").channels == [1, 254]
    assert Channels.parse(b"\0\2") == Channels(count=2)
    with pytest.raises(oxrtmp.ProtocolError):
        Channels.parse(b"\2\2\1")
