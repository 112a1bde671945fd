"""The low-level parts put to use: their limits and errors, and a publisher made of them that speaks to an engine."""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Callable
from typing import Any

import oxrtmp
import pytest
from oxrtmp import Codec, Engine, Event, EventKind, Packet, PacketFlags, PacketKind, Status, amf, lowlevel
from oxrtmp.lowlevel import (
    AMFCursor,
    AMFType,
    AMFValue,
    ChunkDecoder,
    ChunkEncoder,
    ColorInfo,
    ColorSections,
    Command,
    Control,
    Handshake,
    Message,
)
from test_engine import accept, give
from vectors import data_of


def fails(status: Status, call: Callable[..., Any], *arguments: Any) -> oxrtmp.Error:
    with pytest.raises(oxrtmp.Error) as caught:
        call(*arguments)
    assert caught.value.status == status, caught.value
    return caught.value


def test_decoders_have_limits() -> None:
    limits = oxrtmp.Limits(message_bytes=5, chunk_streams=2)
    with ChunkDecoder(limits) as decoder:
        assert decoder.feed(b"\4\0\0\0\0\0\5\x08\1\0\0\0ab") == 14 and decoder.next() is None
        decoder.abort(4)
        data = b"\5\0\0\1\0\0\1\x09\1\0\0\0c"  # a message of another chunk stream, whole
        assert decoder.feed(data + data) == len(data) and decoder.feed(data) == 0  # one message at a time
        assert decoder.next() == Message(5, 1, 1, 9, b"c") and decoder.next() is None
        for more in (b"\6\0\0\0\0\0\1\x08\1\0\0\0c", b"\4"):  # the error stays
            fails(Status.LIMIT, decoder.feed, more)
    fails(Status.HANDLE, decoder.abort, 4)
    decoder.close()
    with ChunkDecoder(limits) as decoder:
        fails(Status.LIMIT, decoder.feed, b"\4\0\0\0\0\0\6\x08\1\0\0\0")
    with ChunkDecoder() as decoder:
        fails(Status.CHUNK, decoder.feed, b"\xc4")  # type 3 without a predecessor


def test_a_message_waits_for_a_buffer_that_is_large_enough() -> None:
    with ChunkEncoder() as encoder, ChunkDecoder() as decoder:
        sent = Message(3, 7, 1, 9, bytes(range(256)) * 300)
        written = encoder.write(sent)
        assert decoder.feed(written) == len(written)
        error = fails(Status.BUFFER, decoder.next_into, bytearray(100))
        assert isinstance(error, oxrtmp.UsageError) and "100 bytes, 76800 are needed" in str(error)
        room = bytearray(80_000)
        got = decoder.next_into(room)
        assert got is not None and isinstance(got.payload, memoryview) and got.payload.obj is room
        assert got == sent and decoder.next_into(room) is None
        with pytest.raises(BufferError):
            decoder.next_into(bytes(10))  # cannot be written to


def test_headers_that_an_encoder_writes() -> None:
    message = Message(4, 10, 1, 8, b"x")
    with ChunkEncoder() as encoder:
        assert encoder.write(message) == b"\4\0\0\x0a\0\0\1\x08\1\0\0\0x"
        assert encoder.write(message) == b"\x84\0\0\0x"
        encoder.forget(4)  # it was dropped: the next header refers to nothing
        assert encoder.write(message) == b"\4\0\0\x0a\0\0\1\x08\1\0\0\0x"
        encoder.set_full_headers()
        assert encoder.write(message) == encoder.write(message) == b"\4\0\0\x0a\0\0\1\x08\1\0\0\0x"
        encoder.set_full_headers(False)
        assert encoder.write(message) == b"\x84\0\0\0x"
        encoder.set_chunk_size(1)
        assert encoder.write(dataclasses.replace(message, payload=b"xyz")).endswith(b"x\xc4y\xc4z")
        for csid, first in ((63, b"\x3f"), (64, b"\0\0"), (319, b"\0\xff"), (320, b"\1\0\1"), (65599, b"\1\xff\xff")):
            assert encoder.write(dataclasses.replace(message, chunk_stream_id=csid)).startswith(first)
        # three bytes of id, and an extended timestamp with each chunk
        long = encoder.write(Message(1000, 0xFFFFFF, 1, 8, b"xy"))
        assert len(long) == 3 + 11 + 4 + 1 + 3 + 4 + 1 and long[:3] == b"\1\xa8\3"
        for csid in (0, 1, 65600, 2**32 - 1):
            fails(Status.ARGUMENT, encoder.write, dataclasses.replace(message, chunk_stream_id=csid))
            fails(Status.ARGUMENT, encoder.forget, csid)
        fails(Status.ARGUMENT, encoder.write, dataclasses.replace(message, type=256))
        fails(Status.ARGUMENT, encoder.write, dataclasses.replace(message, payload=bytes(0x1000000)))
        fails(Status.ARGUMENT, encoder.set_chunk_size, 0)
        fails(Status.ARGUMENT, encoder.set_chunk_size, 0x80000000)
        for wrong in (-1, 2**32):
            with pytest.raises(ValueError, match="4294967295"):
                encoder.write(dataclasses.replace(message, timestamp_ms=wrong))
    fails(Status.HANDLE, encoder.forget, 4)


