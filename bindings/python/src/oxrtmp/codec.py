"""What is inside payloads, for those who ask: configuration records, NAL units of H.264 and H.265, AAC in ADTS.

    record = oxrtmp.codec.record("avc1", stream)             # of an Annex B byte stream, from its parameter sets
    client.send_video_sequence_header(record)
    client.send_video(0, True, oxrtmp.codec.from_annexb(frame))
    for frame in oxrtmp.codec.adts_frames(file):
        client.send_audio(time, frame.data)

And back, to write a raw .h264 or .h265 file of a stream:

    file.write(oxrtmp.codec.parameter_sets(packet.codec, packet.data))   # of the sequence header
    file.write(oxrtmp.codec.to_annexb(packet.data))                      # of each frame

What cannot be read raises ProtocolError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _native
from ._native import Packet

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "ADTS",
    "NALU",
    "CodecInfo",
    "adts_build",
    "adts_frames",
    "adts_parse",
    "describe",
    "detect",
    "extradata",
    "from_annexb",
    "nalus",
    "parameter_sets",
    "record",
    "to_annexb",
]


@dataclass(frozen=True, slots=True)
class CodecInfo:
    """What a sequence header says of its track. A 0 is what it does not say."""

    codec: str  #: a Codec
    profile: int  #: by the codec's numbers; of AAC the object type
    level: int  #: by the codec's numbers
    width: int  #: pixels that are shown
    height: int  #: pixels that are shown
    bit_depth: int  #: bits of a sample
    sample_rate: int  #: Hz, of the output
    channels: int  #: of audio; 0: not known
    length_size: int  #: bytes of the length before each NAL unit
    name: str  #: what FFmpeg and PyAV call the decoder: "h264", "aac", ..., or ""
    parameter: str  #: the codecs parameter of media types: "avc1.64001F" (RFC 6381), or ""


def describe(packet: Packet) -> CodecInfo:
    """Read a sequence header: a packet of that kind, received or made. One without data says nothing.

    >>> record = bytes.fromhex("0142c01effe100076742c01edd808801000468ce3c80")
    >>> header = oxrtmp.Packet(9, 0, data=record, codec="avc1", kind=oxrtmp.PacketKind.SEQUENCE_HEADER)
    >>> oxrtmp.codec.describe(header).parameter
    'avc1.42C01E'
    """
    return CodecInfo(*_native.codec_describe(packet))


def extradata(codec: str, data: Buffer) -> bytes:
    """What FFmpeg's decoder of a codec wants as extradata, given the data of a sequence header."""
    return _native.codec_extradata(codec, data)


def detect(record: Buffer) -> str:
    """Which of "avc1" and "hvc1" a configuration record belongs to, "" for neither: old encoders mix them up.

    >>> oxrtmp.codec.detect(bytes.fromhex("0142c01effe100076742c01edd808801000468ce3c80"))
    'avc1'
    """
    return _native.codec_detect(record)


def record(codec: str, annexb: Buffer) -> bytes:
    """The configuration record (avcC, hvcC) for the parameter sets of an Annex B byte stream of "avc1" or "hvc1".

    >>> stream = bytes.fromhex("00000001 6742c01edd8088 00000001 68ce3c80 00000001 65888084")
    >>> oxrtmp.codec.record("avc1", stream).hex()
    '0142c01effe100076742c01edd808801000468ce3c80'
    """
    return _native.codec_record(codec, annexb)


def parameter_sets(codec: str, record: Buffer) -> bytes:
    """The NAL units of a configuration record of "avc1" or "hvc1" as an Annex B byte stream: the inverse of record.

    They are what a raw file or a decoder wants before the first frame: SPS, their extensions, PPS; of H.265 in the
    record's order, SEI too. A record may have none, when the frames have them. Another codec raises ArgumentError.

    >>> record = bytes.fromhex("0142c01effe100076742c01edd808801000468ce3c80")
    >>> oxrtmp.codec.parameter_sets("avc1", record).hex()
    '000000016742c01edd80880000000168ce3c80'
    """
    return _native.codec_parameter_sets(codec, record)


@dataclass(frozen=True, slots=True)
class NALU:
    """A NAL unit of H.264 or H.265."""

    data: bytes  #: from its header on
    type: int  #: -1 of an empty unit, and of other codecs
    random_access: bool  #: whether decoding can begin with it
    parameter_set: bool  #: whether it belongs into the configuration record


def nalus(codec: str, data: Buffer, *, length_size: int = 4) -> list[NALU]:
    """The NAL units of an access unit, each after its length of 1, 2 or 4 bytes; 0: those of an Annex B byte stream.

    >>> stream = bytes.fromhex("00000001 6742c01edd8088 00000001 68ce3c80 00000001 65888084")
    >>> [(n.type, n.random_access) for n in oxrtmp.codec.nalus("avc1", stream, length_size=0)]
    [(7, False), (8, False), (5, True)]
    """
    return [NALU(*found) for found in _native.nalu_parse(codec, length_size, data)]


def from_annexb(data: Buffer, *, length_size: int = 4) -> bytes:
    """The NAL units of an Annex B byte stream, each after its length, as RTMP carries them.

    >>> oxrtmp.codec.from_annexb(bytes.fromhex("00000001 65888084")).hex()
    '0000000465888084'
    """
    return _native.nalu_from_annexb(data, length_size)


def to_annexb(data: Buffer, *, length_size: int = 4) -> bytes:
    """NAL units that are after their lengths as an Annex B byte stream.

    >>> oxrtmp.codec.to_annexb(bytes.fromhex("00000004 65888084")).hex()
    '0000000165888084'
    """
    return _native.nalu_to_annexb(data, length_size)


@dataclass(frozen=True, slots=True)
class ADTS:
    """A frame of AAC that came in ADTS."""

    data: bytes  #: the raw frame, as RTMP carries it
    frame_size: int  #: bytes that it took, its header included
    profile: int  #: object type: 2 is AAC-LC
    sample_rate: int  #: Hz
    channels: int  #: 0: as the frame itself says
    config: bytes  #: its AudioSpecificConfig, for the sequence header


def adts_parse(data: Buffer) -> ADTS:
    """The ADTS frame that data begins with.

    >>> frame = oxrtmp.codec.adts_parse(bytes.fromhex("fff14c80019ffc6672616d65"))
    >>> frame.data, frame.sample_rate, frame.channels, frame.config.hex()
    (b'frame', 48000, 2, '1190')
    """
    return ADTS(*_native.adts_parse(data, 0))


def adts_frames(data: Buffer) -> Iterator[ADTS]:
    """All ADTS frames of data, one after the other.

    >>> file = 2 * oxrtmp.codec.adts_build(bytes.fromhex("1190"), b"frame")
    >>> [frame.data for frame in oxrtmp.codec.adts_frames(file)]
    [b'frame', b'frame']
    """
    offset, size = 0, memoryview(data).nbytes
    while offset < size:
        frame = ADTS(*_native.adts_parse(data, offset))
        yield frame
        offset += frame.frame_size


def adts_build(config: Buffer, frame: Buffer) -> bytes:
    """A raw AAC frame after an ADTS header that says what the AudioSpecificConfig does.

    >>> oxrtmp.codec.adts_build(bytes.fromhex("1190"), b"frame").hex()
    'fff14c80019ffc6672616d65'
    """
    return _native.adts_build(config, frame)
