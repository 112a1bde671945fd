"""What is inside payloads: configuration records, NAL units in both forms, AAC in ADTS."""

from __future__ import annotations

from pathlib import Path

import oxrtmp
import pytest
from oxrtmp import Packet, codec

CLIP = Path(__file__).resolve().parents[3] / "testdata/flv/sample-h264-aac.flv"
AVCC = bytes.fromhex("014d400affe10019674d400aeca393c4446022000003000200000300641e244b2c01000468ce0fc8")
ANNEXB = bytes.fromhex("00000001674d400aeca393c4446022000003000200000300641e244b2c00000168ce0fc8000000016588")

HVCC = bytes.fromhex(
    "0102200000009000000000001ef000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003001eba0240a10001002b42"
    "010102200000030090000003000003001ea03881071110d96e92930bc05a020000030002000003003210a2000100064401c073c189"
)


def header(name: str, data: bytes) -> Packet:
    kind = oxrtmp.PacketKind.SEQUENCE_HEADER
    return Packet(9, 0, data=data, kind=kind, codec=name, flags=oxrtmp.PacketFlags.ENHANCED)


def test_records() -> None:
    info = codec.describe(header("avc1", AVCC))
    assert (info.codec, info.profile, info.level, info.width, info.height) == ("avc1", 77, 10, 98, 50)
    assert (info.bit_depth, info.length_size, info.name, info.parameter) == (8, 4, "h264", "avc1.4D400A")
    info = codec.describe(header("mp4a", bytes.fromhex("2b118800")))
    assert (info.profile, info.sample_rate, info.channels, info.parameter) == (5, 48000, 2, "mp4a.40.5")
    assert codec.record("avc1", ANNEXB) == AVCC
    assert codec.detect(AVCC) == "avc1" and codec.detect(b"\1\2") == ""
    assert codec.extradata("avc1", AVCC) == AVCC and codec.extradata("vp09", AVCC) == b""
    for wrong in (AVCC[:20], b"\1"):
        with pytest.raises(oxrtmp.ProtocolError):
            codec.describe(header("avc1", wrong))
    with pytest.raises(oxrtmp.ProtocolError):
        codec.describe(Packet(9, 0, data=b"x", kind=oxrtmp.PacketKind.FRAME, codec="avc1"))
    with pytest.raises(oxrtmp.ProtocolError):
        codec.record("avc1", ANNEXB[:20])
    with pytest.raises(oxrtmp.ArgumentError):
        codec.record("av01", ANNEXB)


@pytest.mark.parametrize(("name", "record"), [("avc1", AVCC), ("hvc1", HVCC)])
def test_parameter_sets(name: str, record: bytes) -> None:
    sets = codec.parameter_sets(name, memoryview(record))
    units = codec.nalus(name, sets, length_size=0)
    assert [u.type for u in units] == {"avc1": [7, 8], "hvc1": [32, 33, 34]}[name]
    assert sets == b"".join(b"\0\0\0\1" + u.data for u in units)
    assert codec.record(name, sets) == record
    for size in range(len(record)):
        with pytest.raises(oxrtmp.ProtocolError):
            codec.parameter_sets(name, record[:size])


def test_parameter_sets_of_others() -> None:
    assert codec.parameter_sets("avc1", bytes.fromhex("014d000dffe000")) == b""
    for name in ("av01", "vp09", "vvc1", "mp4a"):
        with pytest.raises(oxrtmp.ArgumentError, match=f"{name}: parameter sets are known of H.264 and H.265 only"):
            codec.parameter_sets(name, AVCC)


def test_parameter_sets_of_a_clip() -> None:
    with oxrtmp.FLVReader(CLIP) as reader:
        header = next(p for p in reader if p.kind is oxrtmp.PacketKind.SEQUENCE_HEADER and p.codec == "avc1")
    assert codec.record("avc1", codec.parameter_sets("avc1", header.data)) == header.data


def test_nal_units() -> None:
    units = codec.nalus("avc1", ANNEXB, length_size=0)
    assert [(u.type, u.random_access, u.parameter_set) for u in units] == [
        (7, False, True),
        (8, False, True),
        (5, True, False),
    ]
    lengths = codec.from_annexb(ANNEXB)
    assert codec.nalus("avc1", lengths) == units
    assert codec.from_annexb(codec.to_annexb(lengths)) == lengths
    assert codec.to_annexb(lengths).startswith(b"\0\0\0\1\x67")
    assert codec.nalus("hvc1", b"\0\2\x26\1", length_size=2)[0].random_access
    for call in (lambda: codec.nalus("avc1", lengths[:-1]), lambda: codec.to_annexb(lengths, length_size=3)):
        with pytest.raises(oxrtmp.ProtocolError):
            call()


def test_adts() -> None:
    frames = codec.adts_build(b"\x12\x10", b"raw") + codec.adts_build(b"\x12\x10", b"second")
    one, two = codec.adts_frames(frames)
    assert (one.data, one.frame_size, one.profile, one.sample_rate, one.channels) == (b"raw", 10, 2, 44100, 2)
    assert one.config == b"\x12\x10" and two.data == b"second" and codec.adts_parse(frames) == one
    for wrong in (frames[:9], b"raw", b""):
        with pytest.raises(oxrtmp.ProtocolError):
            codec.adts_parse(wrong)
    with pytest.raises(oxrtmp.ProtocolError):
        codec.adts_build(b"", b"raw")
