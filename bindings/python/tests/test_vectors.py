"""The vectors of testdata: bytes with a known meaning, read and built through the package."""

from __future__ import annotations

from typing import Any

import oxrtmp
import pytest
from oxrtmp import Codec, Engine, FLVReader, Packet, PacketFlags, PacketKind
from test_engine import Pair
from vectors import load

# The codecs of legacy headers: FLV 10.1 §E.4.2.1 and §E.4.3.1, and the two numbers that vendors agreed on.
VIDEO = {
    2: Codec.SORENSON_H263, 3: Codec.SCREEN_VIDEO, 4: Codec.VP6, 5: Codec.VP6_ALPHA, 6: Codec.SCREEN_VIDEO_2,
    7: Codec.AVC1, 12: Codec.HVC1, 13: Codec.AV01,
}  # fmt: skip
AUDIO = {
    0: Codec.PCM_PLATFORM, 1: Codec.ADPCM, 2: Codec.MP3, 3: Codec.PCM_LITTLE, 4: Codec.NELLYMOSER_16,
    5: Codec.NELLYMOSER_8, 6: Codec.NELLYMOSER, 7: Codec.ALAW, 8: Codec.MULAW, 10: Codec.MP4A, 11: Codec.SPEEX,
    14: Codec.MP3, 15: Codec.DEVICE_SPECIFIC,
}  # fmt: skip


def is_media(vector: dict[str, Any]) -> bool:
    return "packets" in vector.get("value", {})


MEDIA = [v for v in load("flv", "audio", "video") if is_media(v.values[0])]


def through_a_file(kind: int, payload: bytes) -> list[Packet]:
    """The packets of a payload that stands in an FLV tag."""
    with FLVReader() as reader:
        reader.feed(b"FLV\1\5\0\0\0\x09\0\0\0\0")
        reader.feed(bytes([kind]) + len(payload).to_bytes(3, "big") + bytes(7) + payload)
        reader.feed((11 + len(payload)).to_bytes(4, "big"))
        return list(reader)


def codec(packet: dict[str, Any]) -> str:
    if "fourcc" in packet:
        return str(packet["fourcc"])
    if "codec_id" in packet:
        return VIDEO[packet["codec_id"]]
    return AUDIO[packet["sound_format"]] if "sound_format" in packet else ""


@pytest.mark.parametrize("vector", MEDIA)
def test_media_are_read(vector: dict[str, Any]) -> None:
    value, payload = vector["value"], bytes.fromhex(vector["hex"])
    got = through_a_file(value["type"], payload)
    assert len(got) == len(value["packets"])
    for i, (packet, want) in enumerate(zip(got, value["packets"], strict=True)):
        assert packet.kind == PacketKind[want["kind"].upper()]
        assert packet.codec == codec(want)
        assert packet.track == want.get("track", 0)
        assert packet.frame_type == want.get("frame_type", packet.frame_type)
        assert packet.packet_type == want.get("packet_type", packet.packet_type)
        assert packet.composition_ms == want.get("composition_ms", 0)
        assert packet.nano_offset_ns == want.get("nano_offset", 0)
        assert bytes(packet.data) == bytes.fromhex(want["body"])
        assert bytes(packet.raw) == payload
        assert packet.continued == (i > 0) and not packet.malformed
        assert packet.pts_ns == packet.dts_ns + packet.composition_ms * 1_000_000 + packet.nano_offset_ns


def is_built(vector: dict[str, Any]) -> bool:
    """Whether one packet says all that the bytes do."""
    packets = vector["value"]["packets"]
    return bool(
        vector.get("canonical", True)
        and len(packets) == 1
        and packets[0]["kind"] in ("frame", "sequence_header")
        and not packets[0].get("track")
        and not packets[0].get("nano_offset")
    )


@pytest.mark.parametrize("vector", [v for v in MEDIA if is_built(v.values[0])])
def test_media_are_built(vector: dict[str, Any]) -> None:
    """What the fields of a packet say is, at the peer, the vector's bytes."""
    value, payload = vector["value"], bytes.fromhex(vector["hex"])
    (want,) = value["packets"]
    enhanced = "fourcc" in want
    packet_type = want.get("packet_type", 0)
    flags = PacketFlags.ENHANCED if enhanced else PacketFlags(0)
    if enhanced and value["type"] == 9 and packet_type == 5:
        flags |= PacketFlags.MPEG2TS
    packet = Packet(
        value["type"],
        0,
        data=bytes.fromhex(want["body"]),
        kind=PacketKind[want["kind"].upper()],
        codec=codec(want),
        flags=flags,
        frame_type=want.get("frame_type", 0),
        packet_type=packet_type,
        composition_ms=want.get("composition_ms", 0),
        audio_header=0 if enhanced or value["type"] != 8 else payload[0],
    )
    pair = Pair(shaken=True)
    pair.converse()
    pair.client.send_packet(packet)
    pair.converse()
    assert [bytes(e.packet.raw) for e in pair.heard if e.packet] == [payload]
    pair.close()


def test_enough_is_read_and_built() -> None:
    assert len(MEDIA) > 30 and len([v for v in MEDIA if is_built(v.values[0])]) > 10


def plain(value: dict[str, Any]) -> Any:
    """A value as JSON has it; KeyError where it has no word for it."""
    (kind, content), *rest = value.items()
    if rest:
        raise KeyError(kind)
    match kind:
        case "number" | "boolean" | "string":
            return content
        case "null" | "undefined":
            return None
        case "object" | "ecma_array":
            return {k: plain(v) for k, v in content}
        case "strict_array":
            return [plain(v) for v in content]
    raise KeyError(kind)


def test_amf_values_of_data_messages() -> None:
    seen = 0
    for parameter in load("amf0"):
        vector = parameter.values[0]
        try:
            want = plain(vector["value"])
        except KeyError:
            continue
        (packet,) = through_a_file(18, b"\2\0\6onTest" + bytes.fromhex(vector["hex"]))
        assert packet.kind == PacketKind.DATA and packet.handler == "onTest"
        assert packet.values() == ["onTest", want], vector["id"]
        seen += 1
    assert seen > 6


@pytest.mark.parametrize("vector", load("negative"))
def test_what_no_parser_accepts(vector: dict[str, Any]) -> None:
    """As media it is handed on, as anything else it is an error at most."""
    kind, payload = vector.get("value", {}).get("type", 0), bytes.fromhex(vector["hex"])
    if kind in (8, 9, 15, 18):
        (packet,) = through_a_file(kind, payload)
        assert bytes(packet.raw) == payload
    chunk = bytes([3, 0, 0, 0, 0, 0, len(payload), kind, 0, 0, 0, 0]) + payload
    with Engine.server(shaken=True) as engine:
        try:
            engine.receive(chunk, 0)
        except oxrtmp.ProtocolError:
            assert engine.closing
