"""Recorder and FLVReader."""

from __future__ import annotations

from pathlib import Path

import oxrtmp
import pytest
from conftest import ROOT
from oxrtmp import PacketFlags, lowlevel
from oxrtmp.lowlevel import FLVEnvelope

CLIPS = sorted((ROOT / "testdata/flv").glob("*.flv"))


def tags(path: Path) -> list[tuple[int, int, bytes]]:
    """Type, timestamp and body of every tag, read without the library (Adobe FLV 10.1, annex E)."""
    data, found = path.read_bytes(), []
    pos = int.from_bytes(data[5:9], "big") + 4
    while pos + 11 <= len(data):
        size = int.from_bytes(data[pos + 1 : pos + 4], "big")
        time = int.from_bytes(data[pos + 4 : pos + 7], "big") | data[pos + 7] << 24
        found.append((data[pos], time, data[pos + 11 : pos + 11 + size]))
        pos += 15 + size
    return found


def packets(reader: oxrtmp.FLVReader) -> list[tuple[int, int, bytes]]:
    return [(p.type, p.timestamp_ms, bytes(p.raw)) for p in reader]


@pytest.mark.parametrize("clip", CLIPS, ids=lambda p: p.stem)
def test_reading_a_file(clip: Path) -> None:
    with oxrtmp.FLVReader(clip) as reader:
        assert packets(reader) == tags(clip)
        assert reader.next_packet() is None and list(reader) == []


@pytest.mark.parametrize("piece", [1, 7, 1000, 10**9])
def test_feeding_bytes(piece: int) -> None:
    clip = min(CLIPS, key=lambda p: p.stat().st_size)
    data, got = clip.read_bytes()[: 40_000 if piece == 1 else None], []
    with oxrtmp.FLVReader() as reader:
        for at in range(0, len(data), piece):
            reader.feed(memoryview(data)[at : at + piece])
            got += packets(reader)
    assert got == tags(clip)[: len(got)] and len(got) > 20


def test_reading_what_is_no_flv(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        oxrtmp.FLVReader(tmp_path / "missing.flv")
    assert isinstance(caught.value, oxrtmp.TransportError) and caught.value.status == oxrtmp.Status.FILE
    (tmp_path / "text.flv").write_text("no video here, and long enough to see that")
    with pytest.raises(oxrtmp.ProtocolError), oxrtmp.FLVReader(tmp_path / "text.flv") as reader:
        list(reader)
    with oxrtmp.FLVReader() as reader, pytest.raises(oxrtmp.ProtocolError):
        reader.feed(b"no video here, and long enough to see that")
        list(reader)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda p: p.stem)
def test_recording_is_what_was_written(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "cl\u00eep \udce9.flv"
    with oxrtmp.FLVReader(clip) as reader, oxrtmp.Recorder(path) as recorder:
        assert recorder.path == str(path)
        for packet in reader:
            recorder.write(packet)
    assert tags(path)[1:] == tags(clip)
    with oxrtmp.Recorder(path) as second:
        assert second.path == str(tmp_path / "cl\u00eep \udce9-2.flv")
    with pytest.raises(oxrtmp.UsageError):
        second.write(oxrtmp.Packet(8, 0, raw=b"x"))


def test_recording_into_a_directory(tmp_path: Path) -> None:
    for name in ("plain", "../../etc/passwd", "a/b\0c", "\u20ac"):
        with oxrtmp.Recorder.in_directory(tmp_path / "made", name) as recorder:
            assert Path(recorder.path).parent == tmp_path / "made", name
    assert len(list((tmp_path / "made").iterdir())) == 4


def test_rotation(tmp_path: Path) -> None:
    with oxrtmp.Recorder(tmp_path / "x.flv", rotate_duration=1) as recorder:
        for i in range(100):
            flags, head = (oxrtmp.PacketFlags.KEYFRAME, 0x17) if i % 10 == 0 else (0, 0x27)
            recorder.write(oxrtmp.Packet(9, i * 40, raw=bytes([head, 1, 0, 0, 0]) + b"frame", flags=flags))
    assert len(list(tmp_path.glob("*.flv"))) == 4
    for name in ("x-2.flv", "x-3.flv"):  # each has a time of its own
        with oxrtmp.FLVReader(tmp_path / name) as reader:
            first, *packets = reader
        metadata = first.values()[1]
        assert packets[0].timestamp_ms == 0 and metadata["duration"] * 1000 == packets[-1].timestamp_ms > 1000
        assert metadata["keyframes"]["times"][0] == 0
    with pytest.raises(OSError):
        oxrtmp.Recorder("/nonexistent/x.flv")


def test_encrypted_tags(tmp_path: Path) -> None:
    """They are marked, taken apart and put together, and recorded as they are: FLV 10.1 Annex F."""
    iv = bytes(range(16))
    data = bytes.fromhex("1701000050 01") + b"SE\0" + b"\0\0\x11\x80" + iv + b"body"
    with oxrtmp.Recorder(tmp_path / "x.flv") as recorder:
        recorder.write(oxrtmp.Packet(9, 40, raw=data, flags=PacketFlags.MALFORMED | PacketFlags.ENCRYPTED))
        recorder.write(oxrtmp.Packet(8, 50, raw=b"\xaf\x01audio"))
    assert (tmp_path / "x.flv").read_bytes().count(b"\x29\0\0\x21") == 1
    with oxrtmp.FLVReader(tmp_path / "x.flv") as reader:
        encrypted, plain = [p for p in reader if p.type != 18]
    assert encrypted.flags == PacketFlags.MALFORMED | PacketFlags.ENCRYPTED and plain.flags == 0
    assert encrypted.malformed and bytes(encrypted.raw) == data
    envelope = FLVEnvelope.parse(9, encrypted.raw)
    assert envelope == FLVEnvelope(head=data[:5], filter="SE", params=b"\x80" + iv, iv=iv, body=b"body", encrypted=True)
    assert envelope.build() == data
    envelope.params = None
    assert envelope.build() == data
    assert lowlevel.flv_tag(encrypted)[0] == 0x29
    envelope.iv = None
    with pytest.raises(oxrtmp.ProtocolError):
        envelope.build()
    clear = FLVEnvelope(filter="XX", body=b"as it is")
    assert FLVEnvelope.parse(18, clear.build()) == FLVEnvelope(filter="XX", params=b"", body=b"as it is")
    for cut in range(len(data) - 4):
        with pytest.raises(oxrtmp.ProtocolError):
            FLVEnvelope.parse(9, data[:cut])
    with pytest.raises(ValueError, match="16 bytes"):
        FLVEnvelope(iv=b"short").build()