def test_amf_is_bounded() -> None:
    deep = b"\x0a\0\0\0\1" * 65 + b"\5"
    fails(Status.LIMIT, amf.to_json, deep)
    assert json.loads(amf.to_json(deep[5:]))  # 64 are not too many
    cursor = AMFCursor(deep)
    assert [next(cursor).depth for _ in range(64)] == list(range(64))
    for _ in range(2):
        fails(Status.LIMIT, next, cursor)
    assert cursor.offset == 64 * 5

    open_object = b"\3\0\1a\5"  # {"a":null without its end
    assert amf.to_json(open_object) == '[{"a":null}]'
    with pytest.raises(oxrtmp.ProtocolError):
        amf.to_json(open_object, strict=True)
    assert [(v.type, v.name) for v in AMFCursor(open_object)] == [(AMFType.OBJECT, None), (AMFType.NULL, "a")]
    fails(Status.AMF, list, AMFCursor(b"\4"))
    fails(Status.ARGUMENT, amf.from_json, "{}")
    fails(Status.ARGUMENT, amf.from_json, "[1")
    fails(Status.BUFFER, lowlevel.amf_build_into, AMFValue(AMFType.NUMBER), bytearray(8))
    fails(Status.LIMIT, lowlevel.amf_build, AMFValue(AMFType.NULL, name="x" * 65536))
    fails(Status.AMF, lowlevel.amf_build, AMFValue(4))  # type: ignore[arg-type]

    long = lowlevel.amf_build(AMFValue(AMFType.STRING, text="x" * 65536))
    assert len(long) == 65536 + 5 and long[0] == 12  # a long string
    assert [v.text for v in AMFCursor(long)] == ["x" * 65536]


def test_texts_that_are_not_utf_8_come_through() -> None:
    data = b"\3" + b"\0\2\xff\xfe" + b"\2\0\3a\x80b" + b"\0\0\x09"
    values = list(AMFCursor(data))
    assert values[1].name == "\udcff\udcfe" and values[1].text == "a\udc80b"
    assert b"".join(lowlevel.amf_build(v) for v in values) == data
    payload = b"\2\0\1\xff\0\x3f\xf0\0\0\0\0\0\0\5"
    command = lowlevel.command_parse(20, payload)
    assert command.name == "\udcff" and lowlevel.command_build(command) == payload


def test_messages_are_checked() -> None:
    fails(Status.ARGUMENT, lowlevel.control_parse, 7, bytes(4))
    control = lowlevel.control_parse(1, b"\x80\0\x10\0more")
    assert control == Control(1, value=4096)  # without bit 31, and what follows
    fails(Status.ARGUMENT, lowlevel.control_build, Control(6, limit_type=3))
    fails(Status.ARGUMENT, lowlevel.control_build, Control(4, event=65536))
    fails(Status.BUFFER, lowlevel.control_build_into, Control(4, event=99, data=b"123"), bytearray(4))
    assert lowlevel.control_build(Control(2, value=5)) == b"\0\0\0\5"  # Abort
    for event in (0, 1, 2, 3, 4, 6, 7, 31, 32):
        ping = event in (6, 7)
        sent = Control(4, event=event, stream_id=0 if ping else 5, timestamp_ms=77 if ping else 0)
        sent.buffer_ms = 3000 if event == 3 else 0
        built = lowlevel.control_build(sent)
        assert len(built) == (10 if event == 3 else 6) and lowlevel.control_parse(4, built) == sent

    fails(Status.ARGUMENT, lowlevel.command_parse, 18, b"\2\0\1a")
    fails(Status.MESSAGE, lowlevel.command_parse, 20, b"\5")
    assert lowlevel.command_parse(17, b"\0\2\0\1a\5\6") == Command("a", 0, b"\6")
    fails(Status.MESSAGE, lowlevel.command_parse, 17, b"\6\3a")  # all of it is AMF3


