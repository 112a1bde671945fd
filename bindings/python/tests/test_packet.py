"""Packet: views without copies, memory that lives as long as it is looked at."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import weakref

import oxrtmp
import pytest
from conftest import ASC, AVCC, ROOT, Collector, until
from oxrtmp import Packet, PacketFlags, PacketKind

CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"


def first(kind: PacketKind, codec: str = "avc1") -> Packet:
    with oxrtmp.FLVReader(CLIP) as reader:
        return next(p for p in reader if p.kind == kind and p.codec == codec)


def test_views_are_of_the_same_memory() -> None:
    packet = first(PacketKind.FRAME)
    data, raw = packet.data, packet.raw
    assert data.readonly and raw.readonly and data.format == "B" and data.ndim == 1
    assert len(packet) == packet.size == len(data) and packet.raw_size == len(raw)
    assert bytes(raw).endswith(bytes(data)) and len(raw) == len(data) + 5
    assert raw[:2] in (b"\x17\x01", b"\x27\x01")
    assert memoryview(packet) == data and bytes(packet) == bytes(data)
    with pytest.raises(TypeError):
        data[0] = 1  # type: ignore[index]


def test_memory_lives_as_long_as_a_view() -> None:
    before = oxrtmp.library_statistics().packets
    packet = first(PacketKind.FRAME)
    part, copy = packet.data[4:20], bytes(packet.data)[4:20]
    raw = packet.raw
    assert sys.getrefcount(packet) >= 3
    del packet
    gc.collect()
    assert oxrtmp.library_statistics().packets == before + 1
    assert part == copy
    del part
    assert oxrtmp.library_statistics().packets == before + 1
    del raw
    assert oxrtmp.library_statistics().packets == before


def test_release() -> None:
    before = oxrtmp.library_statistics().packets
    packet = first(PacketKind.FRAME)
    view = packet.data
    with pytest.raises(BufferError):
        packet.release()
    view.release()
    packet.release()
    packet.release()
    assert oxrtmp.library_statistics().packets == before
    for use in (lambda: packet.data, lambda: packet.raw, lambda: bytes(packet)):
        with pytest.raises(ValueError, match="released"):
            use()
    assert "released" in repr(packet) and packet.codec == "avc1" and packet.timestamp_ms >= 0


def test_released_packets_are_not_sent_nor_written(collector: Collector, tmp_path: object) -> None:
    packet = first(PacketKind.FRAME)
    packet.release()
    with oxrtmp.Client.publish(collector.url()) as client:
        with pytest.raises(ValueError, match="released"):
            client.send_packet(packet)
        with pytest.raises(ValueError, match="released"):
            client.send_packets([first(PacketKind.FRAME), packet])
        with pytest.raises(TypeError):
            client.send_packets([b"x"])  # type: ignore[list-item]
    with oxrtmp.Recorder(f"{tmp_path}/x.flv") as recorder, pytest.raises(ValueError, match="released"):
        recorder.write(packet)


def test_attributes() -> None:
    header, frame = first(PacketKind.SEQUENCE_HEADER), first(PacketKind.FRAME)
    audio = first(PacketKind.FRAME, "mp4a")
    assert header.kind is PacketKind.SEQUENCE_HEADER and header.packet_type == 0 and header.type == 9
    assert frame.kind is PacketKind.FRAME and frame.codec == oxrtmp.Codec.AVC1 and frame.frame_type == 1
    assert frame.flags == PacketFlags.KEYFRAME and frame.keyframe and not frame.malformed and not frame.continued
    assert frame.pts_ns == frame.dts_ns + frame.composition_ms * 1_000_000
    assert frame.arrival_ns == 0 and frame.track == 0 and frame.nano_offset_ns == 0
    assert audio.type == 8 and audio.codec == "mp4a" and audio.audio_header == 0xAF and not audio.keyframe
    assert frame.handler == "" and audio
    with pytest.raises(oxrtmp.UsageError):
        frame.values()
    with pytest.raises(AttributeError):
        frame.track = 3  # type: ignore[misc]


def test_data_messages() -> None:
    with oxrtmp.FLVReader(CLIP) as reader:
        packet = next(p for p in reader if p.kind == PacketKind.METADATA)
    assert packet.handler == "onMetaData"
    name, values = packet.values()
    assert name == "onMetaData" and values["width"] > 0
    assert packet.json().startswith('["onMetaData",')


def test_arrival_is_on_python_s_clock(collector: Collector) -> None:
    import time

    began = time.monotonic_ns()
    with oxrtmp.Client.publish(collector.url()) as client:
        client.send_audio(0, b"x")
        until(lambda: collector.packets)
    assert began < collector.packets[0].arrival_ns < time.monotonic_ns()


def test_making_one(collector: Collector) -> None:
    """Built from fields, and as raw; bytes are held, other buffers copied."""
    data = bytes(range(200))
    made = [
        Packet(9, 0, data=AVCC, kind=PacketKind.SEQUENCE_HEADER, codec="avc1", frame_type=1),
        Packet(8, 0, data=bytearray(ASC), kind=PacketKind.SEQUENCE_HEADER, codec="mp4a"),
        Packet(
            9, 40, data=data, codec="avc1", flags=PacketFlags.KEYFRAME, frame_type=1, packet_type=1, composition_ms=80
        ),
        Packet(
            9, 80, data=memoryview(data)[::1], codec="hvc1", flags=PacketFlags.ENHANCED, frame_type=2, packet_type=1
        ),
        Packet(8, 90, raw=b"\xaf\x01" + data),
    ]
    assert made[2].data.obj is made[2] and bytes(made[3].data) == data
    with oxrtmp.Client.publish(collector.url()) as client:
        client.send_packets(made)
    until(lambda: len(collector.packets) == 5)
    got = collector.packets
    assert [(p.kind, p.codec, p.timestamp_ms) for p in got] == [
        (PacketKind.SEQUENCE_HEADER, "avc1", 0),
        (PacketKind.SEQUENCE_HEADER, "mp4a", 0),
        (PacketKind.FRAME, "avc1", 40),
        (PacketKind.FRAME, "hvc1", 80),
        (PacketKind.FRAME, "mp4a", 90),
    ]
    assert bytes(got[0].data) == AVCC and bytes(got[1].data) == ASC
    assert all(bytes(p.data) == data for p in got[2:])
    assert got[2].composition_ms == 80 and got[2].keyframe and got[3].flags & PacketFlags.ENHANCED


def test_making_one_wrongly() -> None:
    for args, kwargs in [
        ((), {}),
        ((9,), {}),
        ((9, 0), {"data": "text"}),
        ((9, 0), {"codec": "abc"}),
        ((9, 0), {"codec": "\u20acabc"}),
        ((9, 0), {"surprise": 1}),
        ((9, 0, b"x"), {}),
    ]:
        with pytest.raises((TypeError, ValueError)):
            Packet(*args, **kwargs)  # type: ignore[arg-type]


def test_types_are_closed() -> None:
    with pytest.raises(TypeError):
        type("Mine", (Packet,), {})
    with pytest.raises(TypeError):
        Packet.track = 1  # type: ignore[misc]
    packet = Packet(8, 0)
    with pytest.raises(TypeError):
        weakref.ref(packet)
    assert bytes(packet.data) == b"" and bool(packet) and len(packet) == 0


def test_release_from_other_threads(collector: Collector) -> None:
    """Packets die on whatever thread drops them last."""
    with oxrtmp.Client.publish(collector.url()) as client:
        for i in range(200):
            client.send_video(i, i == 0, bytes(5000))
    until(lambda: len(collector.packets) == 200)

    def drop() -> None:
        with contextlib.suppress(IndexError):
            while True:
                collector.packets.pop()

    threads = [threading.Thread(target=drop) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
