"""Media headers and FLV tags: packets from payloads, and payloads from packets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Self

from . import _native
from ._native import Packet

if TYPE_CHECKING:
    from typing_extensions import Buffer


def packet_parse(type: int, timestamp_ms: int, data: Buffer) -> list[Packet]:
    """Read the payload of a message of type 8, 9, 15 or 18: one packet, or one per track, at most 256.

    They show the bytes object that data is, or else a copy. What cannot be read is one packet that is `malformed`.
    ArgumentError for other types, and above 16777215 bytes.

    >>> from oxrtmp import lowlevel
    >>> [packet] = lowlevel.packet_parse(9, 0, bytes.fromhex("1701000000") + b"frame")
    >>> packet.codec, packet.keyframe, bytes(packet.data)
    ('avc1', True, b'frame')
    """
    return _native.packet_parse(type, timestamp_ms, data)


def packet_build(packet: Packet) -> bytes:
    """The payload that a packet's fields describe: header and data. Its raw is written only if it has no data.

    ProtocolError when no message can be made of it.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.packet_build(oxrtmp.Packet(8, 40, data=b"aac", codec="mp4a")).hex()
    'af01616163'
    """
    return _native.packet_build(packet, None)


def packet_build_into(packet: Packet, buffer: Buffer) -> int:
    """packet_build to a buffer: how many bytes."""
    return _native.packet_build(packet, buffer)


class ColorSections(IntFlag):
    """The sections of a colorInfo that are there."""

    CONFIG = 1 << 0  #: bit_depth to matrix_coefficients
    LIGHT = 1 << 1  #: max_frame_average_light and max_light
    DISPLAY = 1 << 2  #: red_x to min_luminance


@dataclass(kw_only=True, slots=True)
class ColorInfo:
    """The colors of a video track: what a packet with PacketFlags.COLOR_INFO says, from the next frame on.

    Until another one says something else. Codes are those of ITU-T H.273, light is in candela per square meter, places in
    colour are CIE 1931's x and y.
    """

    sections: ColorSections = ColorSections(0)  #: 0 takes back what was said before
    bit_depth: int = 0  #: 8, 10 or 12; 0: not said
    color_primaries: int = 0  #: 9 is BT.2020, 2 is unspecified
    transfer_characteristics: int = 0  #: 16 is PQ, 18 is HLG, 2 is unspecified
    matrix_coefficients: int = 0  #: 2 is unspecified
    max_frame_average_light: float = 0  #: maxFall; 0: not said
    max_light: float = 0  #: maxCLL; 0: not said
    red_x: float = 0  #: of the display that the content was made on; 0: not said
    red_y: float = 0  #: the same, as all that follow
    green_x: float = 0  #: likewise
    green_y: float = 0  #: likewise
    blue_x: float = 0  #: likewise
    blue_y: float = 0  #: likewise
    white_point_x: float = 0  #: likewise
    white_point_y: float = 0  #: likewise
    max_luminance: float = 0  #: of the display, in cd/m²; 0: not said
    min_luminance: float = 0  #: of the display, in cd/m²; 0: not said


def color_info_parse(data: Buffer) -> ColorInfo:
    """Read the data of a packet with PacketFlags.COLOR_INFO, in the layouts of OBS and of FFmpeg.

    Enhanced RTMP v2, "Metadata Frame". ProtocolError when there is no colorInfo in it.
    """
    found = ColorInfo(**_native.color_info_parse(data))
    found.sections = ColorSections(found.sections)
    return found


def color_info_build(info: ColorInfo) -> bytes:
    """The data of such a packet: send it with kind METADATA, type 9, the track's codec, and the flags ENHANCED and COLOR_INFO.

    ArgumentError when a code is above 255.

    >>> from oxrtmp import lowlevel
    >>> info = lowlevel.ColorInfo(sections=lowlevel.ColorSections.CONFIG, bit_depth=10, color_primaries=9)
    >>> lowlevel.color_info_parse(lowlevel.color_info_build(info)).bit_depth
    10
    """
    return _native.color_info_build(asdict(info), None)


def color_info_build_into(info: ColorInfo, buffer: Buffer) -> int:
    """color_info_build to a buffer: how many bytes."""
    return _native.color_info_build(asdict(info), buffer)


@dataclass(kw_only=True, slots=True)
class FLVEnvelope:
    """What is around the bytes of an encrypted FLV tag: raw of a packet with PacketFlags.ENCRYPTED. FLV 10.1 Annex F.

    The library has no key: it reads and writes what is around the encrypted bytes.
    """

    head: bytes = b""  #: the audio or video header, which is not encrypted
    filter: str = "Encryption"  #: that, "SE" (of which only some are encrypted), or another
    params: bytes | None = None  #: the filter's parameters; None when building: as iv and encrypted say
    iv: bytes | None = None  #: 16 bytes of initialization vector, if encrypted
    body: bytes = b""  #: AES-128-CBC with its padding, or as it is
    encrypted: bool = False  #: whether body is; False also for filters that the library does not know

    @classmethod
    def parse(cls, type: int, data: Buffer) -> Self:
        """Take the raw of a packet of a type apart. ProtocolError when it does not begin as an encrypted tag does."""
        head, filter, params, iv, body, encrypted = _native.flv_envelope_parse(type, data)
        return cls(head=head, filter=filter, params=params, iv=iv, body=body, encrypted=bool(encrypted))

    def build(self) -> bytes:
        """Raw of a packet with PacketFlags.ENCRYPTED. ProtocolError when encrypted is set without iv."""
        return _native.flv_envelope_build(self.head, self.filter, self.params, self.iv, self.body, self.encrypted, None)


def flv_header(*, audio: bool = True, video: bool = True) -> bytes:
    """The beginning of an FLV file (13 bytes), which says whether there is audio and video.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.flv_header(video=False)[:5]
    b'FLV\\x01\\x04'
    """
    return _native.flv_header(audio, video, None)


def flv_header_into(buffer: Buffer, *, audio: bool = True, video: bool = True) -> int:
    """flv_header to a buffer: how many bytes."""
    return _native.flv_header(audio, video, buffer)


def flv_tag(packet: Packet) -> bytes:
    """A packet as an FLV tag, its length after it.

    Its raw if it has that, else what packet_build writes, data messages without @setDataFrame. Pass over packets that are
    `continued`. ProtocolError, ArgumentError when no tag can be made of it.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.flv_tag(oxrtmp.Packet(8, 40, data=b"aac", codec="mp4a")).hex()
    '0800000500002800000000af0161616300000010'
    """
    return _native.flv_tag(packet, None)


def flv_tag_into(packet: Packet, buffer: Buffer) -> int:
    """flv_tag to a buffer: how many bytes."""
    return _native.flv_tag(packet, buffer)