def test_packets_are_checked() -> None:
    fails(Status.ARGUMENT, lowlevel.packet_parse, 20, 0, bytes(4))
    fails(Status.ARGUMENT, lowlevel.packet_parse, 9, 0, bytes(0x1000000))
    (silence,) = lowlevel.packet_parse(8, 5, b"")
    assert silence.kind == PacketKind.SILENCE and lowlevel.packet_build(silence) == b""
    (data,) = lowlevel.packet_parse(18, 5, b"\2\0\1x\5")
    assert data.handler == "x" and data.values() == ["x", None]
    fails(Status.MEDIA, lowlevel.packet_build, Packet(9, 0, data=b"x"))
    fails(Status.MEDIA, lowlevel.flv_tag, Packet(9, 0, data=b"x"))
    fails(Status.ARGUMENT, lowlevel.flv_tag, Packet(20, 0, raw=b"x"))
    with pytest.raises(TypeError):
        lowlevel.packet_parse(9, 0, "text")  # type: ignore[arg-type]


def test_packets_show_the_bytes_that_they_were_read_from() -> None:
    payload = b"\x17\1\0\0\0" + bytes(100_000)
    (packet,) = lowlevel.packet_parse(9, 0, payload)
    view = packet.data
    assert packet.raw.obj is not None and view.nbytes == 100_000
    del payload, packet
    gc.collect()
    assert bytes(view) == bytes(100_000)  # kept by the view
    changing = bytearray(b"\x17\1\0\0\0abc")
    (packet,) = lowlevel.packet_parse(9, 0, changing)
    changing[5:] = b"xyzzy"  # a copy was made
    assert packet.data == b"abc"
    packet.release()


@pytest.mark.parametrize(("first", "codec"), [(0x1C, Codec.HVC1), (0x1D, Codec.AV01)])
def test_numbers_that_vendors_agreed_on(first: int, codec: Codec) -> None:
    """H.265 and AV1: read as what they are, written so when the flag says it, else with an Enhanced RTMP header."""
    payload = bytes([first]) + b"\1\0\0\0\0\0\0\1x"
    (packet,) = lowlevel.packet_parse(9, 0, payload)
    assert packet.codec == codec and packet.flags == PacketFlags.UNOFFICIAL_ID | PacketFlags.KEYFRAME
    assert lowlevel.packet_build(packet) == payload
    again = Packet(
        9, 0, data=packet.data, kind=packet.kind, codec=packet.codec, flags=PacketFlags.KEYFRAME,
        frame_type=packet.frame_type, packet_type=packet.packet_type,
    )  # fmt: skip
    built = lowlevel.packet_build(again)
    assert built[0] & 0x80 and built[1:5] == codec.encode()


def test_colors() -> None:
    (packet,) = lowlevel.packet_parse(9, 0, data_of("video", "E16"))
    info = lowlevel.color_info_parse(packet.data)
    assert info == ColorInfo()  # takes back what was said before
    info = ColorInfo(
        sections=ColorSections.LIGHT | ColorSections.DISPLAY, max_frame_average_light=400, max_light=1000, red_x=0.708,
        white_point_y=0.329, min_luminance=0.005,
    )  # fmt: skip
    assert lowlevel.color_info_parse(lowlevel.color_info_build(info)) == info
    (packet,) = lowlevel.packet_parse(9, 0, data_of("video", "E17"))
    info = lowlevel.color_info_parse(packet.data)
    assert info.sections == ColorSections.CONFIG and info.bit_depth == 10 and info.color_primaries == 9
    assert info.transfer_characteristics == 16 and info.matrix_coefficients == 9 and info.max_light == 0
    fails(Status.BUFFER, lowlevel.color_info_build_into, info, bytearray(3))
    fails(Status.ARGUMENT, lowlevel.color_info_build, dataclasses.replace(info, bit_depth=256))
    fails(Status.MEDIA, lowlevel.color_info_parse, b"\5")
    fails(Status.AMF, lowlevel.color_info_parse, packet.data[:5])


def test_timestamps_wrap() -> None:
    before = lowlevel.timestamp_before
    assert before(1, 2) and not before(2, 1) and not before(7, 7)
    assert before(0xFFFFFFFF, 0) and not before(0, 0xFFFFFFFF)
    assert before(0xC0000000, 0x3FFFFFFF) and not before(0x3FFFFFFF, 0xC0000000)
    with pytest.raises(ValueError, match="4294967295"):
        before(-1, 0)


def test_handshakes_check_what_they_get() -> None:
    with pytest.raises(oxrtmp.ArgumentError):
        Handshake(random=bytes(lowlevel.HANDSHAKE_RANDOM_SIZE - 1))
    with Handshake() as handshake:
        assert handshake.output() == b"" and handshake.receive(b"") == 0
    handshake.close()
    fails(Status.HANDLE, handshake.result)


def test_parts_that_are_forgotten() -> None:
    for part in (Handshake, ChunkDecoder, ChunkEncoder):
        before = oxrtmp.library_statistics().handles
        with pytest.warns(ResourceWarning, match="unclosed"):
            part().__del__()
        assert oxrtmp.library_statistics().handles == before


def test_the_module_says_where_its_names_are() -> None:
    for name in lowlevel.__all__:
        thing = getattr(lowlevel, name)
        assert getattr(thing, "__module__", lowlevel.__name__) == "oxrtmp.lowlevel", name


class PublisherOfParts:
    """Speaks to an engine with nothing but the low-level parts."""

    def __init__(self) -> None:
        self.engine = Engine.server()
        self.handshake = Handshake(client=True, digest=True)
        self.decoder, self.encoder = ChunkDecoder(), ChunkEncoder()
        self.events: list[Event] = []
        self.heard: list[tuple[Any, ...]] = []

    def close(self) -> None:
        for part in (self.engine, self.handshake, self.decoder, self.encoder):
            part.close()

    def shake_hands(self) -> None:
        while not self.handshake.result().done:
            self.events += give(self.engine, self.handshake.output(), 0, accept)
            self.listen()
        self.events += give(self.engine, self.handshake.output(), 0, accept)
        result = self.handshake.result()
        assert result.digest and result.peer_verified

    def listen(self) -> None:
        """Takes the engine's output, in pieces of 100 bytes."""
        output = memoryview(self.engine.output())
        for at in range(0, len(output), 100):
            rest = output[at : at + 100]
            rest = rest[self.handshake.receive(rest) :]
            while rest:
                rest = rest[self.decoder.feed(rest) :]
                if (message := self.decoder.next()) is not None:
                    self.understand(message)

    def understand(self, m: Message) -> None:
        if m.type <= 6:
            control = lowlevel.control_parse(m.type, m.payload)
            if m.type == 1:
                self.decoder.set_chunk_size(control.value)
            self.heard.append(("control", control.type))
            return
        command = lowlevel.command_parse(m.type, m.payload)
        self.heard.append((command.name, command.transaction_id, json.loads(amf.to_json(command.values))))

    def send(self, message: Message) -> None:
        self.events += give(self.engine, self.encoder.write(message), 0, accept)
        self.listen()

    def command(self, stream_id: int, name: str, transaction: float, *values: Any) -> None:
        body = lowlevel.command_build(Command(name, transaction, amf.from_json(json.dumps(values))))
        self.send(Message(3, 0, stream_id, 20, body))


def test_a_publisher_of_parts() -> None:
    p = PublisherOfParts()
    p.shake_hands()
    p.command(0, "connect", 1, {"app": "live", "tcUrl": "rtmp://host/live"})
    p.command(0, "createStream", 2, None)
    p.command(1, "publish", 3, None, "name", "live")
    assert p.heard[:3] == [("control", 5), ("control", 6), ("control", 4)]
    answers = {(h[0], h[1]): h[2] for h in p.heard if h[0] != "control"}
    assert answers["_result", 1][1]["code"] == "NetConnection.Connect.Success"
    assert answers["_result", 2] == [None, 1]
    assert answers["onStatus", 0][1]["code"] == "NetStream.Publish.Start"

    p.events.clear()
    frame = Packet(9, 0, data=b"\0\0\0\1x", codec=Codec.HVC1, flags=PacketFlags.KEYFRAME, composition_ms=40)
    p.send(Message(6, 100, 1, 9, lowlevel.packet_build(frame)))
    (event,) = p.events
    assert event.packet is not None
    assert event.packet.timestamp_ms == 100 and event.packet.codec == "hvc1" and event.packet.composition_ms == 40
    assert event.packet.data == b"\0\0\0\1x"

    p.events.clear()
    p.send(Message(2, 0, 0, 3, lowlevel.control_build(Control(3, value=4711))))
    assert [(e.kind, e.value) for e in p.events] == [(EventKind.ACKNOWLEDGED, 4711)]
    p.close()
